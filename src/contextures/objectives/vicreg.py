"""VICReg."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.base import Objective


class VICReg(Objective):
    """Non-contrastive learning under VICReg's variance and covariance terms.

    Population loss: invariance E|f(A) - f(A+)|^2 / d + variance mean_j max(0, 1 - sqrt(C_jj))
    + 2 covariance sum_{j != k} C_jk^2 / d, with C the covariance of f(A) (each view contributes
    half of the variance term and one covariance term).

    Minimiser: f spans nu_1, ..., nu_d as long as the covariance term is strong enough. A direction
    with singular value s gets the standard deviation min(1, variance / (4 invariance (1 - s^2))),
    and two coordinates of unit variance the correlation
    min(1, invariance (s_1^2 - s_2^2) / (4 covariance)): at the paper's weights the second function
    is lost once s_2^2 is .16 below s_1^2. A ``covariance`` above a quarter of ``invariance`` keeps
    it (derived).

    Parameters
    ----------
    invariance, variance, covariance : float, default=25, 25, 1
        The weights of the three terms, as in the paper. Where a library does not halve the
        variance term, the same loss is ``variance=50``.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    Cost: 2 products of n d^2 forward and 2 backward. No n x n matrix.

    References
    ----------
    arXiv 2105.04906; arXiv 2505.01557 (ICML 2025), Theorem 10.

    Examples
    --------
    Two views of a bit, each flipped one time in five: s_1 = .6, and the minimum is at the
    standard deviation .39.

    >>> import torch
    >>> from contextures.objectives import VICReg
    >>> a = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> other = torch.where(torch.arange(1000)[:, None] % 50 < 34, a, -a)
    >>> [round(VICReg()(size * a, size * other).item(), 1) for size in (0.2, 0.39, 1.0)]
    [21.3, 20.1, 32.0]
    """

    inputs = "views"
    encoder_on = "A"
    operator = "T*T"

    def __init__(
        self,
        invariance: float = 25.0,
        variance: float = 25.0,
        covariance: float = 1.0,
        *,
        sync: bool = True,
    ) -> None:
        super().__init__(sync=sync)
        self.invariance = invariance
        self.variance = variance
        self.covariance = covariance

    def forward(self, view_1: Tensor, view_2: Tensor) -> Tensor:
        """Compute the loss of two views.

        Parameters
        ----------
        view_1, view_2 : torch.Tensor of shape (n, d)
            Two views; row i of each is drawn from one source.

        Returns
        -------
        torch.Tensor
            The loss, a scalar.
        """
        return F.vicreg(view_1, view_2, self.invariance, self.variance, self.covariance, self.sync)

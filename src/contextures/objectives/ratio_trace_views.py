"""The ratio trace of two views."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.base import Objective
from contextures.objectives.functional.whitening import RIDGE


class RatioTraceViews(Objective):
    """The ratio trace with the whitening inside the loss, for two views of one source.

    Population loss: d - tr(C^-1 B), C the covariance of one view and B that of the two views.

    Minimiser: for two draws a, a+ of one x, psi spans nu_1, ..., nu_d; for two inputs x, x+ that
    share one a, phi spans mu_1, ..., mu_d. The minimum is d - (s_1^2 + ... + s_d^2).

    Parameters
    ----------
    ridge : float, default=1e-5
        Added to the covariance, relative to the mean variance of its coordinates.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    A batch of n <= d rows is refused.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Definition 21 and Theorem 10.

    Examples
    --------
    Two views of a bit, each flipped one time in five: s_1 = .6, so the minimum is 1 - .36.

    >>> import torch
    >>> from contextures.objectives import RatioTraceViews
    >>> a = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> other = torch.where(torch.arange(1000)[:, None] % 50 < 34, a, -a)
    >>> round(RatioTraceViews()(a, other).item(), 2)
    0.64
    """

    inputs = "views"
    encoder_on = "A"
    operator = "T*T"
    whitens = True

    def __init__(self, ridge: float = RIDGE, *, sync: bool = True) -> None:
        super().__init__(sync=sync)
        self.ridge = ridge

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
        return F.ratio_trace_views(view_1, view_2, self.ridge, self.sync)

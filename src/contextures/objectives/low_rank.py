"""Low-rank approximation with two encoders."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.base import Inputs, Objective, Side


class LowRank(Objective):
    """Low-rank approximation of the joint density by two encoders (LoRA, in SVD form).

    Population loss: -2 (E_P+ - E_indep) <phi(X), psi(A)> + E_indep <phi(X), psi(A)>^2, which is
    the squared distance of <phi, psi> from the density ratio less one, up to a constant.

    Minimiser: <phi(x), psi(a)> = s_1 mu_1(x) nu_1(a) + ... + s_d mu_d(x) nu_d(a), so phi spans
    mu_1, ..., mu_d; the minimum is -(s_1^2 + ... + s_d^2).

    Parameters
    ----------
    constant : bool, default=False
        Whether to spend a coordinate on the constant function, as the loss was printed.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    Estimated without bias from pairs of different rows. Cost: 2 products of n d^2 forward and
    2 backward. No n x n matrix.

    References
    ----------
    arXiv 2106.04156 (the spectral contrastive loss); arXiv 2510.24672 (as low-rank
    approximation, SVD form).

    Examples
    --------
    A bit that is flipped one time in five: s_1 = .6, so the minimum is -.36.

    >>> import torch
    >>> from contextures.objectives import LowRank
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> a = torch.where(torch.arange(1000)[:, None] % 10 < 8, x, -x)
    >>> round(LowRank()(0.6 * x, a).item(), 2)
    -0.36
    """

    inputs: Inputs = "pair"
    encoder_on: Side = "X"
    operator = "TT*"

    def __init__(self, constant: bool = False, *, sync: bool = True) -> None:
        super().__init__(sync=sync)
        self.constant = constant

    def forward(self, phi: Tensor, psi: Tensor) -> Tensor:
        """Compute the loss of draws.

        Parameters
        ----------
        phi, psi : torch.Tensor of shape (n, d)
            phi(x) and psi(a) of n draws (x, a).

        Returns
        -------
        torch.Tensor
            The loss, a scalar.
        """
        return F.low_rank(phi, psi, self.constant, self.sync)

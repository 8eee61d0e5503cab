"""The ratio trace of pairs."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.base import Objective
from contextures.objectives.functional.whitening import RIDGE


class RatioTrace(Objective):
    r"""The ratio trace with the whitening inside the loss, for pairs (phi(x), psi(a)).

    Population loss: d - tr(Cxx^-1 Cxa Caa^-1 Cax), with the covariances within and between
    phi(X) and psi(A) under P+. It is invariant to invertible linear maps of either side.

    Minimiser: phi spans mu_1, ..., mu_d and psi spans nu_1, ..., nu_d (or more, where psi is
    wider); the minimum is d - (s_1^2 + ... + s_d^2).

    Parameters
    ----------
    exclude_self : bool, default=True
        Whether the trace leaves out the pairs of a row with itself. With them it is too large by
        about d e / n, which rewards functions that only look associated on the batch; without
        them small batches learn far better, for more work. Pairs of different rows remain biased
        a little by the inverses.
    ridge : float, default=1e-5
        Added to both covariances, relative to the mean variance of their coordinates.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    A batch of n <= max(d, e) rows is refused; take several times as many rows as coordinates.

    Cost: 3 products of n d^2 forward and 4 backward, and 4 more forward to leave out self-pairs;
    d^3 for the factors. No n x n matrix.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Definition 21; with self-pairs the score is VAMP-2
    (arXiv 1707.04659). Leaving them out is derived.

    Examples
    --------
    A bit that is flipped one time in five: s_1 = .6, so the minimum is 1 - .36.

    >>> import torch
    >>> from contextures.objectives import RatioTrace
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> a = torch.where(torch.arange(1000)[:, None] % 10 < 8, x, -x)
    >>> round(RatioTrace()(x, a).item(), 2)
    0.64
    """

    inputs = "pair"
    encoder_on = "X"
    operator = "TT*"
    whitens = True

    def __init__(
        self, exclude_self: bool = True, ridge: float = RIDGE, *, sync: bool = True
    ) -> None:
        super().__init__(sync=sync)
        self.exclude_self = exclude_self
        self.ridge = ridge

    def forward(self, phi: Tensor, psi: Tensor) -> Tensor:
        """Compute the loss of draws.

        Parameters
        ----------
        phi : torch.Tensor of shape (n, d)
            phi(x) of n draws (x, a).
        psi : torch.Tensor of shape (n, e)
            psi(a) of the same draws.

        Returns
        -------
        torch.Tensor
            The loss, a scalar.
        """
        return F.ratio_trace(phi, psi, self.exclude_self, self.ridge, self.sync)

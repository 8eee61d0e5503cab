"""The ratio trace of pairs."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.base import Inputs, Objective, Side
from contextures.objectives.functional.whitening import RIDGE


class RatioTrace(Objective):
    r"""The ratio trace with the whitening inside the loss, for pairs (phi(x), psi(a)).

    Population loss: d - tr(Cxx^-1 Cxa Caa^-1 Cax), with the covariances within and between
    phi(X) and psi(A) under P+. It is invariant to invertible linear maps of either side.

    Minimiser: phi spans mu_1, ..., mu_d and psi spans nu_1, ..., nu_d (or more, where psi is
    wider); the minimum is d - (s_1^2 + ... + s_d^2).

    Parameters
    ----------
    ridge : float, default=1e-6
        Added to both covariances, relative to the mean variance of their coordinates.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    On n rows the trace is too large by about d e / n even for independent sides: take several
    times as many rows as coordinates. A batch of n <= max(d, e) rows is refused.

    Cost: 3 products of n d^2 forward and 4 backward; d^3 for the factors. No n x n matrix.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Definition 21; the score is VAMP-2 (arXiv 1707.04659).
    """

    inputs: ClassVar[Inputs] = "pair"
    encoder_on: ClassVar[Side] = "X"
    operator: ClassVar[str] = "TT*"

    def __init__(self, ridge: float = RIDGE, *, sync: bool = True) -> None:
        super().__init__(sync=sync)
        self.ridge = ridge

    def forward(self, phi: Tensor, psi: Tensor) -> Tensor:
        """Compute the loss of phi(x) of shape (n, d) and psi(a) of shape (n, e)."""
        return F.ratio_trace(phi, psi, self.ridge, self.sync)

"""Barlow Twins."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.base import Objective


class BarlowTwins(Objective):
    """Non-contrastive learning under the Barlow Twins constraint on the cross-correlation.

    Population loss: sum_j (1 - R_jj)^2 + redundancy sum_{j != k} R_jk^2, R the cross-correlation
    of f(A) and f(A+) for two draws A, A+ of one x.

    Minimiser: f spans nu_1, ..., nu_d if the redundancy term is strong enough (derived for d = 2,
    otherwise checked numerically on finite contexts); the coordinates are correlated mixtures of
    the singular functions. The second of two is lost while ``redundancy`` is at most
    (s_1^2 - s_2^2) (1 - s_1^2) / (s_1^2 (s_1^2 + s_2^2)): the paper's weight keeps functions apart
    only where all s are near one; a weight of 1 does so elsewhere.

    Parameters
    ----------
    redundancy : float, default=5e-3
        The weight of correlations between different coordinates, as in the paper.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    Cost: 1 product of n d^2 forward and 2 backward. No n x n matrix.

    References
    ----------
    arXiv 2103.03230; arXiv 2505.01557 (ICML 2025), Theorem 10.

    Examples
    --------
    Two views of a bit, each flipped one time in five: s_1 = .6, and R = .36.

    >>> import torch
    >>> from contextures.objectives import BarlowTwins
    >>> a = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> other = torch.where(torch.arange(1000)[:, None] % 50 < 34, a, -a)
    >>> round(BarlowTwins()(a, other).item(), 2)
    0.41
    """

    inputs = "views"
    encoder_on = "A"
    operator = "T*T"

    def __init__(self, redundancy: float = 5e-3, *, sync: bool = True) -> None:
        super().__init__(sync=sync)
        self.redundancy = redundancy

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
        return F.barlow_twins(view_1, view_2, self.redundancy, self.sync)

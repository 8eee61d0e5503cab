"""Barlow Twins: a cross-correlation near the identity."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives.autograd import in_full_precision
from contextures.objectives.functional.checks import check_same_width
from contextures.objectives.functional.moments import (
    Blocks,
    Moments,
    Slopes,
    moment_loss,
    sum_of_squares,
)

EPSILON = 1e-5
"""Added to variances, as batch normalisation does."""


@in_full_precision
def barlow_twins(
    view_1: Tensor, view_2: Tensor, redundancy: float = 5e-3, sync: bool = True
) -> Tensor:
    """Compute sum_j (1 - R_jj)^2 + redundancy sum_{j != k} R_jk^2 of a batch of two views.

    Parameters
    ----------
    view_1, view_2 : torch.Tensor of shape (n, d)
        One encoder's values on two draws that share their source; R is their cross-correlation.
    redundancy : float, default=5e-3
        The weight of correlations between different coordinates.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.BarlowTwins` for its minimiser.

    Examples
    --------
    Two views of a bit, each flipped one time in five: s_1 = .6.

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> a = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> other = torch.where(torch.arange(1000)[:, None] % 50 < 34, a, -a)
    >>> round(F.barlow_twins(a, other).item(), 2)
    0.41
    """
    check_same_width(view_1=view_1, view_2=view_2)

    def loss(moments: Moments) -> tuple[Tensor, Slopes]:
        share = (moments.n_rows - 1) / moments.n_rows
        scale_x = (moments.xx * share + EPSILON).rsqrt()
        scale_a = (moments.aa * share + EPSILON).rsqrt()
        r = moments.xa * (scale_x * share)[:, None] * scale_a
        same = r.diagonal()
        away = sum_of_squares(1 - same)
        apart = sum_of_squares(r) - sum_of_squares(same)
        slope = r * (2 * redundancy)
        slope.diagonal().copy_(-2 * (1 - same))
        weighted = slope * r
        slopes = Slopes(
            xx=weighted.sum(dim=1) * scale_x.square() * (-share / 2),
            xa=slope * (scale_x * share)[:, None] * scale_a,
            aa=weighted.sum(dim=0) * scale_a.square() * (-share / 2),
        )
        return away + redundancy * apart, slopes

    return moment_loss(view_1, view_2, Blocks("diagonal", "full", "diagonal"), loss, sync)

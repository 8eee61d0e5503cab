"""Barlow Twins: a cross-correlation near the identity."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from contextures.objectives.autograd import apply, in_full_precision, without_autocast
from contextures.objectives.functional.checks import check_same_width
from contextures.objectives.functional.constraints import off_diagonal
from contextures.objectives.functional.moments import joined_means
from contextures.objectives.parallel import sum_over_processes

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
    """
    check_same_width(view_1=view_1, view_2=view_2)
    n, means = joined_means((view_1, view_2), sync)
    cross, spread_1, spread_2 = sum_over_processes(apply(_CrossGram, view_1, view_2, *means), sync)
    scale_1 = (spread_1 / n + EPSILON).rsqrt()
    scale_2 = (spread_2 / n + EPSILON).rsqrt()
    correlation = cross * (scale_1[:, None] * scale_2 / n)
    return (1 - correlation.diagonal()).square().sum() + redundancy * off_diagonal(correlation)


class _CrossGram(torch.autograd.Function):
    """Sums over centred rows of two views: V1^T V2 and the squares of each view."""

    @staticmethod
    def forward(
        ctx: Any, view_1: Tensor, view_2: Tensor, mean_1: Tensor, mean_2: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        x, y = view_1 - mean_1, view_2 - mean_2
        ctx.save_for_backward(x, y)
        return x.T @ y, x.square().sum(dim=0), y.square().sum(dim=0)

    @staticmethod
    @without_autocast
    def backward(
        ctx: Any, cross: Tensor, spread_1: Tensor, spread_2: Tensor
    ) -> tuple[Tensor, Tensor, None, None]:
        x, y = ctx.saved_tensors
        for_1 = torch.mm(y, cross.T).addcmul_(x, 2 * spread_1)
        for_2 = torch.mm(x, cross).addcmul_(y, 2 * spread_2)
        return for_1, for_2, None, None

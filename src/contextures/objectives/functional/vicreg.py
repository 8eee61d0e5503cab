"""Variance, invariance and covariance terms of VICReg."""

from __future__ import annotations

import torch
from torch import Tensor

from contextures.objectives.functional.checks import check_same_width, full_precision
from contextures.objectives.functional.moments import covariance
from contextures.objectives.parallel import sum_over_processes

EPSILON = 1e-4
"""Added to variances before the square root, as everywhere in the field."""


def vicreg(
    view_1: Tensor,
    view_2: Tensor,
    invariance: float = 25.0,
    variance: float = 25.0,
    covariance_: float = 1.0,
    sync: bool = True,
) -> Tensor:
    """Compute the VICReg loss of a batch of two views.

    Parameters
    ----------
    view_1, view_2 : torch.Tensor of shape (n, d)
        One encoder's values on two draws that share their source.
    invariance, variance, covariance_ : float
        The weights of the three terms.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.VICReg` for its minimiser.
    """
    check_same_width(view_1=view_1, view_2=view_2)
    view_1, view_2 = full_precision(view_1, view_2)
    d = view_1.shape[1]
    squares, n = sum_over_processes(
        [(view_1 - view_2).square().sum(), view_1.new_tensor(float(len(view_1)))], sync
    )
    loss = invariance * squares / (n * d)
    for view in (view_1, view_2):
        _, c = covariance(view, sync)
        loss = loss + variance / 2 * variance_hinge(c) + covariance_ * off_diagonal(c) / d
    return loss


def variance_hinge(covariance: Tensor, target: float = 1.0) -> Tensor:
    """Compute the mean shortfall of the coordinates' standard deviations below ``target``."""
    deviations = (covariance.diagonal() + EPSILON).sqrt()
    return torch.relu(target - deviations).mean()


def off_diagonal(covariance: Tensor) -> Tensor:
    """Compute the sum of squared covariances between different coordinates."""
    return covariance.square().sum() - covariance.diagonal().square().sum()

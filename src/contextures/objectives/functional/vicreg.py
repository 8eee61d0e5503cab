"""VICReg: invariance under variance and covariance terms."""

from __future__ import annotations

import torch
from torch import Tensor

from contextures.objectives.autograd import in_full_precision
from contextures.objectives.functional.checks import check_same_width
from contextures.objectives.functional.constraints import VarianceCovariance
from contextures.objectives.functional.moments import Blocks, Moments, Slopes, moment_loss
from contextures.objectives.functional.penalties import variance_covariance


@in_full_precision
def vicreg(
    view_1: Tensor,
    view_2: Tensor,
    invariance: float = 25.0,
    variance: float = 25.0,
    covariance: float = 1.0,
    sync: bool = True,
) -> Tensor:
    """Compute the VICReg loss of a batch of two views.

    Parameters
    ----------
    view_1, view_2 : torch.Tensor of shape (n, d)
        One encoder's values on two draws that share their source.
    invariance, variance, covariance : float
        The weights of the three terms.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.VICReg` for its minimiser.

    Examples
    --------
    Two views of a bit, each flipped one time in five: s_1 = .6.

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> a = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> other = torch.where(torch.arange(1000)[:, None] % 50 < 34, a, -a)
    >>> round(F.vicreg(0.39 * a, 0.39 * other).item(), 1)
    20.1
    """
    check_same_width(view_1=view_1, view_2=view_2)
    d = view_1.shape[1]
    # VICReg divides its sum over pairs of coordinates by d, not by their number.
    terms = VarianceCovariance(variance / 2, covariance * (d - 1))

    def loss(moments: Moments) -> tuple[Tensor, Slopes]:
        apart = moments.mean_x - moments.mean_a
        share = (moments.n_rows - 1) / moments.n_rows
        moved = share * (moments.xx.trace() + moments.aa.trace() - 2 * moments.xa)
        value = (invariance / d) * (moved + torch.dot(apart, apart))
        slopes = []
        for c in (moments.xx, moments.aa):
            term, slope = variance_covariance(c, terms)
            slope.diagonal().add_(invariance / d * share)
            value = value + term
            slopes.append(slope)
        by_xa = torch.full_like(moments.xa, -2 * invariance / d * share)
        by_mean = (2 * invariance / d) * apart
        return value, Slopes(slopes[0], by_xa, slopes[1], by_mean, -by_mean)

    return moment_loss(view_1, view_2, Blocks("full", "trace", "full"), loss, sync)

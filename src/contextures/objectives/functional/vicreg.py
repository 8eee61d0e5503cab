"""VICReg: invariance under variance and covariance terms."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives.autograd import in_full_precision
from contextures.objectives.functional import moments
from contextures.objectives.functional.checks import check_same_width
from contextures.objectives.functional.constraints import off_diagonal, variance_hinge
from contextures.objectives.parallel import sum_over_processes


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
    """
    check_same_width(view_1=view_1, view_2=view_2)
    d = view_1.shape[1]
    squares, n = sum_over_processes(
        [(view_1 - view_2).square().sum(), view_1.new_tensor(float(len(view_1)))], sync
    )
    loss = invariance * squares / (n * d)
    for view in (view_1, view_2):
        _, c = moments.covariance(view, sync)
        loss = loss + variance / 2 * variance_hinge(c) + covariance * off_diagonal(c) / d
    return loss

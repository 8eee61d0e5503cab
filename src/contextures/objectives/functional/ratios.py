"""The ratio trace tr(C^-1 B) of two views and under a kernel, where B is symmetric."""

from __future__ import annotations

import torch
from torch import Tensor

from contextures.objectives.autograd import in_full_precision
from contextures.objectives.functional.checks import check_same_width
from contextures.objectives.functional.kernels import kernel_loss
from contextures.objectives.functional.moments import MomentLoss, Moments, Slopes, view_loss
from contextures.objectives.functional.whitening import RIDGE, cholesky, through_ridge


@in_full_precision
def ratio_trace_views(
    view_1: Tensor, view_2: Tensor, ridge: float = RIDGE, sync: bool = True
) -> Tensor:
    """Compute d - tr(C^-1 B) of a batch of two views.

    C is the covariance of both views together and B their cross-covariance, made symmetric.

    Parameters
    ----------
    view_1, view_2 : torch.Tensor of shape (n, d)
        One encoder's values on two draws that share their source.
    ridge : float, default=1e-5
        Added to C, relative to its mean diagonal entry.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.RatioTraceViews` for its minimiser.

    Examples
    --------
    Two views of a bit, each flipped one time in five: s_1 = .6.

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> a = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> other = torch.where(torch.arange(1000)[:, None] % 50 < 34, a, -a)
    >>> round(F.ratio_trace_views(a, other).item(), 2)
    0.64
    """
    check_same_width(view_1=view_1, view_2=view_2)
    return view_loss(view_1, view_2, ratio_loss(ridge), sync)


@in_full_precision
def ratio_trace_kernel(
    phi: Tensor,
    features: Tensor,
    context_weights: Tensor | None = None,
    exclude_self: bool = True,
    ridge: float = RIDGE,
    sync: bool = True,
) -> Tensor:
    """Compute d - tr(C^-1 B) of a batch whose dual kernel is known.

    B estimates E[(k(X, X') - 1) phi(X) phi(X')^T] over independent X and X'.

    Parameters
    ----------
    phi : torch.Tensor of shape (n, d)
        phi(x).
    features : torch.Tensor of shape (n, r)
        Rows z(x) of the kernel k = 1 + z . z', or, with ``context_weights``, rows of the
        transition P+(. | x); dense or sparse. No gradient flows into them.
    context_weights : torch.Tensor of shape (r,), optional
        P_A.
    exclude_self : bool, default=True
        Whether to leave out the pairs of a row with itself, which makes B unbiased for a batch of
        independent rows. With all rows of a sample as the batch, keep them to get the operator on
        that sample.
    ridge, sync
        As in :func:`ratio_trace_views`.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.RatioTraceKernel` for its minimiser.

    Examples
    --------
    A bit that is flipped one time in five: its kernel is 1 + .36 x x'.

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> round(F.ratio_trace_kernel(x, 0.6 * x).item(), 2)
    0.64
    """
    return kernel_loss(phi, features, context_weights, exclude_self, ratio_loss(ridge), sync)


def ratio_loss(ridge: float) -> MomentLoss:
    """Give d - tr(C^-1 B) and its gradient by C (``xx``) and B (``xa``, symmetric).

    They are C^-1 B C^-1 and -C^-1.
    """

    def loss(moments: Moments) -> tuple[Tensor, Slopes]:
        c, b = moments.xx, moments.xa
        inverse = torch.cholesky_inverse(cholesky(c, moments.n_rows, ridge, "the embedding"))
        ratio = inverse @ b
        slopes = Slopes(xx=through_ridge(ratio @ inverse, ridge), xa=inverse.neg())
        return len(c) - ratio.trace(), slopes

    return loss

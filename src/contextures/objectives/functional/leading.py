"""The part of the ratio trace that the leading functions make up."""

from __future__ import annotations

import torch
from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.autograd import in_full_precision
from contextures.objectives.functional.kernels import kernel_loss
from contextures.objectives.functional.moments import MomentLoss, Moments, Slopes
from contextures.objectives.functional.whitening import RIDGE, cholesky, through_ridge


@in_full_precision
def leading_trace_kernel(
    phi: Tensor,
    features: Tensor,
    context_weights: Tensor | None,
    leading: int,
    exclude_self: bool = True,
    ridge: float = RIDGE,
    sync: bool = True,
) -> Tensor:
    """Compute k less the k largest eigenvalues of C^-1 B, of a batch whose dual kernel is known.

    Parameters
    ----------
    phi, features, context_weights
        As in :func:`ratio_trace_kernel`.
    leading : int
        k, at most d.
    exclude_self, ridge, sync
        As in :func:`ratio_trace_kernel`.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.RatioTraceKernel` for its minimiser.

    Examples
    --------
    Two bits, the first flipped one time in five and the second one in two: the leading function
    has s_1 = .6, and the other one 0.

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> bits = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]).repeat(250, 1)
    >>> round(F.leading_trace_kernel(bits, 0.6 * bits[:, :1], None, leading=1).item(), 2)
    0.64
    """
    if not 1 <= leading <= phi.shape[1]:
        raise InputError(
            f"leading={leading!r} is not possible; give an integer from 1 to the width of the "
            f"embedding, {phi.shape[1]}"
        )
    loss = _leading_loss(leading, ridge)
    return kernel_loss(phi, features, context_weights, exclude_self, loss, sync)


def _leading_loss(leading: int, ridge: float) -> MomentLoss:
    """Give the loss and its gradient by C (``xx``) and B (``xa``, symmetric).

    With the eigenvectors V, scaled so that V^T C V = I, they are V diag(eigenvalues) V^T and
    -V V^T: no gaps between eigenvalues are divided by.
    """

    def loss(moments: Moments) -> tuple[Tensor, Slopes]:
        factor = cholesky(moments.xx, moments.n_rows, ridge, "the embedding")
        half = torch.linalg.solve_triangular(factor, moments.xa, upper=False)
        whitened = torch.linalg.solve_triangular(factor, half.T, upper=False)
        values, vectors = torch.linalg.eigh((whitened + whitened.T) / 2)
        values, vectors = values[-leading:], vectors[:, -leading:]
        directions = torch.linalg.solve_triangular(factor.T, vectors, upper=True)
        slopes = Slopes(
            xx=through_ridge((directions * values) @ directions.T, ridge),
            xa=-(directions @ directions.T),
        )
        return leading - values.sum(), slopes

    return loss

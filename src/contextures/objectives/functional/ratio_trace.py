"""The ratio trace tr(C^-1 B), with the whitening inside the loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.autograd import apply, in_full_precision, without_autocast
from contextures.objectives.functional.checks import check_batch, check_same_width
from contextures.objectives.functional.kernels import kernel_moments
from contextures.objectives.functional.moments import pair_covariances, view_covariances
from contextures.objectives.functional.whitening import RIDGE, cholesky, through_ridge


@in_full_precision
def ratio_trace(phi: Tensor, psi: Tensor, ridge: float = RIDGE, sync: bool = True) -> Tensor:
    """Compute d - tr(Cxx^-1 Cxa Caa^-1 Cax) of a batch of pairs.

    Parameters
    ----------
    phi : torch.Tensor of shape (n, d)
        phi(x).
    psi : torch.Tensor of shape (n, e)
        psi(a), with (x, a) ~ P+; e may differ from d.
    ridge : float, default=1e-6
        Added to both covariances, relative to their mean diagonal entries.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.RatioTrace` for its minimiser.
    """
    check_batch(phi=phi, psi=psi)
    n_rows, xx, xa, aa = pair_covariances(phi, psi, sync)
    trace: Tensor = apply(_PairTrace, xx, xa, aa, n_rows, ridge)
    return phi.shape[1] - trace


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
    ridge, sync
        As in :func:`ratio_trace`.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.RatioTraceViews` for its minimiser.
    """
    check_same_width(view_1=view_1, view_2=view_2)
    n_rows, c, b = view_covariances(view_1, view_2, sync)
    return view_1.shape[1] - trace_of_ratio(c, b, n_rows, ridge)


@in_full_precision
def ratio_trace_kernel(
    phi: Tensor,
    features: Tensor,
    context_weights: Tensor | None = None,
    exclude_self: bool = True,
    ridge: float = RIDGE,
    sync: bool = True,
    leading: int | None = None,
) -> Tensor:
    """Compute d - tr(C^-1 B) of a batch whose dual kernel is known.

    B estimates E[(k(X, X') - 1) phi(X) phi(X')^T] over independent X and X'. With ``leading`` = k
    the loss is k less the k largest eigenvalues of C^-1 B.

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
        As in :func:`ratio_trace`.
    leading : int, optional
        How many eigenvalues count; all of them when None or not below d.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.RatioTraceKernel` for its minimiser.
    """
    if leading is not None and leading < 1:
        raise InputError(f"leading={leading!r} is not possible; give an integer of at least 1")
    n_rows, c, b = kernel_moments(phi, features, context_weights, exclude_self, sync)
    d = phi.shape[1]
    if leading is None or leading >= d:
        return d - trace_of_ratio(c, b, n_rows, ridge)
    trace: Tensor = apply(_LeadingTrace, c, b, n_rows, ridge, leading)
    return leading - trace


def trace_of_ratio(c: Tensor, b: Tensor, n_rows: int, ridge: float) -> Tensor:
    """Compute tr(C^-1 B) for a covariance C of ``n_rows`` rows and a symmetric B."""
    trace: Tensor = apply(_Trace, c, b, n_rows, ridge)
    return trace


class _PairTrace(torch.autograd.Function):
    """tr(Cxx^-1 Cxa Caa^-1 Cax) = |W|^2 with W = Lx^-1 Cxa La^-T, and its closed-form gradient.

    With Y = Lx^-T W and V = La^-T W^T the gradients by Cxx, Cxa and Caa are -Y Y^T,
    2 Y La^-1 and -V V^T.
    """

    @staticmethod
    def forward(ctx: Any, xx: Tensor, xa: Tensor, aa: Tensor, n_rows: int, ridge: float) -> Tensor:
        lx = cholesky(xx, n_rows, ridge, "phi")
        la = cholesky(aa, n_rows, ridge, "psi")
        half = torch.linalg.solve_triangular(lx, xa, upper=False)
        w = torch.linalg.solve_triangular(la.T, half, upper=True, left=False)
        ctx.save_for_backward(lx, la, w)
        ctx.ridge = ridge
        total: Tensor = w.square().sum()
        return total

    @staticmethod
    @without_autocast
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        lx, la, w = ctx.saved_tensors
        y = torch.linalg.solve_triangular(lx.T, w, upper=True)
        v = torch.linalg.solve_triangular(la.T, w.T, upper=True)
        cross = torch.linalg.solve_triangular(la, y, upper=False, left=False)
        xx = through_ridge(-(y @ y.T), ctx.ridge)
        aa = through_ridge(-(v @ v.T), ctx.ridge)
        return grad * xx, (2 * grad) * cross, grad * aa, None, None


class _Trace(torch.autograd.Function):
    """tr(C^-1 B) for symmetric B; its gradients are -C^-1 B C^-1 and C^-1."""

    @staticmethod
    def forward(ctx: Any, c: Tensor, b: Tensor, n_rows: int, ridge: float) -> Tensor:
        factor = cholesky(c, n_rows, ridge, "the embedding")
        inverse = torch.cholesky_inverse(factor)
        ctx.save_for_backward(inverse, b)
        ctx.ridge = ridge
        return (inverse * b).sum()

    @staticmethod
    @without_autocast
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None]:
        inverse, b = ctx.saved_tensors
        c = through_ridge(-(inverse @ b @ inverse), ctx.ridge)
        return grad * c, grad * inverse, None, None


class _LeadingTrace(torch.autograd.Function):
    """The sum of the k largest eigenvalues of C^-1 B, for symmetric B.

    With their vectors V, scaled so that V^T C V = I, its gradients are -V diag(eigenvalues) V^T
    by C and V V^T by B: no gaps between eigenvalues are divided by.
    """

    @staticmethod
    def forward(ctx: Any, c: Tensor, b: Tensor, n_rows: int, ridge: float, leading: int) -> Tensor:
        factor = cholesky(c, n_rows, ridge, "the embedding")
        half = torch.linalg.solve_triangular(factor, b, upper=False)
        whitened = torch.linalg.solve_triangular(factor, half.T, upper=False)
        values, vectors = torch.linalg.eigh((whitened + whitened.T) / 2)
        values, vectors = values[-leading:], vectors[:, -leading:]
        directions = torch.linalg.solve_triangular(factor.T, vectors, upper=True)
        ctx.save_for_backward(values, directions)
        ctx.ridge = ridge
        total: Tensor = values.sum()
        return total

    @staticmethod
    @without_autocast
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        values, directions = ctx.saved_tensors
        c = through_ridge(-((directions * values) @ directions.T), ctx.ridge)
        return grad * c, grad * (directions @ directions.T), None, None, None

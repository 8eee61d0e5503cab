"""The ratio trace of pairs, tr(Cxx^-1 Cxa Caa^-1 Cax), with the whitening inside the loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

<<<<<<< HEAD
from contextures.exceptions import InputError
from contextures.objectives.autograd import in_full_precision
from contextures.objectives.functional.checks import check_batch, check_same_width
from contextures.objectives.functional.kernels import kernel_loss
from contextures.objectives.functional.moments import (
    Blocks,
    MomentLoss,
    Moments,
    Slopes,
    moment_loss,
    sum_of_squares,
    view_loss,
)
=======
from contextures.objectives.autograd import apply, closed_form, in_full_precision
from contextures.objectives.functional.checks import check_batch
from contextures.objectives.functional.moments import Blocks, joined_moments, sum_of_squares
from contextures.objectives.functional.row_gradients import Term, row_gradient
>>>>>>> objectives
from contextures.objectives.functional.whitening import RIDGE, cholesky, through_ridge
from contextures.objectives.parallel import joined_scale, totals

FULL = Blocks("full", "full", "full")


@in_full_precision
def ratio_trace(
    phi: Tensor,
    psi: Tensor,
    exclude_self: bool = True,
    ridge: float = RIDGE,
    sync: bool = True,
) -> Tensor:
    """Compute d - tr(Cxx^-1 Cxa Caa^-1 Cax) of a batch of pairs.

    Parameters
    ----------
    phi : torch.Tensor of shape (n, d)
        phi(x).
    psi : torch.Tensor of shape (n, e)
        psi(a), with (x, a) ~ P+; e may differ from d.
    exclude_self : bool, default=True
        Whether to leave out the pairs of a row with itself. The trace is a mean over pairs of rows
        i, j of <phi_i, phi_j> <psi_i, psi_j>, whitened; the n terms with i = j make it too large
        by about d e / n, on independent sides by exactly d e / (n - 1) on average over the ways
        to pair the rows up.
    ridge : float, default=1e-5
        Added to both covariances, relative to their mean diagonal entries.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.RatioTrace` for its minimiser.
    """
    check_batch(phi=phi, psi=psi)
    value: Tensor = apply(_PairTrace, phi, psi, exclude_self, ridge, sync)
    return value


class _PairTrace(torch.autograd.Function):
    """See :func:`ratio_trace`.

    The trace is |W|^2 with W = Lx^-1 Cxa La^-T. With Y = Lx^-T W and V = La^-T W^T its gradients by
    Cxx, Cxa and Caa are -Y Y^T, 2 Y La^-1 and -V V^T. A row's pair with itself is g_i h_i, with
    g_i = <t_i, phi~_i>, t_i = Cxx^-1 phi~_i, and h_i = <u_i, psi~_i> likewise.
    """

    @staticmethod
    def forward(
        ctx: Any, phi: Tensor, psi: Tensor, exclude_self: bool, ridge: float, sync: bool
    ) -> Tensor:
        moments, phi, psi, centre_x, centre_a = joined_moments(phi, psi, FULL, sync)
        n = moments.n_rows
        lx = cholesky(moments.xx, n, ridge, "phi")
        la = cholesky(moments.aa, n, ridge, "psi")
        half = torch.linalg.solve_triangular(lx, moments.xa, upper=False)
        w = torch.linalg.solve_triangular(la.T, half, upper=True, left=False)
        y = torch.linalg.solve_triangular(lx.T, w, upper=True)
        v = torch.linalg.solve_triangular(la.T, w.T, upper=True)
        cross = torch.linalg.solve_triangular(la, y, upper=False, left=False).mul_(-2)
        xx, aa = y @ y.T, v @ v.T
        value = len(lx) - sum_of_squares(w)
        own: tuple[Tensor, ...] = ()
        if exclude_self:
            share = n / (n - 1) ** 3
            t, g = _leverages(phi, centre_x, lx)
            u, h = _leverages(psi, centre_a, la)
            th, uh = t * h[:, None], u * g[:, None]
            parts = [torch.dot(g, h), t.T @ th, u.T @ uh, th.sum(dim=0), uh.sum(dim=0)]
            total, by_xx, by_aa, sum_t, sum_u = totals(parts, sync)
            value = value + share * total
            xx.sub_(by_xx, alpha=share)
            aa.sub_(by_aa, alpha=share)
            own = th, uh, sum_t, sum_u
        xx, aa = through_ridge(xx, ridge), through_ridge(aa, ridge)
        ctx.save_for_backward(phi, psi, centre_x, centre_a, xx, cross, aa, *own)
        ctx.n_rows, ctx.sync = n, sync
        return value

    @staticmethod
    @closed_form
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None, None, None]:
        phi, psi, centre_x, centre_a, xx, xa, aa, *own = ctx.saved_tensors
        n, scale = ctx.n_rows, joined_scale(grad, ctx.sync)
        share = 2 * scale * n / (n - 1) ** 3
        constant_x = own[2] * (-share / n) if own else None
        constant_a = own[3] * (-share / n) if own else None
        one, two = scale / (n - 1), 2 * scale / (n - 1)
        for_phi = for_psi = None
        if ctx.needs_input_grad[0]:
            terms = [Term(phi, centre_x, xx, two), Term(psi, centre_a, xa.T, one)]
            for_phi = row_gradient(terms, constant_x)
            if own:
                for_phi.add_(own[0], alpha=share)
        if ctx.needs_input_grad[1]:
            terms = [Term(psi, centre_a, aa, two), Term(phi, centre_x, xa, one)]
            for_psi = row_gradient(terms, constant_a)
            if own:
                for_psi.add_(own[1], alpha=share)
        return for_phi, for_psi, None, None, None


<<<<<<< HEAD
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
    return view_loss(view_1, view_2, ratio_loss(ridge), sync)


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
    whole = leading is None or leading >= phi.shape[1]
    loss = ratio_loss(ridge) if leading is None or whole else leading_loss(ridge, leading)
    return kernel_loss(phi, features, context_weights, exclude_self, loss, sync)


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


def leading_loss(ridge: float, leading: int) -> MomentLoss:
    """Give k less the k largest eigenvalues of C^-1 B, and its gradient; see :func:`ratio_loss`.

    With their vectors V, scaled so that V^T C V = I, the gradients are V diag(eigenvalues) V^T by
    C and -V V^T by B: no gaps between eigenvalues are divided by.
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
=======
def _leverages(rows: Tensor, centre: Tensor, factor: Tensor) -> tuple[Tensor, Tensor]:
    """Compute (L L^T)^-1 times centred rows, and their inner products with the rows."""
    inverse = torch.cholesky_inverse(factor)
    t = torch.addmm(torch.mv(inverse, -centre), rows, inverse)
    return t, torch.linalg.vecdot(t, rows) - t @ centre
>>>>>>> objectives

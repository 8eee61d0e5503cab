"""The ratio trace of pairs, tr(Cxx^-1 Cxa Caa^-1 Cax), with the whitening inside the loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from contextures.objectives.autograd import apply, closed_form, in_full_precision
from contextures.objectives.functional.checks import check_batch
from contextures.objectives.functional.moments import Blocks, joined_moments, sum_of_squares
from contextures.objectives.functional.row_gradients import Term, row_gradient
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

    Examples
    --------
    A bit that is flipped one time in five: s_1 = .6.

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> a = torch.where(torch.arange(1000)[:, None] % 10 < 8, x, -x)
    >>> round(F.ratio_trace(x, a).item(), 2)
    0.64
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


def _leverages(rows: Tensor, centre: Tensor, factor: Tensor) -> tuple[Tensor, Tensor]:
    """Compute (L L^T)^-1 times centred rows, and their inner products with the rows."""
    inverse = torch.cholesky_inverse(factor)
    t = torch.addmm(torch.mv(inverse, -centre), rows, inverse)
    return t, torch.linalg.vecdot(t, rows) - t @ centre

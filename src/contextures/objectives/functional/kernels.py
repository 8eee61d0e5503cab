"""Losses of a batch whose dual kernel is given by features or by a transition."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.autograd import apply, closed_form
from contextures.objectives.functional.checks import check_batch, check_same_length
from contextures.objectives.functional.moments import MomentLoss, Moments, drowned, sum_of_squares
from contextures.objectives.parallel import joined, joined_scale


class KernelRows(NamedTuple):
    """Rows R with k = R diag(scale)^2 R^T up to a constant, and the diagonal of k - 1."""

    rows: Tensor
    scale: Tensor | None
    own: Tensor


def kernel_loss(
    phi: Tensor,
    features: Tensor,
    context_weights: Tensor | None,
    exclude_self: bool,
    loss: MomentLoss,
    sync: bool,
) -> Tensor:
    """Compute a loss of C = Cov[phi(X)] and B = E[(k(X, X') - 1) phi(X) phi(X')^T].

    Parameters
    ----------
    phi : torch.Tensor of shape (n, d)
        The embeddings.
    features : torch.Tensor of shape (n, r)
        Rows z(x) with k = 1 + z . z', or rows of the transition; dense or sparse.
    context_weights : torch.Tensor of shape (r,) or None
        P_A, if the rows are those of a transition.
    exclude_self : bool
        Whether the estimate of B leaves out the pairs of a row with itself.
    loss : callable
        Gives the loss and its gradient from :class:`Moments` with ``xx`` = C and ``xa`` = B.
    sync : bool
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss.

    Notes
    -----
    The estimates of C and B are unbiased for independent rows and E_X' k(x, X') = 1: centring phi
    by the batch mean multiplies the expectation of B's sum by 1 - 2/n + 2/n^2 (derived), which is
    divided out. Two products of n d^2 and one of n r d forward, the same backward.
    """
    described = describe(phi, features, context_weights)
    value: Tensor = apply(_KernelLoss, phi, described, exclude_self, loss, sync)
    return value


def kernel_trace(
    phi: Tensor,
    features: Tensor,
    context_weights: Tensor | None,
    exclude_self: bool,
    sync: bool,
) -> Tensor:
    """Estimate tr C - tr B without bias; see :func:`kernel_loss`.

    Returns
    -------
    torch.Tensor
        The difference.

    Notes
    -----
    One product of n r d forward and one backward.
    """
    described = describe(phi, features, context_weights)
    value: Tensor = apply(_KernelTrace, phi, described, exclude_self, sync)
    return value


def pair_count(n: int, exclude_self: bool) -> float:
    """Divisor of a sum over pairs of centred rows, different ones or all, under a kernel."""
    return n * (n - 1) * ((1 - 2 / n + 2 / n**2) if exclude_self else 1.0)


def describe(phi: Tensor, features: Tensor, context_weights: Tensor | None) -> KernelRows:
    """Check the rows that describe a kernel and find the kernel's diagonal.

    Parameters
    ----------
    phi, features, context_weights
        As in :func:`kernel_loss`.

    Returns
    -------
    KernelRows
        The rows as constants, in the precision of phi.
    """
    check_batch(phi=phi)
    check_same_length(phi=phi, features=features)
    sparse = features.layout != torch.strided
    rows = (features.to_sparse_csr() if sparse else features).detach().to(phi.dtype)
    if context_weights is None:
        return KernelRows(rows, None, _row_sums(rows, None))
    if len(context_weights) != rows.shape[1]:
        raise InputError(
            f"context_weights has {len(context_weights)} entries for {rows.shape[1]} context "
            "values; give P_A on the support of the transition"
        )
    weights = context_weights.detach().to(phi.dtype)
    inverse = torch.where(weights > 0, 1 / weights, torch.zeros_like(weights))
    return KernelRows(rows, inverse.sqrt(), _row_sums(rows, inverse) - 1)


def _row_sums(rows: Tensor, weights: Tensor | None) -> Tensor:
    """Sum squared entries over each row, weighted by column."""
    if rows.layout == torch.strided:
        if weights is None:
            return sum_of_squares(rows, dim=1)
        return rows.square() @ weights
    entries = rows.values().square()
    if weights is not None:
        entries = entries * weights[rows.col_indices()]
    running = torch.nn.functional.pad(entries.double().cumsum(dim=0), (1, 0))
    ends = rows.crow_indices()
    return (running[ends[1:]] - running[ends[:-1]]).to(rows.dtype)


def _smooth(described: KernelRows, phi: Tensor) -> Tensor:
    """Compute diag(scale) R^T Phi."""
    rows, scale, _ = described
    dense = rows.layout == torch.strided
    y = rows.T @ phi if dense else rows.t().to_sparse_csr() @ phi
    return y if scale is None else y.mul_(scale[:, None])


def _add_spread(described: KernelRows, y: Tensor, onto: Tensor, alpha: float) -> Tensor:
    """Add alpha R diag(scale) Y in place."""
    rows, scale, _ = described
    scaled = y if scale is None else y * scale[:, None]
    if rows.layout == torch.strided:
        return onto.addmm_(rows, scaled, alpha=alpha)
    return onto.add_(rows @ scaled, alpha=alpha)


class _KernelLoss(torch.autograd.Function):
    """See :func:`kernel_loss`. Centring is done on sums, which costs no pass over the rows."""

    @staticmethod
    def forward(
        ctx: Any,
        phi: Tensor,
        described: KernelRows,
        exclude_self: bool,
        loss: MomentLoss,
        sync: bool,
    ) -> Tensor:
        n, mean, c, rest = _joined(phi, described, exclude_self, sync)
        if drowned(mean, c):
            phi = phi - mean
            n, mean, c, rest = _joined(phi, described, exclude_self, sync)
        y, ones, *itself = rest
        y = y - ones * mean
        b = y.T @ y
        if exclude_self:
            squares, weighted, total = itself
            outer = torch.outer(weighted - total * mean / 2, mean)
            b -= squares - outer - outer.T
        count = pair_count(n, exclude_self)
        value, slopes = loss(Moments(n, mean, mean, c, b.div_(count), c))
        by_c, by_b = slopes.xx, slopes.xa
        assert by_c is not None and by_b is not None
        by_y = (y @ by_b).mul_(2 / count)
        by_mean = -(ones * by_y).sum(dim=0)
        if exclude_self:
            by_mean += (2 / count) * (by_b @ (weighted - total * mean))
        constant = by_mean / n - (2 / (n - 1)) * (mean @ by_c)
        ctx.save_for_backward(phi, by_c, by_b, by_y, mean, constant)
        ctx.described, ctx.n_rows, ctx.sync = described, n, sync
        ctx.count = count if exclude_self else None
        return value

    @staticmethod
    @closed_form
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None, None]:
        phi, by_c, by_b, by_y, mean, constant = ctx.saved_tensors
        scale = joined_scale(grad, ctx.sync)
        rows = torch.addmm(constant * scale, phi, by_c, alpha=2 * scale / (ctx.n_rows - 1))
        _add_spread(ctx.described, by_y, rows, scale)
        if ctx.count is not None:
            itself = torch.addmm(-(mean @ by_b), phi, by_b)
            rows.addcmul_(itself, ctx.described.own[:, None], value=-2 * scale / ctx.count)
        return rows, None, None, None, None


class _KernelTrace(torch.autograd.Function):
    """See :func:`kernel_trace`."""

    @staticmethod
    def forward(
        ctx: Any, phi: Tensor, described: KernelRows, exclude_self: bool, sync: bool
    ) -> Tensor:
        n, mean, spread, rest = _joined_traces(phi, described, sync)
        if drowned(mean, spread):
            phi = phi - mean
            n, mean, spread, rest = _joined_traces(phi, described, sync)
        y, ones, squares, weighted, total = rest
        y = y - ones * mean
        trace = sum_of_squares(y)
        count = pair_count(n, exclude_self)
        by_mean = (2 / count) * (ones * y).sum(dim=0)
        if exclude_self:
            shift = 2 * torch.dot(weighted, mean) - total * torch.dot(mean, mean)
            trace = trace - (squares - shift)
            by_mean -= (2 / count) * (weighted - total * mean)
        ctx.save_for_backward(phi, y, mean, by_mean)
        ctx.described, ctx.n_rows, ctx.sync = described, n, sync
        ctx.count, ctx.exclude_self = count, exclude_self
        return spread - trace / count

    @staticmethod
    @closed_form
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        phi, y, mean, by_mean = ctx.saved_tensors
        n, count = ctx.n_rows, ctx.count
        scale = joined_scale(grad, ctx.sync)
        factors = phi.new_full((len(phi), 1), 2 * scale / (n - 1))
        if ctx.exclude_self:
            factors.add_(ctx.described.own[:, None], alpha=2 * scale / count)
        rows = (phi - mean).mul_(factors).add_(by_mean * (scale / n))
        _add_spread(ctx.described, y, rows, -2 * scale / count)
        return rows, None, None, None


def _joined(
    phi: Tensor, described: KernelRows, exclude_self: bool, sync: bool
) -> tuple[int, Tensor, Tensor, list[Tensor]]:
    """Compute n, the mean, C, and the sums behind B: of R^T Phi, R^T 1 and the diagonal."""
    own = described.own
    unit = phi.new_ones(len(phi), 1)
    parts = [phi.T @ phi, _smooth(described, phi), _smooth(described, unit)]
    if exclude_self:
        parts += [phi.T @ (phi * own[:, None]), own @ phi, own.sum()]
    n, mean, (squares, *rest) = _joined_mean(phi, parts, sync)
    return n, mean, torch.addr(squares, mean, mean, beta=1 / (n - 1), alpha=-n / (n - 1)), rest


def _joined_traces(
    phi: Tensor, described: KernelRows, sync: bool
) -> tuple[int, Tensor, Tensor, list[Tensor]]:
    """Compute n, the mean, tr C, and the sums behind tr B."""
    own = described.own
    norms = sum_of_squares(phi, dim=1)
    unit = phi.new_ones(len(phi), 1)
    n, mean, (squares, *rest) = _joined_mean(
        phi,
        [
            norms.sum(),
            _smooth(described, phi),
            _smooth(described, unit),
            torch.dot(own, norms),
            own @ phi,
            own.sum(),
        ],
        sync,
    )
    return n, mean, (squares - n * torch.dot(mean, mean)) / (n - 1), rest


def _joined_mean(phi: Tensor, parts: list[Tensor], sync: bool) -> tuple[int, Tensor, list[Tensor]]:
    n, (total, *rest) = joined(len(phi), [phi.sum(dim=0), *parts], sync)
    return n, total / n, rest

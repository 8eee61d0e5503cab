"""Moments of a batch whose dual kernel is given by features or by a transition."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.autograd import apply, without_autocast
from contextures.objectives.functional.checks import check_batch, check_same_length
from contextures.objectives.functional.moments import centre
from contextures.objectives.parallel import sum_over_processes


def kernel_moments(
    phi: Tensor,
    features: Tensor,
    context_weights: Tensor | None,
    exclude_self: bool,
    sync: bool,
) -> tuple[int, Tensor, Tensor]:
    """Estimate C = Cov[phi(X)] and B = E[(k(X, X') - 1) phi(X) phi(X')^T].

    Parameters
    ----------
    phi : torch.Tensor of shape (n, d)
        The embeddings.
    features : torch.Tensor of shape (n, r)
        Rows z(x) with k = 1 + z . z', or rows of the transition; dense or sparse.
    context_weights : torch.Tensor of shape (r,) or None
        P_A, if the rows are those of a transition.
    exclude_self : bool
        Whether B leaves out the pairs of a row with itself.
    sync : bool
        Whether to join the batches of all processes.

    Returns
    -------
    n_rows : int
        The number of rows of the joined batch.
    c, b : torch.Tensor of shape (d, d)
        The covariance, and B.

    Notes
    -----
    Both are unbiased for independent rows and E_X' k(x, X') = 1: centring phi by the batch mean
    multiplies the expectation of B's sum by 1 - 2/n + 2/n^2 (derived), which is divided out.
    Two products of n d^2 and one of n r d forward, the same backward.
    """
    rows, scale, own = _describe(phi, features, context_weights)
    n, centred = centre(phi, sync)
    if exclude_self:
        parts = apply(_KernelGrams, centred, rows, scale, own)
        c, y, itself = sum_over_processes(parts, sync)
        return n, c / (n - 1), (y.T @ y - itself) / pair_count(n)
    parts = apply(_KernelGrams, centred, rows, scale, None)
    c, y = sum_over_processes(parts, sync)
    return n, c / (n - 1), y.T @ y / (n * (n - 1))


def kernel_trace(
    phi: Tensor,
    features: Tensor,
    context_weights: Tensor | None,
    exclude_self: bool,
    sync: bool,
) -> tuple[Tensor, Tensor]:
    """Estimate tr C and tr B; see :func:`kernel_moments`.

    Returns
    -------
    c, b : torch.Tensor
        The two traces.

    Notes
    -----
    One product of n r d forward and one backward.
    """
    rows, scale, own = _describe(phi, features, context_weights)
    n, centred = centre(phi, sync)
    norms = centred.square().sum(dim=1)
    y, c, itself = sum_over_processes(
        [apply(_Smooth, centred, rows, scale), norms.sum(), (norms * own).sum()], sync
    )
    total = y.square().sum()
    if exclude_self:
        return c / (n - 1), (total - itself) / pair_count(n)
    return c / (n - 1), total / (n * (n - 1))


def pair_count(n: int) -> float:
    """Divisor that makes a sum over pairs of different centred rows unbiased under a kernel."""
    return n * (n - 1) * (1 - 2 / n + 2 / n**2)


def _describe(
    phi: Tensor, features: Tensor, context_weights: Tensor | None
) -> tuple[Tensor, Tensor | None, Tensor]:
    """Give rows R, a scale of their columns and the diagonal of k - 1.

    k is R diag(scale)^2 R^T up to a constant.
    """
    check_batch(phi=phi)
    check_same_length(phi=phi, features=features)
    sparse = features.layout != torch.strided
    rows = (features.to_sparse_csr() if sparse else features).detach().to(phi.dtype)
    if context_weights is None:
        return rows, None, _row_sums(rows, None)
    if len(context_weights) != rows.shape[1]:
        raise InputError(
            f"context_weights has {len(context_weights)} entries for {rows.shape[1]} context "
            "values; give P_A on the support of the transition"
        )
    weights = context_weights.detach().to(phi.dtype)
    inverse = torch.where(weights > 0, 1 / weights, torch.zeros_like(weights))
    return rows, inverse.sqrt(), _row_sums(rows, inverse) - 1


def _row_sums(rows: Tensor, weights: Tensor | None) -> Tensor:
    """Sum squared entries over each row, weighted by column."""
    if rows.layout == torch.strided:
        squares = rows.square()
        return squares.sum(dim=1) if weights is None else squares @ weights
    entries = rows.values().square()
    if weights is not None:
        entries = entries * weights[rows.col_indices()]
    running = torch.nn.functional.pad(entries.double().cumsum(dim=0), (1, 0))
    ends = rows.crow_indices()
    return (running[ends[1:]] - running[ends[:-1]]).to(rows.dtype)


def _transposed_product(rows: Tensor, phi: Tensor) -> Tensor:
    if rows.layout == torch.strided:
        return rows.T @ phi
    return rows.t().to_sparse_csr() @ phi


class _Smooth(torch.autograd.Function):
    """diag(scale) R^T Phi."""

    @staticmethod
    def forward(ctx: Any, phi: Tensor, rows: Tensor, scale: Tensor | None) -> Tensor:
        ctx.rows, ctx.scale = rows, scale
        y = _transposed_product(rows, phi)
        return y if scale is None else y.mul_(scale[:, None])

    @staticmethod
    @without_autocast
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        scaled = grad if ctx.scale is None else grad * ctx.scale[:, None]
        return ctx.rows @ scaled, None, None


class _KernelGrams(torch.autograd.Function):
    """Phi^T Phi, diag(scale) R^T Phi and, if wanted, Phi^T diag(own) Phi."""

    @staticmethod
    def forward(
        ctx: Any, phi: Tensor, rows: Tensor, scale: Tensor | None, own: Tensor | None
    ) -> tuple[Tensor, ...]:
        ctx.save_for_backward(phi)
        ctx.rows, ctx.scale, ctx.own = rows, scale, own
        y = _transposed_product(rows, phi)
        if scale is not None:
            y.mul_(scale[:, None])
        grams = (phi.T @ phi, y)
        return grams if own is None else (*grams, phi.T @ (phi * own[:, None]))

    @staticmethod
    @without_autocast
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        (phi,) = ctx.saved_tensors
        scaled = grads[1] if ctx.scale is None else grads[1] * ctx.scale[:, None]
        for_phi = ctx.rows @ scaled
        if ctx.own is not None:
            for_phi.addcmul_(phi @ (grads[2] + grads[2].T), ctx.own[:, None])
        return for_phi.addmm_(phi, grads[0] + grads[0].T), None, None, None

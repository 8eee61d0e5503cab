"""Prediction by a linear head that the loss solves for."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.autograd import apply, closed_form, in_full_precision
from contextures.objectives.functional.checks import check_batch, check_same_length
from contextures.objectives.functional.moments import drowned, sum_of_squares
from contextures.objectives.functional.whitening import RIDGE, cholesky
from contextures.objectives.parallel import (
    is_parallel,
    joined_scale,
    totals,
)


@in_full_precision
def linear_head_mse(
    embedding: Tensor,
    target: Tensor,
    bias: bool = True,
    weights: Tensor | None = None,
    ridge: float = RIDGE,
    sync: bool = True,
) -> Tensor:
    """Compute min over W and b of the mean of |W embedding + b - target|^2 over a batch.

    Parameters
    ----------
    embedding : torch.Tensor of shape (n, d)
        The embeddings.
    target : torch.Tensor of shape (n, p)
        What is to be predicted; no gradient flows into it.
    bias : bool, default=True
        Whether the head has a bias.
    weights : torch.Tensor of shape (n,), optional
        Weights of the rows in the mean; equal by default.
    ridge : float, default=1e-5
        Added to the second moment of the embedding, relative to its mean diagonal entry.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss. Its gradient is that with the best head held fixed, which is the gradient of the
        minimum, up to the ridge.

    Notes
    -----
    One product of n d^2, two of n d p forward and one of n d p backward; n (d + p) memory.

    Examples
    --------
    Two unrelated outputs of variances 4 and 1, of which the embedding has the first.

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> bits = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]).repeat(50, 1)
    >>> round(F.linear_head_mse(bits[:, :1], bits * torch.tensor([2.0, 1.0])).item(), 2)
    1.0
    """
    check_batch(embedding=embedding, target=target)
    target = target.detach().to(embedding.dtype)
    row_weights = None if weights is None else _row_weights(weights, target)
    value: Tensor = apply(_LinearHead, embedding, target, row_weights, bias, ridge, sync)
    return value


@in_full_precision
def linear_head_losses(
    embedding: Tensor,
    target: Tensor,
    bias: bool = True,
    weights: Tensor | None = None,
    ridge: float = RIDGE,
    sync: bool = True,
) -> Tensor:
    """Compute the squared error of each row under the best linear head of :func:`linear_head_mse`.

    Parameters
    ----------
    embedding : torch.Tensor of shape (n, d)
        The embeddings.
    target : torch.Tensor of shape (n, p)
        What is to be predicted; no gradient flows into it.
    bias, weights, ridge, sync
        As in :func:`linear_head_mse`; the head is the best for rows of these weights.

    Returns
    -------
    torch.Tensor of shape (n,)
        The losses of this process's rows, with gradients at a fixed head.

    Notes
    -----
    As :func:`linear_head_mse`.

    Examples
    --------
    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> x = torch.tensor([1.0, 1.0, -1.0, -1.0])[:, None]
    >>> target = torch.tensor([1.0, 3.0, 0.0, 0.0])[:, None]
    >>> F.linear_head_losses(x, target).round(decimals=2)
    tensor([1., 1., 0., 0.])
    >>> weights = torch.tensor([1.0, 3.0, 1.0, 1.0])
    >>> F.linear_head_losses(x, target, weights=weights).round(decimals=2)
    tensor([2.2500, 0.2500, 0.0000, 0.0000])
    """
    check_batch(embedding=embedding, target=target)
    target = target.detach().to(embedding.dtype)
    row_weights = None if weights is None else _row_weights(weights, target)
    head, offset, _ = _best_head(embedding.detach(), target, row_weights, bias, ridge, sync)
    residual = target - embedding @ head - offset
    return residual.square().sum(dim=1)


@in_full_precision
def masked_mse(
    embedding: Tensor,
    target: Tensor,
    hidden: Tensor,
    bias: bool = True,
    ridge: float = RIDGE,
    sync: bool = True,
) -> Tensor:
    """Compute the least squared error of linear predictions of the hidden entries of a target.

    Parameters
    ----------
    embedding : torch.Tensor of shape (n, d)
        The embeddings of the masked rows.
    target : torch.Tensor of shape (n, p)
        The full rows; no gradient flows into them.
    hidden : torch.Tensor of bool of shape (n, p)
        Which entries count.
    bias, ridge, sync
        As in :func:`linear_head_mse`.

    Returns
    -------
    torch.Tensor
        Per row, the sum of squared errors over hidden entries, scaled by p over their number.

    Notes
    -----
    Every column has its own normal equations: p products of n d^2, without gradient.

    Examples
    --------
    A bit and its copy, of which one is hidden at a time: the other tells it.

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> bit = torch.tensor([1.0, -1.0]).repeat_interleave(500)[:, None]
    >>> x = torch.hstack([bit, bit])
    >>> hidden = torch.eye(2).bool().repeat(500, 1)
    >>> round(F.masked_mse(torch.where(hidden, 0.0, x), x, hidden).item(), 2)
    0.0
    """
    check_batch(embedding=embedding, target=target)
    if hidden.shape != target.shape:
        raise InputError(
            f"hidden has shape {tuple(hidden.shape)} and target {tuple(target.shape)}; "
            "give one flag for every entry"
        )
    target, mask = target.detach().to(embedding.dtype), hidden.to(embedding.dtype)
    value: Tensor = apply(_MaskedHeads, embedding, target, mask, bias, ridge, sync)
    return value


def _row_weights(weights: Tensor, target: Tensor) -> Tensor:
    check_same_length(weights=weights, target=target)
    if weights.ndim != 1 or bool((weights < 0).any()):
        raise InputError("weights must hold one number that is not negative for every row")
    return weights.detach().to(target.dtype)


class _LinearHead(torch.autograd.Function):
    """See :func:`linear_head_mse`."""

    @staticmethod
    def forward(
        ctx: Any,
        embedding: Tensor,
        target: Tensor,
        weights: Tensor | None,
        bias: bool,
        ridge: float,
        sync: bool,
    ) -> Tensor:
        head, offset, total = _best_head(embedding, target, weights, bias, ridge, sync)
        residual = torch.addmm(target, embedding, head, alpha=-1).sub_(offset)
        if weights is None:
            value = sum_of_squares(residual)
        else:
            value = weights @ sum_of_squares(residual, dim=1)
            residual.mul_(weights[:, None])
        ctx.save_for_backward(residual, head)
        ctx.total, ctx.sync = total, sync
        return totals([value / total], sync)[0]

    @staticmethod
    @closed_form
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None, None, None]:
        residual, head = ctx.saved_tensors
        scale = -2 * joined_scale(grad, ctx.sync) / ctx.total
        return residual @ head.mul(scale).T, None, None, None, None, None


class _MaskedHeads(torch.autograd.Function):
    """See :func:`masked_mse`."""

    @staticmethod
    def forward(
        ctx: Any,
        embedding: Tensor,
        target: Tensor,
        mask: Tensor,
        bias: bool,
        ridge: float,
        sync: bool,
    ) -> Tensor:
        (counts,) = totals([mask.sum(dim=0)], sync)
        head = embedding.new_zeros(embedding.shape[1], target.shape[1])
        offset = embedding.new_zeros(target.shape[1])
        for j in counts.nonzero().flatten().tolist():
            column = target[:, j : j + 1]
            found, shift, _ = _best_head(embedding, column, mask[:, j], bias, ridge, sync)
            head[:, j], offset[j] = found[:, 0], shift[0]
        residual = torch.addmm(target, embedding, head, alpha=-1).sub_(offset).mul_(mask)
        share = float(counts.sum()) / target.shape[1]
        if not share:
            raise InputError("hidden marks no entry, so there is nothing to predict; mask some")
        ctx.save_for_backward(residual, head)
        ctx.total, ctx.sync = share, sync
        return totals([sum_of_squares(residual) / share], sync)[0]

    @staticmethod
    @closed_form
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None, None, None]:
        residual, head = ctx.saved_tensors
        scale = -2 * joined_scale(grad, ctx.sync) / ctx.total
        return residual @ head.mul(scale).T, None, None, None, None, None


def _best_head(
    embedding: Tensor,
    target: Tensor,
    weights: Tensor | None,
    bias: bool,
    ridge: float,
    sync: bool,
) -> tuple[Tensor, Tensor, float]:
    """Solve for the head: W (d, p), b (p,) and the total weight of the joined batch."""
    weighted = embedding if weights is None else embedding * weights[:, None]
    if weights is None:
        parts = [embedding.sum(dim=0), target.sum(dim=0)]
        weight = rows = float(len(embedding))
    else:
        parts = [weights @ embedding, weights @ target]
        weight, rows = float(weights.sum()), float((weights > 0).sum())
    parts += [weighted.T @ embedding, weighted.T @ target]
    if is_parallel(sync):
        both, *parts = totals([embedding.new_tensor([weight, rows]), *parts], sync)
        weight, rows = both.tolist()
    if weight <= 0:
        raise InputError("all weights are zero, so there is nothing to predict; give positive ones")
    sum_x, sum_t, xx, xt = parts
    xx = xx / weight
    if bias:
        mean = sum_x / weight
        c = torch.addr(xx, mean, mean, alpha=-1)
        if drowned(mean, c):
            head, offset, _ = _best_head(embedding - mean, target, weights, bias, ridge, sync)
            return head, offset - mean @ head, weight
        xx, xt = c, torch.addr(xt, mean, sum_t, alpha=-1)
    factor = cholesky(xx, round(rows), ridge, "the embedding")
    head = torch.cholesky_solve(xt / weight, factor)
    offset = (sum_t - sum_x @ head) / weight if bias else torch.zeros_like(sum_t)
    return head, offset, weight

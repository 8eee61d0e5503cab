"""Sums over the processes of data-parallel training, with gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from contextures.objectives.autograd import apply


def is_parallel(sync: bool) -> bool:
    """Tell whether batches are parts of one batch that several processes share.

    Parameters
    ----------
    sync : bool
        Whether the caller wants them joined.

    Returns
    -------
    bool
        True if so and ``torch.distributed`` is initialised with more than one process.
    """
    return sync and dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


class _Sum(torch.autograd.Function):
    """The sum over processes. Its gradient is that of the sum of the processes' losses."""

    @staticmethod
    def forward(ctx: Any, part: Tensor) -> Tensor:
        total = part.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        total = grad.contiguous().clone()
        dist.all_reduce(total)
        return total


def sum_over_processes(parts: Sequence[Tensor], sync: bool = True) -> list[Tensor]:
    """Sum tensors over processes in one all-reduce, with gradients.

    A loss computed from such sums alone is the loss of the joined batch, on every process. The
    gradient that a process finds is that of the sum of all processes' losses, so that the average
    of gradients that data-parallel training takes is the gradient of the joined batch's loss,
    also where the parts differ in size.

    Parameters
    ----------
    parts : sequence of torch.Tensor
        This process's part of each sum, all of one dtype and device.
    sync : bool, default=True
        Whether to sum at all.

    Returns
    -------
    list of torch.Tensor
        The sums, shaped as the parts; the parts themselves when there is one process.
    """
    if not is_parallel(sync):
        return list(parts)
    flat: Tensor = apply(_Sum, torch.cat([part.reshape(-1) for part in parts]))
    pieces = torch.split(flat, [part.numel() for part in parts])
    return [piece.view(part.shape) for piece, part in zip(pieces, parts, strict=True)]


def gather_rows(batches: Sequence[Tensor], sync: bool = True) -> tuple[list[Tensor], int]:
    """Join the rows of all processes, with gradients, for losses that need all pairs.

    Parameters
    ----------
    batches : sequence of torch.Tensor of shape (n, ...)
        This process's rows, as many in each.
    sync : bool, default=True
        Whether to join at all.

    Returns
    -------
    joined : list of torch.Tensor of shape (N, ...)
        The rows of all processes in their order.
    start : int
        Where this process's rows begin.
    """
    if not is_parallel(sync):
        return list(batches), 0
    n = len(batches[0])
    counts = torch.zeros(dist.get_world_size(), dtype=torch.int64, device=batches[0].device)
    counts[dist.get_rank()] = n
    dist.all_reduce(counts)
    start = int(counts[: dist.get_rank()].sum())
    # Every process's rows in their place among zeros add up to all rows.
    after = int(counts.sum()) - start - n
    placed = [torch.cat([_zeros(b, start), b, _zeros(b, after)]) for b in batches]
    return sum_over_processes(placed), start


def _zeros(like: Tensor, n: int) -> Tensor:
    return like.new_zeros((n, *like.shape[1:]))

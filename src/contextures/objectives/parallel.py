"""Sums over the processes of data-parallel training.

A loss that depends on sums over all processes' rows is the same on every process. Its custom
backward pass gives a process's rows the gradient of the sum of all processes' losses (see
:func:`joined_scale`), which data-parallel training averages to the gradient of the joined batch's
loss, also where the parts differ in size. So sums need no gradient of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch import Tensor

from contextures.exceptions import InputError


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


def totals(parts: Sequence[Tensor], sync: bool = True) -> list[Tensor]:
    """Sum tensors over processes in one all-reduce, without gradients.

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
    flat = torch.cat([part.detach().reshape(-1) for part in parts])
    dist.all_reduce(flat)
    return _split(flat, parts)


def joined(n_rows: int, parts: Sequence[Tensor], sync: bool) -> tuple[int, list[Tensor]]:
    """Sum rows' counts and sums over processes in one all-reduce, without gradients.

    Parameters
    ----------
    n_rows : int
        The number of rows of this process.
    parts : sequence of torch.Tensor
        This process's part of each sum.
    sync : bool
        Whether to sum at all.

    Returns
    -------
    n_rows : int
        The number of rows of the joined batch.
    sums : list of torch.Tensor
        The sums.

    Raises
    ------
    InputError
        If there is only one row.
    """
    sums = list(parts)
    if is_parallel(sync):
        count, *sums = totals([parts[0].new_tensor([float(n_rows)]), *parts], sync)
        n_rows = round(float(count))
    if n_rows < 2:
        raise InputError(f"a batch of {n_rows} row(s) has no pairs; give at least two rows")
    return n_rows, sums


def joined_scale(grad: Tensor, sync: bool) -> float:
    """Give the gradient by a loss that all processes share: the sum of what each passes down.

    Parameters
    ----------
    grad : torch.Tensor
        The scalar gradient that reaches this process's copy of the loss.
    sync : bool
        Whether batches are joined.

    Returns
    -------
    float
        The factor of the loss's own gradient.
    """
    return float(totals([grad], sync)[0])


def gather_rows(batches: Sequence[Tensor], sync: bool = True) -> tuple[list[Tensor], int]:
    """Join the rows of all processes, without gradients, for losses that need all pairs.

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
    placed = [torch.cat([_zeros(b, start), b.detach(), _zeros(b, after)]) for b in batches]
    return totals(placed, sync), start


def largest(values: Tensor, sync: bool) -> Tensor:
    """Take the largest of every entry over processes, without gradient.

    Parameters
    ----------
    values : torch.Tensor
        This process's values.
    sync : bool
        Whether to ask the other processes at all.

    Returns
    -------
    torch.Tensor
        The largest values.
    """
    if not is_parallel(sync):
        return values
    found = values.detach().clone()
    dist.all_reduce(found, dist.ReduceOp.MAX)
    return found


def _split(flat: Tensor, parts: Sequence[Tensor]) -> list[Tensor]:
    pieces = torch.split(flat, [part.numel() for part in parts])
    return [piece.view(part.shape) for piece, part in zip(pieces, parts, strict=True)]


def _zeros(like: Tensor, n: int) -> Tensor:
    return like.new_zeros((n, *like.shape[1:]))

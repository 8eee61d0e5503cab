"""InfoNCE and NT-Xent, for comparison: they need all pairs of rows."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from contextures.exceptions import InputError
from contextures.objectives.autograd import apply, closed_form, in_full_precision
from contextures.objectives.functional.checks import check_same_width
from contextures.objectives.parallel import gather_rows, joined_scale, largest, totals

SAFE = 40.0
"""Logits up to this size have exponentials whose sums neither overflow nor vanish in float32."""


@in_full_precision
def info_nce(
    phi: Tensor,
    psi: Tensor,
    temperature: float = 0.1,
    normalize: bool = True,
    sync: bool = True,
) -> Tensor:
    """Compute the InfoNCE loss of a batch of pairs, averaged over both directions.

    Parameters
    ----------
    phi, psi : torch.Tensor of shape (n, d)
        phi(x) and psi(a), with (x, a) ~ P+.
    temperature : float, default=0.1
        Inner products are divided by it.
    normalize : bool, default=True
        Whether rows are scaled to length one first.
    sync : bool, default=True
        Whether the rows of all processes are each other's negatives.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.InfoNCE` for its minimiser.

    Examples
    --------
    Rows that have a partner each, and are orthogonal to all others: log(1 + 3 / e).

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> round(F.info_nce(torch.eye(4), torch.eye(4), temperature=1.0).item(), 4)
    0.7437
    """
    check_same_width(phi=phi, psi=psi)
    _check_temperature(temperature)
    if normalize:
        phi, psi = functional.normalize(phi, dim=1), functional.normalize(psi, dim=1)
    bound = 1 / temperature if normalize else float("inf")
    value: Tensor = apply(_InfoNCE, phi, psi, temperature, bound, sync)
    return value


@in_full_precision
def nt_xent(view_1: Tensor, view_2: Tensor, temperature: float = 0.5, sync: bool = True) -> Tensor:
    """Compute the NT-Xent loss of a batch of two views.

    Parameters
    ----------
    view_1, view_2 : torch.Tensor of shape (n, d)
        One encoder's values on two draws that share their source; scaled to length one.
    temperature : float, default=0.5
        Inner products are divided by it.
    sync : bool, default=True
        Whether the rows of all processes are each other's negatives.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.NTXent`.

    Examples
    --------
    Rows whose views agree, and are orthogonal to all others: log(1 + 6 e^-2).

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> round(F.nt_xent(torch.eye(4), torch.eye(4)).item(), 4)
    0.5944
    """
    check_same_width(view_1=view_1, view_2=view_2)
    _check_temperature(temperature)
    views = functional.normalize(view_1, dim=1), functional.normalize(view_2, dim=1)
    value: Tensor = apply(_NTXent, *views, temperature, sync)
    return value


def _check_temperature(temperature: float) -> None:
    if temperature <= 0:
        raise InputError(f"temperature={temperature!r} is not positive; give about 0.1 to 1")


class _InfoNCE(torch.autograd.Function):
    """See :func:`info_nce`. A process holds the logits of its phi with every process's psi.

    The gradient by the logits is the sum of the softmax along rows and that along columns, less
    two on the positives: one array of n N numbers, made in place from the logits.
    """

    @staticmethod
    def forward(
        ctx: Any, phi: Tensor, psi: Tensor, temperature: float, bound: float, sync: bool
    ) -> Tensor:
        (everything,), start = gather_rows([psi], sync)
        n, total = len(phi), len(everything)
        logits = (phi @ everything.T).div_(temperature)
        positives = logits.diagonal(start).sum()
        if bound <= SAFE:
            slope = logits.sub_(bound).exp_()
            across = slope.sum(dim=1)
            (down,) = totals([slope.sum(dim=0)], sync)
            by_row, by_column = across.log() + bound, down.log() + bound
            slope.mul_(across.reciprocal()[:, None] + down.reciprocal())
        else:
            by_row = logits.logsumexp(dim=1)
            top = largest(logits.amax(dim=0), sync)
            (down,) = totals([(logits - top).exp_().sum(dim=0)], sync)
            by_column = down.log() + top
            slope = (logits - by_row[:, None]).exp_().add_(logits.sub_(by_column).exp_())
        slope.diagonal(start).sub_(2)
        ctx.save_for_backward(phi, everything, slope)
        ctx.part = slice(start, start + n)
        ctx.scale, ctx.sync = 1 / (2 * total * temperature), sync
        rows, same = totals([by_row.sum(), positives], sync)
        return (rows + by_column.sum() - 2 * same) / (2 * total)

    @staticmethod
    @closed_form
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None, None, None]:
        phi, everything, slope = ctx.saved_tensors
        scale = joined_scale(grad, ctx.sync) * ctx.scale
        for_phi = (slope @ everything).mul_(scale) if ctx.needs_input_grad[0] else None
        (for_psi,) = totals([slope.T @ phi], ctx.sync)
        return for_phi, for_psi[ctx.part].mul(scale), None, None, None


class _NTXent(torch.autograd.Function):
    """See :func:`nt_xent`. A process holds the logits of its rows with every process's rows.

    They are a block of rows of a symmetric matrix, so the gradient by a row needs the softmax of
    its own logits and, at the same places, of the others': one product.
    """

    @staticmethod
    def forward(ctx: Any, view_1: Tensor, view_2: Tensor, temperature: float, sync: bool) -> Tensor:
        (all_1, all_2), start = gather_rows([view_1, view_2], sync)
        n, total = len(view_1), len(all_1)
        everything = torch.cat([all_1, all_2])
        logits = (torch.cat([view_1, view_2]) @ everything.T).div_(temperature)
        places = torch.arange(start, start + n, device=view_1.device)
        itself = torch.cat([places, places + total])
        partner = torch.cat([places + total, places])
        positives = logits.gather(1, partner[:, None]).sum()
        bound = 1 / temperature
        if bound <= SAFE:
            slope = logits.sub_(bound).exp_().scatter_(1, itself[:, None], 0.0)
            across = slope.sum(dim=1)
            by_row = across.log() + bound
            slope.mul_(across.reciprocal()[:, None] + _gather(across, n, sync).reciprocal())
        else:
            logits.scatter_(1, itself[:, None], float("-inf"))
            by_row = logits.logsumexp(dim=1)
            slope = (logits - by_row[:, None]).exp_()
            slope.add_(logits.sub_(_gather(by_row, n, sync)).exp_())
        slope.scatter_add_(1, partner[:, None], slope.new_full((2 * n, 1), -2.0))
        ctx.save_for_backward(everything, slope)
        ctx.scale, ctx.sync = 1 / (2 * total * temperature), sync
        rows, same = totals([by_row.sum(), positives], sync)
        return (rows - same) / (2 * total)

    @staticmethod
    @closed_form
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None]:
        everything, slope = ctx.saved_tensors
        scale = joined_scale(grad, ctx.sync) * ctx.scale
        for_1, for_2 = (slope @ everything).mul_(scale).chunk(2)
        return for_1, for_2, None, None


def _gather(values: Tensor, n: int, sync: bool) -> Tensor:
    """Join the values of both views' rows over processes, first views first."""
    (first, second), _ = gather_rows([values[:n], values[n:]], sync)
    return torch.cat([first, second])

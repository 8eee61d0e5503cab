"""Covariances of a batch, joined over processes, with a backward pass of the fewest products."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.autograd import apply
from contextures.objectives.functional.checks import full_precision, no_autocast
from contextures.objectives.parallel import is_parallel, sum_over_processes


class PairCovariances(NamedTuple):
    """Sample covariances of two batches, with n - 1 in the denominator, and the row count n."""

    n_rows: int
    xx: Tensor
    xa: Tensor
    aa: Tensor


def covariance(phi: Tensor, sync: bool = True) -> tuple[int, Tensor]:
    """Compute the sample covariance of a batch.

    Parameters
    ----------
    phi : torch.Tensor of shape (n, d)
        The rows.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    n_rows : int
        The number of rows of the joined batch.
    covariance : torch.Tensor of shape (d, d)
        Unbiased: its denominator is n - 1.

    Notes
    -----
    n d^2 operations forward and n d^2 backward, half of what autograd of ``phi.T @ phi`` needs.
    """
    (phi,) = full_precision(phi)
    n_rows, (mean,) = joined_means((phi,), sync)
    with no_autocast(phi):
        (total,) = sum_over_processes([apply(_Gram, phi, mean)], sync)
    return n_rows, total / (n_rows - 1)


def pair_covariances(phi: Tensor, psi: Tensor, sync: bool = True) -> PairCovariances:
    """Compute the sample covariances within and between two batches.

    Parameters
    ----------
    phi : torch.Tensor of shape (n, d)
        Rows of one side.
    psi : torch.Tensor of shape (n, e)
        The rows they were drawn with.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    PairCovariances
        n, and the covariances (d, d), (d, e) and (e, e).

    Notes
    -----
    Three products of n rows forward and four backward.
    """
    phi, psi = full_precision(phi, psi)
    n_rows, (mean_phi, mean_psi) = joined_means((phi, psi), sync)
    with no_autocast(phi):
        sums = sum_over_processes(apply(_PairGram, phi, psi, mean_phi, mean_psi), sync)
    xx, xa, aa = (total / (n_rows - 1) for total in sums)
    return PairCovariances(n_rows, xx, xa, aa)


def joined_means(batches: tuple[Tensor, ...], sync: bool = True) -> tuple[int, list[Tensor]]:
    """Count rows and average them over all processes, as constants.

    Sums of products of rows centred by the joined mean do not change to first order when the mean
    does, so no gradient flows through it.
    """
    with torch.no_grad():
        sums = [batch.sum(dim=0) for batch in batches]
        n_rows = len(batches[0])
        if is_parallel(sync):
            count = sums[0].new_tensor([float(n_rows)])
            count, *sums = sum_over_processes([count, *sums], sync)
            n_rows = int(count.item())
        if n_rows < 2:
            raise InputError("a batch of one row has no covariance; give at least two rows")
        return n_rows, [total / n_rows for total in sums]


class _Gram(torch.autograd.Function):
    """The sum of outer products of centred rows."""

    @staticmethod
    def forward(ctx: Any, phi: Tensor, mean: Tensor) -> Tensor:
        centred = phi - mean
        ctx.save_for_backward(centred)
        return centred.T @ centred

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (centred,) = ctx.saved_tensors
        return centred @ (grad + grad.T), None


class _PairGram(torch.autograd.Function):
    """The sums of outer products within and between two batches of centred rows."""

    @staticmethod
    def forward(
        ctx: Any, phi: Tensor, psi: Tensor, mean_phi: Tensor, mean_psi: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        x, a = phi - mean_phi, psi - mean_psi
        ctx.save_for_backward(x, a)
        return x.T @ x, x.T @ a, a.T @ a

    @staticmethod
    def backward(
        ctx: Any, xx: Tensor, xa: Tensor, aa: Tensor
    ) -> tuple[Tensor | None, Tensor | None, None, None]:
        x, a = ctx.saved_tensors
        for_phi = for_psi = None
        if ctx.needs_input_grad[0]:
            for_phi = torch.mm(x, xx + xx.T).addmm_(a, xa.T)
        if ctx.needs_input_grad[1]:
            for_psi = torch.mm(a, aa + aa.T).addmm_(x, xa)
        return for_phi, for_psi, None, None

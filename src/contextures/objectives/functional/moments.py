"""Covariances of a batch, joined over processes, with a backward pass of the fewest products."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.autograd import apply, without_autocast
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
    n_rows, (mean,) = joined_means((phi,), sync)
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
    n_rows, (mean_phi, mean_psi) = joined_means((phi, psi), sync)
    sums = sum_over_processes(apply(_PairGram, phi, psi, mean_phi, mean_psi), sync)
    xx, xa, aa = (total / (n_rows - 1) for total in sums)
    return PairCovariances(n_rows, xx, xa, aa)


def view_covariances(
    view_1: Tensor, view_2: Tensor, sync: bool = True
) -> tuple[int, Tensor, Tensor]:
    """Compute the covariance of two views together, and their symmetric cross-covariance.

    Parameters
    ----------
    view_1, view_2 : torch.Tensor of shape (n, d)
        Two views, which change places without changing the law.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    n_rows : int
        The number of rows of the joined batch.
    c, b : torch.Tensor of shape (d, d)
        (C11 + C22) / 2 and (C12 + C21) / 2, with n - 1 in the denominators.

    Notes
    -----
    The products of the views' sum and of their difference give both: two forward and two
    backward, where the blocks alone need three and four.
    """
    n_rows, means = joined_means((view_1, view_2), sync)
    plus, minus = sum_over_processes(apply(_ViewGrams, view_1, view_2, *means), sync)
    scale = 1 / (4 * (n_rows - 1))
    return n_rows, (plus + minus) * scale, (plus - minus) * scale


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


def centre(phi: Tensor, sync: bool = True) -> tuple[int, Tensor]:
    """Subtract the mean of the joined batch, with the gradient through the mean.

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
    centred : torch.Tensor of shape (n, d)
        The centred rows of this process.
    """
    n_rows, (mean,) = joined_means((phi,), sync)
    centred: Tensor = apply(_Centre, phi, mean, n_rows, sync)
    return n_rows, centred


def gram(phi: Tensor) -> Tensor:
    """Compute ``phi.T @ phi`` of this process's rows, with half of autograd's products."""
    total: Tensor = apply(_Gram, phi, None)
    return total


class _Centre(torch.autograd.Function):
    """Rows less the joined mean; so are their gradients."""

    @staticmethod
    def forward(ctx: Any, phi: Tensor, mean: Tensor, n_rows: int, sync: bool) -> Tensor:
        ctx.n_rows, ctx.sync = n_rows, sync
        return phi - mean

    @staticmethod
    @without_autocast
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        (total,) = sum_over_processes([grad.sum(dim=0)], ctx.sync)
        return grad - total / ctx.n_rows, None, None, None


class _Gram(torch.autograd.Function):
    """The sum of outer products of rows, centred if a mean is given."""

    @staticmethod
    def forward(ctx: Any, phi: Tensor, mean: Tensor | None) -> Tensor:
        centred = phi if mean is None else phi - mean
        ctx.save_for_backward(centred)
        return centred.T @ centred

    @staticmethod
    @without_autocast
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
    @without_autocast
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


class _ViewGrams(torch.autograd.Function):
    """The sums of outer products of the sums and of the differences of two centred views."""

    @staticmethod
    def forward(
        ctx: Any, view_1: Tensor, view_2: Tensor, mean_1: Tensor, mean_2: Tensor
    ) -> tuple[Tensor, Tensor]:
        plus = (view_1 + view_2).sub_(mean_1 + mean_2)
        minus = (view_1 - view_2).sub_(mean_1 - mean_2)
        ctx.save_for_backward(plus, minus)
        return plus.T @ plus, minus.T @ minus

    @staticmethod
    @without_autocast
    def backward(
        ctx: Any, grad_plus: Tensor, grad_minus: Tensor
    ) -> tuple[Tensor, Tensor, None, None]:
        plus, minus = ctx.saved_tensors
        for_plus = plus @ (grad_plus + grad_plus.T)
        for_minus = minus @ (grad_minus + grad_minus.T)
        return for_plus + for_minus, for_plus.sub_(for_minus), None, None

"""Losses of the covariances of a batch, with gradients in the fewest passes over its rows.

A loss of covariances has a gradient in every row that is linear in the row, with coefficients from
its gradient by the covariances. So a loss states that closed form, of d x d matrices, and all the
work on rows is done here: one product of n d^2 for each block forward, at most two backward, and
no temporary of n d numbers. Autograd of ``phi.T @ phi`` alone takes twice the products.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from contextures.objectives.autograd import apply, closed_form
from contextures.objectives.functional.row_gradients import Term, row_gradient
from contextures.objectives.parallel import joined, joined_scale

Block = Literal["full", "diagonal", "trace", "none"]


class Blocks(NamedTuple):
    """Which part of each covariance a loss needs."""

    xx: Block = "none"
    xa: Block = "none"
    aa: Block = "none"


class Moments(NamedTuple):
    """Means and sample covariances (with n - 1) of a joined batch.

    A covariance is a matrix, its diagonal or its trace, as asked for; empty if not asked for.
    """

    n_rows: int
    mean_x: Tensor
    mean_a: Tensor
    xx: Tensor
    xa: Tensor
    aa: Tensor


class Slopes(NamedTuple):
    """The gradient of a loss by the moments, shaped like them; symmetric where a covariance is."""

    xx: Tensor | None = None
    xa: Tensor | None = None
    aa: Tensor | None = None
    mean_x: Tensor | None = None
    mean_a: Tensor | None = None


MomentLoss = Callable[[Moments], tuple[Tensor, Slopes]]


def moment_loss(phi: Tensor, psi: Tensor, blocks: Blocks, loss: MomentLoss, sync: bool) -> Tensor:
    """Compute a loss of the means and covariances of a batch.

    Parameters
    ----------
    phi : torch.Tensor of shape (n, d)
        Rows of one side.
    psi : torch.Tensor of shape (n, e)
        The rows they were drawn with.
    blocks : Blocks
        Which covariances it needs.
    loss : callable
        Gives the loss and its gradient from :class:`Moments`.
    sync : bool
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss, a scalar that can be differentiated once.
    """
    value: Tensor = apply(_MomentLoss, phi, psi, blocks, loss, sync)
    return value


def view_loss(view_1: Tensor, view_2: Tensor, loss: MomentLoss, sync: bool) -> Tensor:
    """Compute a loss of the covariances of two views, symmetric in them.

    Parameters
    ----------
    view_1, view_2 : torch.Tensor of shape (n, d)
        Two views, which change places without changing the law.
    loss : callable
        Gives the loss and its gradient from :class:`Moments` with ``xx`` = C = (C11 + C22) / 2
        and ``xa`` = B = (C12 + C21) / 2.
    sync : bool
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss.

    Notes
    -----
    The covariances of the views' sum and difference give C and B by two products forward and two
    backward, where the blocks themselves need three and four.
    """
    value: Tensor = apply(_ViewLoss, view_1, view_2, loss, sync)
    return value


def joined_moments(
    phi: Tensor, psi: Tensor, blocks: Blocks, sync: bool
) -> tuple[Moments, Tensor, Tensor, Tensor, Tensor]:
    """Compute moments of the joined batch without gradient.

    Returns
    -------
    moments : Moments
        Means and covariances.
    phi, psi : torch.Tensor
        The rows they were computed from: those given, or less a constant where covariances would
        have drowned in the means.
    centre_x, centre_a : torch.Tensor
        The joined means of these rows.
    """
    n, sum_x, sum_a, sums = _sums(phi, psi, blocks, sync)
    mean_x, mean_a = sum_x / n, sum_a / n
    moments = _centred(n, mean_x, mean_a, sums, blocks)
    centre_x, centre_a = mean_x, mean_a
    sides = ((mean_x, moments.xx), (mean_a, moments.aa))
    if any(drowned(mean, spread) for mean, spread in sides if spread.numel()):
        phi, psi = phi - mean_x, psi - mean_a
        _, sum_x, sum_a, sums = _sums(phi, psi, blocks, sync)
        centre_x, centre_a = sum_x / n, sum_a / n
        centred = _centred(n, centre_x, centre_a, sums, blocks)
        moments = centred._replace(mean_x=mean_x, mean_a=mean_a)
    return moments, phi, psi, centre_x, centre_a


def _sums(
    phi: Tensor, psi: Tensor, blocks: Blocks, sync: bool
) -> tuple[int, Tensor, Tensor, list[Tensor]]:
    sides = ((phi, phi), (phi, psi), (psi, psi))
    products = [_product(u, v, block) for (u, v), block in zip(sides, blocks, strict=True)]
    parts = [phi.sum(dim=0), psi.sum(dim=0), *products]
    n, (sum_x, sum_a, *products) = joined(len(phi), parts, sync)
    return n, sum_x, sum_a, products


def _product(u: Tensor, v: Tensor, block: Block) -> Tensor:
    if block == "full":
        return u.T @ v
    if block == "diagonal":
        return _column_products(u, v)
    if block == "trace":
        if u is v:
            return sum_of_squares(u)
        return torch.dot(u.reshape(-1), v.reshape(-1))
    return u.new_zeros(0)


def _column_products(u: Tensor, v: Tensor) -> Tensor:
    """Sum u_il v_il over rows, on a processor in blocks that its cache holds."""
    if u.device.type != "cpu":
        return (u * v).sum(dim=0)
    step = max(1, 2**16 // u.shape[1])
    total = u.new_zeros(u.shape[1])
    for left, right in zip(torch.split(u, step), torch.split(v, step), strict=True):
        total += (left * right).sum(dim=0)
    return total


def _centred(n: int, mean_x: Tensor, mean_a: Tensor, sums: list[Tensor], blocks: Blocks) -> Moments:
    sides = ((mean_x, mean_x), (mean_x, mean_a), (mean_a, mean_a))
    made = []
    for (u, v), total, block in zip(sides, sums, blocks, strict=True):
        if block == "full":
            made.append(torch.addr(total, u, v, beta=1 / (n - 1), alpha=-n / (n - 1)))
        elif block == "none":
            made.append(total)
        else:
            constant = u * v if block == "diagonal" else torch.dot(u, v)
            made.append((total - n * constant) / (n - 1))
    return Moments(n, mean_x, mean_a, *made)


def sum_of_squares(values: Tensor, dim: int | None = None) -> Tensor:
    """Sum squared entries, without an array of them."""
    norm: Tensor = torch.linalg.vector_norm(values, dim=dim)
    return norm.square()


def drowned(mean: Tensor, spread: Tensor) -> bool:
    """Tell whether a mean is so large that subtracting its square costs five digits.

    Parameters
    ----------
    mean : torch.Tensor of shape (d,)
        The means of the coordinates.
    spread : torch.Tensor of shape (d, d), (d,) or ()
        Their covariance, its diagonal or its trace.

    Returns
    -------
    bool
        Whether the rows should be centred before they are multiplied.
    """
    limit = 1e-5 / torch.finfo(mean.dtype).eps
    if spread.ndim == 0:
        return bool(torch.dot(mean, mean) > limit * spread)
    return bool((mean.square() > limit * (spread.diagonal() if spread.ndim == 2 else spread)).any())


class _MomentLoss(torch.autograd.Function):
    """See :func:`moment_loss`."""

    @staticmethod
    def forward(
        ctx: Any, phi: Tensor, psi: Tensor, blocks: Blocks, loss: MomentLoss, sync: bool
    ) -> Tensor:
        moments, phi, psi, centre_x, centre_a = joined_moments(phi, psi, blocks, sync)
        value, slopes = loss(moments)
        ctx.save_for_backward(phi, psi, centre_x, centre_a, *slopes)
        ctx.n_rows, ctx.sync = moments.n_rows, sync
        return value

    @staticmethod
    @closed_form
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None, None, None]:
        phi, psi, centre_x, centre_a, xx, xa, aa, mean_x, mean_a = ctx.saved_tensors
        n, scale = ctx.n_rows, joined_scale(grad, ctx.sync)
        own, cross = 2 * scale / (n - 1), scale / (n - 1)
        for_phi = for_psi = None
        if ctx.needs_input_grad[0]:
            turned = xa.T if xa is not None and xa.ndim == 2 else xa
            constant = None if mean_x is None else mean_x * (scale / n)
            for_phi = row_gradient(
                [Term(phi, centre_x, xx, own), Term(psi, centre_a, turned, cross)], constant
            )
        if ctx.needs_input_grad[1]:
            constant = None if mean_a is None else mean_a * (scale / n)
            for_psi = row_gradient(
                [Term(psi, centre_a, aa, own), Term(phi, centre_x, xa, cross)], constant
            )
        return for_phi, for_psi, None, None, None


class _ViewLoss(torch.autograd.Function):
    """See :func:`view_loss`."""

    @staticmethod
    def forward(ctx: Any, view_1: Tensor, view_2: Tensor, loss: MomentLoss, sync: bool) -> Tensor:
        moments, plus, minus, centre_plus, centre_minus = joined_moments(
            view_1 + view_2, view_1 - view_2, Blocks("full", "none", "full"), sync
        )
        within, between = moments.xx, moments.aa
        c, b = torch.add(within, between).mul_(0.25), torch.sub(within, between).mul_(0.25)
        value, slopes = loss(moments._replace(xx=c, xa=b))
        assert slopes.xx is not None and slopes.xa is not None
        by_plus, by_minus = slopes.xx + slopes.xa, slopes.xx - slopes.xa
        ctx.save_for_backward(plus, minus, centre_plus, centre_minus, by_plus, by_minus)
        ctx.n_rows, ctx.sync = moments.n_rows, sync
        return value

    @staticmethod
    @closed_form
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None]:
        plus, minus, centre_plus, centre_minus, by_plus, by_minus = ctx.saved_tensors
        scale = joined_scale(grad, ctx.sync) / (4 * (ctx.n_rows - 1))
        for_plus = row_gradient([Term(plus, centre_plus, by_plus, 2 * scale)])
        for_minus = row_gradient([Term(minus, centre_minus, by_minus, 2 * scale)])
        return for_plus + for_minus, for_plus.sub_(for_minus), None, None

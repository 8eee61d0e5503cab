"""Terms that keep the covariance of a batch near the identity."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.autograd import apply, closed_form
from contextures.objectives.functional.constraints import OrthonormalPenalty, VarianceCovariance
from contextures.objectives.functional.moments import (
    Blocks,
    Moments,
    Slopes,
    moment_loss,
    sum_of_squares,
)
from contextures.objectives.parallel import joined, joined_scale, totals

EPSILON = 1e-4
"""Added to variances before the square root, as everywhere in the field."""


def penalty(phi: Tensor, constraint: VarianceCovariance | OrthonormalPenalty, sync: bool) -> Tensor:
    """Compute the terms that keep the covariance of a batch near the identity.

    Parameters
    ----------
    phi : torch.Tensor of shape (n, d)
        The embeddings.
    constraint : VarianceCovariance or OrthonormalPenalty
        Which terms, with their weights.
    sync : bool
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The penalty.

    Notes
    -----
    One product of n d^2 forward and one backward.
    """
    if isinstance(constraint, OrthonormalPenalty):
        return orthonormal_penalty(phi, constraint, sync)

    def loss(moments: Moments) -> tuple[Tensor, Slopes]:
        value, by_c = variance_covariance(moments.xx, constraint)
        return value, Slopes(xx=by_c)

    return moment_loss(phi, phi.detach(), Blocks("full"), loss, sync)


def variance_covariance(c: Tensor, constraint: VarianceCovariance) -> tuple[Tensor, Tensor]:
    """Compute VICReg's terms of a covariance and their gradient by it.

    Parameters
    ----------
    c : torch.Tensor of shape (d, d)
        The covariance.
    constraint : VarianceCovariance
        The weights of the terms, both means: over coordinates and over pairs of them.

    Returns
    -------
    value : torch.Tensor
        The penalty.
    slope : torch.Tensor of shape (d, d)
        Its gradient.
    """
    d = len(c)
    weight = constraint.covariance / max(d * (d - 1), 1)
    variances = c.diagonal()
    deviations = (variances + EPSILON).sqrt()
    short = torch.relu(1 - deviations)
    apart = sum_of_squares(c) - sum_of_squares(variances)
    slope = c * (2 * weight)
    slope.diagonal().copy_((short > 0) * (-constraint.variance / (2 * d)) / deviations)
    return constraint.variance * short.mean() + weight * apart, slope


def orthonormal_penalty(phi: Tensor, constraint: OrthonormalPenalty, sync: bool) -> Tensor:
    """Compute the penalty of :class:`OrthonormalPenalty`, estimated without bias.

    Parameters
    ----------
    phi : torch.Tensor of shape (n, d)
        The embeddings.
    constraint : OrthonormalPenalty
        Its weights.
    sync : bool
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The penalty.
    """
    value: Tensor = apply(_OrthonormalPenalty, phi, constraint, sync)
    return value


class _Square(NamedTuple):
    """Factors that make |C|^2 of sums over n centred rows, without bias.

    The estimate is the mean over four different rows i, j, k, l of the squared inner product of
    (phi_i - phi_k) / sqrt 2 and (phi_j - phi_l) / sqrt 2: by inclusion and exclusion, a
    combination of |S|^2, of the sum of |phi~_i|^4 and of (tr S)^2, with S = Phi~^T Phi~.
    """

    squared: float
    fourth: float
    trace: float

    @classmethod
    def of(cls, n: int) -> _Square:
        if n < 4:
            raise InputError(f"a batch of {n} rows has no unbiased penalty; give at least 4 rows")
        two, three = n * (n - 1), n * (n - 1) * (n - 2)
        four = three * (n - 3)
        squared = 1 / two + 2 / three + 2 / four
        return cls(squared, -(squared + 2 / three + 4 / four), 1 / four)


class _OrthonormalPenalty(torch.autograd.Function):
    """See :func:`orthonormal_penalty`."""

    @staticmethod
    def forward(ctx: Any, phi: Tensor, constraint: OrthonormalPenalty, sync: bool) -> Tensor:
        d = phi.shape[1]
        n, (total,) = joined(len(phi), [phi.sum(dim=0)], sync)
        factors = _Square.of(n)
        y = phi - total / n
        squares = y.square()
        norms = squares.sum(dim=1)
        s, fourth, total = totals([y.T @ y, squares.square().sum(dim=0), norms @ norms], sync)
        variances = s.diagonal()
        trace = variances.sum()
        alone = (
            factors.squared * torch.dot(variances, variances)
            + factors.fourth * fourth.sum()
            + factors.trace * torch.dot(variances, variances)
        )
        together = (
            factors.squared * sum_of_squares(s)
            + factors.fourth * total
            + factors.trace * trace.square()
        )
        alpha, beta = constraint.diagonal / d, constraint.off_diagonal / (d * max(d - 1, 1))
        value = alpha * (alone - 2 * trace / (n - 1) + d) + beta * (together - alone)
        # By S, by the fourth powers of entries and by those of norms.
        slope = (2 * beta * factors.squared) * s
        slope.diagonal().add_(
            2 * (alpha - beta) * (factors.squared + factors.trace) * variances
            + 2 * beta * factors.trace * trace
            - 2 * alpha / (n - 1)
        )
        ctx.save_for_backward(y, slope, norms)
        ctx.powers = (alpha - beta) * factors.fourth, beta * factors.fourth
        ctx.n_rows, ctx.sync = n, sync
        return value

    @staticmethod
    @closed_form
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        y, slope, norms = ctx.saved_tensors
        scale = joined_scale(grad, ctx.sync)
        by_entries, by_norms = (4 * scale * power for power in ctx.powers)
        factors = y.square().mul_(by_entries).add_(norms[:, None], alpha=by_norms)
        rows = torch.mm(y, slope).mul_(2 * scale).addcmul_(y, factors)
        (total,) = totals([rows.sum(dim=0)], ctx.sync)
        return rows.sub_(total / ctx.n_rows), None, None

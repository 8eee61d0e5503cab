"""SVME: one view a row, two encoders, and a constraint on the first."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from contextures.objectives.autograd import apply, in_full_precision, without_autocast
from contextures.objectives.functional.checks import check_same_width
from contextures.objectives.functional.constraints import Constraint, Whitening, penalty
from contextures.objectives.functional.moments import centre, joined_means
from contextures.objectives.functional.whitening import (
    cholesky,
    factor_gradient,
    lower_half,
    through_ridge,
)
from contextures.objectives.parallel import sum_over_processes

WHITENING = Whitening()


@in_full_precision
def svme(phi: Tensor, psi: Tensor, constraint: Constraint = WHITENING, sync: bool = True) -> Tensor:
    """Compute E|Phi~ - Psi~|^2 of a batch of pairs, with a constraint on Cov[Phi].

    Parameters
    ----------
    phi, psi : torch.Tensor of shape (n, d)
        phi(x) and psi(a), with (x, a) ~ P+.
    constraint : Whitening, VarianceCovariance or OrthonormalPenalty
        With whitening, Phi is L^-1 phi, C = L L^T, and the loss is a sum over coordinates; with a
        penalty it is a mean over coordinates, plus the penalty.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.SVME` for its minimiser.
    """
    check_same_width(phi=phi, psi=psi)
    d = phi.shape[1]
    if not isinstance(constraint, Whitening):
        n, difference = centre(phi - psi, sync)
        (distance,) = sum_over_processes([difference.square().sum()], sync)
        return distance / ((n - 1) * d) + penalty(phi, constraint, sync)
    n, means = joined_means((phi, psi), sync)
    sums = sum_over_processes(apply(_Grams, phi, psi, *means), sync)
    xx, xa, spread = (total / (n - 1) for total in sums)
    overlap: Tensor = apply(_WhitenedOverlap, xx, xa, n, constraint.ridge)
    return d + spread - 2 * overlap


class _Grams(torch.autograd.Function):
    """Sums over centred rows: Phi^T Phi, Phi^T Psi and |Psi|^2."""

    @staticmethod
    def forward(
        ctx: Any, phi: Tensor, psi: Tensor, mean_phi: Tensor, mean_psi: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        x, a = phi - mean_phi, psi - mean_psi
        ctx.save_for_backward(x, a)
        return x.T @ x, x.T @ a, torch.linalg.vector_norm(a).square()

    @staticmethod
    @without_autocast
    def backward(
        ctx: Any, xx: Tensor, xa: Tensor, spread: Tensor
    ) -> tuple[Tensor | None, Tensor | None, None, None]:
        x, a = ctx.saved_tensors
        for_phi = for_psi = None
        if ctx.needs_input_grad[0]:
            for_phi = torch.mm(x, xx + xx.T).addmm_(a, xa.T)
        if ctx.needs_input_grad[1]:
            for_psi = torch.mm(x, xa).addcmul_(a, 2 * spread)
        return for_phi, for_psi, None, None


class _WhitenedOverlap(torch.autograd.Function):
    """tr(L^-1 Cxa) with Cxx = L L^T."""

    @staticmethod
    def forward(ctx: Any, xx: Tensor, xa: Tensor, n_rows: int, ridge: float) -> Tensor:
        factor = cholesky(xx, n_rows, ridge, "phi")
        white = torch.linalg.solve_triangular(factor, xa, upper=False)
        ctx.save_for_backward(factor, white)
        ctx.ridge = ridge
        overlap: Tensor = white.trace()
        return overlap

    @staticmethod
    @without_autocast
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None]:
        factor, white = ctx.saved_tensors
        xx = through_ridge(factor_gradient(factor, -lower_half(white.T)), ctx.ridge)
        unit = torch.eye(len(factor), dtype=factor.dtype, device=factor.device)
        xa = torch.linalg.solve_triangular(factor.T, unit, upper=True)
        return grad * xx, grad * xa, None, None

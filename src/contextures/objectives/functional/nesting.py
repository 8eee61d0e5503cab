"""Ordered low-rank approximation: nested over prefixes of the coordinates."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.autograd import apply, in_full_precision, without_autocast
from contextures.objectives.functional.checks import check_same_width
from contextures.objectives.parallel import sum_over_processes


@in_full_precision
def joint_nesting(
    phi: Tensor,
    psi: Tensor,
    step: int = 1,
    constant: bool = False,
    sync: bool = True,
) -> Tensor:
    """Average the low-rank loss over prefixes of the coordinates.

    Parameters
    ----------
    phi, psi : torch.Tensor of shape (n, d)
        The embeddings of a draw from the joint law: phi(x) and psi(a), or two views.
    step : int, default=1
        Prefixes of step, 2 step, ... and d coordinates count.
    constant : bool, default=False
        Whether the constant function is one of those to learn; see :func:`low_rank`.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.JointNesting` for its minimiser.
    """
    check_same_width(phi=phi, psi=psi)
    return _nested(phi, psi, _prefix_weights(phi, step), False, constant, sync)


@in_full_precision
def sequential_nesting(
    phi: Tensor, psi: Tensor, constant: bool = False, sync: bool = True
) -> Tensor:
    """Compute the low-rank loss, with a gradient by which coordinates ignore those after them.

    Parameters
    ----------
    phi, psi, constant, sync
        As in :func:`joint_nesting`.

    Returns
    -------
    torch.Tensor
        The value of :func:`low_rank`. Coordinate l is given its gradient in the low-rank loss of
        the first l coordinates with the others held fixed, which is no scalar's gradient. See
        :class:`contextures.objectives.SequentialNesting` for the fixed point.
    """
    check_same_width(phi=phi, psi=psi)
    weights = phi.new_zeros(phi.shape[1])
    weights[-1] = 1
    return _nested(phi, psi, weights, True, constant, sync)


def _prefix_weights(phi: Tensor, step: int) -> Tensor:
    """Give prefixes of step, 2 step, ... and d coordinates equal weights that sum to one."""
    d = phi.shape[1]
    if not 1 <= step <= d:
        raise InputError(f"step={step!r} does not divide {d} coordinates; give 1 to {d}")
    weights = phi.new_zeros(d)
    weights[step - 1 :: step] = 1
    weights[-1] = 1
    return weights / weights.sum()


def _nested(
    phi: Tensor, psi: Tensor, weights: Tensor, sequential: bool, constant: bool, sync: bool
) -> Tensor:
    count = phi.new_tensor(float(len(phi)))
    grams = apply(_NestedGrams, phi, psi, weights, sequential)
    sums = sum_over_processes([*grams, count], sync)
    phi_2, psi_2, sum_phi, sum_psi, same, own, n = sums
    different = n * (n - 1)
    positive = same / n
    if not constant:
        positive = positive - (sum_phi * sum_psi - same) / different
    # m_l, the total weight of the prefixes that hold coordinate l.
    reach = weights.flip(0).cumsum(0).flip(0)
    if sequential:
        product = apply(_CausalProduct, phi_2, psi_2)
    else:
        product = (torch.minimum(reach[:, None], reach) * phi_2 * psi_2).sum()
    loss: Tensor = (product - own) / different - 2 * (reach * positive).sum()
    return loss


class _NestedGrams(torch.autograd.Function):
    """Phi^T Phi, Psi^T Psi, sums of rows, sum_i q_i and sum_il w_l c_il^2.

    q_il is phi_il psi_il and c_il its sum over the coordinates up to l: the inner product of the
    first l coordinates.
    """

    @staticmethod
    def forward(
        ctx: Any, phi: Tensor, psi: Tensor, weights: Tensor, sequential: bool
    ) -> tuple[Tensor, ...]:
        same = phi * psi
        running = same.cumsum(dim=1)
        ctx.save_for_backward(phi, psi, running, weights)
        ctx.sequential = sequential
        return (
            phi.T @ phi,
            psi.T @ psi,
            phi.sum(dim=0),
            psi.sum(dim=0),
            same.sum(dim=0),
            running.square().sum(dim=0) @ weights,
        )

    @staticmethod
    @without_autocast
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        phi, psi, running, weights = ctx.saved_tensors
        phi_2, psi_2, sum_phi, sum_psi, for_same, for_own = grads
        if ctx.sequential:
            factors = torch.addcmul(for_same, running, 2 * for_own)
        else:
            weighted = running * (2 * for_own * weights)
            factors = (weighted.sum(dim=1, keepdim=True) - weighted.cumsum(dim=1)).add_(weighted)
            factors.add_(for_same)
        for_phi = for_psi = None
        # Not made symmetric: the triangular gradients of sequential nesting are meant as they are.
        if ctx.needs_input_grad[0]:
            for_phi = torch.addmm(sum_phi, phi, 2 * phi_2).addcmul_(psi, factors)
        if ctx.needs_input_grad[1]:
            for_psi = torch.addmm(sum_psi, psi, 2 * psi_2).addcmul_(phi, factors)
        return for_phi, for_psi, None, None


class _CausalProduct(torch.autograd.Function):
    """<A, B>, with gradients in which column l keeps the rows up to l."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return (a * b).sum()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        a, b = ctx.saved_tensors
        return grad * b.triu(), grad * a.triu()

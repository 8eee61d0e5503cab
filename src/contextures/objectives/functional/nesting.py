"""Ordered low-rank approximation: nested over prefixes of the coordinates."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.autograd import apply, closed_form, in_full_precision
from contextures.objectives.functional.checks import check_same_width
from contextures.objectives.parallel import joined, joined_scale


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

    Examples
    --------
    A bit that is flipped one time in five: s_1 = .6.

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> a = torch.where(torch.arange(1000)[:, None] % 10 < 8, x, -x)
    >>> round(F.joint_nesting(0.6 * x, a).item(), 2)
    -0.36
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

    Examples
    --------
    A bit that is flipped one time in five: s_1 = .6.

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> a = torch.where(torch.arange(1000)[:, None] % 10 < 8, x, -x)
    >>> round(F.sequential_nesting(0.6 * x, a).item(), 2)
    -0.36
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
    value: Tensor = apply(_Nested, phi, psi, weights, sequential, constant, sync)
    return value


class _Nested(torch.autograd.Function):
    """The low-rank loss of prefixes of weights w, or of all coordinates with causal gradients.

    With q_il = phi_il psi_il and c_il its sum over the coordinates up to l (the inner product of
    the first l coordinates of row i), a row's pairs with itself add up to sum_l w_l c_il^2. m_l is
    the total weight of the prefixes that hold coordinate l.
    """

    @staticmethod
    def forward(
        ctx: Any,
        phi: Tensor,
        psi: Tensor,
        weights: Tensor,
        sequential: bool,
        constant: bool,
        sync: bool,
    ) -> Tensor:
        same = phi * psi
        running = same.cumsum(dim=1)
        parts = [phi.T @ phi, psi.T @ psi, phi.sum(dim=0), psi.sum(dim=0), running.sum(dim=0)]
        own = running.square().sum(dim=0) @ weights
        n, sums = joined(len(phi), [*parts, own], sync)
        phi_2, psi_2, sum_phi, sum_psi, prefixes, own = sums
        different = n * (n - 1)
        reach = weights.flip(0).cumsum(0).flip(0)
        shared = torch.minimum(reach[:, None], reach)
        positive = (weights @ prefixes) / (n if constant else n - 1)
        if not constant:
            positive = positive - (reach * sum_phi) @ sum_psi / different
        value = ((shared * phi_2 * psi_2).sum() - own) / different - 2 * positive
        # The factor of psi_il in the gradient of phi_il, and the other way round.
        if sequential:
            factors = running.mul_(-2 / different)
            phi_2, psi_2 = phi_2.triu(), psi_2.triu()
        else:
            weighted = running.mul_(weights * (2 / different))
            factors = weighted.cumsum(dim=1).sub_(weighted)
            factors.sub_((weighted @ torch.ones_like(weights))[:, None])
            phi_2, psi_2 = shared * phi_2, shared * psi_2
        factors.sub_(reach * (2 / (n if constant else n - 1)))
        ctx.save_for_backward(phi, psi, phi_2, psi_2, reach * sum_phi, reach * sum_psi, factors)
        ctx.pairs, ctx.constant, ctx.sync = different, constant, sync
        return value

    @staticmethod
    @closed_form
    def backward(
        ctx: Any, grad: Tensor
    ) -> tuple[Tensor | None, Tensor | None, None, None, None, None]:
        phi, psi, phi_2, psi_2, sum_phi, sum_psi, factors = ctx.saved_tensors
        scale = joined_scale(grad, ctx.sync)
        share = 2 * scale / ctx.pairs
        offset = 0.0 if ctx.constant else share
        for_phi = for_psi = None
        if ctx.needs_input_grad[0]:
            for_phi = torch.addcmul(sum_psi * offset, psi, factors, value=scale)
            for_phi.addmm_(phi, psi_2, alpha=share)
        if ctx.needs_input_grad[1]:
            for_psi = torch.addcmul(sum_phi * offset, phi, factors, value=scale)
            for_psi.addmm_(psi, phi_2, alpha=share)
        return for_phi, for_psi, None, None, None, None

"""Low-rank approximation of the positive-pair kernel: the spectral contrastive loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from contextures.objectives.autograd import apply, closed_form, in_full_precision
from contextures.objectives.functional.checks import check_same_width
from contextures.objectives.parallel import joined, joined_scale


@in_full_precision
def low_rank(phi: Tensor, psi: Tensor, constant: bool = False, sync: bool = True) -> Tensor:
    """Estimate -2 E_P+ <phi, psi> + E_indep <phi, psi>^2 without bias.

    The second mean is over pairs of different rows, which are independent:
    (<Phi^T Phi, Psi^T Psi> - sum p_i^2) / (n (n - 1)) with p_i = <phi_i, psi_i>.

    Parameters
    ----------
    phi, psi : torch.Tensor of shape (n, d)
        The embeddings of a draw from the joint law: phi(x) and psi(a), or two views.
    constant : bool, default=False
        Whether the constant function is one of those to learn. By default it is a fixed first
        coordinate of both embeddings, which replaces E_P+ <phi, psi> by its excess over
        E_indep <phi, psi>: the sample covariance. Unlike centring by the batch mean, which
        changes the second term by a share of about 2 / n, this leaves both terms unbiased.
    sync : bool, default=True
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The loss. See :class:`contextures.objectives.LowRank` for its minimiser.

    Examples
    --------
    A bit that is flipped one time in five: s_1 = .6.

    >>> import torch
    >>> from contextures.objectives import functional as F
    >>> x = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> a = torch.where(torch.arange(1000)[:, None] % 10 < 8, x, -x)
    >>> round(F.low_rank(0.6 * x, a).item(), 2)
    -0.36
    """
    check_same_width(phi=phi, psi=psi)
    value: Tensor = apply(_LowRank, phi, psi, constant, sync)
    return value


class _LowRank(torch.autograd.Function):
    """See :func:`low_rank`."""

    @staticmethod
    def forward(ctx: Any, phi: Tensor, psi: Tensor, constant: bool, sync: bool) -> Tensor:
        same = torch.linalg.vecdot(phi, psi)
        parts = [phi.T @ phi, psi.T @ psi, phi.sum(dim=0), psi.sum(dim=0)]
        parts += [same.sum(), torch.dot(same, same)]
        n, (phi_2, psi_2, sum_phi, sum_psi, same_1, same_2) = joined(len(phi), parts, sync)
        different = n * (n - 1)
        pairs = (torch.dot(phi_2.view(-1), psi_2.view(-1)) - same_2) / different
        if constant:
            value = pairs - 2 * same_1 / n
        else:
            value = pairs - 2 * (same_1 / (n - 1) - torch.dot(sum_phi, sum_psi) / different)
        weights = (same.div_(different).add_(1 / (n if constant else n - 1))).mul_(-2)
        ctx.save_for_backward(phi, psi, phi_2, psi_2, sum_phi, sum_psi, weights[:, None])
        ctx.pairs, ctx.constant, ctx.sync = different, constant, sync
        return value

    @staticmethod
    @closed_form
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        phi, psi, phi_2, psi_2, sum_phi, sum_psi, weights = ctx.saved_tensors
        scale = joined_scale(grad, ctx.sync)
        share = 2 * scale / ctx.pairs
        offset = 0.0 if ctx.constant else share
        for_phi = for_psi = None
        if ctx.needs_input_grad[0]:
            for_phi = torch.addcmul(sum_psi * offset, psi, weights, value=scale)
            for_phi.addmm_(phi, psi_2, alpha=share)
        if ctx.needs_input_grad[1]:
            for_psi = torch.addcmul(sum_phi * offset, phi, weights, value=scale)
            for_psi.addmm_(psi, phi_2, alpha=share)
        return for_phi, for_psi, None, None

"""Low-rank approximation of the positive-pair kernel: the spectral contrastive loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from contextures.objectives.autograd import apply, in_full_precision, without_autocast
from contextures.objectives.functional.checks import check_same_width
from contextures.objectives.parallel import sum_over_processes


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
    """
    check_same_width(phi=phi, psi=psi)
    count = phi.new_tensor(float(len(phi)))
    sums = sum_over_processes([*apply(_Grams, phi, psi), count], sync)
    phi_2, psi_2, sum_phi, sum_psi, same, same_2, n = sums
    different = n * (n - 1)
    positive = same / n
    if not constant:
        positive = positive - (sum_phi @ sum_psi - same) / different
    return ((phi_2 * psi_2).sum() - same_2) / different - 2 * positive


class _Grams(torch.autograd.Function):
    """Phi^T Phi, Psi^T Psi, the sums of rows, sum p_i and sum p_i^2."""

    @staticmethod
    def forward(ctx: Any, phi: Tensor, psi: Tensor) -> tuple[Tensor, ...]:
        same = torch.linalg.vecdot(phi, psi)
        ctx.save_for_backward(phi, psi, same)
        return (
            phi.T @ phi,
            psi.T @ psi,
            phi.sum(dim=0),
            psi.sum(dim=0),
            same.sum(),
            same.square().sum(),
        )

    @staticmethod
    @without_autocast
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor | None]:
        phi, psi, same = ctx.saved_tensors
        phi_2, psi_2, sum_phi, sum_psi, for_same, for_same_2 = grads
        weight = (for_same + (2 * for_same_2) * same)[:, None]
        for_phi = for_psi = None
        if ctx.needs_input_grad[0]:
            for_phi = torch.addmm(sum_phi, phi, phi_2 + phi_2.T).addcmul_(psi, weight)
        if ctx.needs_input_grad[1]:
            for_psi = torch.addmm(sum_psi, psi, psi_2 + psi_2.T).addcmul_(phi, weight)
        return for_phi, for_psi

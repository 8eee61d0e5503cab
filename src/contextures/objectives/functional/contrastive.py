"""InfoNCE and NT-Xent, for comparison: they need all pairs of rows."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from contextures.exceptions import InputError
from contextures.objectives.autograd import in_full_precision
from contextures.objectives.functional.checks import check_same_width
from contextures.objectives.parallel import gather_rows, sum_over_processes


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
    """
    check_same_width(phi=phi, psi=psi)
    _check_temperature(temperature)
    if normalize:
        phi, psi = functional.normalize(phi, dim=1), functional.normalize(psi, dim=1)
    (all_phi, all_psi), start = gather_rows([phi, psi], sync)
    same = torch.arange(start, start + len(phi), device=phi.device)
    total = phi.new_zeros(())
    for rows, others in ((phi, all_psi), (psi, all_phi)):
        logits = rows @ others.T / temperature
        total = total + functional.cross_entropy(logits, same, reduction="sum")
    (loss,) = sum_over_processes([total / (2 * len(all_phi))], sync)
    return loss


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
    """
    check_same_width(view_1=view_1, view_2=view_2)
    _check_temperature(temperature)
    view_1, view_2 = functional.normalize(view_1, dim=1), functional.normalize(view_2, dim=1)
    (all_1, all_2), start = gather_rows([view_1, view_2], sync)
    n = len(all_1)
    everything = torch.cat([all_1, all_2])
    itself = torch.arange(start, start + len(view_1), device=view_1.device)
    total = view_1.new_zeros(())
    for rows, own, other in ((view_1, itself, itself + n), (view_2, itself + n, itself)):
        logits = rows @ everything.T / temperature
        logits = logits.scatter(1, own[:, None], float("-inf"))
        total = total + functional.cross_entropy(logits, other, reduction="sum")
    (loss,) = sum_over_processes([total / (2 * n)], sync)
    return loss


def _check_temperature(temperature: float) -> None:
    if temperature <= 0:
        raise InputError(f"temperature={temperature!r} is not positive; give about 0.1 to 1")

"""The networks on both sides: phi on X, psi on A."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from contextures.encoders.neural.networks import KINDS
from contextures.exceptions import InputError

CHUNK, ROWS_TOGETHER = 4096, 256
"""Rows that a network takes at a time where no gradient is needed, and where rows are embedded."""


class NetworkPair(nn.Module):
    """One network on X, one on A, or both.

    Parameters
    ----------
    phi, psi : torch.nn.Module or None
        The networks on X and on A.
    """

    def __init__(self, phi: nn.Module | None, psi: nn.Module | None) -> None:
        super().__init__()
        self.phi, self.psi = phi, psi

    def forward(self, inputs: Sequence[Tensor], contexts: Sequence[Tensor]) -> list[Tensor]:
        """Compute phi of several batches of inputs, then psi of several batches of contexts."""
        return [*_together(self.phi, inputs), *_together(self.psi, contexts)]


def _together(network: nn.Module | None, batches: Sequence[Tensor]) -> list[Tensor]:
    if network is None or not batches:
        return []
    outputs = network(torch.cat(list(batches)) if len(batches) > 1 else batches[0])
    return list(torch.split(outputs, [len(batch) for batch in batches]))


@torch.no_grad()
def apply_in_chunks(network: nn.Module, rows: Tensor) -> Tensor:
    """Compute a network's outputs as it is after training, chunk by chunk."""
    training = network.training
    network.eval()
    outputs = [network(part).float() for part in torch.split(rows, CHUNK)]
    network.train(training)
    return torch.cat(outputs)


def apply_by_row(network: nn.Module, rows: Tensor) -> Tensor:
    """Compute a network's outputs so that a row's do not depend on the rows beside it.

    Products of other shapes are rounded otherwise, so all chunks have the same.
    """
    n_more = -len(rows) % ROWS_TOGETHER
    filled = torch.cat([rows, rows[:1].expand(n_more, *rows.shape[1:])])
    chunks = torch.split(filled, ROWS_TOGETHER)
    return torch.cat([apply_in_chunks(network, chunk) for chunk in chunks])[: len(rows)]


def make_network(
    network: Any,
    sample: Tensor,
    n_outputs: int,
    options: dict[str, Any],
    what: str,
) -> nn.Module:
    """Make a network as the caller asked for it.

    Parameters
    ----------
    network : str, torch.nn.Module or callable
        A name of :data:`contextures.encoders.neural.networks.KINDS`, a module, which is copied,
        or a function of ``sample`` and ``n_outputs`` that makes one.
    sample : torch.Tensor
        Rows as the network will get them.
    n_outputs : int
        The width of its output.
    options : dict
        Options of a network that is chosen by name.
    what : str
        The parameter's name, for messages.

    Returns
    -------
    torch.nn.Module
        The network.

    Raises
    ------
    InputError
        If there is no such network, or what it gives are not rows of numbers.
    """
    if isinstance(network, str):
        if network not in KINDS:
            raise InputError(
                f"{what}={network!r} is unknown; give one of {', '.join(sorted(KINDS))}, or a "
                "torch.nn.Module"
            )
        kind = "table" if network == "mlp" and sample.ndim == 1 else network
        made: nn.Module = KINDS[kind].planned(sample, n_outputs, options)
    else:
        made = _foreign(network, sample, n_outputs, options, what)
    check_outputs(made, sample, what)
    return made


def _foreign(
    network: Any, sample: Tensor, n_outputs: int, options: dict[str, Any], what: str
) -> nn.Module:
    if not callable(network):
        raise InputError(
            f"{what}={network!r} is not possible; give a name, a torch.nn.Module, or a function "
            "of a sample and the number of outputs that makes one"
        )
    if options:
        raise InputError(
            f"{what}_options={options!r} are for a network that is chosen by name; leave them out, "
            f"because {what} is {type(network).__name__}"
        )
    if isinstance(network, nn.Module):
        return deepcopy(network)
    made = network(sample, n_outputs)
    if not isinstance(made, nn.Module):
        raise InputError(f"{what} made {type(made).__name__}, which is not a torch.nn.Module")
    return made


def check_outputs(network: nn.Module, sample: Tensor, what: str) -> int:
    """Give the width of a network's output, or say what is wrong with it."""
    few = sample[:2]
    try:
        outputs = apply_in_chunks(network, few)
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{what} cannot take rows of shape {tuple(few.shape)} and type {few.dtype}: {error}"
        ) from None
    if outputs.ndim != 2 or len(outputs) != len(few):
        raise InputError(
            f"{what} gives an array of shape {tuple(outputs.shape)} for {len(few)} rows; it must "
            "give one row of numbers for each"
        )
    return int(outputs.shape[1])

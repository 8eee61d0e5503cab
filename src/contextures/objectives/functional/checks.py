"""Checks of batches of embeddings, and the precision that losses are computed in."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch
from torch import Tensor

from contextures.exceptions import InputError


def check_batch(**named: Tensor) -> None:
    """Refuse what is not a batch of rows, or batches of different lengths.

    Parameters
    ----------
    **named : torch.Tensor
        Batches by the names that a message should use.
    """
    lengths = {}
    for name, batch in named.items():
        if batch.ndim != 2 or not batch.is_floating_point():
            raise InputError(
                f"{name} has shape {tuple(batch.shape)} and dtype {batch.dtype}; "
                "give floating-point rows of shape (n, d)"
            )
        lengths[name] = len(batch)
    if len(set(lengths.values())) > 1:
        told = " and ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InputError(f"{told} rows; give one row of each for every draw")


def check_same_width(**named: Tensor) -> None:
    """Refuse batches of different widths, for the losses that compare coordinates."""
    check_batch(**named)
    widths = {name: batch.shape[1] for name, batch in named.items()}
    if len(set(widths.values())) > 1:
        told = " and ".join(f"{name} has {width}" for name, width in widths.items())
        raise InputError(f"{told} coordinates; this loss needs encoders of equal output width")


def full_precision(*batches: Tensor) -> tuple[Tensor, ...]:
    """Give batches in float32 or above: half-precision sums of products lose the spectrum."""
    return tuple(b if b.dtype in (torch.float32, torch.float64) else b.float() for b in batches)


def no_autocast(batch: Tensor) -> AbstractContextManager[None]:
    """Keep autocast from computing matrix products in half precision."""
    return torch.autocast(batch.device.type, enabled=False)

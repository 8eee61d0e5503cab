"""Checks of batches of embeddings."""

from __future__ import annotations

from torch import Tensor

from contextures.exceptions import InputError


def check_batch(**named: Tensor) -> None:
    """Refuse what is not a batch of rows, or batches of different lengths.

    Parameters
    ----------
    **named : torch.Tensor
        Batches by the names that a message should use.
    """
    for name, batch in named.items():
        if not isinstance(batch, Tensor):
            raise InputError(f"{name} is a {type(batch).__name__}; give a torch.Tensor")
        if batch.ndim != 2 or not batch.is_floating_point():
            raise InputError(
                f"{name} has shape {tuple(batch.shape)} and dtype {batch.dtype}; "
                "give floating-point rows of shape (n, d)"
            )
    check_same_length(**named)


def check_same_length(**named: Tensor) -> None:
    """Refuse batches of different lengths."""
    if len({len(batch) for batch in named.values()}) > 1:
        told = " and ".join(f"{name} has {len(batch)}" for name, batch in named.items())
        raise InputError(f"{told} rows; give one row of each for every draw")


def check_same_width(**named: Tensor) -> None:
    """Refuse batches of different widths, for the losses that compare coordinates."""
    check_batch(**named)
    if len({batch.shape[1] for batch in named.values()}) > 1:
        told = " and ".join(f"{name} has {batch.shape[1]}" for name, batch in named.items())
        raise InputError(f"{told} coordinates; this loss needs encoders of equal output width")

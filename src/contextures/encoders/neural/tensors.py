"""Rows as tensors: numbers less what takes them far from zero, indices and names as codes.

Networks compute in single precision, which knows seven digits: of a column of epoch seconds none
is left for its spread. A column far from zero for its spread is therefore shifted in float64
first. The others are left in their own units, which a network of the caller's may count on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from contextures._arrays import FloatArray
from contextures.contexts import Context
from contextures.exceptions import InputError

FAR, FAR_FOREIGN = 64.0, 2.0**14
"""Columns whose mean is more than so many spreads from zero are shifted: for networks that
standardise their columns, and for others, to which a shift is a change."""


class Codes:
    """The codes 0, 1, ... of indices or names.

    Parameters
    ----------
    known : ndarray
        The different values, sorted: row i has code i.
    """

    def __init__(self, known: NDArray[Any]) -> None:
        self.known = known

    @classmethod
    def of(cls, values: NDArray[Any]) -> Codes:
        """Give a code to every different value."""
        return cls(np.unique(values))

    def __len__(self) -> int:
        return len(self.known)

    def encode(self, values: NDArray[Any]) -> NDArray[np.intp]:
        """Give the codes of values; refuse one that was not seen at fit time."""
        places = np.minimum(np.searchsorted(self.known, values), len(self.known) - 1)
        wrong = np.flatnonzero(self.known[places] != values)
        if len(wrong):
            raise InputError(
                f"the input {values[wrong[0]]} at row {wrong[0]} was not seen at fit time, and a "
                "network over indices or names knows those only; leave it out"
            )
        return places


def codes_of(names: NDArray[Any], context: Context, network: Any) -> Codes:
    """Give codes to the indices or names that a network can embed, one in each row."""
    if isinstance(network, str) and network == "graph":
        # All nodes have features, so those that were not seen can be embedded too.
        return Codes(np.arange(context.describe().entries.shape[1]))
    return Codes.of(names[:, 0])


def far_offsets(rows: NDArray[Any], network: Any, options: Any = None) -> FloatArray | None:
    """Give what to subtract from columns before they become single precision.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        Rows of numbers in float64.
    network : str, torch.nn.Module or callable
        What takes them.
    options : dict, optional
        Its options: the channels of an image are shifted as a whole.

    Returns
    -------
    ndarray of shape (p,) or None
        The mean of each column that is far from zero, and zero for the others; None where none
        is far.
    """
    if rows.dtype.kind != "f" or rows.ndim != 2:
        return None
    n, p = rows.shape
    shape = tuple((options or {}).get("image_shape") or ()) if network == "conv" else ()
    channels = int(shape[0]) if len(shape) == 3 else 1
    whole = network == "conv" and channels > 0 and p % channels == 0
    parts = rows.reshape(n, channels, -1) if whole else rows[:, :, None]
    mean = parts.mean(axis=(0, 2))
    spread = np.sqrt(np.square(parts - mean[:, None]).mean(axis=(0, 2)))
    least = FAR if network in ("mlp", "categorical", "conv") else FAR_FOREIGN
    mean[(spread == 0) | (np.abs(mean) <= least * spread)] = 0.0
    return np.repeat(mean, parts.shape[2]) if mean.any() else None


def as_tensor(
    values: NDArray[Any], codes: Codes | None = None, offsets: FloatArray | None = None
) -> Tensor:
    """Give rows as a network takes them.

    Parameters
    ----------
    values : ndarray of shape (n, p), or (n, 1) where there are codes
        Rows.
    codes : Codes, optional
        The codes of indices or names.
    offsets : ndarray of shape (p,), optional
        What to subtract from columns of floats first; see :func:`far_offsets`.

    Returns
    -------
    torch.Tensor
        Floats of shape (n, p), whole numbers of shape (n, p), or codes of shape (n,).
    """
    if codes is not None:
        return torch.as_tensor(codes.encode(values[:, 0]))
    if values.dtype.kind == "f":
        if offsets is not None:
            values = values.reshape(len(values), -1) - offsets
        return torch.as_tensor(values.astype(np.float32))
    return torch.as_tensor(values.astype(np.int64))


def shifted(drawn: Tensor, offsets: FloatArray | None, n_axes: int = 1) -> Tensor:
    """Give draws of A in single precision, less what takes them far from zero.

    Parameters
    ----------
    drawn : torch.Tensor of shape (n, ...) or (n_views, n, ...)
        Draws; whole numbers stay as they are.
    offsets : ndarray of shape (q,) or None
        What to subtract from the q numbers of each.
    n_axes : int, default=1
        How many axes come before those of A.

    Returns
    -------
    torch.Tensor
        The same shape, or (..., q) where there are offsets.
    """
    if not drawn.is_floating_point():
        return drawn
    if offsets is not None:
        rows = drawn.reshape(*drawn.shape[:n_axes], -1).double()
        drawn = rows - torch.as_tensor(offsets, device=drawn.device)
    return drawn.float()


def as_rows(drawn: Tensor) -> Tensor:
    """Give draws of A as a network takes them: numbers in rows, whole numbers alone as codes."""
    if drawn.is_floating_point():
        return drawn.reshape(len(drawn), -1)
    return drawn.long()


def support_values(context: Context) -> NDArray[Any]:
    """Give the values of A on a transition's support: rows of numbers, or else their columns."""
    values = np.asarray(context.context_values())
    if values.dtype.kind == "f" or (values.ndim > 1 and values.dtype.kind in "iub"):
        return values
    return np.arange(len(values))

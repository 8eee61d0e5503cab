"""Rows as tensors: numbers as they are, indices and names as codes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from contextures.contexts import Context
from contextures.exceptions import InputError


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


def as_tensor(values: NDArray[Any], codes: Codes | None = None) -> Tensor:
    """Give rows as a network takes them.

    Parameters
    ----------
    values : ndarray of shape (n, p), or (n, 1) where there are codes
        Rows.
    codes : Codes, optional
        The codes of indices or names.

    Returns
    -------
    torch.Tensor
        Floats of shape (n, p), whole numbers of shape (n, p), or codes of shape (n,).
    """
    if codes is not None:
        return torch.as_tensor(codes.encode(values[:, 0]))
    if values.dtype.kind == "f":
        return torch.as_tensor(values.astype(np.float32))
    return torch.as_tensor(values.astype(np.int64))


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

"""Telling whether two fitted objects hold the same, wherever they were made."""

from __future__ import annotations

from types import FunctionType
from typing import Any

import numpy as np
from scipy import sparse

PLAIN = (bool, int, str, bytes, type(None), type)


def alike(one: Any, other: Any) -> bool:
    """Tell whether two objects are of one class and hold equal values, down to the last digit.

    Parameters
    ----------
    one, other : object
        Values, arrays, containers of them, or objects such as fitted transformers.

    Returns
    -------
    bool
        False too for what cannot be compared.
    """
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        if one.dtype != other.dtype or one.shape != other.shape:
            return False
        if one.dtype.kind == "O":
            return alike(one.tolist(), other.tolist())
        return np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
    if isinstance(one, float | np.floating):
        return bool(one == other or (one != one and other != other))
    if isinstance(one, PLAIN):
        return bool(one == other)
    if isinstance(one, FunctionType):
        parts = ("__qualname__", "__code__", "__defaults__", "__kwdefaults__")
        return _cells(one) == _cells(other) and all(
            getattr(one, part) == getattr(other, part) for part in parts
        )
    if sparse.issparse(one):
        return one.shape == other.shape and all(
            alike(mine, theirs)
            for mine, theirs in zip(sparse.find(one), sparse.find(other), strict=True)
        )
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    return alike(_state(one), _state(other))


def _cells(function: FunctionType) -> list[Any]:
    return [cell.cell_contents for cell in function.__closure__ or ()]


def _state(value: Any) -> Any:
    """Give what an object is copied by: its class's name, and what it holds."""
    try:
        made = value.__reduce_ex__(4)
    except (TypeError, AttributeError):
        return id(value)
    if isinstance(made, str):
        return made
    function, arguments, *state = made
    held = [list(part) if part is not None and i > 1 else part for i, part in enumerate(state, 1)]
    return [getattr(function, "__qualname__", ""), tuple(arguments), held]

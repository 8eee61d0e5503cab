"""How many digits the coordinates in a file have."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.exceptions import InputError

SINGLE, DOUBLE = "float32", "float64"


def check_dtype(dtype: str) -> str:
    """Refuse, before any work, a type that coordinates are not written in."""
    if dtype not in (SINGLE, DOUBLE):
        raise InputError(f"--dtype {dtype!r} is not possible; give {SINGLE} or {DOUBLE}")
    return dtype


def stored_as(coordinates: FloatArray, dtype: str) -> tuple[NDArray[Any], list[str]]:
    """Give coordinates as a file is to have them.

    Parameters
    ----------
    coordinates : ndarray of shape (n, d)
        The coordinates.
    dtype : {"float32", "float64"}
        What was asked for.

    Returns
    -------
    tuple
        The coordinates, and a note where they are beyond what float32 can hold: then they stay
        float64, all of them, instead of becoming infinite.
    """
    if dtype == DOUBLE or not coordinates.size:
        return coordinates.astype(check_dtype(dtype), copy=False), []
    said = beyond(largest_of(coordinates))
    return (coordinates, said) if said else (coordinates.astype(check_dtype(dtype)), [])


def largest_of(coordinates: FloatArray) -> float:
    """Give the size of the largest coordinate; zero of none."""
    return float(np.abs(coordinates).max()) if coordinates.size else 0.0


def beyond(largest: float) -> list[str]:
    """Say that coordinates up to so large are beyond what float32 can hold, where they are."""
    if largest <= float(np.finfo(np.float32).max):
        return []
    return [
        f"coordinates of up to {largest:.1e} are beyond {SINGLE}, so all are written as {DOUBLE}"
    ]

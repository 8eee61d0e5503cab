"""Checks of inputs that several measures share."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from contextures.contexts.checks import FloatArray
from contextures.exceptions import InputError


def check_singular_values(singular_values: ArrayLike) -> FloatArray:
    """Give singular values in [0, 1], largest first, or say what is wrong with them."""
    values = np.asarray(singular_values, dtype=np.float64)
    if values.ndim != 1 or len(values) == 0:
        raise InputError(
            f"singular_values must be a list of at least one number; its shape is {values.shape}"
        )
    if not ((values >= 0) & (values <= 1 + 1e-9)).all():
        raise InputError(
            "singular_values must lie between 0 and 1; give s, not s**2 or eigenvalues"
        )
    if (np.diff(values) > 1e-9).any():
        raise InputError("singular_values must be sorted, the largest first")
    return np.asarray(np.minimum(values, 1.0))


def check_values(values: ArrayLike, n_rows: int) -> FloatArray:
    """Give an encoder's values as a finite (n, d) array with a row for each fitted row."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or len(array) != n_rows or array.shape[1] == 0:
        raise InputError(
            f"values must hold the encoder's outputs for the {n_rows} rows of the context, as an "
            f"array of shape ({n_rows}, d); its shape is {array.shape}"
        )
    if not np.isfinite(array).all():
        raise InputError("values holds numbers that are missing or infinite; leave them out")
    return array


def check_eps(eps: float, largest: float) -> float:
    """Check that some task has compatibility 1 - eps, where the best has ``largest`` = s_1."""
    if not 0 <= eps <= 1:
        raise InputError(f"eps={eps!r} is not possible; give a number between 0 and 1")
    if 1.0 - eps > largest + 1e-9:
        raise InputError(
            f"no task is within eps={eps:g} of perfectly compatible: the best has compatibility "
            f"s_1 = {largest:.6g}; give eps of at least {1.0 - largest:.6g}"
        )
    return float(eps)


def check_share(value: float, name: str) -> float:
    """Give a number strictly between zero and one, or say what is wrong with it."""
    if not 0 < value < 1:
        raise InputError(f"{name}={value!r} is not possible; give a number between 0 and 1")
    return float(value)


def check_not_negative(value: float, name: str) -> float:
    """Give a finite number of at least zero, or say what is wrong with it."""
    if not 0 <= value < np.inf:
        raise InputError(f"{name}={value!r} is not possible; give a number of at least zero")
    return float(value)

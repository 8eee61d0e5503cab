"""What every encoder that was read from a file must be, whatever kind it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from contextures._checks import check_positive_int
from contextures.encoders.base import Encoder

MOST_COLUMNS = 2**24
"""Columns that an encoder from a file may take: rows of more are not made to try it."""

_ORDERED = 1e-9
"""How far a singular value may exceed the one before it: by rounding only."""


def check_restored(
    encoder: Encoder, description: dict[str, Any], arrays: dict[str, np.ndarray[Any, Any]]
) -> None:
    """Check that the parts of an encoder belong together, and try it on a row of zeros.

    Parameters
    ----------
    encoder : Encoder
        What was read.
    description : dict
        The plain values that it was made of.
    arrays : dict of str to ndarray
        Its numbers.

    Raises
    ------
    ValueError
        If the shapes differ, a number is not finite, singular values are not ordered, or the row
        becomes no coordinates. Whatever else parts raise that do not fit together is passed on.
    """
    values, coefficients = arrays["singular_values"], arrays["coefficients"]
    n_components = check_positive_int(description["n_components"], "n_components")
    if values.shape != (n_components,) or coefficients.shape[1:] != (n_components,):
        raise ValueError("the numbers of its functions differ")
    for name, beside in (("mean", coefficients.shape[:1]), ("offset", (n_components,))):
        if name in arrays and arrays[name].shape != beside:
            raise ValueError("the numbers of its functions differ")
    for name, array in arrays.items():
        own = name in ("singular_values", "coefficients", "mean", "offset")
        if own and array.dtype != np.float64:
            raise ValueError(f"its {name} are of type {array.dtype}")
        if (own or name.startswith(("network.", "basis"))) and not np.isfinite(array).all():
            raise ValueError(f"its {name} are not all numbers")
    if (values < 0).any() or (np.diff(values) > _ORDERED).any():
        raise ValueError("its singular values are not in order")
    if not encoder._named:
        _check_row(encoder, description, n_components)


def _check_row(encoder: Encoder, description: dict[str, Any], n_components: int) -> None:
    n_columns = check_positive_int(encoder.n_features_in_, "n_features_in")
    if n_columns > MOST_COLUMNS:
        raise ValueError(f"it takes {n_columns:,} columns")
    _check_widths(encoder, description, n_columns)
    found = encoder.transform(np.zeros((1, n_columns)))
    if found.shape != (1, n_components):
        raise ValueError("it gives another number of coordinates than it says")


def _check_widths(encoder: Encoder, description: dict[str, Any], n_columns: int) -> None:
    """Check that all parts take the same columns: a single one would be spread over several."""
    widths = [
        getattr(getattr(encoder, part, None), "n_features_in_", None)
        for part in ("basis_", "context_")
    ]
    plan = (description.get("network") or {}).get("plan") or {}
    if any(width not in (None, n_columns) for width in [*widths, plan.get("n_inputs")]):
        raise ValueError("its parts take different numbers of columns")

"""Rows of two populations in an encoder's coordinates, none of them learned from."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.neighbors import KDTree

from contextures._arrays import FloatArray
from contextures._checks import random_state_of
from contextures.evaluation.arrays import representation, unit_variance
from contextures.exceptions import InputError

FEWEST = 20
"""Rows of either population, below which nothing can be told."""

SAME = 1e-9
"""Distance between coordinates below which two rows are taken for one."""


class Populations(NamedTuple):
    """Coordinates of two samples.

    Attributes
    ----------
    reference : ndarray of shape (n, d)
        Coordinates mu of rows of the population that the encoder was fitted to, in units of their
        standard deviation there.
    new : ndarray of shape (m, d)
        Coordinates of the new rows.
    singular_values : ndarray of shape (d,)
        Of the encoder.
    kept : ndarray of shape (n,)
        Which of the given reference rows these are.
    encoder : encoder
        What embedded both; another one than was given where that was fitted to the reference rows.
    """

    reference: FloatArray
    new: FloatArray
    singular_values: FloatArray
    kept: np.ndarray[Any, np.dtype[np.intp]]
    encoder: Any


def populations(
    encoder: Any, reference: Any, new: Any, fitted: bool | None, random_state: Any
) -> Populations:
    """Embed both samples by an encoder that has seen neither.

    Coordinates of fitted rows have mean zero by construction, and under a context of neighbours a
    fitted row is its own neighbour: new rows of the same law look different beside them. So where
    the reference rows are those that the encoder was fitted to, a like one is fitted to half of
    them, and the other half is compared.

    Parameters
    ----------
    encoder : fitted encoder
        Gives the coordinates.
    reference, new : array-like of shape (n, p) and (m, p)
        The samples.
    fitted : bool or None
        Whether the encoder was fitted to the reference rows; None finds out.
    random_state : int, RandomState or None
        Halves the rows.

    Returns
    -------
    Populations
        Both in coordinates.
    """
    plain = unit_variance(encoder)
    singular_values = np.asarray(plain.singular_values_, dtype=np.float64)
    old = representation(plain, reference, "reference", least=1).astype(np.float64, copy=False)
    moved = representation(plain, new, "new", least=1).astype(np.float64, copy=False)
    check_enough(old, "reference")
    check_enough(moved, "new")
    everything = np.arange(len(old))
    if not (_was_fitted_to(plain, old) if fitted is None else fitted):
        return Populations(old, moved, singular_values, everything, plain)
    if len(old) < 2 * FEWEST:
        raise InputError(
            f"reference has {len(old)} rows, and the encoder was fitted to them, so half of them "
            f"are compared; give at least {2 * FEWEST}, or rows that it was not fitted to"
        )
    order = random_state_of(random_state).permutation(len(old))
    learned, held = np.sort(order[: len(old) // 2]), np.sort(order[len(old) // 2 :])
    d = min(len(singular_values), len(learned) - 1)
    again = clone(plain).set_params(n_components=d)
    again.fit(_rows(reference, learned))
    found = unit_variance(again)
    return Populations(
        found.transform(_rows(reference, held)),
        found.transform(new),
        np.asarray(found.singular_values_, dtype=np.float64),
        held,
        found,
    )


def check_enough(coordinates: FloatArray, name: str) -> None:
    """Refuse fewer rows than can tell anything."""
    if len(coordinates) < FEWEST:
        raise InputError(
            f"{name} has {len(coordinates)} rows, too few to tell whether anything moved; give at "
            f"least {FEWEST}"
        )


def _was_fitted_to(encoder: Any, coordinates: FloatArray) -> bool:
    """Whether most of some rows are among those that an encoder keeps the coordinates of."""
    keeps = getattr(encoder, "_kept_coordinates", None)
    kept = keeps() if keeps is not None else None
    if kept is None:
        return False
    few = coordinates[:: max(1, len(coordinates) // 200)]
    scale = max(1.0, float(np.abs(few).max()))
    distances = KDTree(kept).query(few)[0]
    return float((distances <= SAME * scale).mean()) > 0.5


def _rows(X: Any, places: Any) -> Any:
    return X.iloc[places] if hasattr(X, "iloc") else np.asarray(X)[places]

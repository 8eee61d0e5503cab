"""What new rows are compared with: a run's held-out rows, their losses, and how they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from contextures._arrays import FloatArray
from contextures.data import load_preparation
from contextures.encoders import load_encoder
from contextures.evaluation.arrays import unit_variance
from contextures.exceptions import InputError
from contextures.runs.shift_source import OwnRows
from contextures.shift.coordinates import FEWEST, populations

MOST_FITTED = 20_000
"""Fitted rows among which the nearest of a row is looked for."""

ABSENT = "is no more where it was, or has changed"


@dataclass(frozen=True)
class Reference:
    """Rows of a run and new rows, in coordinates that neither was learned from.

    Attributes
    ----------
    held, new : ndarray of shape (n, d) and (m, d)
        Coordinates mu.
    singular_values : ndarray of shape (d,)
        Of the encoder.
    rows : ndarray of int of shape (n,)
        Which of the run's own rows these are.
    encoder : encoder
        What embedded them.
    features : ndarray of shape (n, p) or None
        The rows of the run, prepared; None where its table is gone.
    kind : {"held-out", "halved"}
        Rows that the run held out, or half of its rows by a like encoder of the other half.
    outside : float or None
        Share of the new rows that are farther from all fitted rows than 99 % of those held out;
        None where the run's table is gone.
    notes : list of str
        What limits its meaning.
    """

    held: FloatArray
    new: FloatArray
    singular_values: FloatArray
    rows: NDArray[Any]
    encoder: Any
    features: FloatArray | None
    kind: str
    outside: float | None = None
    notes: list[str] = field(default_factory=list)


def reference_of(run: Path, features: FloatArray, own: OwnRows, seed: int) -> Reference:
    """Give what prepared new rows are compared with.

    Parameters
    ----------
    run : pathlib.Path
        The run.
    features : ndarray of shape (m, p)
        The new rows, prepared as the run's.
    own : OwnRows
        What is left of the run's rows.
    seed : int
        Halves the rows, where none was held out.

    Returns
    -------
    Reference
        Held-out rows where there are 20, halves of the table otherwise.

    Raises
    ------
    InputError
        If there are no rows to compare with, or the run is damaged.
    """
    encoder = load_encoder(run)
    split, coordinates = own.split, own.coordinates
    s = np.asarray(encoder.singular_values_, dtype=np.float64)
    if coordinates.shape[1] != len(s):
        raise InputError(f"the embeddings of the run {str(run)!r} are damaged; fit it again")
    rows = np.flatnonzero(split == "test")
    plain = unit_variance(encoder)
    if len(rows) >= FEWEST:
        new = np.asarray(plain.transform(features), dtype=np.float64)
        scale = s**encoder.spectral_power
        held = coordinates[rows] / np.where(scale > 0, scale, 1.0)
        outside, said = None, f"the table that the run was fitted to {ABSENT}"
        if own.table is not None:
            prepared = load_preparation(run).transform(own.table.frame)
            outside = outside_share(prepared[split != "test"], prepared[rows], features, seed)
            return Reference(held, new, s, rows, plain, prepared[rows], "held-out", outside)
        note = f"{said}, so rows beyond all that was learned from cannot be told"
        return Reference(held, new, s, rows, plain, None, "held-out", None, [note])
    said = (
        "the run holds no rows out" if not len(rows) else f"the run holds {len(rows)} rows out only"
    )
    if own.table is None:
        raise InputError(
            f"{said}, and the table that it was fitted to {ABSENT}, so there is "
            "nothing to compare with; fit again with --target, which holds rows out"
        )
    learned = np.flatnonzero(split != "test")
    prepared = load_preparation(run).transform(own.table.frame)[learned]
    both = populations(plain, prepared, features, True, seed)
    note = (
        f"{said}: {len(both.kept):,} of its rows are compared, by a like encoder that was fitted "
        "to the others"
    )
    return Reference(
        both.reference,
        both.new,
        both.singular_values,
        learned[both.kept],
        both.encoder,
        prepared[both.kept],
        "halved",
        outside_share(np.delete(prepared, both.kept, axis=0), prepared[both.kept], features, seed),
        [note],
    )


def outside_share(fitted: FloatArray, held: FloatArray, new: FloatArray, seed: int) -> float:
    """Give the share of new rows that are beyond the rows an encoder was fitted to.

    Beyond is farther from the nearest of these than 99 % of rows that were held out.
    """
    if len(fitted) > MOST_FITTED:
        fitted = fitted[np.random.default_rng(seed).permutation(len(fitted))[:MOST_FITTED]]
    search = NearestNeighbors(n_neighbors=1).fit(fitted)
    limit = np.quantile(search.kneighbors(held)[0], 0.99)
    return float((search.kneighbors(new)[0] > limit).mean())

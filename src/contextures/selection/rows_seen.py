"""Which rows a search looks at, and what for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from contextures._arrays import IntArray
from contextures._checks import labels_of, validated
from contextures.exceptions import InputError
from contextures.regression.targets import missing
from contextures.selection.candidates import Candidate
from contextures.selection.held_rows import FEWEST_ROWS, HeldRows, draw_parts, hold
from contextures.selection.label_scores import MOST_LABELLED, Labels, read_labels

FEWEST_LABELS = 5.0
"""Labels a class (a quarter of their number, for numbers) from which "auto" looks at them: with
fewer, errors have been seen to tell contexts apart wrongly about as often as rightly."""


@dataclass(frozen=True)
class RowsSeen:
    """The rows that a search looks at.

    Attributes
    ----------
    chosen : ndarray of int of shape (m,)
        Those that contexts are fitted to.
    held : HeldRows or None
        Those held back for pseudo-tasks.
    labels : Labels or None
        Labels of some of the chosen rows, to follow.
    complete : bool
        Whether y has an entry for every row that says something.
    """

    chosen: IntArray
    held: HeldRows | None = None
    labels: Labels | None = None
    complete: bool = True


def as_rows(search: Any, X: Any, candidates: Sequence[Candidate]) -> Any:
    """Give X as rows of numbers, or as it is where every context takes values of any kind.

    Parameters
    ----------
    search : ContextSearch
        Remembers the columns.
    X : array-like of shape (n, p) or (n,)
        The rows.
    candidates : sequence of Candidate
        The caller's own candidates.

    Returns
    -------
    ndarray of shape (n, p) or (n,)
        The rows.
    """
    numbers = [one.context for one in candidates if one.context.takes != "any"]
    if candidates and not numbers:
        rows = X if isinstance(X, np.ndarray) else _as_array(X)
        if len(rows) < 4:
            raise InputError(f"X has {len(rows)} rows; give at least 4")
        return rows
    if numbers and not _are_rows_of_numbers(X):
        raise InputError(
            f"X is not rows of numbers, which the candidate {numbers[0]!r} takes; make its columns "
            "numbers, or give only candidates that take values of any kind"
        )
    return validated(search, X, dtype=np.float64, ensure_min_samples=4)


def see(
    rows: Any,
    y: Any,
    criterion: str,
    candidates: Sequence[Candidate],
    max_samples: int,
    rng: Any,
) -> RowsSeen:
    """Draw the rows that candidates are fitted to, and what they are judged by.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        All rows.
    y : array-like of shape (n,) or None
        Labels, or what candidates need.
    criterion : str
        As :class:`contextures.ContextSearch` takes it.
    candidates : sequence of Candidate
        The caller's own candidates.
    max_samples : int
        How many rows they are fitted to at most.
    rng : RandomState
        Draws the rows.

    Returns
    -------
    RowsSeen
        The rows.
    """
    n = len(rows)
    if criterion == "pseudo" and n < FEWEST_ROWS:
        raise InputError(
            f"the score 'pseudo' needs {FEWEST_ROWS} rows, but there are {n}; give 'tau'"
        )
    labels = _labels(y, n, criterion, candidates)
    complete = y is None or not missing(labels_of(y)).any()
    first: IntArray = np.arange(0)
    if labels is not None:
        complete = len(labels.rows) == n
        labels = labels.thinned(min(MOST_LABELLED, max_samples // 2), rng)
        first = labels.rows
    held = None
    if criterion not in ("labels", "tau") and n >= FEWEST_ROWS and _are_numbers(rows):
        parts = draw_parts(n, max_samples, rng, first)
        chosen, held = parts[0], hold(rows, *parts)
    elif n <= max_samples:
        chosen = np.arange(n)
    else:
        others = np.setdiff1d(np.arange(n), first)
        drawn = rng.choice(others, max_samples - len(first), replace=False)
        chosen = np.sort(np.concatenate([first, drawn]))
    return RowsSeen(chosen, held, None if labels is None else labels.among(chosen), complete)


def _labels(y: Any, n: int, criterion: str, candidates: Sequence[Candidate]) -> Labels | None:
    """Give the labels to follow, if any are to be."""
    if criterion == "labels":
        if y is None:
            raise InputError(
                "the score 'labels' needs labels; call fit(X, y), with None, NaN or -1 for rows "
                "that have none"
            )
        return read_labels(y, n)
    # Where a candidate needs y, it may be observed contexts rather than labels.
    if criterion != "auto" or y is None or any(_needs(one) for one in candidates):
        return None
    try:
        labels = read_labels(y, n)
    except InputError:
        return None
    return labels if labels.each >= FEWEST_LABELS else None


def _needs(candidate: Candidate) -> bool:
    return candidate.inductive and candidate.context.needs_y


def _are_numbers(rows: Any) -> bool:
    return isinstance(rows, np.ndarray) and rows.ndim == 2 and rows.dtype.kind == "f"


def _are_rows_of_numbers(X: Any) -> bool:
    try:
        return np.asarray(X, dtype=np.float64).ndim == 2
    except (TypeError, ValueError):
        return False


def _as_array(X: Any) -> Any:
    """Give values of any kind as an array, one entry a row where they have no common shape."""
    try:
        return np.asarray(X)
    except ValueError:
        rows = np.empty(len(X), dtype=object)
        rows[:] = list(X)
        return rows

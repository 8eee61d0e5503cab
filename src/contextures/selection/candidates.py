"""Candidate contexts, laid out over levels of association."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from contextures._arrays import FloatArray
from contextures._checks import check_rows
from contextures.contexts import Context, KNNContext, MaskContext, RBFContext
from contextures.contexts.base import check_context
from contextures.contexts.naming import family_name
from contextures.contexts.rbf import median_distance

FEWEST_NEIGHBORS = 5
WIDEST_GAMMA = 0.05
GAMMA_STEP = 4.0
"""Gamma times the median squared distance starts here and grows so: nine levels run from hardly any
association to nearly the identity. Powers of two let a family share its exponentials."""

_PIECE = 3
"""Contexts of an unmasked family that are judged in one go."""


@dataclass(frozen=True)
class Candidate:
    """A context to try.

    Attributes
    ----------
    context : Context
        The context, for all the rows.
    family : str
        What kind it is, in words.
    inductive : bool
        Whether it describes new rows, so that it can be chosen.
    """

    context: Context
    family: str
    inductive: bool = True


def as_candidate(context: Context) -> Candidate:
    """Describe a context of the caller's own."""
    checked = check_context(context, "the candidate")
    return Candidate(checked, family_name(checked), checked.inductive)


def default_candidates(X: FloatArray, n_levels: int = 9) -> list[Candidate]:
    """Lay out nearest-neighbour and Gaussian contexts, plain and masked, over association levels.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        The rows.
    n_levels : int, default=9
        How many levels each of the four families has. K runs geometrically from half the rows
        down to 5, gamma times the median squared distance from 0.05 up by fours.

    Returns
    -------
    list of Candidate
        ``4 * n_levels`` of them; half when there is one feature, which cannot be masked, and
        fewer when there are too few rows for different K.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.selection import default_candidates, short_form
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> [short_form(each.context) for each in default_candidates(X, n_levels=3)[:3]]
    ['knn:50', 'knn:16', 'knn:5']
    """
    X = check_rows(X, least=2)
    n, p = X.shape
    largest = max(2, n // 2)
    fewest = min(FEWEST_NEIGHBORS, largest)
    counts = np.unique(np.geomspace(largest, fewest, n_levels).round().astype(int))[::-1]
    scale = median_distance(X)
    widest = float(f"{WIDEST_GAMMA / scale:.4g}")
    gammas = [widest * GAMMA_STEP**level for level in range(n_levels)]
    plain: list[KNNContext | RBFContext] = [KNNContext(n_neighbors=int(k)) for k in counts]
    plain += [RBFContext(gamma=gamma) for gamma in gammas]
    contexts: list[Context] = list(plain)
    if p > 1:
        contexts += [MaskContext(base) for base in plain]
    return [as_candidate(context) for context in contexts]


def first_alike(candidates: Sequence[Candidate], share: float) -> list[int]:
    """Find candidates that are one and the same context on a share of the rows.

    K cannot be below two however few rows are left, so that several levels of it may meet there.

    Parameters
    ----------
    candidates : sequence of Candidate
        The candidates.
    share : float
        The share of the rows.

    Returns
    -------
    list of int
        For each, the place of the first that is the same; its own where none is before it, or
        where a parameter is no plain value.
    """
    seen: dict[Any, int] = {}
    return [
        seen.setdefault(_what(candidate.context, share) or place, place)
        for place, candidate in enumerate(candidates)
    ]


def in_pieces(candidates: Sequence[Candidate], chosen: Sequence[int]) -> list[list[int]]:
    """Lay out which of the chosen candidates are judged together.

    Masked families come first and whole: they take longest and share most. The others follow in
    small pieces, so that none is left to run alone at the end.

    Parameters
    ----------
    candidates : sequence of Candidate
        The candidates.
    chosen : sequence of int
        The places of some of them.

    Returns
    -------
    list of list of int
        The places, piece by piece.
    """
    groups: dict[Any, list[int]] = {}
    for place in chosen:
        groups.setdefault(candidates[place].context.family(), []).append(place)
    whole, rest = [], []
    for group in groups.values():
        if candidates[group[0]].context.n_averaged > 1:
            whole.append(group)
        else:
            rest += [group[start : start + _PIECE] for start in range(0, len(group), _PIECE)]
    return whole + rest


def _what(context: Context, share: float) -> Any:
    """Say what a context is on a share of the rows; None where its parameters do not tell."""
    found = []
    for name, value in sorted(context.subsampled(share).get_params(deep=True).items()):
        if isinstance(value, Context):
            value = type(value)  # whose parameters are among these
        elif not isinstance(value, str | int | float | np.number | None):
            return None
        found.append((name, value))
    return (type(context), *found)

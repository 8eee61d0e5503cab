"""The protocol of the papers' experiments on tables: splits, contexts, exact functions, probes.

A table is split into rows that contexts learn from (pretraining), labelled rows and test rows. The
encoder is the top singular functions of a context on the pretraining rows, extended to the others;
a ridge probe on the first d coordinates is fitted to the labelled rows and judged on the test rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import FloatArray
from contextures.contexts import Context, KNNContext, MaskContext, RBFContext
from contextures.contexts.rbf import median_distance
from contextures.evaluation.context_scores.pseudo_tasks import PENALTIES, nested_dimensions
from contextures.spectrum import leading_functions

SHARES = (0.70, 0.15, 0.15)
"""Shares of the pretraining, labelled and test rows."""

LEVELS = 35
MOST_COMPONENTS = 512
WIDEST = 0.05
"""Gamma times the median squared distance starts here and grows by the square root of two."""

FEWEST_NEIGHBORS = 5
TOGETHER = 9
"""How many levels are held in memory at once; those that share most of their work go together."""


@dataclass(frozen=True)
class Prepared:
    """A table as the protocol sees it.

    Attributes
    ----------
    name, task
        The table, and "classification" or "regression".
    pretrain, labelled, test : ndarray of shape (n, p), (m, p), (t, p)
        Features, prepared as the pretraining rows suggest.
    labelled_target, test_target : ndarray of shape (m, c), (t, c)
        One column a class, zero or one; or the number, scaled to unit variance on labelled rows.
    n_rows : int
        How many labelled rows the table has, of which the three parts may be a sample.
    """

    name: str
    task: str
    pretrain: FloatArray
    labelled: FloatArray
    test: FloatArray
    labelled_target: FloatArray
    test_target: FloatArray
    n_rows: int


@dataclass(frozen=True)
class Level:
    """A context and where it stands: its family and association level, 0 the weakest."""

    context: Context
    family: str
    level: int


@dataclass(frozen=True)
class Functions:
    """The top singular functions of a context.

    Attributes
    ----------
    singular_values : ndarray of shape (d + 1,)
        One more than there are functions, where the context has it, for tau.
    pretrain : ndarray of shape (n, d)
        The functions on the rows learned from.
    others : list of ndarray
        The functions on other rows.
    """

    singular_values: FloatArray
    pretrain: FloatArray
    others: list[FloatArray]


def table_index(folder: Path) -> dict[str, dict[str, Any]]:
    """Read what ``index.json`` says about each table of a folder that has a target column."""
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    entries = index if isinstance(index, dict) else {entry["name"]: entry for entry in index}
    return {
        name: entry
        for name, entry in entries.items()
        if entry.get("kind", "table") == "table" and (folder / f"{name}.parquet").is_file()
    }


def prepare(
    folder: Path, name: str, entry: dict[str, Any], *, seed: int = 0, max_rows: int = 4000
) -> Prepared:
    """Read a table, draw its rows and parts, and prepare features as the main job does.

    Parameters
    ----------
    folder, name : pathlib.Path, str
        Where ``name.parquet`` is.
    entry : dict
        What the index says: its target and task.
    seed : int
        Draws rows and parts.
    max_rows : int
        Tables with more labelled rows are subsampled.

    Returns
    -------
    Prepared
        The parts. Columns that the main job leaves out (identifiers, copies of the target) are
        left out; nothing is learned from labelled or test rows.
    """
    from contextures.data import read_table
    from contextures.runs.checked_table import look_over

    checked = look_over(read_table(folder / f"{name}.parquet"), entry["target"], entry.get("task"))
    missing = checked.missing_labels()
    assert missing is not None and checked.target is not None and checked.labels is not None
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(~missing))
    kept = rows[:max_rows]
    cuts = np.round(np.cumsum(SHARES)[:-1] * len(kept)).astype(int)
    parts = np.split(kept, cuts)
    preparation = checked.preparation()
    features = [preparation.fit_transform(checked.features.iloc[parts[0]])]
    features += [preparation.transform(checked.features.iloc[part]) for part in parts[1:]]
    targets = [_target(checked.labels[part], checked.target.classes) for part in parts[1:]]
    if checked.target.classes is None:
        centre, spread = targets[0].mean(), targets[0].std() or 1.0
        targets = [(target - centre) / spread for target in targets]
    return Prepared(
        name, checked.target.task, features[0], features[1], features[2], *targets, len(rows)
    )


def _target(labels: Any, classes: list[str] | None) -> FloatArray:
    if classes is None:
        return np.asarray(labels, dtype=np.float64)[:, None]
    return np.eye(len(classes))[labels]


def contexts(rows: FloatArray, n_levels: int = LEVELS) -> list[Level]:
    """Lay out RBF and KNN contexts, plain and masked, over levels of association.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        The pretraining rows.
    n_levels : int
        How many levels each of the four families has, the weakest first; fewer are spread over
        the same range.

    Returns
    -------
    list of Level
        Families one after another. K runs geometrically from half the rows down to 5, gamma times
        the median squared distance from 0.05 by the square root of two (35 levels). The masked
        ones average over 50 masks that each hide a fifth of the features; they are left out where
        there is one feature.
    """
    n, p = rows.shape
    chosen = np.unique(np.linspace(0, LEVELS - 1, n_levels).round().astype(int))
    widest = WIDEST / median_distance(rows)
    # Two factors, so that levels four apart are powers of two apart to the last digit.
    gammas = [widest * 2.0 ** (int(level) % 4 / 2) * 4.0 ** (int(level) // 4) for level in chosen]
    counts = _different(max(2, n // 2), min(FEWEST_NEIGHBORS, n // 2), LEVELS)
    spread = [counts[int(level) * (len(counts) - 1) // (LEVELS - 1)] for level in chosen]
    plain = {
        "rbf": [RBFContext(gamma=gamma) for gamma in gammas],
        "knn": [KNNContext(n_neighbors=count) for count in dict.fromkeys(spread)],
    }
    masked = {f"masked {name}": [MaskContext(one) for one in ones] for name, ones in plain.items()}
    families: dict[str, Sequence[Context]] = {**plain, **masked} if p > 1 else {**plain}
    return [
        Level(context, family, int(level))
        for family, members in families.items()
        for level, context in zip(chosen, members, strict=False)
    ]


def _different(largest: int, fewest: int, n: int) -> list[int]:
    """Give ``n`` different counts, as nearly geometric as whole numbers are, largest first."""
    if largest - fewest + 1 <= n:
        return list(range(largest, fewest - 1, -1))
    steps = n
    while len(found := np.unique(np.geomspace(fewest, largest, steps).round().astype(int))) < n:
        steps += 1
    return [int(count) for count in found[::-1][np.linspace(0, len(found) - 1, n).astype(int)]]


def together(levels: Sequence[Level]) -> list[list[Level]]:
    """Group levels of one family so that a group fits in memory and shares its work.

    Gammas four levels apart share their exponentials; counts next to each other, the search.
    """
    groups: list[list[Level]] = []
    for family in dict.fromkeys(level.family for level in levels):
        members = [level for level in levels if level.family == family]
        if "rbf" in family:
            groups += [m for r in range(4) if (m := [one for one in members if one.level % 4 == r])]
        else:
            groups += [members[i : i + TOGETHER] for i in range(0, len(members), TOGETHER)]
    return groups


def functions_of(
    group: Sequence[Context], rows: FloatArray, others: Sequence[FloatArray], d: int
) -> Iterator[Functions | Exception]:
    """Compute the top singular functions of contexts of one family, and extend them to other rows.

    Parameters
    ----------
    group : sequence of Context
        Contexts of one family.
    rows : ndarray of shape (n, p)
        The rows to learn from.
    others : sequence of ndarray
        Other rows.
    d : int
        How many functions at most; fewer where the rank is lower.

    Yields
    ------
    Functions or Exception
        In the same order; in place of a context that failed, its exception.
    """
    kind: Any = type(group[0])
    fitted = kind.fit_family(list(group), rows)
    good = [context for context in fitted if isinstance(context, Context)]
    cuts = np.cumsum([len(part) for part in others])[:-1]
    expansions = kind.expand_family(good, np.vstack(others)) if good and others else []
    del good
    for _ in group:
        # Taken out, because a dense transition a level is what fills the memory.
        context = fitted.pop(0)
        if isinstance(context, Exception):
            yield context
        else:
            yield spectrum_of(context, expansions.pop(0) if expansions else None, cuts, d)


def spectrum_of(context: Context, expansion: Any, cuts: Any, d: int) -> Functions:
    """Compute the exact top singular functions of a fitted context, at most d of them.

    Parameters
    ----------
    context : Context
        A context in transition form, fitted to the rows.
    expansion : ndarray or csr_array of shape (t, m) or None
        P+(a|x) of other rows.
    cuts : array-like of int
        Where to split those other rows.
    d : int
        How many functions at most.

    Returns
    -------
    Functions
        The functions.
    """
    spectrum = leading_functions(context, d + 1)
    kept = spectrum.truncated(d)
    parts: list[FloatArray] = []
    if expansion is not None:
        parts = np.split(np.asarray(expansion @ kept.coefficients), cuts)
    return Functions(spectrum.singular_values, kept.left, parts)


def errors_over_d(
    labelled: FloatArray,
    test: FloatArray,
    labelled_target: FloatArray,
    test_target: FloatArray,
    dimensions: Sequence[int] | None = None,
    penalties: Sequence[float] = PENALTIES,
) -> tuple[list[int], FloatArray]:
    """Compute the test error of the ridge probe on the first d coordinates, for several d.

    Parameters
    ----------
    labelled, test : ndarray of shape (m, D), (t, D)
        Ordered coordinates.
    labelled_target, test_target : ndarray of shape (m, c), (t, c)
        Targets.
    dimensions : sequence of int, optional
        The d to try; D takes the place of those above it. When None, 1, 2, 3, 4, 6, 8, ..., D.
    penalties : sequence of float
        The ridge penalties to choose from, times m: each labelled row is left out in turn, and the
        penalty with the smallest squared error on those left out is taken.

    Returns
    -------
    tuple of list of int and ndarray
        The d tried, and the mean over test rows of the squared error, summed over columns.
    """
    most = labelled.shape[1]
    tried = sorted({min(d, most) for d in dimensions or nested_dimensions(most)})
    errors = [
        _ridge_error(labelled[:, :d], test[:, :d], labelled_target, test_target, penalties)
        for d in tried
    ]
    return tried, np.array(errors)


def _ridge_error(
    labelled: FloatArray,
    test: FloatArray,
    labelled_target: FloatArray,
    test_target: FloatArray,
    penalties: Sequence[float],
) -> float:
    m = len(labelled)
    centre, intercept = labelled.mean(axis=0), labelled_target.mean(axis=0)
    left, sizes, right = np.linalg.svd(labelled - centre, full_matrices=False)
    residual = labelled_target - intercept
    along = left.T @ residual
    squares = left**2
    best = (np.inf, 0.0)
    for penalty in penalties:
        shrunk = sizes**2 / (sizes**2 + penalty * m)
        # The intercept is fitted too: it has 1/m of every row's leverage.
        leverage = 1.0 / m + squares @ shrunk
        left_out = (residual - left @ (shrunk[:, None] * along)) / (1.0 - leverage)[:, None]
        best = min(best, (float((left_out**2).sum()), penalty))
    weights = right.T @ ((sizes / (sizes**2 + best[1] * m))[:, None] * along)
    predicted = intercept + (test - centre) @ weights
    return float(((test_target - predicted) ** 2).sum(axis=1).mean())

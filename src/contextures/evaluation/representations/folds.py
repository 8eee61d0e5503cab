"""Folds of training rows: classes spread evenly, groups whole, or the past before the future."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

from contextures._arrays import IntArray
from contextures.exceptions import InputError

FEWEST_TESTED = 4
"""Rows of a fold that R^2 is computed on."""

Folds = list[tuple[IntArray, IntArray]]


@dataclass(frozen=True, eq=False)
class Apart:
    """What keeps rows apart.

    Attributes
    ----------
    kind : {"group", "time"}
        Rows of one group are on one side of any split; or what is learned from comes before what
        is tested, rows of one time being on one side.
    codes : ndarray of int of shape (n,)
        The group of each row, or the place of its time among all times.
    """

    kind: Literal["group", "time"]
    codes: IntArray

    def of(self, rows: Any) -> Apart:
        """Give the same of some rows.

        Parameters
        ----------
        rows : ndarray of int or of bool
            Which.

        Returns
        -------
        Apart
            What keeps these apart.
        """
        return Apart(self.kind, self.codes[rows])


def held_groups(apart: Apart | None, rows: Any) -> IntArray | None:
    """Give the groups of held-out rows, by which intervals resample; None where rows have none."""
    return apart.codes[rows] if apart is not None and apart.kind == "group" else None


def folds(
    labels: Any, n_folds: int, *, classes: bool, seed: int = 0, apart: Apart | None = None
) -> Folds:
    """Give folds of rows.

    Parameters
    ----------
    labels : ndarray of shape (n,)
        Their targets.
    n_folds : int
        How many are wanted.
    classes : bool
        Whether the targets are classes.
    seed : int
        Draws them.
    apart : Apart, optional
        What keeps rows apart.

    Returns
    -------
    list of tuple
        (train, test) row numbers. Without ``apart``, every row is tested once, each class spread
        evenly. Numbers get fewer folds where few rows would be tested at a time, of which R^2 says
        nothing. A class of a single row stays in every training part: tested, it could not have
        been learned. With groups, every row is tested once as far as two classes are left to learn
        from. With times, every fold but the first block's is tested after learning from all that
        came before it; where no two such folds exist, folds are drawn as without times.

    Raises
    ------
    InputError
        If groups are too few to be parted.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation.representations.folds import Apart, folds
    >>> machines = Apart("group", np.repeat([0, 1, 2], 4))
    >>> labels = np.tile([0, 1], 6)
    >>> parts = folds(labels, 3, classes=True, apart=machines)
    >>> sorted(machines.of(test).codes.tolist() for _, test in parts)
    [[0, 0, 0, 0], [1, 1, 1, 1], [2, 2, 2, 2]]
    """
    labels = np.asarray(labels)
    if apart is not None:
        made = _of_groups if apart.kind == "group" else _of_times
        found = [
            (train, test)
            for train, test in made(labels, n_folds, classes, seed, apart.codes)
            if len(test) and len(train) > 1 and not (classes and _alike(labels[train]))
        ]
        if len(found) > 1:
            return found
        if apart.kind == "group":
            raise InputError(
                f"the rows to learn from are of {len(np.unique(apart.codes))} groups, which cannot "
                "be parted so that something can be learned from each part; give a group column "
                "of more values"
            )
    return _drawn(labels, n_folds, classes, seed)


def _drawn(labels: Any, n_folds: int, classes: bool, seed: int) -> Folds:
    n = len(labels)
    if not classes:
        n_folds = max(2, min(n_folds, n // FEWEST_TESTED))
        return list(KFold(n_folds, shuffle=True, random_state=seed).split(labels))
    _, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if counts.min() >= n_folds and n > 2 * n_folds:
        splitter = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
        return list(splitter.split(labels, codes))
    order = np.random.default_rng(seed).permutation(n)
    order = order[np.argsort(codes[order], kind="stable")]
    tested = order[counts[codes[order]] > 1]
    if not len(tested):
        tested = order
    # Dealt out class by class, so that those of a class lie in different folds as far as they can.
    if n <= 2 * n_folds:
        n_folds = len(tested)
    found = [np.sort(tested[start::n_folds]) for start in range(min(n_folds, len(tested)))]
    return [(np.setdiff1d(np.arange(n), test), test) for test in found]


def _of_groups(labels: Any, n_folds: int, classes: bool, seed: int, groups: IntArray) -> Folds:
    n_folds = min(n_folds, len(np.unique(groups)))
    if n_folds < 2:
        return []
    if classes:
        codes = np.unique(labels, return_inverse=True)[1]
        splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
        with warnings.catch_warnings(), suppress(ValueError):  # every class has fewer rows
            warnings.simplefilter("ignore")  # some class has
            return list(splitter.split(labels, codes, groups))
    return list(GroupKFold(n_folds).split(labels, groups=groups))


def _of_times(labels: Any, n_folds: int, classes: bool, seed: int, times: IntArray) -> Folds:
    ordered = np.sort(times)
    # Cut where a time begins, so that rows of one time are never parted.
    starts = np.unique([ordered[len(times) * j // (n_folds + 1)] for j in range(1, n_folds + 1)])
    ends = np.append(starts[1:], ordered[-1] + 1)
    least = 1 if classes else FEWEST_TESTED
    found = [
        (np.flatnonzero(times < start), np.flatnonzero((times >= start) & (times < end)))
        for start, end in zip(starts, ends, strict=True)
    ]
    return [(train, test) for train, test in found if len(test) >= least]


def _alike(labels: Any) -> bool:
    return bool((labels == labels[0]).all())

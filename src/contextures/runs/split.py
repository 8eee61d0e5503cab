"""Which rows are learnt from and which are held out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures.exceptions import InputError

TEST_SHARE = 0.25

FEWEST_HELD = 10
"""Where most rows have no label, none is held out for a score on fewer rows than this."""

Rows = NDArray[np.intp]

MOST_JUDGING = 100_000
"""Training rows that models are fitted to for the scores: linear ones gain nothing from more."""


@dataclass(frozen=True)
class Split:
    """Row numbers of the parts of a table.

    Attributes
    ----------
    train : ndarray of int
        Labelled rows that models are fitted to.
    test : ndarray of int
        Labelled rows held out of everything until the scores.
    unlabelled : ndarray of int
        Rows without a label: the context learns from them, the probes cannot. Without a target,
        all rows.
    aside : ndarray of int
        Rows without a label that lie with the held-out ones, of a group or a time: not learned
        from either.
    """

    train: Rows
    test: Rows
    unlabelled: Rows
    aside: Rows = field(default_factory=lambda: np.empty(0, dtype=np.intp))

    @property
    def pretraining(self) -> Rows:
        """Rows that the context is learnt from."""
        return np.sort(np.concatenate([self.train, self.unlabelled]))

    def names(self) -> NDArray[Any]:
        """Give the part of each row, as a word."""
        parts = (self.train, self.test, self.unlabelled, self.aside)
        names = np.empty(sum(map(len, parts)), dtype=object)
        names[self.train] = "train"
        names[self.test] = names[self.aside] = "test"
        names[self.unlabelled] = "unlabelled" if len(self.train) else "train"
        return names


def split_rows(n: int, target: NDArray[Any] | None, *, classes: bool, seed: int) -> Split:
    """Hold out a quarter of the labelled rows, classes in proportion.

    Few labels among many rows are all learnt from, and so are classes of a single row.

    Parameters
    ----------
    n : int
        The number of rows.
    target : ndarray of shape (n,) or None
        Codes (-1 where missing) for classes, numbers (NaN where missing) otherwise.
    classes : bool
        Whether the target holds class codes.
    seed : int
        Draws the rows.

    Returns
    -------
    Split
        Row numbers, sorted.
    """
    everything = np.arange(n)
    if target is None:
        empty = np.empty(0, dtype=np.intp)
        return Split(empty, empty, everything)
    from sklearn.model_selection import train_test_split

    missing = target < 0 if classes else np.isnan(target)
    labelled = everything[~missing]
    alone = np.zeros(len(labelled), dtype=bool)
    if classes:
        alone = np.bincount(target[labelled])[target[labelled]] == 1
    several = labelled[~alone]
    if missing.sum() >= len(labelled) and TEST_SHARE * len(several) < FEWEST_HELD:
        return Split(labelled, np.empty(0, dtype=np.intp), everything[missing])
    strata = target[several] if classes else None
    try:
        train, test = train_test_split(
            several, test_size=TEST_SHARE, random_state=seed, stratify=strata
        )
    except ValueError:  # more classes than held-out rows
        train, test = train_test_split(several, test_size=TEST_SHARE, random_state=seed)
    train = np.concatenate([train, labelled[alone]])
    return Split(np.sort(train), np.sort(test), everything[missing])


def check_classes(split: Split, labels: NDArray[Any], name: str) -> None:
    """Refuse a split that leaves one class to learn from.

    Parameters
    ----------
    split : Split
        The parts.
    labels : ndarray of shape (n,)
        Codes of classes.
    name : str
        The target's name.

    Raises
    ------
    InputError
        If all rows to learn from are of one class.
    """
    learned = labels[split.train]
    if not len(learned) or (learned == learned[0]).all():
        raise InputError(
            f"all rows to learn from are of one class of the target {name!r}; give a target or a "
            "split that leaves two"
        )


def check_varies(split: Split, target: NDArray[Any], name: str) -> None:
    """Refuse amounts that are all alike where they are learnt from, or where they are scored.

    Parameters
    ----------
    split : Split
        The parts.
    target : ndarray of shape (n,)
        The amounts.
    name : str
        The target's name.

    Raises
    ------
    InputError
        If they do not vary there, so that no R^2 exists.
    """
    for rows, which in ((split.train, "all rows to learn from"), (split.test, "all held-out rows")):
        if len(rows) and np.ptp(target[rows]) == 0:
            raise InputError(
                f"the target {name!r} has one value in {which}, so it cannot be scored; give a "
                "target that varies in more rows, or another --seed"
            )


def judging_rows(split: Split, seed: int) -> NDArray[np.intp]:
    """Give the training rows that a representation and its rivals are fitted to for their scores.

    All up to :data:`MOST_JUDGING`, and a random part of more.
    """
    if len(split.train) <= MOST_JUDGING:
        return split.train
    chosen = np.random.default_rng(seed).choice(split.train, MOST_JUDGING, replace=False)
    return np.sort(chosen)

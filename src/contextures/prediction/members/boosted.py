"""Boosted trees as members, cross-fitted with the number of rounds that all folds agree on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

import numpy as np

from contextures._arrays import FloatArray, IntArray
from contextures._checks import check_positive_int
from contextures.exceptions import InputError
from contextures.prediction.members.base import FittedMember, Member, Problem
from contextures.prediction.members.boosted_trees import SummedTrees, summed
from contextures.prediction.members.boosting import Boosted, Setting, engine
from contextures.prediction.members.estimators import folds
from contextures.prediction.members.tree_columns import TreeColumns, tree_columns

SETTINGS = {
    "boosted": Setting(),
    "boosted shallow": Setting(leaves=6, least=10, columns=0.6),
    "boosted random": Setting(leaves=24, least=5, columns=0.6, shrink=3.0, at_random=True),
    "boosted slow": Setting(rate=0.02, leaves=48, least=8, columns=0.5, shrink=5.0),
    "boosted few": Setting(leaves=4, least=3, columns=0.6),
}
"""Settings by name. They differ in kind, so that the pool can choose rather than a search. The last
is for fewer labels, of which leaves of ten rows would leave stumps."""


MANY_ROWS = 2_000
"""Rows from which asking each node of all is quicker than walking each row down the trees."""

_MAKING = Lock()


class BoostedMember(Member):
    """Boosted trees: LightGBM's where it is installed, scikit-learn's elsewhere.

    The trees are grown once without each fold of the labelled rows, with that fold to stop by. The
    number of rounds is the one of the least error over all folds together, so that no row has had
    more than its share of a say in it. Each fold is predicted by the trees that were grown without
    it, new rows by the average of all folds' trees.

    Parameters
    ----------
    name : {"boosted", "boosted shallow", "boosted random", "boosted slow", \
"boosted few"}
        How trees are grown.
    n_folds : int
        How many folds.

    References
    ----------
    Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree" (NeurIPS 2017).

    Examples
    --------
    >>> from contextures.prediction import BoostedMember
    >>> BoostedMember("boosted shallow").n_folds
    5
    """

    def __init__(self, name: str = "boosted", *, n_folds: int = 5) -> None:
        if name not in SETTINGS:
            raise InputError(f"name={name!r} is not known; give one of {', '.join(SETTINGS)}")
        self.name = name
        self.n_folds = check_positive_int(n_folds, "n_folds", least=2)

    def fit(self, problem: Problem) -> FittedMember:
        """Grow trees without each fold; see :meth:`Member.fit`."""
        rows, targets = problem.rows[problem.labelled], problem.targets
        fold = folds(targets, problem.classes, self.n_folds, problem.seed)
        grow, q = engine(), targets.shape[1] if problem.classes else 0
        grown = []
        for each in np.unique(fold):
            away = fold == each
            given = (rows[~away], targets[~away], rows[away], targets[away])
            grown.append(grow(*given, q, SETTINGS[self.name], problem.seed))
        rounds = common_rounds([trees.losses for trees in grown], np.bincount(fold))
        left_out = np.empty_like(targets)
        for each, trees in enumerate(grown):
            away = fold == each
            left_out[away] = trees.values(rows[away], rounds)
        found = _Fitted(grown, rounds)
        found.left_out = left_out
        return found


def common_rounds(losses: list[FloatArray], sizes: IntArray) -> int:
    """Choose the number of rounds that is best for all folds together.

    Parameters
    ----------
    losses : list of ndarray
        The error of each fold after each round; those that stopped early keep their last one.
    sizes : ndarray of int
        The numbers of rows in the folds.

    Returns
    -------
    int
        From 1 to the length of the longest.
    """
    most = max(len(each) for each in losses)
    longer = [np.concatenate([each, np.full(most - len(each), each[-1])]) for each in losses]
    return int(np.average(longer, axis=0, weights=sizes).argmin()) + 1


class _Fitted(FittedMember):
    # Not among the attributes that are written: it follows from the rest, once it is needed.
    __slots__ = ("_columns",)

    in_blocks = True

    def __init__(self, grown: Sequence[Boosted], rounds: int) -> None:
        self._grown, self._rounds = grown, rounds

    def values(self, rows: FloatArray) -> FloatArray:
        """Average the folds' trees."""
        known = self._by_columns() if len(rows) >= MANY_ROWS else None
        if known is None:
            parts = [each.values(rows, self._rounds) for each in self._grown]
        else:
            parts = [_summed(trees, columns, rows) for trees, columns in known]
        return np.asarray(sum(parts[1:], parts[0]) / len(parts))

    def plain(self) -> _Fitted:
        """Give the same member with trees as plain arrays, which need no library."""
        return _Fitted([summed(each, self._rounds) for each in self._grown], self._rounds)

    def _by_columns(self) -> list[tuple[SummedTrees, TreeColumns]] | None:
        """Give each fold's trees as steps on columns, without their arrays; None if they cannot."""
        with _MAKING:  # several threads ask at once
            if not hasattr(self, "_columns"):
                plain = [summed(each, self._rounds) for each in self._grown]
                steps = [tree_columns(each.sums) for each in plain]
                told = [each for each in steps if each is not None]
                bare = [replace(each, sums=()) for each in plain]
                self._columns = None
                if len(told) == len(bare):
                    self._columns = list(zip(bare, told, strict=True))
            return self._columns


def _summed(trees: SummedTrees, columns: TreeColumns, rows: FloatArray) -> FloatArray:
    total = np.tile(trees.start, (len(rows), 1))
    columns.add_to(total, rows)
    return trees.told(total)

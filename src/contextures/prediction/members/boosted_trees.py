"""Boosted trees as plain arrays: they predict alike without the library, and can be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, softmax

from contextures._arrays import FloatArray, IntArray
from contextures.prediction.members.boosting import Boosted, Histograms, LightGBM
from contextures.prediction.members.trees import Trees


class ExactTrees(Trees):
    """Trees that compare values in double precision, as boosting does."""

    def _compared(self, rows: FloatArray) -> Any:
        return rows

    def _together(self, given: Any) -> None:
        return None  # scikit-learn's walk compares single precision


@dataclass(frozen=True)
class SummedTrees:
    """A sum of trees for each class, or for a number.

    Attributes
    ----------
    sums : list of Trees
        For numbers and two classes one, for q classes q.
    start : ndarray of shape (len(sums),)
        What the sums start from.
    known : ndarray of int
        The classes that there are trees of, empty for numbers.
    n_classes : int
        q, or 0 for numbers.
    """

    sums: Sequence[Trees]
    start: FloatArray
    known: IntArray
    n_classes: int

    def values(self, rows: FloatArray, rounds: int) -> FloatArray:
        """Predict rows; all trees that are kept count."""
        total = np.tile(self.start, (len(rows), 1))
        for place, trees in enumerate(self.sums):
            total[:, place] += trees.predict(rows)[:, 0] * len(trees.roots)
        return self.told(total)

    def told(self, total: FloatArray) -> FloatArray:
        """Give sums, of shape (n, len(start)), as they are, or as chances."""
        if not self.n_classes:
            return total
        if len(self.known) == 1:
            told = np.ones((len(total), 1))
        elif len(self.start) == 1:
            second = expit(total)
            told = np.hstack([1.0 - second, second])
        else:
            told = softmax(total, axis=1)
        chances = np.zeros((len(total), self.n_classes))
        chances[:, self.known] = told
        return chances

    def check(self, n_outputs: int) -> None:
        """Raise ValueError where the parts do not belong together."""
        if not (len(self.sums) and self.start.shape == (len(self.sums),)):
            raise ValueError("boosted trees are not as many as their outputs")
        if any(trees.values.shape[1:] != (1,) for trees in self.sums):
            raise ValueError("a boosted tree does not add one number")
        q, known = self.n_classes, len(self.known)
        fits = len(self.sums) == (known if known > 2 else 1)
        inside = ((self.known >= 0) & (self.known < q)).all() and (known > 0 or not q)
        if not (fits and inside and n_outputs == max(q, 1)):
            raise ValueError("boosted trees predict another number of classes")


def summed(grown: Boosted, rounds: int) -> SummedTrees:
    """Give the first rounds of boosted trees as arrays.

    Parameters
    ----------
    grown : Boosted
        The trees of either library, or their arrays.
    rounds : int
        How many rounds count.

    Returns
    -------
    SummedTrees
        They predict the same, to rounding.
    """
    if isinstance(grown, LightGBM):
        return _of_lightgbm(grown, rounds)
    if not isinstance(grown, Histograms):
        assert isinstance(grown, SummedTrees)
        return grown
    model = grown.model
    used = model._predictors[:rounds]
    sums = [
        _joined([_of_nodes(each[place].nodes) for each in used]) for place in range(len(used[0]))
    ]
    start = np.asarray(model._baseline_prediction, dtype=np.float64).ravel()
    known = np.empty(0, dtype=np.intp) if grown.known is None else grown.known
    return SummedTrees(sums, start, known, grown.q)


def _of_lightgbm(grown: LightGBM, rounds: int) -> SummedTrees:
    q = grown.n_classes
    text = grown.booster.model_to_string(num_iteration=min(rounds, len(grown.losses)))
    blocks = text.split("\nend of trees")[0].split("\nTree=")[1:]
    trees = [_of_text(block) for block in blocks]
    n_sums = q if q > 2 else 1
    sums = [_joined(trees[place::n_sums]) for place in range(n_sums)]
    return SummedTrees(sums, np.zeros(n_sums), np.arange(q), q)


Nodes = tuple[IntArray, FloatArray, IntArray, FloatArray]
"""Of one tree: columns (-1 for leaves), thresholds, children, and what leaves add."""


def _of_text(block: str) -> Nodes:
    """Read one tree of LightGBM's own text; its leaves follow its inner nodes."""
    lines = (line.split("=", 1) for line in block.splitlines() if "=" in line)
    held = {name: value.split() for name, value in lines}
    leaves = np.array(held["leaf_value"], dtype=np.float64)
    inner = len(leaves) - 1
    columns = np.full(inner + len(leaves), -1, dtype=np.intp)
    thresholds = np.zeros(len(columns))
    children = np.zeros((len(columns), 2), dtype=np.intp)
    if inner:
        columns[:inner] = np.array(held["split_feature"], dtype=np.intp)
        thresholds[:inner] = np.array(held["threshold"], dtype=np.float64)
        sides = [np.array(held[side], dtype=np.intp) for side in ("left_child", "right_child")]
        given = np.stack(sides, axis=1)
        children[:inner] = np.where(given < 0, inner + ~given, given)
    return columns, thresholds, children, np.concatenate([np.zeros(inner), leaves])


def _of_nodes(nodes: Any) -> Nodes:
    """Read one tree of scikit-learn's histogram boosting."""
    leaf = nodes["is_leaf"].astype(bool)
    columns = np.where(leaf, -1, nodes["feature_idx"]).astype(np.intp)
    sides = np.stack([nodes["left"], nodes["right"]], axis=1).astype(np.intp)
    children = np.where(leaf[:, None], 0, sides)
    thresholds = np.where(leaf, 0.0, nodes["num_threshold"])
    return columns, thresholds, children, np.where(leaf, nodes["value"], 0.0)


def _joined(trees: list[Nodes]) -> ExactTrees:
    counts = np.array([len(columns) for columns, *_ in trees])
    roots = np.cumsum(counts) - counts
    columns = np.concatenate([each for each, *_ in trees])
    leaf = columns < 0
    children = np.concatenate([each[2] + root for each, root in zip(trees, roots, strict=True)])
    told = np.concatenate([each[3] for each in trees])[leaf]
    values, which = np.unique(told, return_inverse=True)
    leaves = np.zeros(len(columns), dtype=np.intp)
    leaves[leaf] = which
    return ExactTrees(
        roots=roots.astype(np.intp),
        columns=columns,
        thresholds=np.concatenate([each[1] for each in trees]),
        children=np.where(leaf[:, None], 0, children),
        leaves=leaves,
        values=values[:, None],
    )

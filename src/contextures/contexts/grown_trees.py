"""Boosted trees that were grown from labels, and how those of a fold stand for those of all."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from contextures._arrays import FloatArray, IntArray


class GrownTrees:
    """Trees of LightGBM's, their leaves numbered through.

    Parameters
    ----------
    model : lightgbm.LGBMClassifier or lightgbm.LGBMRegressor
        The fitted trees.
    rows : ndarray of shape (n, p)
        The rows that they were grown from.
    n_jobs : int
        Threads.

    Attributes
    ----------
    starts : ndarray of int of shape (T + 1,)
        The number of the first leaf of each tree, and of all leaves.
    """

    def __init__(self, model: Any, rows: FloatArray, n_jobs: int) -> None:
        self.model, self.n_jobs = model, n_jobs
        sizes = self.leaves(rows).max(axis=0) + 1
        self.starts: IntArray = np.concatenate([[0], np.cumsum(sizes)])
        booster = model.booster_
        self.outputs = np.array(
            [
                booster.get_leaf_output(tree, leaf)
                for tree, size in enumerate(sizes)
                for leaf in range(size)
            ]
        )

    @property
    def n_trees(self) -> int:
        """T, how many trees there are."""
        return len(self.starts) - 1

    def leaves(self, X: FloatArray) -> IntArray:
        """Give the leaf of each row in each tree, of shape (n, T)."""
        leaves = self.model.booster_.predict(X, pred_leaf=True, num_threads=self.n_jobs)
        return np.asarray(leaves, dtype=np.intp).reshape(len(X), -1)

    def columns(self, X: FloatArray) -> IntArray:
        """Give the numbers of the leaves of each row, of shape (n, T)."""
        return np.asarray(self.leaves(X) + self.starts[:-1])

    def law(self, X: FloatArray) -> sparse.csr_array:
        """Give 1 / T at the leaf of each row in each tree."""
        return _at(self.columns(X), int(self.starts[-1]))

    def predictions(self, X: FloatArray, n_trees: int) -> FloatArray:
        """Give the single predictions of the first trees; zeros for those that were not grown."""
        found = self.outputs[self.columns(X)][:, :n_trees]
        return np.pad(found, [(0, 0), (0, n_trees - found.shape[1])])


class FoldsLeaves:
    """Where the leaves of a fold's trees lead among those of all rows' trees.

    The leaf of a fold's tree leads to the leaves of the same tree of all that rows of other folds
    in it are in, with the chances of these. So a row is described in the columns of all rows'
    trees, and by no label of its fold.

    Parameters
    ----------
    part, whole : GrownTrees
        The fold's trees, and all rows'.
    rows : ndarray of shape (n, p)
        The rows of other folds.
    """

    def __init__(self, part: GrownTrees, whole: GrownTrees, rows: FloatArray) -> None:
        self.part, self.n_trees = part, whole.n_trees
        one, other = self._columns(rows), whole.columns(rows)
        m = int(whole.starts[-1])
        pairs = (np.ones(one.size), (one.ravel(), other.ravel()))
        counts = sparse.csr_array(sparse.coo_array(pairs, shape=(self._size, m)))
        totals = np.maximum(np.asarray(counts.sum(axis=1)), 1.0)
        self.onward = sparse.csr_array(sparse.diags_array(1.0 / totals) @ counts)

    @property
    def _size(self) -> int:
        return int(self.part.starts[-1]) + max(0, self.n_trees - self.part.n_trees)

    def _columns(self, X: FloatArray) -> IntArray:
        """Number leaves; trees that the fold did not grow have one leaf."""
        columns = self.part.columns(X)[:, : self.n_trees]
        more = int(self.part.starts[-1]) + np.arange(self.n_trees - columns.shape[1])
        return np.hstack([columns, np.tile(more, (len(X), 1))])

    def law(self, X: FloatArray) -> sparse.csr_array:
        """Give the chances of the leaves of all rows' trees."""
        return sparse.csr_array(_at(self._columns(X), self._size) @ self.onward)


def _at(columns: IntArray, m: int) -> sparse.csr_array:
    n, n_trees = columns.shape
    starts = np.arange(0, n * n_trees + 1, n_trees)
    chances = np.full(n * n_trees, 1.0 / n_trees)
    return sparse.csr_array((chances, columns.ravel(), starts), shape=(n, m))

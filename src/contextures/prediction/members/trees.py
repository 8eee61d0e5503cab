"""Grown forests as plain arrays: they predict alike, quickly for one row, and can be written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from contextures._arrays import FloatArray, IntArray

CHUNK_ENTRIES = 200_000
"""Pairs of a row and a tree that are followed at a time."""

MANY_ROWS = 5_000
"""Rows from which it pays to make scikit-learn's trees of the arrays again, one at a time."""


@dataclass(frozen=True)
class Trees:
    """The trees of a forest, one after the other.

    Attributes
    ----------
    roots : ndarray of int of shape (T,)
        Where each tree begins.
    columns : ndarray of int of shape (N,)
        The column that a node asks for; -1 for a leaf.
    thresholds : ndarray of shape (N,)
        Rows of at most so much go left.
    children : ndarray of int of shape (N, 2)
        The nodes to the left and right, which come later; 0 for a leaf.
    leaves : ndarray of int of shape (N,)
        Which of ``values`` a leaf predicts.
    values : ndarray of shape (L, q)
        What leaves predict, each only once.
    """

    roots: IntArray
    columns: IntArray
    thresholds: FloatArray
    children: IntArray
    leaves: IntArray
    values: FloatArray

    def predict(self, rows: FloatArray) -> FloatArray:
        """Average the trees' predictions of rows.

        Parameters
        ----------
        rows : ndarray of shape (n, p)
            The rows.

        Returns
        -------
        ndarray of shape (n, q)
            The averages.
        """
        given = self._compared(rows)
        if len(rows) >= MANY_ROWS:
            together = self._together(given)
            if together is not None:
                return together
        found = np.empty((len(rows), self.values.shape[1]))
        step = max(1, CHUNK_ENTRIES // len(self.roots))
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            found[part] = self._averages(given[part])
        return found

    predict_proba = predict

    def _compared(self, rows: FloatArray) -> Any:
        return single(rows)

    def _averages(self, rows: Any) -> FloatArray:
        n, n_trees = len(rows), len(self.roots)
        place = np.tile(self.roots, n)
        row = np.repeat(np.arange(n), n_trees)
        going = np.flatnonzero(self.columns[place] >= 0)
        while len(going):
            nodes = place[going]
            right = rows[row[going], self.columns[nodes]] > self.thresholds[nodes]
            place[going] = self.children[nodes, right.astype(np.intp)]
            going = going[self.columns[place[going]] >= 0]
        told = self.values[self.leaves[place]]
        return np.asarray(told.reshape(n, n_trees, -1).mean(axis=1))

    def _together(self, given: Any) -> FloatArray | None:
        """Average the trees by scikit-learn's own walk; None where it cannot take them."""
        n, n_features = given.shape
        ends = np.append(self.roots[1:], len(self.columns))
        found = np.zeros((n, self.values.shape[1]))
        order = None
        for root, end in zip(self.roots, ends, strict=True):
            tree = walkable(
                self.columns[root:end],
                self.thresholds[root:end],
                self.children[root:end] - root,
                n_features,
            )
            if tree is None:
                return None
            if order is None:
                order = alike(tree, given)
                given = given[order]
            found += self.values[self.leaves[root + tree.apply(given)]]
        found[order] = found / len(self.roots)
        return found

    def check(self, n_features: int) -> None:
        """Raise ValueError where following the nodes would not end at a leaf."""
        n, inner = len(self.columns), self.columns >= 0
        nodes = np.flatnonzero(inner)[:, None]
        below = self.children[inner]
        if not ((below > nodes) & (below < n)).all():
            raise ValueError("a tree's nodes do not lead to nodes below them")
        if not (self.columns < n_features).all():
            raise ValueError("a tree asks for a column that there is not")
        if not (len(self.roots) and ((self.roots >= 0) & (self.roots < n)).all()):
            raise ValueError("a tree does not begin at a node")
        told = self.leaves[~inner]
        if not ((told >= 0) & (told < len(self.values))).all():
            raise ValueError("a leaf predicts nothing")


def single(rows: FloatArray) -> Any:
    """Give rows as trees of scikit-learn's forests compare them, in single precision."""
    with np.errstate(over="ignore"):
        return np.asarray(rows, dtype=np.float32)


def trees_of(forest: Any) -> Trees:
    """Give the trees of a fitted forest of scikit-learn's.

    Parameters
    ----------
    forest : estimator
        A forest for one output.

    Returns
    -------
    Trees
        They predict what the forest does: chances of classes, or numbers.
    """
    grown = [each.tree_ for each in forest.estimators_]
    counts = np.array([tree.node_count for tree in grown])
    roots = np.cumsum(counts) - counts
    columns = np.concatenate([np.where(t.children_left < 0, -1, t.feature) for t in grown])
    sides = [
        np.stack([tree.children_left, tree.children_right], axis=1) + root
        for tree, root in zip(grown, roots, strict=True)
    ]
    leaf = columns < 0
    # Most leaves of a classifier are of one class: few differ.
    told = np.concatenate([tree.value[:, 0, :] for tree in grown])[leaf]
    values, which = np.unique(told, axis=0, return_inverse=True)
    leaves = np.zeros(len(columns), dtype=np.intp)
    leaves[leaf] = which.ravel()
    if hasattr(forest, "classes_"):
        values = values / values.sum(axis=1, keepdims=True)
    return Trees(
        roots=roots.astype(np.intp),
        columns=columns.astype(np.intp),
        thresholds=np.concatenate([tree.threshold for tree in grown]).astype(np.float64),
        children=np.where(leaf[:, None], 0, np.concatenate(sides)).astype(np.intp),
        leaves=leaves,
        values=values.astype(np.float64),
    )


def walkable(
    columns: IntArray, thresholds: FloatArray, children: IntArray, n_features: int
) -> Any | None:
    """Make a tree of scikit-learn's, whose walk is compiled, of one tree's arrays.

    Parameters
    ----------
    columns, thresholds, children
        As for :class:`Trees`, of one tree whose root comes first.
    n_features : int
        The columns of rows.

    Returns
    -------
    sklearn.tree._tree.Tree or None
        With ``apply``; None where a node leads out of the tree, or this version of scikit-learn
        makes trees otherwise.
    """
    leaf = columns < 0
    own = np.arange(len(columns))[:, None]
    inside = leaf[:, None] | ((children > own) & (children < len(columns)))
    if not (len(columns) and inside.all() and (columns < n_features).all()):
        return None
    try:
        from sklearn.tree._tree import NODE_DTYPE, Tree

        nodes = np.zeros(len(columns), NODE_DTYPE)
        nodes["left_child"] = np.where(leaf, -1, children[:, 0])
        nodes["right_child"] = np.where(leaf, -1, children[:, 1])
        nodes["feature"] = np.where(leaf, -2, columns)
        nodes["threshold"] = thresholds
        tree = Tree(n_features, np.ones(1, np.intp), 1)
        values = np.zeros((len(columns), 1, 1))
        depth = len(columns)  # only those who draw the tree ask for it
        state = {"max_depth": depth, "node_count": depth, "nodes": nodes, "values": values}
        tree.__setstate__(state)
    except (ImportError, KeyError, TypeError, ValueError):
        return None
    return tree


def alike(tree: Any, rows: Any) -> IntArray:
    """Order rows by where a tree leads them.

    Rows that one tree leads to the same place take similar ways in others, which a processor then
    guesses, and holds in its cache: that halves the time of a walk.
    """
    return np.asarray(np.argsort(tree.apply(rows), kind="stable"))

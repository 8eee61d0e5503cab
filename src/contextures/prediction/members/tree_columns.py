"""Many rows through small trees: each node compares a whole column of a block of rows.

Walking a row down a tree waits for memory at every node. Here no row walks: a node's question is
asked of all rows, whether they reach it or not, in operations on single bytes that processors do
dozens at a time. Columns become counts of the thresholds below, so that every comparison is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray, IntArray
from contextures.prediction.members.trees import Trees

BLOCK_ROWS = 65536
"""Rows of a block: each of its columns and of a tree's parts is so many bytes."""

MOST_BYTES = 255
"""Thresholds of a column, and leaves of a tree, at most: they are counted in bytes."""

MOST_JOINT = 2_048
"""Leaves that several trees have together, multiplied, whose values are looked up at once."""

TWO_LEAVES, ONE_LEAF, NO_LEAF = 0, 2, 4
"""Kinds of nodes by their children; one more where the upper child is the left one."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class TreeColumns:
    """Trees as steps on whole columns.

    The leaves of a tree are numbered so that those below one child of a node, the upper, have
    larger numbers than those of the other. A node's leaf is then the larger of the lower child's
    and the upper child's times whether the row goes there. A tree's steps come after those of what
    is below them, and work on a stack.

    Attributes
    ----------
    thresholds : dict of int to ndarray
        For each column that is asked for, its thresholds in order.
    steps : ndarray of uint8 of shape (S, 3)
        For each node which threshold it is, its kind, and a leaf's number.
    columns : ndarray of shape (S,)
        For each node its column.
    ends : ndarray of int of shape (T,)
        Where the steps of each tree end.
    values : list of ndarray
        What the leaves of each tree add, by number.
    sums : ndarray of int of shape (T,)
        Which sum each tree adds to.
    """

    thresholds: dict[int, FloatArray]
    steps: Bytes
    columns: IntArray
    ends: IntArray
    values: list[FloatArray]
    sums: IntArray

    def add_to(self, total: FloatArray, rows: FloatArray) -> None:
        """Add the trees' values to their sums.

        Parameters
        ----------
        total : ndarray of shape (n, q)
            The sums, changed in place.
        rows : ndarray of shape (n, p)
            Rows, as the trees compare them.
        """
        step = -(-len(rows) // max(1, -(-len(rows) // BLOCK_ROWS)))  # blocks of one size
        for start in range(0, len(rows), max(1, step)):
            part = slice(start, start + step)
            total[part] += self._added(rows[part], total.shape[1])

    def _added(self, rows: FloatArray, q: int) -> FloatArray:
        n = len(rows)
        codes = {column: _counted(rows[:, column], at) for column, at in self.thresholds.items()}
        board = _Board(n)
        found = np.zeros((q, n))
        joint, places, looked_up = np.empty(n, np.uint16), np.empty(n, np.intp), np.empty(n)
        for group in self._groups():
            table = np.zeros(1)
            for place, tree in enumerate(group):
                values = self.values[tree]
                table = np.add.outer(table, values).ravel()
                numbers = self._numbers(tree, codes, board)
                if not place:
                    np.copyto(joint, numbers)
                    continue
                np.multiply(joint, np.array(len(values), np.uint16), out=joint)
                np.add(joint, numbers, out=joint)
            np.copyto(places, joint)
            # No place is clipped; told otherwise, numpy would look up into a copy first.
            np.take(table, places, out=looked_up, mode="clip")
            found[self.sums[group[0]]] += looked_up
        return found.T

    def _groups(self) -> Iterator[list[int]]:
        """Give trees of the same sum that are looked up together."""
        group: list[int] = []
        joint = 1
        for tree, values in enumerate(self.values):
            joint *= len(values)
            if group and (joint > MOST_JOINT or self.sums[tree] != self.sums[group[0]]):
                yield group
                group, joint = [], len(values)
            group.append(tree)
        yield group

    def _numbers(self, tree: int, codes: dict[int, Bytes], board: _Board) -> Bytes:
        """Give the number of the leaf of a tree that each row comes to."""
        own = slice(self.ends[tree - 1] if tree else 0, self.ends[tree])
        stack, flags, told, says, byte = board.stack, board.flags, board.told, board.says, BYTE
        top = -1
        steps = zip(self.columns[own].tolist(), self.steps[own].tolist(), strict=True)
        for column, (threshold, kind, leaf) in steps:
            ask = np.less_equal if kind & 1 else np.greater
            if kind < ONE_LEAF:
                top = board.pushed(top)
                ask(codes[column], byte[threshold], out=flags[top])
                if leaf:
                    np.add(stack[top], byte[leaf], out=stack[top])
                continue
            ask(codes[column], byte[threshold], out=says)
            if kind < NO_LEAF:
                np.multiply(told, byte[leaf], out=told)
            else:
                np.multiply(told, stack[top], out=told)
                top -= 1
            np.maximum(stack[top], told, out=stack[top])
        return stack[top] if top >= 0 else board.zeros


BYTE = [np.array(value, np.uint8) for value in range(256)]


class _Board:
    """Where numbers of leaves are worked out: a stack of bytes, and what a node says."""

    def __init__(self, n: int) -> None:
        self.stack: list[Bytes] = []
        self.flags: list[NDArray[np.bool_]] = []
        self.told = np.empty(n, np.uint8)
        self.says = self.told.view(np.bool_)
        self.zeros = np.zeros(n, np.uint8)

    def pushed(self, top: int) -> int:
        """Give the place above the top, made when it is first used."""
        if top + 1 == len(self.stack):
            self.stack.append(np.empty_like(self.told))
            self.flags.append(self.stack[-1].view(np.bool_))
        return top + 1


def _counted(column: FloatArray, thresholds: FloatArray) -> Bytes:
    """Count the thresholds below each value: it exceeds the first as many."""
    counts = np.searchsorted(thresholds, column).astype(np.uint8)
    counts[np.isnan(column)] = 0  # which exceeds nothing
    return counts


def tree_columns(sums: Sequence[Trees]) -> TreeColumns | None:
    """Give the steps of trees.

    Parameters
    ----------
    sums : sequence of Trees
        For each sum its trees, which add one number each.

    Returns
    -------
    TreeColumns or None
        None where the trees are too large, or ask for too many thresholds, for bytes.
    """
    asked = [trees.columns >= 0 for trees in sums]
    columns = np.concatenate([each.columns[own] for each, own in zip(sums, asked, strict=True)])
    limits = np.concatenate([each.thresholds[own] for each, own in zip(sums, asked, strict=True)])
    thresholds = {int(each): np.unique(limits[columns == each]) for each in np.unique(columns)}
    if np.isnan(limits).any() or max(map(len, thresholds.values()), default=0) > MOST_BYTES:
        return None
    found = [_steps_of(trees) for trees in sums]
    parts = [each for each in found if each is not None]
    if len(parts) < len(found):
        return None
    lengths = np.concatenate([each.inner for each in parts])
    columns = np.concatenate([each.columns for each in parts])
    limits = np.concatenate([each.limits for each in parts])
    steps = np.zeros((len(columns), 3), np.uint8)
    for column, own in thresholds.items():
        here = columns == column
        steps[here, 0] = np.searchsorted(own, limits[here])
    steps[:, 1] = np.concatenate([each.kinds for each in parts])
    steps[:, 2] = np.concatenate([each.numbers for each in parts])
    return TreeColumns(
        thresholds,
        steps,
        columns,
        np.cumsum(lengths),
        [values for each in parts for values in each.values],
        np.repeat(np.arange(len(parts)), [len(each.inner) for each in parts]),
    )


@dataclass(frozen=True)
class _Steps:
    """The steps of the trees of one sum; ``inner`` counts those of each tree."""

    columns: IntArray
    limits: FloatArray
    kinds: IntArray
    numbers: IntArray
    inner: IntArray
    values: list[FloatArray]


def _steps_of(trees: Trees) -> _Steps | None:
    levels = _levels(trees)
    if levels is None:
        return None
    children, is_leaf = trees.children, trees.columns < 0
    n_leaves = is_leaf.astype(np.intp)
    for nodes in reversed(levels):
        inner = nodes[~is_leaf[nodes]]
        n_leaves[inner] = n_leaves[children[inner]].sum(axis=1)
    counts = n_leaves[trees.roots]
    if counts.max() > MOST_BYTES:
        return None
    # The larger child is the lower, and comes first, so that stacks stay low.
    left_is_upper = n_leaves[children[:, 0]] < n_leaves[children[:, 1]]
    upper = np.where(left_is_upper, children[:, 0], children[:, 1])
    lower = np.where(left_is_upper, children[:, 1], children[:, 0])
    lowest, begin = np.zeros_like(n_leaves), np.zeros_like(n_leaves)
    begin[trees.roots] = np.cumsum(counts - 1) - (counts - 1)
    for nodes in levels:
        inner = nodes[~is_leaf[nodes]]
        below, above = lower[inner], upper[inner]
        lowest[below], begin[below] = lowest[inner], begin[inner]
        lowest[above] = lowest[inner] + n_leaves[below]
        begin[above] = begin[inner] + n_leaves[below] - 1
    inner = np.concatenate(levels)
    inner = inner[~is_leaf[inner]]
    order = np.empty_like(inner)
    order[begin[inner] + n_leaves[inner] - 2] = inner
    kinds = np.where(n_leaves[upper[order]] > 1, NO_LEAF, ONE_LEAF)
    kinds[n_leaves[order] == 2] = TWO_LEAVES
    numbers = np.where(kinds == TWO_LEAVES, lowest[order], lowest[upper[order]])
    told = np.empty(int(counts.sum()))
    ends = np.cumsum(counts)
    for nodes, tree in zip(levels, _owners(trees, levels), strict=True):
        own = is_leaf[nodes]
        leaf = nodes[own]
        told[(ends - counts)[tree[own]] + lowest[leaf]] = trees.values[trees.leaves[leaf], 0]
    return _Steps(
        trees.columns[order],
        trees.thresholds[order],
        kinds + left_is_upper[order],
        np.where(kinds == NO_LEAF, 0, numbers),
        counts - 1,
        np.split(told, ends[:-1]),
    )


def _levels(trees: Trees) -> list[IntArray] | None:
    """List the nodes of each depth; None where nodes are reached by more than one way."""
    seen = np.zeros(len(trees.columns), dtype=bool)
    levels, nodes = [], trees.roots
    while len(nodes):
        if seen[nodes].any() or len(np.unique(nodes)) < len(nodes):
            return None
        seen[nodes] = True
        levels.append(nodes)
        nodes = trees.children[nodes[trees.columns[nodes] >= 0]].ravel()
    return levels


def _owners(trees: Trees, levels: list[IntArray]) -> Iterator[IntArray]:
    """Say of each level's nodes which tree they belong to."""
    owner = np.arange(len(trees.roots))
    for nodes in levels:
        yield owner
        owner = np.repeat(owner[trees.columns[nodes] >= 0], 2)

"""Many rows at once: trees and kernels say what they do of a few."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from contextures.contexts.level_kernel import Widths
from contextures.prediction import BoostedMember, Problem
from contextures.prediction.members import boosted
from contextures.prediction.members.boosted_trees import ExactTrees
from contextures.prediction.members.boosting import grow_histograms
from contextures.prediction.members.forests import _Fitted
from contextures.prediction.members.tree_columns import BLOCK_ROWS, tree_columns
from contextures.prediction.members.trees import trees_of, walkable


def grown(rng: np.random.Generator, n_trees: int, most: int, grid: np.ndarray) -> ExactTrees:
    """Grow trees of up to so many leaves at random, some of one leaf and some mere chains."""
    columns: list[int] = []
    thresholds: list[float] = []
    children: list[list[int]] = []
    roots: list[int] = []
    for _ in range(n_trees):
        roots.append(len(columns))
        n_leaves = int(rng.integers(1, most + 1))
        chain = rng.random() < 0.3
        waiting: list[Any] = [(None, n_leaves)]
        while waiting:
            came_from, left = waiting.pop(0)
            if came_from is not None:
                children[came_from[0]][came_from[1]] = len(columns)
            here = len(columns)
            columns.append(-1)
            thresholds.append(0.0)
            children.append([0, 0])
            if left > 1:
                columns[here] = int(rng.integers(4))
                thresholds[here] = float(rng.choice(grid))
                one = 1 if chain else int(rng.integers(1, left))
                sides = [one, left - one]
                if rng.random() < 0.5:
                    sides.reverse()
                waiting += [((here, side), size) for side, size in enumerate(sides)]
    leaf = np.array(columns) < 0
    leaves = np.zeros(len(columns), dtype=np.intp)
    leaves[leaf] = np.arange(leaf.sum())
    return ExactTrees(
        roots=np.array(roots),
        columns=np.array(columns),
        thresholds=np.array(thresholds),
        children=np.array(children),
        leaves=leaves,
        values=rng.normal(size=(int(leaf.sum()), 1)),
    )


@pytest.mark.parametrize("most", [1, 2, 3, 31, 255])
def test_rows_come_to_the_leaf_that_they_walk_to(most: int) -> None:
    rng = np.random.default_rng(most)
    grid = np.append(rng.normal(size=40), [np.inf, -np.inf, 0.0])
    sums = [grown(rng, 30, most, grid), grown(rng, 7, most, grid)]
    # Values that equal thresholds go left, and those that are infinite or none as they compare.
    rows = rng.choice(np.append(grid, rng.normal(size=20)), size=(500, 4))
    rows[0] = np.nan
    found = np.ones((500, 2))
    columns = tree_columns(sums)
    assert columns is not None
    columns.add_to(found, rows)
    for place, trees in enumerate(sums):
        walked = trees.predict(rows)[:, 0] * len(trees.roots)
        np.testing.assert_allclose(found[:, place], 1.0 + walked, atol=1e-12)


def test_blocks_leave_no_row_out() -> None:
    rng = np.random.default_rng(0)
    trees = grown(rng, 5, 8, rng.normal(size=9))
    rows = rng.normal(size=(BLOCK_ROWS + 3, 4))
    columns, found = tree_columns([trees]), np.zeros((len(rows), 1))
    assert columns is not None
    columns.add_to(found, rows)
    np.testing.assert_allclose(found, trees.predict(rows) * 5, atol=1e-12)


def test_trees_that_bytes_cannot_count_are_walked() -> None:
    rng = np.random.default_rng(0)
    chain = grown(rng, 40, 300, rng.normal(size=9))
    assert tree_columns([chain]) is None
    assert tree_columns([grown(rng, 200, 31, rng.normal(size=5000))]) is None
    many_ways = ExactTrees(
        roots=np.array([0]),
        columns=np.array([0, 0, -1, -1, -1]),
        thresholds=np.zeros(5),
        children=np.array([[1, 1], [2, 3], [0, 0], [0, 0], [0, 0]]),
        leaves=np.array([0, 0, 0, 1, 0]),
        values=np.ones((2, 1)),
    )
    assert tree_columns([grown(rng, 5, 8, rng.normal(size=9)), many_ways]) is None


@pytest.mark.parametrize("classes", [False, True])
def test_forests_predict_many_rows_as_few(classes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 3))
    kind = ExtraTreesClassifier if classes else ExtraTreesRegressor
    y = rng.integers(3, size=300) if classes else rng.normal(size=300)
    forest = kind(20, random_state=0).fit(rows, y)
    trees = trees_of(forest)
    # The last digits of double precision must not lead anywhere else.
    rows = np.concatenate([rows, rng.normal(size=(300, 3)), rows * (1 + 1e-12)])
    few = trees.predict(rows)
    monkeypatch.setattr("contextures.prediction.members.trees.MANY_ROWS", 1)
    monkeypatch.setattr("contextures.prediction.members.forests.MANY_ROWS", 1)
    assert trees._together(np.float32(rows)) is not None
    np.testing.assert_allclose(trees.predict(rows), few, atol=1e-12)
    own = forest.predict_proba(rows) if classes else forest.predict(rows)[:, None]
    np.testing.assert_array_equal(_Fitted(forest, classes).values(rows), own)
    np.testing.assert_allclose(few, own, atol=1e-12)


def test_nodes_that_lead_out_of_their_tree_are_not_walked_by_others() -> None:
    inside = np.array([[1, 2], [0, 0], [0, 0]])
    columns, thresholds = np.array([0, -1, -1]), np.zeros(3)
    assert walkable(columns, thresholds, inside, 1) is not None
    for child in (0, 3):
        led = np.array([[1, child], [0, 0], [0, 0]])
        assert walkable(columns, thresholds, led, 1) is None
    assert walkable(columns + 1, thresholds, inside, 1) is None


@pytest.mark.parametrize("q", [1, 2, 3])
@pytest.mark.parametrize("library", ["lightgbm", "scikit-learn"])
def test_many_rows_are_predicted_as_few_are(
    q: int, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if library == "lightgbm":
        pytest.importorskip("lightgbm")
    else:
        monkeypatch.setattr(boosted, "engine", lambda: grow_histograms)
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(3000, 3))
    score = rows[:400, 0] + rows[:400, 1] ** 2
    targets = score[:, None] if q == 1 else np.eye(q)[(score * q / 4).clip(0, q - 1).astype(int)]
    member = BoostedMember("boosted shallow", n_folds=2)
    found = member.fit(Problem(rows, np.arange(400), targets, classes=q > 1, random_state=0))
    together = found.values(rows)
    few = np.concatenate([found.values(part) for part in np.array_split(rows, 10)])
    np.testing.assert_allclose(together, few, atol=1e-12)


@pytest.mark.parametrize("scale", [0.01, 0.3, 30.0])
def test_a_kernel_is_applied_as_it_is_defined(scale: float) -> None:
    rng = np.random.default_rng(0)
    rows, points = rng.normal(size=(700, 3)), rng.normal(size=(150, 3))
    rows[:150] = points  # where the distance is zero
    widths = Widths(scale * np.array([1.0, 2.0, 0.1]), np.array([0.4, 2.0, 0.7]), 0.3, 0.1)
    dual = rng.normal(size=(150, 2))
    far = np.sum((widths.scales * (rows[:, None] - points)) ** 2, axis=2)
    kernel = 1.0 + 0.1 * rows @ points.T
    for size, c in zip(widths.sizes, (0.1, 1.0, 8.0), strict=True):
        kernel += size * np.exp(-c * far)
    np.testing.assert_allclose(widths.applied(rows, points, dual), kernel @ dual, atol=1e-11)

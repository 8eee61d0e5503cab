"""Neighbours among rows that repeat, nearly repeat or are constant, whatever searches them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import sparse

from contextures.contexts import KNNContext
from contextures.contexts.copies import Copies
from contextures.contexts.neighbor_search import NeighborSearch
from contextures.exceptions import ContextWarning


def repeating(share, n=1500, p=12, seed=0):
    """Give rows of which a share are copies of others, in any order."""
    rng = np.random.default_rng(seed)
    distinct = rng.integers(-3, 4, (max(2, round(n * (1 - share))), p)).astype(float)
    rows = np.vstack([distinct, distinct[rng.integers(0, len(distinct), n - len(distinct))]])
    return rng.permutation(rows)


def by_definition(rows, points, k):
    """Rank every point by distance, then by index."""
    squared = np.array([((points - row) ** 2).sum(axis=1) for row in rows])
    order = np.argsort(squared, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(squared, order, axis=1), squared


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
@pytest.mark.parametrize("algorithm", ["tree", "brute"])
def test_exact_searches_put_copies_back_in_the_order_of_their_index(algorithm, share):
    points = repeating(share)
    rows = np.vstack([points[::7], points[:40] + 0.5])
    search = NeighborSearch(points, algorithm)
    for k in (1, 5, 30, 300):
        expected, _, _ = by_definition(rows, points, k)
        np.testing.assert_array_equal(search.query(rows, k), expected)
        np.testing.assert_array_equal(
            np.sort(search.query_any_order(rows, k)), np.sort(expected, axis=1)
        )


def test_copies_at_one_distance_take_turns_by_index():
    """Two places as far away as each other, their copies mixed: the lowest indices win."""
    points = np.array([1.0, -1.0] * 50 + [3.0] * 40)[:, None]
    for algorithm in ("tree", "brute"):
        found = NeighborSearch(points, algorithm).query(np.zeros((3, 1)), 7)
        np.testing.assert_array_equal(found, np.tile(np.arange(7), (3, 1)))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_graph_of_neighbours_is_not_lost_among_copies(share):
    """HNSW over rows that repeat left nearest ones out, half of them among many copies."""
    pytest.importorskip("faiss")
    points = repeating(share, n=4000)
    found = NeighborSearch(points, "hnsw").query(points[::20], 30)
    _, nearest, squared = by_definition(points[::20], points, 30)
    assert (np.take_along_axis(squared, found, 1) <= nearest[:, -1:]).mean() > 0.98
    assert all(len(set(row)) == 30 for row in found.tolist())


@pytest.mark.parametrize("algorithm", ["tree", "brute", "ivf", "hnsw"])
def test_chance_goes_to_copies_of_a_row_first(algorithm):
    if algorithm in ("ivf", "hnsw"):
        pytest.importorskip("faiss")
    rng = np.random.default_rng(0)
    codes = [rng.integers(0, k, 3000) for k in (3, 2, 4)]
    rows = np.hstack([np.eye(k)[c] for k, c in zip((3, 2, 4), codes, strict=True)])
    which = np.ravel_multi_index(codes, (3, 2, 4))
    transition = sparse.coo_array(KNNContext(30, algorithm=algorithm).fit(rows).expansion_)
    assert (which[transition.coords[0]] == which[transition.coords[1]]).all()


@pytest.mark.parametrize("algorithm", ["tree", "brute", "ivf", "hnsw"])
@pytest.mark.parametrize("spread", [1e-9, 1e-6])
def test_rows_that_nearly_repeat_keep_their_own_neighbours(algorithm, spread):
    """Far from zero, single precision and |x|^2 - 2xa + |a|^2 cannot tell such rows apart."""
    if algorithm in ("ivf", "hnsw"):
        pytest.importorskip("faiss")
    rng = np.random.default_rng(0)
    centres = 10 * rng.standard_normal((12, 11))
    rows = np.repeat(centres, 100, axis=0) + spread * rng.standard_normal((1200, 11))
    rows = rng.permutation(rows)
    context = KNNContext(8, algorithm=algorithm).fit(rows)
    expected, _, _ = by_definition(rows, rows, 8)
    found = context.expansion_.indices.reshape(1200, 8)
    shared = [len(np.intersect1d(a, b)) for a, b in zip(found, expected, strict=True)]
    assert np.mean(shared) > 0.98 * 8
    if algorithm in ("tree", "brute"):
        np.testing.assert_array_equal(found, np.sort(expected, axis=1))


@pytest.mark.parametrize("algorithm", ["tree", "brute", "ivf", "hnsw"])
def test_constant_columns_change_no_neighbour(algorithm):
    if algorithm in ("ivf", "hnsw"):
        pytest.importorskip("faiss")
    rows = np.random.default_rng(0).standard_normal((800, 9))
    wide = np.hstack([rows, np.full((800, 3), 1e3)])
    narrow, with_constants = (
        KNNContext(10, algorithm=algorithm).fit(X).expansion_.indices for X in (rows, wide)
    )
    assert (narrow == with_constants).mean() > (0.9999 if algorithm in ("tree", "brute") else 0.98)
    same = KNNContext(5, algorithm=algorithm).fit(np.ones((300, 4)))
    np.testing.assert_array_equal(same.expansion_.indices.reshape(300, 5)[:, -1], 4)


def test_a_search_that_fails_gives_way_to_an_exact_one(monkeypatch):
    """Where too little is found, exact search takes over, or a warning names the recall."""
    pytest.importorskip("faiss")
    rows = np.random.default_rng(0).standard_normal((2500, 200))
    monkeypatch.setattr("contextures.contexts.approximate.GRAPH_EFFORT", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        context = KNNContext(5, algorithm="hnsw").fit(rows)
    assert (context.algorithm_, context.recall_) == ("brute", 1.0)
    expected, _, _ = by_definition(rows[:50], rows, 5)
    found = context.expansion_.indices.reshape(2500, 5)[:50]
    np.testing.assert_array_equal(found, np.sort(expected, axis=1))
    monkeypatch.setattr("contextures.contexts.neighbor_search.EXACT_PAIRS", 1000)
    with pytest.warns(ContextWarning, match=r"finds \d+% of the nearest .* algorithm='brute'"):
        context = KNNContext(5, algorithm="hnsw").fit(rows)
    assert context.algorithm_ == "hnsw"
    assert context.recall_ < 0.98


def test_distances_that_go_down_by_rounding_lose_no_neighbour():
    """Ranks and distances are computed in different orders, and may differ in the last digit."""
    copies = Copies(np.array([0, 1, 2, 2]))
    distances = np.array([[1.0 + 2**-52, 1.0, 2.0]])
    nearest, _ = copies.put_back(np.array([[0, 1, 2]]), distances, 2)
    assert set(nearest[0]) == {0, 1}
    nearest, _ = copies.put_back(np.array([[0, 1, 2]]), distances, 4)
    assert nearest.tolist() == [[0, 1, 2, 3]]

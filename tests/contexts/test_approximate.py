"""Neighbours among many rows: cells, parts, and what is said where neither helps."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from contextures.contexts import KNNContext
from contextures.contexts.neighbor_search import NeighborSearch
from contextures.encoders import SpectralEncoder, load_encoder, save_encoder
from contextures.exceptions import ContextWarning

ROWS = np.random.default_rng(0).standard_normal((6000, 16))


def share_found(rows, points, found):
    """Give the share of found points that are no farther than the k-th nearest."""
    distances = cdist(rows, points)
    kth = np.partition(distances, found.shape[1] - 1, axis=1)[
        :, found.shape[1] - 1 : found.shape[1]
    ]
    return (np.take_along_axis(distances, found, 1) <= kth * (1 + 1e-9)).mean()


@pytest.mark.parametrize("algorithm", ["tree", "brute", "ivf", "hnsw"])
@pytest.mark.parametrize("copies", [False, True])
def test_looking_rows_up_in_parts_changes_no_neighbour(algorithm, copies, monkeypatch):
    if algorithm in ("ivf", "hnsw"):
        pytest.importorskip("faiss")
    points = np.vstack([ROWS[:2000], ROWS[:500]]) if copies else ROWS[:2500]
    rows = ROWS[1000:3300]
    at_once = NeighborSearch(points, algorithm).query(rows, 12)
    monkeypatch.setattr("contextures.contexts.neighbor_search._PART", 700)
    monkeypatch.setattr("contextures.contexts.approximate._PART", 300)
    in_parts = NeighborSearch(points, algorithm).query(rows, 12)
    np.testing.assert_array_equal(in_parts, at_once)


def test_a_row_alone_has_the_neighbours_that_it_has_among_others():
    pytest.importorskip("faiss")
    search = NeighborSearch(ROWS, "ivf")
    together = search.query(ROWS[:60], 20)
    alone = np.vstack([search.query(row[None], 20) for row in ROWS[:60]])
    # Which of two cells is the nearer may turn on rounding, of what is not certain to be found.
    assert (alone == together).mean() > 0.999


@pytest.mark.parametrize("spread", ["even", "wide", "heavy", "codes", "constant"])
def test_cells_find_what_is_asked_of_them_whatever_the_columns(spread):
    """The recall that is told is that of rows that were not checked, too."""
    pytest.importorskip("faiss")
    rng = np.random.default_rng(1)
    rows = {
        "even": ROWS,
        "wide": rng.standard_normal((4000, 300)) * 0.9 ** np.arange(300),
        "heavy": rng.standard_t(2, (6000, 14)),
        "codes": np.hstack([np.eye(5)[rng.integers(5, size=6000)], ROWS[:, :8]]),
        "constant": np.hstack([ROWS[:, :12], np.full((6000, 3), 1e3)]),
    }[spread]
    search = NeighborSearch(rows, "ivf")
    recall = search.settle(rows, 15)
    assert search.algorithm == "ivf"
    assert recall >= 0.99
    chosen = rows[7:2000:5]
    assert share_found(chosen, rows, search.query(chosen, 15)) > 0.985


def test_more_cells_are_looked_into_until_enough_is_found(monkeypatch):
    pytest.importorskip("faiss")
    recalls = []
    for wanted in (0.5, 0.993):
        monkeypatch.setattr("contextures.contexts.approximate._FIRST_CELLS", 2)
        monkeypatch.setattr("contextures.contexts.neighbor_search.WANTED_RECALL", wanted)
        monkeypatch.setattr("contextures.contexts.neighbor_search.LEAST_RECALL", wanted)
        search = NeighborSearch(ROWS, "ivf")
        told = search.settle(ROWS, 15)
        recalls.append(share_found(ROWS[:400], ROWS, search.query(ROWS[:400], 15)))
        assert recalls[-1] == pytest.approx(told, abs=0.03)
    assert recalls[0] < 0.95 < recalls[1]


def test_a_context_read_from_disk_finds_the_same_neighbours(tmp_path):
    pytest.importorskip("faiss")
    context = KNNContext(10, algorithm="ivf").fit(ROWS)
    assert (context.algorithm_, context.recall_ > 0.99) == ("ivf", True)
    save_encoder(SpectralEncoder(context, 2).fit(ROWS), tmp_path)
    again = load_encoder(tmp_path).context_
    assert (again.expand(ROWS) != context.expansion_).nnz == 0


def test_cells_are_chosen_among_many_rows_of_many_columns(monkeypatch):
    pytest.importorskip("faiss")
    monkeypatch.setattr("contextures.contexts.neighbor_search.BRUTE_PAIRS", 30_000_000)
    assert KNNContext(10).fit(ROWS).algorithm_ == "ivf"
    assert KNNContext(10).fit(ROWS[:5000]).algorithm_ == "brute"
    assert KNNContext(10).fit(ROWS[:, :10]).algorithm_ == "tree"
    assert KNNContext(10, algorithm="ivf").fit(ROWS[:900]).algorithm_ == "brute"


def test_long_exact_search_says_what_would_shorten_it(monkeypatch):
    """Without faiss many rows are still searched, exactly, and one is told how long it takes."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr("contextures.contexts.neighbor_search.BRUTE_PAIRS", 1_000_000)
    monkeypatch.setattr("contextures.contexts.neighbor_search.EXACT_PAIRS", 4_000_000)
    with pytest.warns(ContextWarning, match=r"6,000 rows among 6,000 takes about 9 minutes; insta"):
        context = KNNContext(10).fit(ROWS)
    assert (context.algorithm_, context.recall_) == ("brute", 1.0)

"""Gains over tuned boosting: their errors, and a picture of them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    return import_module("benchmarks.all_labels")


def cells(benchmark, ours_by_seed, truth):
    """Two rows are tested, of which the rival always tells the first."""
    split = benchmark.Split(np.zeros((4, 1)), np.array([0, 1, *truth]), 1, 2, True)
    sure = {0: [1.0, 0.0], 1: [0.0, 1.0]}
    theirs = {"values": [sure[truth[0]], sure[1 - truth[1]]]}
    return {
        ("a", seed): (split, {"values": [sure[each] for each in told]}, theirs)
        for seed, told in enumerate(ours_by_seed)
    }


def test_a_gain_is_judged_over_seeds_and_with_one_over_rows(benchmark):
    """One split's rows say how sure that split is; several splits say so themselves."""
    one = benchmark.gains(cells(benchmark, [[0, 1]], [0, 1]))["a"]
    assert one == (0.5, pytest.approx(0.5), "tie")
    alike = benchmark.gains(cells(benchmark, [[0, 1], [0, 1]], [0, 1]))["a"]
    assert alike == (0.5, 0.0, "won")
    mixed = benchmark.gains(cells(benchmark, [[0, 1], [1, 0]], [0, 1]))["a"]
    assert mixed == (0.0, pytest.approx(0.5), "tie")


def test_the_picture_has_every_table(benchmark, tmp_path):
    found = {"a": (0.1, 0.02, "won"), "b": (-0.1, 0.02, "lost"), "c": (0.0, 0.02, "tie")}
    benchmark.draw_gains(found, 3, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes()[:4] == b"\x89PNG"

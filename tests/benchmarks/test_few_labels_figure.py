"""The figure of score against labels: what it averages, and which parts it draws."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def figure(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    return import_module("benchmarks.few_labels.figure")


def run(data, labels, seed, model, new, part="tables"):
    return {"part": part, "data": data, "labels": labels, "seed": seed, "model": model, "new": new}


def test_scores_are_averaged_over_draws_first_and_halves_are_left_out(figure):
    """Else tables with more draws would count more, and models be compared on different rows."""
    runs = [
        run("a", 20, 0, "one", 0.2),
        run("a", 20, 0, "other", 0.4),
        run("a", 20, 1, "one", 0.4),
        run("a", 20, 1, "other", 0.2),
        run("b", 20, 0, "one", 0.9),
        run("b", 20, 0, "other", 0.5),
        run("b", 20, 1, "one", 0.0),  # not yet run for the other
        run("a", 20, 0, "one", 0.0, part="clusters"),
    ]
    found, least = figure.means(runs, "tables", "new", ["one", "other"])
    assert found == {20: pytest.approx([0.6, 0.4])}
    assert least == {20: 1}


def test_only_parts_that_were_run_are_drawn(figure, tmp_path):
    runs = [
        run("a", labels, 0, model, labels / 100) for labels in (20, 50) for model in figure.TABLES
    ]
    figure.draw(runs, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes()[:4] == b"\x89PNG"
    assert figure.COLOUR_OF.keys() == figure.TABLES.keys() | figure.CLUSTERS.keys()

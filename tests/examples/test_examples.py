"""The worked examples, in their small form, as a person runs them."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture
def results(monkeypatch, capsys, tmp_path):
    """Run an example and give its numbers, means over repetitions."""
    pytest.importorskip("matplotlib")
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(str(ROOT))

    def run(name, figure=None):
        figure = figure or name
        arguments = ["--quick", "--out", str(tmp_path)]
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        importlib.import_module(f"examples.{name}").main()
        assert capsys.readouterr().out.startswith("| ")
        picture = (tmp_path / f"{figure}.png").read_bytes()
        assert picture.startswith(b"\x89PNG") and len(picture) > 5000
        written = json.loads((tmp_path / f"{figure}.json").read_text())
        return {key: float(np.mean(values)) for key, values in written["results"].items()}

    return run


def test_tables_are_learned_alike_by_exact_and_closed_form_solvers(results):
    found = results("tables")
    for context in ("KNN", "masked KNN"):
        assert found[f"{context}, Ritz: alignment"] > 0.9
        exact = found[f"{context}, exact: ratio trace"]
        assert found[f"{context}, Ritz: ratio trace"] > 0.9 * exact
        assert abs(found[f"{context}, exact: s_1"] - found[f"{context}, Ritz: s_1"]) < 0.01
    assert found["SCARF, Ritz: ratio trace"] > 0.5  # of fresh pairs; zero without association


def test_crops_of_digits_beat_raw_pixels_with_few_labels(results):
    found = results("images")
    assert found["crop: accuracy, 50 labels"] > found["raw pixels: accuracy, 50 labels"] + 0.02
    assert found["correlation 1 of the halves, fresh"] > 0.9
    chance = found["the same by chance"]
    assert found["right half among the ten likeliest"] > 5 * chance
    assert found["angle recognised"] > 0.8


def test_texts_are_told_apart_by_tokens_that_go_together(results):
    found = results("text")
    chance = 1 / 6
    assert found["masked tokens: balanced accuracy, 100 labels"] > 2.5 * chance
    assert found["next token: balanced accuracy, 100 labels"] > 1.5 * chance


def test_a_graph_of_blocks_has_the_known_spectrum_and_beats_raw_words(results):
    found = results("graph")
    assert found["error of the singular values, expected graph"] < 1e-9
    assert found["error of the singular values, drawn graph"] < 0.05
    assert found["unconnected parts"] == 1
    raw = found["raw words: random splits"]
    assert found["edges, exact: random splits"] > 0.95
    assert found["words under the graph, Ritz: random splits"] > raw + 0.1


def test_labels_make_a_network_span_the_class_indicators(results):
    found = results("labels")
    assert found["alignment, fitted"] >= 0.98
    assert found["variability, fitted"] < 0.01 < 1 < found["variability before training, fitted"]
    assert found["cells: s_3"] - found["cells: s_4"] > 0.01  # so that the top three are defined
    assert found["scaled targets: smallest canonical correlation"] > 0.999
    for wrong in ("plain targets", "weighted losses"):
        assert found[f"{wrong}: smallest canonical correlation"] < 0.95


def test_dimensions_are_predicted_for_so_many_labels(results):
    found = results("questions", "dimensions")
    predicted = [found[f"pseudo, {n} labels"] for n in (50, 200, 1000)]
    assert predicted == sorted(predicted)
    assert predicted[0] < predicted[2]
    sizes = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128]
    for n, d in zip((50, 200, 1000), predicted, strict=True):
        best = max(found[f"accuracy, {n} labels, {size}"] for size in sizes)
        # Tasks that follow clusters, expected where rows form some, ask for more of them.
        assert found[f"accuracy, {n} labels, {d:.0f}"] > best - (0.1 if n == 50 else 0.04)


def test_a_task_that_the_context_shows_is_told_from_labels_drawn_anew(results):
    found = results("questions", "tasks")
    for n in (100, 200, 400):
        assert found[f"digit, {n}, low"] > found[f"drawn anew, {n}, high"]

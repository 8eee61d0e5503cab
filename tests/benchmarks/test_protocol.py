"""The papers' protocol on tables, and the reproduction of Table 1."""

from __future__ import annotations

import csv
import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import RidgeCV

from contextures.contexts import KNNContext, MaskContext, RBFContext
from contextures.encoders import SpectralEncoder

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((120, 4))


@pytest.fixture
def benchmark_module(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: importlib.import_module(f"benchmarks.{name}")


@pytest.fixture
def folder(tmp_path):
    """Two tables, one of classes with a missing label, and their index."""
    X = RNG.standard_normal((90, 3))
    numbers = pd.DataFrame(X, columns=list("abc")).assign(y=np.sin(X[:, 0]) + X[:, 1])
    words = pd.Series(np.where(X[:, 0] > 0, "yes", "no"))
    words[0] = None
    pd.DataFrame(X, columns=list("abc")).assign(y=words).to_parquet(tmp_path / "words.parquet")
    numbers.to_parquet(tmp_path / "numbers.parquet")
    index = {
        "numbers": {"target": "y", "task": "regression", "rows": 90},
        "words": {"target": "y", "task": "classification", "rows": 90},
        "elsewhere": {"target": "y", "task": "regression"},
        "picture": {"kind": "image", "target": "y"},
    }
    (tmp_path / "index.json").write_text(json.dumps(index))
    return tmp_path


def test_parts_are_disjoint_shares_of_the_labelled_rows(benchmark_module, folder):
    protocol = benchmark_module("protocol")
    index = protocol.table_index(folder)
    assert list(index) == ["numbers", "words"]
    table = protocol.prepare(folder, "words", index["words"])
    assert [len(table.pretrain), len(table.labelled), len(table.test)] == [62, 14, 13]
    assert table.n_rows == 89
    np.testing.assert_array_equal(table.labelled_target.sum(axis=1), 1)
    assert table.labelled_target.shape == (14, 2)
    fewer = protocol.prepare(folder, "numbers", index["numbers"], max_rows=40)
    assert len(fewer.pretrain) + len(fewer.labelled) + len(fewer.test) == 40
    assert fewer.labelled_target.std() == pytest.approx(1)
    assert fewer.n_rows == 90
    all_rows = np.vstack([fewer.pretrain, fewer.labelled, fewer.test])
    assert len(np.unique(all_rows.round(9), axis=0)) == 40


def test_four_families_of_thirty_five_levels(benchmark_module):
    protocol = benchmark_module("protocol")
    levels = protocol.contexts(ROWS)
    assert len(levels) == 140
    assert len({repr(level.context) for level in levels}) == 140
    grouped = protocol.together(levels)
    assert sum(len(group) for group in grouped) == 140
    for group in grouped:
        assert len(group) <= protocol.TOGETHER
        assert len({level.context.family() for level in group}) == 1
    assert len(protocol.contexts(ROWS[:, :1])) == 70
    assert len(protocol.contexts(ROWS, 5)) == 20


@pytest.mark.parametrize(
    "contexts",
    [
        [RBFContext(gamma) for gamma in (0.1, 0.4, 3.0)],
        [KNNContext(k) for k in (5, 40)],
        [MaskContext(KNNContext(k), n_masks=3) for k in (7, 20)],
        [MaskContext(RBFContext(gamma), n_masks=3) for gamma in (0.2, 1.0)],
    ],
)
def test_functions_are_those_of_the_spectral_encoder(benchmark_module, contexts):
    protocol = benchmark_module("protocol")
    new = RNG.standard_normal((11, 4))
    found = protocol.functions_of(contexts, ROWS, [new[:4], new[4:]], 8)
    for context, functions in zip(contexts, found, strict=True):
        encoder = SpectralEncoder(context, 9).fit(ROWS)
        np.testing.assert_allclose(functions.singular_values, encoder.singular_values_, atol=1e-9)
        expected = encoder.transform(new)[:, :8]
        assert [len(part) for part in functions.others] == [4, 7]
        overlaps = [np.vstack(functions.others).T @ expected, functions.pretrain.T @ ROWS]
        assert np.isfinite(overlaps[1]).all()
        np.testing.assert_allclose(np.abs(np.vstack(functions.others)), np.abs(expected), atol=1e-5)


def test_a_failing_context_is_given_as_its_exception(benchmark_module):
    protocol = benchmark_module("protocol")
    found = list(protocol.functions_of([KNNContext(500), KNNContext(9)], ROWS, [ROWS[:5]], 4))
    assert isinstance(found[0], Exception)
    assert found[1].others[0].shape == (5, 4)


def test_the_probe_is_scikit_learns_ridge_with_one_row_left_out(benchmark_module):
    protocol = benchmark_module("protocol")
    labelled, test = RNG.standard_normal((40, 12)), RNG.standard_normal((30, 12))
    target = labelled[:, :2] + RNG.standard_normal((40, 2))
    truth = test[:, :2]
    tried, errors = protocol.errors_over_d(labelled, test, target, truth)
    assert tried == [1, 2, 3, 4, 6, 8, 12]
    for d, error in zip(tried, errors, strict=True):
        model = RidgeCV(np.array(protocol.PENALTIES) * 40).fit(labelled[:, :d], target)
        expected = ((model.predict(test[:, :d]) - truth) ** 2).sum(axis=1).mean()
        assert error == pytest.approx(expected, rel=1e-6)


def test_agreement_of_scores_and_errors(benchmark_module):
    agreement = benchmark_module("agreement")
    errors = np.array([1.0, 2.0, 4.0, 8.0])
    same = agreement.agreement(3 * errors - 1, errors)
    assert (same.pearson, same.distance, same.spearman, same.regret) == pytest.approx((1, 1, 1, 0))
    turned = agreement.agreement(-errors, errors)
    assert (turned.pearson, turned.distance, turned.spearman) == pytest.approx((-1, 1, -1))
    assert turned.regret == pytest.approx(7)
    missing = agreement.agreement([np.nan, 2.0, 3.0, 1.0], errors)
    assert missing.regret == pytest.approx(3)
    assert np.isnan(agreement.agreement(np.ones(4), errors).pearson)


def test_distance_correlation_by_its_definition(benchmark_module):
    """Two points give one; dependence without correlation is seen, independence is not."""
    distance_correlation = benchmark_module("agreement").distance_correlation
    assert distance_correlation([0, 1], [5, 3]) == pytest.approx(1)
    # By hand: the centred distances of (0, 1, 2) against those of (0, 1, 0).
    assert distance_correlation([0, 1, 2], [0, 1, 0]) == pytest.approx((1 / 10) ** 0.25)
    x = RNG.standard_normal(500)
    assert distance_correlation(x, x**2) > 0.4
    assert distance_correlation(x, RNG.standard_normal(500)) < 0.15
    assert distance_correlation(x, np.ones(500)) == 0


def test_the_table_is_written_once_and_goes_on_from_its_files(
    benchmark_module, folder, tmp_path, monkeypatch, capsys
):
    pytest.importorskip("matplotlib")
    table1 = benchmark_module("table1")
    monkeypatch.setattr(table1, "QUICK", {"max_rows": 60, "levels": 2})
    out = tmp_path / "out"
    arguments = ["--data", str(folder), "--out", str(out), "--quick", "--jobs", "1"]
    monkeypatch.setattr(sys, "argv", ["table1", *arguments])
    protocol = benchmark_module("protocol")
    (out / "cache").mkdir(parents=True)
    for name, entry in protocol.table_index(folder).items():
        for family in table1.FAMILIES:
            table1.run(table1.Job(folder, out, name, entry, family, 60, 2, 0))
    monkeypatch.setattr(table1, "run", None)  # everything is there: nothing may run again
    table1.main()
    with (out / "table1.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["table"] for row in rows] == ["numbers", "words"]
    assert list(rows[0])[:5] == [
        "table",
        "tau_pearson",
        "tau_distance",
        "tau_spearman",
        "tau_regret",
    ]
    assert list(rows[0])[-1] == "paper_pearson"
    written = json.loads((out / "table1.json").read_text())
    contexts = written["tables"]["numbers"]["contexts"]
    assert len(contexts) == 8
    picked = min(contexts, key=lambda row: row["pseudo"])
    lowest = min(row["error"] for row in contexts)
    assert float(rows[0]["pseudo_regret"]) == pytest.approx(picked["error"] / lowest - 1, abs=1e-3)
    assert (out / "table1_pearson.png").read_bytes().startswith(b"\x89PNG")
    assert (out / "table1_scores.png").stat().st_size > 5000
    printed = capsys.readouterr().out
    assert "numbers: 90 rows, of which 60 were drawn" in printed
    excess = written["tables"]["numbers"]["dimension_excess"]
    assert excess["tau"] >= 0
    assert excess["pseudo"] >= 0


def test_a_prior_is_judged_on_tables_it_was_not_chosen_on(benchmark_module):
    priors = benchmark_module("priors")
    names = [f"{scale}, noise {noise}" for scale in priors.SCALES for noise in priors.NOISES]
    # One prior agrees with the error on every table, another on the first half of them only.
    figures = np.zeros((len(names), 8, 3))
    figures[3] = (0.9, 0.9, 0.0)
    figures[5, :4] = (1.0, 1.0, 0.0)
    tau = np.full((8, 3), 0.5)
    found = priors.across(figures, tau, names)
    assert found["picks"][0][0] == names[3]
    assert found["mean"]["tau"] == pytest.approx([0.5, 0.5, 0.5])
    assert 0.6 < found["mean"]["chosen on the other half"][0] < 0.9


def test_said_shares_are_compared_with_what_is_true(benchmark_module):
    priors = benchmark_module("priors")
    rows = [
        {priors.DEFAULT: 0.5, "error": 2.0, "beaten": 0.0},
        {priors.DEFAULT: 0.6, "error": 3.0, "beaten": 0.85},
        {priors.DEFAULT: 0.7, "error": 1.0, "beaten": 0.87},
    ]
    (only,) = priors.sure([rows])
    assert only == {"from": 0.8, "said": pytest.approx(0.86), "true": 0.5, "n": 2}

"""Fitting an embedding: what fewer coordinates keep of it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from contextures.data import TablePreparation, read_table
from contextures.data.proportions import keep_proportions
from contextures.runs import FitOptions, embed_table, fit_table
from contextures.runs.compressed import kept_share

RNG = np.random.default_rng(0)
X = load_digits().data[:400]


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    np.save(folder / "digits.npy", X.astype(np.float32))
    table = read_table(folder / "digits.npy")
    options = FitOptions(context="knn:20", n_components=12)
    return fit_table(table, folder / "run", options)


def test_an_array_is_fitted_and_the_run_says_what_is_lost(fitted):
    result = fitted
    kept = result.metrics["kept"]
    assert (kept["n_whole"], kept["n_kept"]) == (64, 12)
    assert 0.1 < kept["neighbors"] < 1.0
    assert kept["neighbors_principal"] > 0.5
    # Some of the tasks follow clusters, for which few coordinates of neighbours may do better.
    assert 0.5 < kept["error_whole"] < kept["error_kept"] + 0.02 < 1.0
    assert json.loads((result.folder / "metrics.json").read_text())["kept"] == kept
    sentence = next(each for each in result.sentences if "whole embedding" in each)
    assert f"{kept['neighbors']:.0%} of the 10 nearest neighbours" in sentence
    assert sentence.split(";")[0] in (result.folder / "report.json").read_text()


def test_new_rows_of_the_embedding_can_be_compressed_too(fitted, tmp_path):
    result = fitted
    np.save(tmp_path / "new.npy", X[:5])
    new = read_table(tmp_path / "new.npy", min_rows=1)
    assert embed_table(result.folder, new, tmp_path / "new.parquet") == []
    found = read_table(tmp_path / "new.parquet", min_rows=1).frame.filter(regex=r"^c\d+$")
    np.testing.assert_allclose(found, result.run.coordinates[:5], atol=1e-3)


def test_nothing_is_said_of_tables_that_are_no_embedding(wine):
    assert "kept" not in wine[1].metrics


def test_keeping_all_keeps_all_and_noise_keeps_nothing():
    whole = RNG.normal(size=(300, 4)) * [4, 3, 2, 1]
    frame = pd.DataFrame(whole, columns=list("abcd"))
    same = kept_share(frame, list("abcd"), 2 * whole, seed=0)
    assert same.neighbors == pytest.approx(1.0, abs=0.01)
    assert same.error_kept == pytest.approx(same.error_whole, abs=1e-3)
    assert same.n_lost == 0
    noise = kept_share(frame, list("abcd"), RNG.normal(size=(300, 2)), seed=0)
    assert noise.neighbors < 0.1
    assert noise.n_lost == noise.n_judged == 4
    assert noise.error_kept > 0.95 > noise.error_principal > noise.error_whole
    assert "lack 4 of its 4 leading functions" in noise.sentence


def test_coordinates_weigh_as_much_as_they_vary(tmp_path):
    """Forty coordinates of little noise would drown three that say something, made alike."""
    values = RNG.normal(size=(300, 43)) * np.repeat([1.0, 0.02], [3, 40])
    np.save(tmp_path / "tail.npy", values)
    table = read_table(tmp_path / "tail.npy")
    preparation = TablePreparation().fit(table.frame)
    alike = preparation.transform(table.frame).var(axis=0)
    keep_proportions(preparation, table.frame, table.coordinates)
    kept = preparation.transform(table.frame).var(axis=0)
    assert alike.max() < 2 * alike.min()
    np.testing.assert_allclose(kept[3:].mean() / kept[:3].mean(), 0.02**2, rtol=0.2)
    assert kept.sum() == pytest.approx(alike.sum(), rel=0.1)
    assert "in proportion" in preparation.account_[0].action

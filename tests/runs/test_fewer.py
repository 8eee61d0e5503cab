"""A number of coordinates that a run chose itself is never refused by the run."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from contextures.contexts import KNNContext, MaskContext, RBFContext, SCARFContext
from contextures.data import table_from_frame
from contextures.exceptions import InputError
from contextures.runs import FitOptions, Progress, embed_table, fit_table
from contextures.runs import encoder_choice as runs_encoders
from contextures.runs.encoder_choice import fit_up_to
from contextures.selection.candidate_scores import held_out_values
from low_rank import TABLES, assert_sound, one_hot, sparse_binary

RNG = np.random.default_rng(0)


def frame(rows, **columns):
    return pd.DataFrame(rows, columns=[f"c{j}" for j in range(rows.shape[1])]).assign(**columns)


CASES = {
    "one-hot, masked": (
        frame(one_hot(160, 6), y=RNG.standard_normal(160)),
        FitOptions(target="y", context="mask(knn:5)"),
    ),
    "sparse": (frame(sparse_binary(300, 6, 0.035)), FitOptions()),
    "four distinct rows": (
        frame(sparse_binary(200, 2, 0.5).astype(int)),
        FitOptions(context="knn:5"),
    ),
    "two categories": (
        pd.DataFrame({"a": RNG.choice(list("pqr"), 150), "b": RNG.choice(list("xy"), 150)}),
        FitOptions(context="knn:5"),
    ),
    "two rare categories": (
        pd.DataFrame({"a": ["x"] * 59 + ["y"], "b": ["u"] * 58 + ["v"] * 2}),
        FitOptions(context="knn:5"),
    ),
    "closed form": (frame(TABLES["one-hot"]), FitOptions(context="knn:5", encoder="ritz")),
    "draws": (frame(TABLES["one-hot"]), FitOptions(context="scarf:0.4")),
    "a network": (frame(TABLES["one-hot"][:60]), FitOptions(context="knn:5", encoder="neural")),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("ignore::contextures.exceptions.ContextWarning")
def test_tables_of_few_distinct_rows_end_with_as_many_as_there_are(case, tmp_path):
    table, options = CASES[case]
    if options.encoder == "neural":
        pytest.importorskip("lightning_fabric")
    result = fit_table(table_from_frame(table), tmp_path / "run", options)
    kept = result.metrics["n_components"]
    features = table.drop(columns="y", errors="ignore")
    assert 1 <= kept < len(features.drop_duplicates())
    embedding = pd.read_parquet(tmp_path / "run" / "embeddings.parquet").filter(regex=r"^c\d")
    assert embedding.shape == (len(table), kept) and np.isfinite(embedding).all(axis=None)
    written = json.loads((tmp_path / "run" / "encoder.json").read_text())
    assert written["n_components"] == kept
    embed_table(tmp_path / "run", table_from_frame(table.iloc[::3]), tmp_path / "out.parquet")
    again = pd.read_parquet(tmp_path / "out.parquet")[list(embedding)]
    np.testing.assert_allclose(again, embedding.iloc[::3], atol=1e-6)


@pytest.mark.parametrize("kind", ["spectral", "ritz"])
@pytest.mark.parametrize("context", [KNNContext(5), RBFContext(), MaskContext(KNNContext(5))])
@pytest.mark.parametrize("table", ["one-hot", "sparse 0/1", "few distinct rows", "low rank"])
@pytest.mark.filterwarnings("ignore::contextures.exceptions.ContextWarning")
def test_one_fit_answers_and_what_comes_back_is_sound(table, context, kind, monkeypatch):
    """Numbers below, at and far above the rank: no second fit, and nothing made of rounding."""
    rows, fits = TABLES[table], []
    cls = {"spectral": "SpectralEncoder", "ritz": "RitzEncoder"}[kind]
    fit = getattr(runs_encoders, cls).fit
    monkeypatch.setattr(
        getattr(runs_encoders, cls), "fit", lambda self, X: (fits.append(1), fit(self, X))[1]
    )
    found = [fit_up_to(kind, context, rows, d, 0, Progress()) for d in (2, 30, 150)]
    assert len(fits) == 3
    for encoder, d in zip(found, (2, 30, 150), strict=True):
        assert 1 <= len(encoder.singular_values_) <= d
        assert_sound(encoder, rows, 1e-5)


def test_learning_what_draws_share_needs_no_second_fit(monkeypatch):
    """The ranking of a context that only draws, on rows of few kinds."""
    from contextures.encoders import RitzEncoder

    fits, fit = [], RitzEncoder.fit
    monkeypatch.setattr(RitzEncoder, "fit", lambda self, X: (fits.append(1), fit(self, X))[1])
    values = held_out_values(SCARFContext(0.4), TABLES["one-hot"], 40)
    assert len(values) == 5 and len(fits) == 1


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (TABLES["few distinct rows"], FitOptions(n_components=8), "rank, 7, for 8 different rows"),
        (
            TABLES["one-hot"],
            FitOptions(n_components=6, context="knn:5", encoder="ritz"),
            "--dim 6 is above the largest possible rank, 5",
        ),
        (
            RNG.standard_normal((60, 2)),
            FitOptions(n_components=55, context="rbf"),
            "n_components=55 is above the rank of the context",
        ),
    ],
)
def test_a_number_that_was_given_is_refused_above_the_rank(rows, options, message, tmp_path):
    with pytest.raises(InputError, match=message) as caught:
        fit_table(table_from_frame(frame(rows)), tmp_path / "run", options)
    assert ". " not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_what_is_known_before_the_work_is_said_before_it(tmp_path, monkeypatch):
    def never(*_, **__):
        raise AssertionError("contexts were ranked first")

    monkeypatch.setattr("contextures.runs.learn.ContextSearch", never)
    with pytest.raises(InputError, match="--dim 30 is above the largest possible rank, 3"):
        fit_table(
            table_from_frame(frame(TABLES["two binary columns"])),
            tmp_path / "run",
            FitOptions(n_components=30),
        )

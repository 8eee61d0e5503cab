"""Runs with encoders of every kind."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from contextures.contexts import KNNContext, RBFContext, SCARFContext
from contextures.data import table_from_frame
from contextures.exceptions import InputError
from contextures.report import ReportData
from contextures.runs import FitOptions, Progress, embed_table, fit_table
from contextures.runs import encoder_choice as runs_encoders
from contextures.runs.encoder_choice import choose_kind

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.standard_normal((240, 4)), columns=list("abcd"))
FRAME["y"] = (FRAME["a"] + FRAME["b"] ** 2 > 0.5).astype(int)


@pytest.mark.parametrize(
    ("asked", "context", "n", "kind"),
    [
        ("auto", KNNContext(30), 5_000, "spectral"),
        ("auto", KNNContext(30), 500_000, "ritz"),
        ("auto", RBFContext(), 10_000, "ritz"),
        ("auto", SCARFContext(), 100, "ritz"),
        ("neural", KNNContext(30), 5_000, "neural"),
    ],
)
def test_auto_takes_the_exact_functions_while_they_are_affordable(asked, context, n, kind):
    assert choose_kind(asked, context, n) == kind


@pytest.fixture(scope="module", params=["ritz", "neural"])
def learned(request, tmp_path_factory):
    if request.param == "neural":
        pytest.importorskip("lightning_fabric")
    out = tmp_path_factory.mktemp("runs") / request.param
    options = FitOptions(target="y", context="knn:20", encoder=request.param, n_components=6)
    return request.param, fit_table(table_from_frame(FRAME), out, options)


def test_a_learned_encoder_is_judged_against_the_exact_functions(learned):
    kind, result = learned
    assert result.metrics["encoder"] == kind
    assert json.loads((result.folder / "run.json").read_text())["encoder"] == kind
    assert 0.7 < result.metrics["alignment"] <= 1
    told = ReportData.from_json((result.folder / "report.json").read_text()).encoder
    assert told.kind == kind
    assert len(told.exact_spectrum) == 6
    assert 0.5 < told.held_out / told.held_out_exact < 1.5
    assert bool(told.training) == (kind == "neural")
    assert "How well it was learned" in (result.folder / "report.html").read_text()


def test_a_learned_encoder_embeds_the_rows_again(learned, tmp_path):
    _, result = learned
    embedding = pd.read_parquet(result.folder / "embeddings.parquet")
    embed_table(result.folder, table_from_frame(FRAME.iloc[::3]), tmp_path / "out.parquet")
    again = pd.read_parquet(tmp_path / "out.parquet").filter(like="c")
    np.testing.assert_allclose(again, embedding.iloc[::3][again.columns], atol=1e-6)


def test_the_training_of_a_network_moves_the_bar_of_its_stage_and_no_other(tmp_path):
    """Whoever waits for a run is told of the network's steps as of the candidates ranked."""
    pytest.importorskip("lightning_fabric")
    told = {}

    class Told(Progress):
        def begin(self, name):
            self.name = name

        def advance(self, done, total):
            told.setdefault(self.name, []).append((done, total))

    options = FitOptions(context="knn:20", encoder="neural", n_components=3)
    progress = Told()
    result = fit_table(table_from_frame(FRAME), tmp_path / "run", options, progress)
    steps = told.pop("fit encoder")
    assert set(told) == {"rank contexts"}
    # One report for each point of the training curve; a bar never runs past its end.
    points = len(result.run.learned.judgement.history)
    assert len(steps) == points > 1
    assert all(0 < done <= total for done, total in steps)


def test_a_context_that_only_draws_is_learned_in_closed_form(tmp_path):
    options = FitOptions(target="y", context="scarf:0.4", n_components=4)
    result = fit_table(table_from_frame(FRAME), tmp_path / "run", options)
    assert result.metrics["encoder"] == "ritz"
    assert result.metrics["context"] == "scarf:0.4"
    assert result.metrics["alignment"] is None
    ranking = pd.read_parquet(result.folder / "contexts.parquet")
    assert np.isfinite(ranking["tau"]).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (FitOptions(encoder="cnn"), "--encoder 'cnn' is not known; give auto, spectral, ritz"),
        (FitOptions(encoder="spectral", context="scarf"), "needs a context with a transition"),
    ],
)
def test_encoders_that_cannot_be_are_refused_before_any_work(options, message, tmp_path):
    with pytest.raises(InputError, match=message):
        fit_table(table_from_frame(FRAME), tmp_path / "run", options)
    assert not (tmp_path / "run").exists()


def test_a_missing_torch_is_named_with_the_mend(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'contextures\[neural\]'"):
        runs_encoders.check_kind("neural", None)

"""A long table is diagnosed on a sample: of a run that drew rows, on those."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commands import run as command
from contextures.contexts import KNNContext
from contextures.data import long_table, table_from_frame
from contextures.data.drawn import draw
from contextures.encoders import SpectralEncoder, save_encoder
from contextures.exceptions import InputError
from contextures.runs import DiagnoseOptions, FitOptions, diagnose, diagnose_table, fit_table
from contextures.runs import options as run_options
from contextures.runs.diagnosed import load_subject

N, SAMPLE = 2600, 1000
FIT = {"context": "knn:10", "n_components": 3, "sample": SAMPLE, "seed": 3, "predict": False}


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    made = pd.DataFrame(rng.standard_normal((N, 3)), columns=["a", "b", "c"])
    made["y"] = made["a"] + rng.standard_normal(N) / 4
    return made


@pytest.fixture(scope="module")
def parts(frame, tmp_path_factory):
    folder = tmp_path_factory.mktemp("long") / "parts"
    folder.mkdir()
    for j, rows in enumerate(np.array_split(np.arange(N), 4)):
        frame.iloc[rows].to_parquet(folder / f"{j}.parquet", index=False)
    return long_table(folder, rows=SAMPLE)


@pytest.fixture
def few(monkeypatch):
    """Draw as few rows as a fit may."""
    made = diagnose.FitOptions
    monkeypatch.setattr(diagnose, "FitOptions", lambda **how: made(**{"sample": SAMPLE, **how}))


@pytest.mark.parametrize("embeddings", ["all", "sample"])
def test_a_run_is_diagnosed_on_the_rows_it_drew(frame, parts, tmp_path, embeddings):
    """Its held-out rows are known again, and only these are judged on."""
    options = FitOptions(target="y", embeddings=embeddings, **FIT)
    run = fit_table(parts, tmp_path / "run", options).folder
    found = diagnose_table(run, parts)
    said = f"diagnosed on {SAMPLE:,} of {N:,} rows, drawn as the run drew its own"
    assert found.notes == [said, "ignored 1 column 'y'"]
    assert (found.diagnosis.n_fitted, found.diagnosis.n_fresh) == (750, 250)
    assert found.exact
    stored = pd.read_parquet(run / "embeddings.parquet").set_index("row_id")["split"]
    drawn = draw(parts, SAMPLE, 3, "y")
    subject = load_subject(run, drawn.table, None, 0, drawn)
    np.testing.assert_array_equal(
        drawn.rows[subject.fresh], stored.index[stored == "test"].to_numpy()
    )
    held = diagnose_table(run, frame)
    assert held.diagnosis.share == found.diagnosis.share


def test_the_command_reads_a_long_table_in_parts(parts, tmp_path, monkeypatch, capsys):
    options = FitOptions(target="y", **FIT)
    run = fit_table(parts, tmp_path / "run", options).folder
    monkeypatch.setattr(run_options, "SAMPLE", SAMPLE)

    def never(*_, **__):
        raise AssertionError("read at once")

    monkeypatch.setattr("contextures.data.any_length.read_given", never)
    assert command(monkeypatch, "diagnose", run, parts.source) == 0
    assert f"diagnosed on {SAMPLE:,} of {N:,} rows" in capsys.readouterr().out


def test_rows_of_another_table_are_not_taken_for_the_runs(parts, frame, tmp_path):
    options = FitOptions(target="y", **FIT)
    run = fit_table(parts, tmp_path / "run", options).folder
    for other in (frame[:-1], frame[::-1].reset_index(drop=True)):
        notes = diagnose_table(run, other).notes
        assert any("is not the one that the run was fitted to" in each for each in notes)


def test_an_embedding_is_read_at_the_rows_that_were_drawn(parts, frame, tmp_path, few):
    """Whatever the order of its rows, each belongs to the row of its number."""
    features = frame[["a", "b", "c"]]
    order = np.random.default_rng(1).permutation(N)
    made = features.to_numpy()[order]
    stored = pd.DataFrame(made, columns=["c1", "c2", "c3"]).assign(row_id=order)
    stored["split"] = np.where(order % 4 == 0, "test", "train")
    stored.to_parquet(tmp_path / "embedding.parquet", index=False)
    drawn = draw(parts, SAMPLE, 0)
    subject = load_subject(tmp_path / "embedding.parquet", drawn.table, "y", 0, drawn)
    np.testing.assert_array_equal(subject.embedding, features.to_numpy()[drawn.rows])
    np.testing.assert_array_equal(drawn.rows[subject.fresh] % 4, 0)
    assert (drawn.rows[subject.fitted] % 4 > 0).all()
    options = DiagnoseOptions(context="knn:10", target="y")
    found = diagnose_table(tmp_path / "embedding.parquet", parts, options)
    said = f"diagnosed on {SAMPLE:,} of {N:,} rows, drawn at random with seed 0"
    assert found.notes[0] == said
    stored[:-1].to_parquet(tmp_path / "short.parquet", index=False)
    with pytest.raises(InputError, match=r"the embedding has 2,599 rows but the table 2,600"):
        diagnose_table(tmp_path / "short.parquet", parts, options)


def test_a_saved_encoder_embeds_the_rows_that_were_drawn(parts, frame, tmp_path, few):
    encoder = SpectralEncoder(KNNContext(10), 3).fit(frame[["a", "b", "c"]].to_numpy()[:500])
    save_encoder(encoder, tmp_path)
    found = diagnose_table(tmp_path, parts, DiagnoseOptions(target="y"))
    assert found.notes[0].startswith(f"diagnosed on {SAMPLE:,} of {N:,} rows")
    assert found.diagnosis.n_fitted + found.diagnosis.n_fresh == SAMPLE


def test_a_short_table_is_diagnosed_whole(frame, tmp_path):
    table = table_from_frame(frame[:600])
    run = fit_table(table, tmp_path / "run", FitOptions(context="knn:10", n_components=3)).folder
    assert not any("diagnosed on" in note for note in diagnose_table(run, table).notes)

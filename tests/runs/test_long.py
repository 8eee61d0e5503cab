"""A table too long to be learned from whole: some rows are drawn, and all are written."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from commands import run as command
from contextures.data import read_table
from contextures.data.drawn import draw, drawn_rows
from contextures.data.parts import long_table
from contextures.exceptions import InputError
from contextures.runs import FitOptions, fit_table, load_run, rank_table
from contextures.runs.memory import bytes_of, needed, plan

N, SAMPLE = 2600, 1000
QUICK = {"target": "y", "context": "knn:10", "n_components": 3, "sample": SAMPLE}


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    made = pd.DataFrame(rng.standard_normal((N, 3)), columns=["a", "b", "c"])
    made["town"] = rng.choice(["Oslo", "Bergen", "Narvik"], N)
    made.loc[rng.choice(N, 40, replace=False), "b"] = np.nan
    made["y"] = np.where(rng.random(N) < 0.05, made["a"] + made["b"].fillna(0), np.nan)
    made.insert(0, "key", [f"k{j}" for j in range(N)])
    return made


def write(frame, folder, n_parts, ending="parquet"):
    folder.mkdir()
    for j, part in enumerate(np.array_split(np.arange(len(frame)), n_parts)):
        rows, file = frame.iloc[part], folder / f"part-{j}.{ending}"
        rows.to_parquet(file, index=False) if ending == "parquet" else rows.to_csv(
            file, index=False
        )
    return folder


@pytest.fixture(scope="module")
def fitted(frame, tmp_path_factory):
    """A run on four files, and the same on the table in memory."""
    place = tmp_path_factory.mktemp("long")
    parts = write(frame, place / "parts", 4)
    options = FitOptions(**QUICK, id="key")
    found = fit_table(long_table(parts, rows=SAMPLE, id="key"), place / "parted", options)
    return found, fit_table(frame, place / "held", options), place


def test_labelled_rows_are_drawn_first_where_they_are_rare():
    labelled = np.zeros(100_000, dtype=bool)
    labelled[::100] = True
    rows = drawn_rows(100_000, labelled, 5_000, 0)
    assert len(np.unique(rows)) == 5_000
    assert labelled[rows].sum() == 1_000  # all that there are
    labelled[::10] = True
    assert labelled[drawn_rows(100_000, labelled, 5_000, 0)].sum() == 2_500  # half of the sample
    mostly = ~labelled
    assert abs(mostly[drawn_rows(100_000, mostly, 5_000, 0)].mean() - 0.9) < 0.001
    assert len(drawn_rows(100, None, 200, 0)) == 100


def test_rows_are_drawn_evenly_from_a_sorted_table():
    counts = np.histogram(drawn_rows(100_000, None, 10_000, 3), bins=10)[0]
    assert counts.min() > 800  # 1,000 expected, with a standard deviation below 30


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_the_sample_is_the_same_however_rows_lie_in_files(frame, tmp_path, ending, monkeypatch):
    monkeypatch.setattr("contextures.data.parts.LARGE", 10)
    drawn = []
    for n_parts, batch in ((1, 10_000), (3, 500), (7, 111)):
        folder = write(frame, tmp_path / f"{n_parts}", n_parts, ending)
        parts = long_table(folder, rows=10)
        found = draw(replace(parts, batch=batch), SAMPLE, 5, "y")
        drawn.append(found)
        assert found.n_rows == N
        assert found.n_labelled == frame["y"].notna().sum()
    for found in drawn:
        pd.testing.assert_frame_equal(found.table.frame, drawn[0].table.frame)
        expected = frame.iloc[found.rows].reset_index(drop=True)
        pd.testing.assert_frame_equal(found.table.frame, expected, check_dtype=False)


def test_text_in_parts_is_drawn_as_it_is_read_at_once(frame, tmp_path, monkeypatch):
    monkeypatch.setattr("contextures.data.parts.LARGE", 10)
    folder = write(frame.assign(a=frame["a"].map("{:.3f}".format)), tmp_path / "f", 3, "csv")
    found = draw(long_table(folder), SAMPLE, 0, "y")
    whole = read_table(folder)
    assert (found.table.notes, found.table.digest) == (whole.notes, whole.digest)
    assert found.table.how_read == whole.how_read
    pd.testing.assert_frame_equal(
        found.table.frame, whole.frame.iloc[found.rows].reset_index(drop=True)
    )


def test_every_row_is_embedded_and_predicted(fitted, frame):
    found, _, _ = fitted
    rows = pd.read_parquet(found.folder / "embeddings.parquet")
    assert rows["row_id"].tolist() == list(range(N))
    assert rows["key"].tolist() == frame["key"].tolist()
    exact = load_run(found.folder).transform(frame.drop(columns=["key", "y"]))
    np.testing.assert_allclose(rows[["c1", "c2", "c3"]], exact, rtol=1e-4, atol=1e-5)
    drawn = found.run.row_numbers
    assert (rows["split"] == "rest").sum() == N - SAMPLE
    assert (rows["split"].iloc[drawn] != "rest").all()
    assert list(rows["split"].iloc[drawn]) == list(found.run.split.names())
    told = pd.read_parquet(found.folder / "predictions.parquet")
    assert told["row_id"].tolist() == list(range(N))
    assert told["labelled"].tolist() == frame["y"].notna().tolist()
    rest = np.setdiff1d(np.arange(N), drawn)
    new = load_run(found.folder).predict(frame.iloc[rest].drop(columns=["key", "y"]))
    np.testing.assert_allclose(told["prediction"].iloc[rest], new)
    # Drawn rows with a label are predicted without it, as in a run on these rows alone.
    own = found.run.predicted.frame
    np.testing.assert_array_equal(told["prediction"].iloc[drawn], own["prediction"])


def test_a_table_in_memory_takes_the_same_road(fitted):
    found, held, _ = fitted
    for key in set(found.metrics) - {"scores", "predictor"}:  # which also tell seconds
        assert found.metrics[key] == held.metrics[key]
    for key, score in found.metrics["scores"].items():
        assert score["score"] == held.metrics["scores"][key]["score"]
    for name in ("embeddings.parquet", "predictions.parquet"):
        one, other = (pd.read_parquet(each.folder / name) for each in (found, held))
        pd.testing.assert_frame_equal(one, other, rtol=1e-6)


def test_it_is_said_how_many_rows_were_learned_from(fitted, frame):
    found, _, _ = fitted
    n_labelled = int(frame["y"].notna().sum())
    rows = found.metrics["rows"]
    assert (rows["n_rows"], rows["n_drawn"], rows["n_labelled"]) == (N, SAMPLE, n_labelled)
    assert rows["columns"]["b"]["missing"] == frame["b"].isna().sum() == 40
    assert rows["columns"]["a"]["min"] == frame["a"].min()
    assert rows["columns"]["a"]["max"] == frame["a"].max()
    assert "max" not in rows["columns"]["town"]
    sentence = f"Everything was learned from 1,000 of {N:,} rows, drawn at random"
    assert any(each.startswith(sentence) for each in found.run.sentences)
    assert sentence in (found.folder / "report.html").read_text()
    record = json.loads((found.folder / "run.json").read_text())
    assert record["table"]["rows"] == N
    assert record["options"]["sample"] == SAMPLE


def test_what_was_predicted_is_said_of_all_rows(fitted, frame):
    """The sentence, the report and the metrics count the rows of the file, not of the sample."""
    found, _, _ = fitted
    n_missing = int(frame["y"].isna().sum())
    written = pd.read_parquet(found.folder / "predictions.parquet")
    assert (~written["labelled"]).sum() == n_missing == found.metrics["predictor"]["n_predicted"]
    sentence = f"Predictions for the {n_missing:,} rows without a label are in predictions.parquet."
    assert sentence in found.run.sentences
    page = (found.folder / "report.html").read_text()
    assert f"{n_missing:,}" in page and "of which 1,000 rows were drawn" in page
    n_unlabelled = found.metrics["n_unlabelled"]
    assert f"{n_unlabelled:,} drawn rows have no label" in page


def test_fewer_coordinates_are_written_where_that_is_asked(frame, tmp_path, monkeypatch, capsys):
    folder = write(frame, tmp_path / "parts", 2)
    asked = ["--context", "knn:10", "--dim", "3", "--sample", "1000"]
    for name, count in (("sample", SAMPLE), ("none", None)):
        out = tmp_path / name
        arguments = ["fit", folder, "--out", out, *asked, "--embeddings", name]
        assert command(monkeypatch, *arguments) == 0
        assert "1,000 of 2,600 rows" in capsys.readouterr().out
        file = out / "embeddings.parquet"
        assert file.exists() == (count is not None)
        if count is not None:
            rows = pd.read_parquet(file)["row_id"]
            assert (len(rows), rows.is_monotonic_increasing, rows.max() > SAMPLE) == (1000, True, 1)
    again = ["embed", tmp_path / "sample", folder, "--out", tmp_path / "all.parquet"]
    assert command(monkeypatch, *again) == 0
    assert len(pd.read_parquet(tmp_path / "all.parquet")) == N


def test_what_no_drawn_row_has_is_counted(frame, tmp_path):
    odd = frame.assign(y=np.where(frame["a"] > 0, "up", "down"))
    rest = np.setdiff1d(np.arange(N), drawn_rows(N, np.ones(N, bool), SAMPLE, 0))
    odd.loc[rest[:3], "town"] = "Moss"
    odd.loc[rest[5:7], "y"] = "flat"
    options = FitOptions(**QUICK, id="key", predict=False)
    found = fit_table(odd, tmp_path / "run", options)
    said = " ".join(found.run.notes)
    assert "'town' holds a value never seen at fit time in 3 rows: 'Moss'" in said
    assert "2 rows have a label of 'y' that no drawn row has" in said


def test_a_row_that_does_not_fit_leaves_no_run(frame, tmp_path):
    words = frame.astype({"c": str})
    last = np.setdiff1d(np.arange(N), drawn_rows(N, frame["y"].notna().to_numpy(), SAMPLE, 0))[-1]
    words.loc[last, "c"] = "tall"
    folder = write(words, tmp_path / "parts", 4)
    options = FitOptions(**QUICK, id="key", predict=False)
    row = last - 3 * N // 4 + 1
    with pytest.raises(InputError, match=rf"part-3.parquet': .*'c' holds 'tall' at row {row}, wh"):
        fit_table(long_table(folder, rows=SAMPLE), tmp_path / "run", options)
    assert [each.name for each in tmp_path.iterdir()] == ["parts"]


def test_a_short_table_is_learned_from_whole(frame, tmp_path):
    found = fit_table(frame[:900], tmp_path / "run", FitOptions(**QUICK, predict=False, id="key"))
    assert found.run.long is None
    assert "rows" not in found.metrics
    assert len(found.run.coordinates) == 900


def test_memory_sets_the_rows_beforehand():
    assert bytes_of("2GB") == bytes_of("2000 mb") == 2 * 10**9
    assert bytes_of("1.5 GiB") == 3 * 2**29
    small, large = (plan(FitOptions(memory=m), 20) for m in ("800MB", "1.2GB"))
    assert small.sample < large.sample <= 50_000
    for memory in ("800MB", "1.2GB", "3GB"):
        found = plan(FitOptions(memory=memory), 20)
        assert needed(found.sample, found.batch, 20) <= bytes_of(memory)
    assert plan(FitOptions(memory="1TB", sample=7000), 20).sample == 7000
    assert plan(FitOptions(), 20).sample == 50_000


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (
            {"memory": "100MB"},
            r"--memory 100MB is too little to learn from 1,000 rows of 6 columns",
        ),
        ({"memory": "much"}, "--memory 'much' is not an amount; give one such as 2GB"),
        ({"memory": "0GB"}, "--memory '0GB' is not an amount"),
        ({"sample": 10}, "--sample 10 is not possible; give 1,000 rows or more"),
        ({"embeddings": "some"}, "--embeddings 'some' is not known; give auto, all, sample, none"),
    ],
)
def test_what_cannot_be_is_refused_beforehand(frame, tmp_path, options, match):
    with pytest.raises(InputError, match=match):
        fit_table(frame, tmp_path / "run", FitOptions(**options))
    assert not list(tmp_path.iterdir())


def test_a_long_table_is_ranked_on_the_rows_that_fit_draws(frame, tmp_path, monkeypatch, capsys):
    """The ranking is that of a table of just these rows, in files of any cut, and says so."""
    few = frame[["a", "b", "c", "y"]]
    parts = write(few, tmp_path / "parts", 3)
    asked = ("--target", "y", "--sample", str(SAMPLE), "--seed", "1")
    # Files that are read at once would be held whole.
    monkeypatch.setattr("contextures.data.any_length.read_given", None)
    assert command(monkeypatch, "rank", parts, *asked, "--json") == 0
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert (found["n_rows"], found["n_drawn"]) == (N, SAMPLE)
    assert f"ranked on 1,000 of {N:,} rows, drawn at random" in shown.err
    rows = drawn_rows(N, few["y"].notna().to_numpy(), SAMPLE, 1)
    alone = rank_table(few.iloc[rows].reset_index(drop=True), target="y", seed=1).results_
    assert [each["name"] for each in found["contexts"]] == alone["name"].tolist()
    assert rank_table(few, target="y", sample=SAMPLE, seed=1).results_["name"].tolist() == (
        alone["name"].tolist()
    )
    assert command(monkeypatch, "rank", parts, "--sample", "10") == 2
    assert "--sample 10 is not possible" in capsys.readouterr().err

"""An id is carried into every result as it was written, and nothing is learnt from it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from commands import run as command
from contextures.data import read_table
from contextures.exceptions import InputError
from contextures.runs import FitOptions, compare_files, embed_table, fit_table, predict_table
from contextures.runs.new_rows import read_rows

N = 80
QUICK = {"context": "knn:10", "n_components": 2}


def rows(ids):
    rng = np.random.default_rng(0)
    values = rng.standard_normal((N, 2))
    frame = pd.DataFrame(values.round(6), columns=["a", "b"])
    frame.insert(1, "who", ids)
    return frame.assign(y=np.where(values[:, 0] > 0, "high", "low"))


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """Ids with leading zeros, one missing, one twice, and one that pandas takes for missing."""
    folder = tmp_path_factory.mktemp("ids")
    ids = [f"{i:04d}" for i in range(N)]
    ids[3], ids[5], ids[7] = "NA", "", ids[6]
    rows(ids).to_csv(folder / "t.csv", index=False)
    table = read_table(folder / "t.csv", id="who")
    result = fit_table(table, folder / "run", FitOptions(target="y", id="who", **QUICK))
    return folder, table, result, [each or None for each in ids]


def test_every_result_has_the_ids_as_they_were_written(fitted):
    folder, _, result, ids = fitted
    for name, columns in (("embeddings", ["row_id", "who", "split"]), ("predictions", None)):
        found = pd.read_parquet(result.folder / f"{name}.parquet")
        assert list(found.columns[:3]) == (columns or ["row_id", "who", "labelled"])
        assert [None if pd.isna(each) else each for each in found["who"]] == ids
    notes = result.run.checked.notes
    assert any("'who' is empty in 1 row and repeats an earlier id in 1 row" in n for n in notes)
    record = json.loads((folder / "run" / "run.json").read_text())
    assert record["options"]["id"] == "who"
    assert "id='who'), " in result.run.python


def test_nothing_is_learnt_from_ids(fitted, tmp_path):
    """The run of the same table without the column, and of other ids, is the same."""
    _, table, result, _ = fitted
    assert "who" not in result.run.preparation.columns_
    without = table.frame.drop(columns="who")
    again = fit_table(without, tmp_path / "run", FitOptions(target="y", **QUICK))
    np.testing.assert_array_equal(again.run.coordinates, result.run.coordinates)
    for name, score in result.run.scores.items():
        assert (score.score, score.interval) == (
            again.run.scores[name].score,
            again.run.scores[name].interval,
        )
    # A page that is sent on does not tell who is who.
    report = (result.folder / "report.json").read_text()
    assert "who: " not in report and '"0042"' not in report


def test_new_rows_keep_their_ids(fitted, tmp_path):
    folder, *_ = fitted
    (tmp_path / "new.csv").write_text("b,who,a\n0.5,0099,1\n0.25,1.50,2\n")
    read = read_rows(folder / "run", tmp_path / "new.csv")
    notes = embed_table(folder / "run", read, tmp_path / "e.csv")
    assert not any("who" in note for note in notes)
    told = predict_table(folder / "run", read, tmp_path / "p.parquet")
    for found in (pd.read_csv(tmp_path / "e.csv", dtype={"who": str}), told.frame):
        assert found["who"].tolist() == ["0099", "1.50"]
    # What was written may be replaced by what is written alike.
    embed_table(folder / "run", read, tmp_path / "e.csv")
    predict_table(folder / "run", read, tmp_path / "p.csv")
    predict_table(folder / "run", read, tmp_path / "p.csv")
    lacking = read.frame.drop(columns="who")
    notes = embed_table(folder / "run", lacking, tmp_path / "e.parquet")
    assert "there is no column 'who', the id of the run, so none is carried" in notes
    assert list(pd.read_parquet(tmp_path / "e.parquet").columns) == ["row_id", "c1", "c2"]


def test_another_column_may_be_carried_and_is_used_all_the_same(fitted, tmp_path):
    folder, table, result, _ = fitted
    embed_table(folder / "run", table.frame, tmp_path / "e.parquet", id="a")
    found = pd.read_parquet(tmp_path / "e.parquet")
    assert found["a"].tolist() == table.frame["a"].tolist()
    np.testing.assert_allclose(found[["c1", "c2"]], result.run.coordinates, atol=1e-6)
    with pytest.raises(InputError, match="the id 'wo' is not a column of the table; did you mean"):
        embed_table(folder / "run", table.frame, tmp_path / "f.parquet", id="wo")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (["1,010", "1,020"] * (N // 2), ["1,010", "1,020"] * (N // 2)),  # refused as a number
        ([12345678901234567 + i for i in range(N)], [12345678901234567 + i for i in range(N)]),
        ([10**25 + i for i in range(N)], [str(10**25 + i) for i in range(N)]),
        ([None, *range(1, N)], [None, *range(1, N)]),
    ],
)
def test_ids_are_read_without_loss(tmp_path, written, kept):
    frame = rows(pd.array(written, dtype=object))
    frame.to_csv(tmp_path / "t.csv", index=False, sep=";")
    found = read_table(tmp_path / "t.csv", id="who").frame
    assert list(found.columns) == ["a", "who", "b", "y"]
    assert [None if pd.isna(each) else each for each in found["who"]] == kept


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"id": "whom"}, "the id 'whom' is not a column of the table; did you mean 'who'"),
        ({"id": "y", "target": "y"}, "'y' is the target and cannot be the id too"),
        ({"id": "c1"}, "the id 'c1' is named like a column of the results"),
        ({"id": "row_id"}, "the id 'row_id' is named like a column of the results"),
        ({"id": "p_low", "target": "y"}, "the id 'p_low' is named like a column of the results"),
    ],
)
def test_what_cannot_be_an_id_is_named(tmp_path, options, said):
    frame = rows(range(N)).assign(c1=1.0, row_id=2.0, p_low=3.0)
    with pytest.raises(InputError, match=said):
        fit_table(frame, tmp_path / "run", FitOptions(**options, **QUICK))
    assert not (tmp_path / "run").exists()


def test_ids_of_several_types_are_written_as_text(tmp_path):
    frame = rows(["A7", 12, None, 3.5] * (N // 4))
    folder = fit_table(frame, tmp_path / "run", FitOptions(id="who", **QUICK)).folder
    found = pd.read_parquet(folder / "embeddings.parquet")["who"]
    assert found[:2].tolist() == ["A7", "12"] and found.isna().sum() == N // 4


@pytest.mark.parametrize("ids", [range(1000, 1000 + N), [f"A{i}" for i in range(N)]])
def test_ids_are_no_coordinates_where_embeddings_are_compared(tmp_path, ids):
    folder = fit_table(rows(ids), tmp_path / "run", FitOptions(id="who", **QUICK)).folder
    embed_table(folder, rows(ids), tmp_path / "again.csv")
    found = compare_files([folder, tmp_path / "again.csv"])
    assert found.comparison.dimensions == {"run": 2, "again": 2}


def test_commands_take_an_id(monkeypatch, capsys, tmp_path):
    rows([f"{i:03d}" for i in range(N)]).to_csv(tmp_path / "t.csv", index=False)
    quick = ("--context", "knn:10", "--dim", "2", "--out", tmp_path / "run")
    fit = ("fit", tmp_path / "t.csv", "--target", "y")
    assert command(monkeypatch, *fit, "--id", "whose", *quick) == 2
    assert "the id 'whose' is not a column" in capsys.readouterr().err
    assert command(monkeypatch, *fit, "--id", "who", *quick) == 0
    for name in ("embed", "predict"):
        out = tmp_path / f"{name}.csv"
        assert command(monkeypatch, name, tmp_path / "run", tmp_path / "t.csv", "--out", out) == 0
        assert pd.read_csv(out, dtype=str)["who"].tolist()[:2] == ["000", "001"]
    rank = ("rank", tmp_path / "t.csv", "--target", "y", "--id", "who", "--json")
    assert command(monkeypatch, *rank) == 0

"""What the functions of the commands take for a table: a path stands for what the command reads."""

from __future__ import annotations

import io
import json
import os
import re

import numpy as np
import pandas as pd
import pytest

from contextures.exceptions import InputError
from contextures.runs import (
    FitOptions,
    diagnose_table,
    embed_table,
    fit_table,
    predict_table,
    rank_table,
    shift_table,
)
from contextures.runs.given import given_table, paths_of

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.normal(size=(80, 3)), columns=["a", "b", "c"])
FRAME["y"] = np.where(FRAME["a"] + 0.3 * RNG.normal(size=80) > 0, "yes", "no")
OPTIONS = FitOptions(target="y", context="knn:10", n_components=3)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    FRAME.to_csv(folder / "all.csv", index=False)
    FRAME[:40].to_csv(folder / "part-1.csv", index=False)
    FRAME[40:].to_csv(folder / "part-2.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def run(files, tmp_path_factory):
    return fit_table(files / "all.csv", tmp_path_factory.mktemp("runs") / "run", OPTIONS).folder


def record(folder):
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def test_a_path_is_read_as_the_command_reads_it(run, files):
    assert record(run)["table"]["source"] == str(files / "all.csv")
    embedded = pd.read_parquet(run / "embeddings.parquet")
    assert len(embedded) == 80


@pytest.mark.parametrize("several", ["list", "pattern"])
def test_several_files_are_one_table(several, files, run, tmp_path):
    paths = [files / "part-1.csv", str(files / "part-2.csv")]
    given = paths if several == "list" else f"{files}/part-*.csv"
    made = fit_table(given, tmp_path / "run", OPTIONS).folder
    one, other = (pd.read_parquet(each / "embeddings.parquet") for each in (made, run))
    np.testing.assert_allclose(one[["c1", "c2", "c3"]], other[["c1", "c2", "c3"]], atol=1e-6)


def test_new_rows_are_given_by_path_too(run, files, tmp_path):
    new = tmp_path / "new.csv"
    FRAME[:1].drop(columns="y").to_csv(new, index=False)
    embed_table(run, new, tmp_path / "embedded.csv")
    assert len(pd.read_csv(tmp_path / "embedded.csv")) == 1
    assert len(predict_table(run, str(new), tmp_path / "told.csv").frame) == 1
    assert shift_table(run, files / "all.csv").n_new == 80
    assert len(rank_table(files / "all.csv", target="y").results_) > 1


def test_a_diagnosis_takes_paths_as_the_others_do(run, files):
    """And says how to read them again."""
    parts = [files / "part-1.csv", str(files / "part-2.csv")]
    found = [diagnose_table(run, each) for each in (FRAME, files / "all.csv", parts)]
    found.append(diagnose_table(run, f"{files}/part-*.csv"))
    assert len({each.diagnosis.share for each in found}) == 1
    names = {"diagnose_table": lambda *given: given}
    for each in found[1:]:
        *imports, call = each.python().replace(", diagnose_table", "").splitlines()
        exec("\n".join(imports), names)
        given, table, _ = eval(call, names)
        assert given == str(run) and len(table.frame) == 80


def test_a_diagnosis_reads_a_file_as_the_run_read_its_own(tmp_path):
    """The column of the ids, and the marks that only the table of the run showed."""
    made = FRAME.assign(id=[f"{i:03d}" for i in range(80)], d=[f"{i + 1},5" for i in range(80)])
    made.to_csv(tmp_path / "all.csv", index=False, sep=";")
    options = FitOptions(target="y", context="knn:10", n_components=3, id="id")
    run = fit_table(tmp_path / "all.csv", tmp_path / "run", options).folder
    table = diagnose_table(run, tmp_path / "all.csv").table
    assert table.frame["id"].tolist()[:2] == ["000", "001"]
    assert table.frame["d"].dtype.kind == "f"


def test_options_may_be_left_out(files, tmp_path):
    found = fit_table(FRAME[["a", "b"]], tmp_path / "run")
    assert found.run.scored is None


def test_a_path_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.csv"):
        fit_table(tmp_path / "nowhere.csv", tmp_path / "run", OPTIONS)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("given", [[1, 2], np.ones((30, 3)), None, FRAME, {"a": [1]}, 3])
def test_what_is_no_path_is_no_path(given):
    assert paths_of(given) is None


def test_paths_may_come_as_other_libraries_give_them(files):
    """What finds files gives entries, arrays, indices, columns and iterators of them."""
    names = [str(files / "part-1.csv"), str(files / "part-2.csv")]
    several = [tuple(names), np.array(names), pd.Index(names), pd.Series(names), iter(names)]
    several.append(files.glob("part-*.csv"))
    for each in several:
        frame = given_table(each).frame
        assert len(frame) == 80 and set(frame["y"]) == {"yes", "no"}
    entry = next(each for each in os.scandir(files) if each.name == "all.csv")
    assert len(given_table(entry).frame) == len(given_table([files / "all.csv"]).frame) == 80


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("", "path '' is empty"),
        (["all.csv", ""], "path '' is empty"),
        ("a\0b", "cannot name a file"),
        (["a\0b", "\ud800"], "cannot name a file"),
        (b"all.csv", "a path as text"),
        ({"all.csv"}, "in the order"),
        (io.StringIO("a,b"), "as StringIO"),
        ([], "holds no paths"),
        (["a.csv", 3], "paths but int too"),
        ([FRAME, FRAME], "pandas.concat"),
        ([["all.csv"]], "expected as a pandas DataFrame"),
        ("~/nowhere.csv", "write the home folder out"),
        ("https://example.com/a.csv", "downloaded first"),
        (["*.csv", "all.csv"], "give a pattern alone"),
    ],
)
def test_odd_paths_are_refused_with_their_mend(given, why, files, monkeypatch):
    """None reads the working folder, or ends in an error of Python's."""
    monkeypatch.chdir(files)
    with pytest.raises(InputError, match=re.escape(why)):
        given_table(given)


def test_a_file_is_read_once_by_whatever_name(files, monkeypatch):
    monkeypatch.chdir(files)
    with pytest.raises(InputError, match="given twice"):
        given_table(["all.csv", files / "all.csv"])

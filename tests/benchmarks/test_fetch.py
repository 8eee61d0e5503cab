"""Tables from OpenML, in the form that the benchmarks read.

``openml.json`` holds answers that OpenML gave for two tables, cut to 40 and 30 rows: each by its
path.
"""

from __future__ import annotations

import gzip
import importlib
import io
import json
import re
import socket
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlparse

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
RECORDED = json.loads((Path(__file__).parent / "openml.json").read_text(encoding="utf-8"))
FILES = {re.search(r"download/(\d+)", p)[1]: p for p in RECORDED if "download" in p}


class Answer(io.BytesIO):
    """What urllib gives for a page."""

    def info(self):
        return {"Content-Encoding": "gzip"}


def answer(request):
    path = urlparse(request.full_url).path
    if file := re.search(r"download/(?:.*/)?(\d+)", path):
        path = FILES[file[1]]
    if path not in RECORDED:
        raise HTTPError(request.full_url, 412, "Precondition Failed", Message(), io.BytesIO())
    told = RECORDED[path]
    text = told if isinstance(told, str) else json.dumps(told)
    return Answer(gzip.compress(text.encode()))


@pytest.fixture
def modules(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setattr("sklearn.datasets._openml.urlopen", answer)
    monkeypatch.setattr("sklearn.datasets._openml.time.sleep", lambda seconds: None)
    before = socket.getdefaulttimeout()
    yield lambda name: importlib.import_module(f"benchmarks.{name}")
    socket.setdefaulttimeout(before)


@pytest.mark.filterwarnings("ignore:Multiple active versions")
def test_what_came_is_what_the_protocol_reads(modules, tmp_path, capsys):
    modules("fetch").main(["cpu", "iris@1", "--out", str(tmp_path / "new")])
    assert "cpu: 40 rows, regression of 'class'" in capsys.readouterr().out
    protocol = modules("protocol")
    index = protocol.table_index(tmp_path / "new")
    assert list(index) == ["cpu", "iris"]
    assert index["cpu"] == {
        "kind": "table",
        "rows": 40,
        "features": 7,
        "task": "regression",
        "target": "class",
        "source": "https://www.openml.org/d/561",
        "version": 1,
        "licence": "Public",
        "in_table1": False,
    }
    assert index["iris"]["task"] == "classification"
    cpu = pd.read_parquet(tmp_path / "new" / "cpu.parquet")
    last = [line.split(",") for line in RECORDED[FILES["52739"]].splitlines()[-40:]]
    assert cpu.columns[-1] == "class" and "vendor" in cpu
    np.testing.assert_array_equal(cpu["class"], [float(line[-1]) for line in last])
    assert [str(v) for v in cpu["vendor"]] == [line[0].strip("'") for line in last]
    for name, columns in (("cpu", 1), ("iris", 3)):
        table = protocol.prepare(tmp_path / "new", name, index[name])
        assert table.task == index[name]["task"] and table.labelled_target.shape[1] == columns


def test_an_earlier_index_is_kept(modules, tmp_path):
    """Also one that lists its entries, and whether or not the table was there before."""
    earlier = [{"name": "mine", "target": "y"}, {"name": "iris", "target": "gone"}]
    (tmp_path / "index.json").write_text(json.dumps(earlier))
    modules("fetch").main(["iris@1", "--out", str(tmp_path)])
    index = json.loads((tmp_path / "index.json").read_text())
    assert list(index) == ["mine", "iris"]
    assert index["mine"]["target"] == "y" and index["iris"]["target"] == "class"
    left = sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("."))
    assert left == ["index.json", "iris.parquet"]


def test_another_target_leaves_out_the_usual_one(modules, tmp_path):
    """What OpenML predicts may be a copy of it under another name."""
    modules("fetch").main(["iris@1", "--target", "petalwidth", "--out", str(tmp_path)])
    frame = pd.read_parquet(tmp_path / "iris.parquet")
    assert list(frame) == ["sepallength", "sepalwidth", "petallength", "petalwidth"]
    assert json.loads((tmp_path / "index.json").read_text())["iris"]["task"] == "regression"


@pytest.mark.parametrize(
    ("asked", "more", "said"),
    [
        ("nowhere", (), "no table 'nowhere'"),
        ("iris@7", (), "no table 'iris'"),
        ("iris@x", (), "NAME@3"),
        ("../iris", (), "names no table"),
        ("iris@1", ("--target", "colour"), "no column 'colour'; it has sepallength, "),
    ],
)
def test_what_does_not_come_is_said_and_writes_nothing(
    modules, tmp_path, capsys, asked, more, said
):
    with pytest.raises(SystemExit) as ended:
        modules("fetch").main([asked, *more, "--out", str(tmp_path / "data")])
    assert ended.value.code == "1 of 1 did not come"
    assert said in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_one_name_that_is_wrong_does_not_stop_the_others(modules, tmp_path):
    with pytest.raises(SystemExit, match="1 of 2"):
        modules("fetch").main(["nowhere", "iris@1", "--out", str(tmp_path)])
    assert (tmp_path / "iris.parquet").is_file()


@pytest.mark.filterwarnings("ignore:A network error", "ignore:Downloaded file")
@pytest.mark.parametrize(
    "error", [URLError(socket.gaierror(-2, "Name not known")), TimeoutError("Name not known")]
)
def test_without_a_network_it_says_so_once(modules, tmp_path, monkeypatch, error):
    def refuse(request):
        raise error

    monkeypatch.setattr("sklearn.datasets._openml.urlopen", refuse)
    with pytest.raises(SystemExit, match=r"cannot be reached for 'cpu' .*Name not known.*network"):
        modules("fetch").main(["cpu", "iris", "--out", str(tmp_path / "data")])
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("labels", "numbers"), [(["1", "10", None], [1, 10, np.nan]), ([3, 4, 5], [3, 4, 5])]
)
def test_numbers_that_are_listed_as_classes_become_numbers(modules, labels, numbers):
    fetch = modules("fetch")
    column = pd.Series(labels, name="rings")
    for kind in (column, column.astype("category") if labels[0] == "1" else column):
        np.testing.assert_array_equal(fetch._numbers(kind, "x").to_numpy(float), numbers)
    with pytest.raises(fetch.InputError, match=r"'rings'.*words"):
        fetch._numbers(pd.Series(["a", "1"], name="rings"), "x")


def test_the_list_is_that_of_the_papers_table(modules, capsys):
    modules("fetch").main(["--list"])
    assert capsys.readouterr().out.split() == list(modules("table1").PAPER)

"""New rows of a long table are embedded and predicted a batch at a time, as if they were one."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commands import run as command
from contextures.data import parts as parts_module
from contextures.data import read_table
from contextures.data.parts import long_table, parts_of
from contextures.data.table import as_table
from contextures.exceptions import InputError
from contextures.runs import FitOptions, embed_table, fit_table, predict_table
from contextures.runs.new_rows import rows_of
from contextures.runs.row_files import OtherTypeError, RowFile

RNG = np.random.default_rng(0)


def rows(n, rng=RNG):
    frame = pd.DataFrame(rng.standard_normal((n, 3)), columns=["a", "b", "c"])
    frame["town"] = rng.choice(["Oslo", "Bergen", "Narvik"], n)
    frame["key"] = np.arange(n) + 1000
    frame["y"] = np.where(frame["a"] > 0, "up", "down")
    return frame


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("streamed") / "run"
    options = FitOptions(target="y", id="key", context="knn:10", n_components=3)
    return fit_table(rows(120), out, options).folder


@pytest.fixture(scope="module")
def new():
    frame = rows(230, np.random.default_rng(1))
    frame.loc[[3, 90, 200], "town"] = ["Moss", "Moss", "Ski"]
    frame.loc[[17, 130], "a"] = np.nan
    frame["other"] = "words"
    return frame


ENDS = (0, 60, 61, 61, 150, 230)


def in_parts(frame, folder, ending="parquet"):
    """Write a frame as files, one of which has no rows where that can be."""
    folder.mkdir()
    for place, (start, end) in enumerate(pairwise(ENDS)):
        part, file = frame.iloc[start:end], folder / f"part-{place}.{ending}"
        if ending == "parquet":
            part.to_parquet(file, index=False)
        elif len(part):
            part.to_csv(file, index=False)
    return folder


def batches(path, batch=37, **how):
    found = long_table(path, rows=1, min_columns=1, **how)
    assert found is not None
    return replace(found, batch=batch)


@pytest.fixture
def short(monkeypatch):
    """Take every table of more than a few rows for a long one."""
    monkeypatch.setattr(parts_module, "LARGE", 10)
    init = parts_module.long_table.__kwdefaults__
    monkeypatch.setitem(init, "rows", 10)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
@pytest.mark.parametrize("out", ["out.parquet", "out.csv"])
def test_batches_become_what_the_whole_becomes(folder, new, tmp_path, ending, out, monkeypatch):
    monkeypatch.setattr(parts_module, "LARGE", 10)
    parts = batches(in_parts(new, tmp_path / "parts", ending))
    notes = embed_table(folder, parts, tmp_path / out)
    whole = embed_table(folder, read_table(tmp_path / "parts"), tmp_path / f"whole-{out}")
    assert notes == whole
    assert any("'Moss' and 'Ski'" in note and "in 3 rows" in note for note in notes)
    read = pd.read_csv if out.endswith("csv") else pd.read_parquet
    found, expected = read(tmp_path / out), read(tmp_path / f"whole-{out}")
    pd.testing.assert_frame_equal(found, expected, rtol=1e-6)
    assert found["key"].tolist() == new["key"].tolist()
    assert found["row_id"].tolist() == list(range(230))
    told = predict_table(folder, parts, tmp_path / f"told-{out}")
    at_once = predict_table(folder, new, tmp_path / f"told-whole-{out}")
    pd.testing.assert_frame_equal(told.frame, at_once.frame, rtol=1e-6)
    counted, expected = told.to_dict(), at_once.to_dict()
    assert (counted["n_rows"], counted["counts"]) == (230, expected["counts"])


def test_a_frame_is_embedded_in_batches(folder, new, tmp_path):
    few = replace(parts_of(as_table(new, min_rows=1)), batch=50)
    assert embed_table(folder, few, tmp_path / "few.parquet") == embed_table(
        folder, new, tmp_path / "whole.parquet"
    )
    found, expected = (pd.read_parquet(tmp_path / f"{n}.parquet") for n in ("few", "whole"))
    pd.testing.assert_frame_equal(found, expected, rtol=1e-6)
    assert pq.ParquetFile(tmp_path / "few.parquet").num_row_groups == 5


def test_the_commands_take_a_folder_of_parts(folder, new, tmp_path, short, monkeypatch, capsys):
    parts = in_parts(new, tmp_path / "parts")
    for _ in range(2):  # the second time it replaces its own file
        assert command(monkeypatch, "embed", folder, parts, "--out", tmp_path / "e.parquet") == 0
    assert "230 rows embedded" in capsys.readouterr().out
    glob = str(parts / "part-*.parquet")
    assert command(monkeypatch, "predict", folder, glob, "--out", tmp_path / "p.csv") == 0
    assert "y predicted for 230 rows" in capsys.readouterr().out
    assert len(pd.read_csv(tmp_path / "p.csv")) == 230


def refused(folder, parts, out, match):
    """Check that nothing is written where a part is refused, and that it is named."""
    with pytest.raises(InputError, match=match):
        embed_table(folder, rows_of(folder, parts), out)
    assert [each.name for each in out.parent.iterdir()] == [parts.name]


def test_parts_that_do_not_fit_are_named(folder, new, tmp_path, short):
    parts = in_parts(new, tmp_path / "parts")
    out, bad = tmp_path / "out.parquet", parts / "part-3.parquet"
    good = pd.read_parquet(bad)
    good.drop(columns="b").to_parquet(bad)
    refused(folder, parts, out, r"columns of '.*part-3.parquet' are not those of .*lacks 'b'")
    good.assign(b="x").to_parquet(bad)
    refused(folder, parts, out, r"'b' holds words in '.*part-3.parquet' and numbers in '.*part-0")
    good.assign(b=np.inf).to_parquet(bad)
    refused(folder, parts, out, r"part-3.parquet': the column 'b' holds infinite values")
    whole = bad.read_bytes()
    bad.write_bytes(whole[: len(whole) // 2])
    refused(folder, parts, out, r"'.*part-3.parquet' is not a readable Parquet file")
    bad.write_bytes(b"")
    refused(folder, parts, out, r"'.*part-3.parquet' is empty")


def test_damage_inside_a_part_is_named_and_leaves_nothing(folder, new, tmp_path, short):
    parts = in_parts(new, tmp_path / "parts")
    bad = parts / "part-3.parquet"
    content = bytearray(bad.read_bytes())
    content[4:400] = bytes(396)  # what describes the file, at its end, stays readable
    bad.write_bytes(content)
    refused(folder, parts, tmp_path / "out.parquet", r"'.*part-3.parquet' is not a readable")


def test_a_cell_of_another_kind_is_found_by_its_row_in_its_file(folder, new, tmp_path, short):
    (tmp_path / "parts").mkdir()
    # A gap stays one: older versions of pandas make the word nan of it.
    words = new.drop(columns="other")
    words["a"] = words["a"].map(str, na_action="ignore").astype("string")
    words.iloc[:150].to_parquet(tmp_path / "parts" / "0.parquet")
    words.iloc[150:].assign(a=["1.5"] * 70 + ["tall"] + ["2"] * 9).to_parquet(
        tmp_path / "parts" / "1.parquet"
    )
    found = replace(rows_of(folder, tmp_path / "parts"), batch=25)
    with pytest.raises(InputError, match=r"1.parquet': the column 'a' holds 'tall' at row 71,"):
        embed_table(folder, found, tmp_path / "out.parquet")


def test_ids_of_several_types_become_words(folder, new, tmp_path, short):
    parts = in_parts(new, tmp_path / "parts")
    last = parts / "part-4.parquet"
    pd.read_parquet(last).assign(key=lambda f: "k" + f["key"].astype(str)).to_parquet(last)
    embed_table(folder, rows_of(folder, parts), tmp_path / "out.parquet")
    found = pd.read_parquet(tmp_path / "out.parquet")["key"]
    assert found.tolist() == [str(k) for k in new["key"][:150]] + [
        f"k{k}" for k in new["key"][150:]
    ]


def test_repeated_ids_are_counted_over_all_batches(folder, new, tmp_path):
    twice = new.assign(key=new["key"] % 200)
    few = replace(parts_of(as_table(twice, min_rows=1)), batch=40)
    notes = embed_table(folder, few, tmp_path / "out.csv")
    assert "the id 'key' repeats an earlier id in 30 rows; ids are carried as they are" in notes


def test_rows_of_another_type_are_told_before_they_are_written(tmp_path):
    with RowFile(tmp_path / "f.parquet", ".parquet") as file:
        file.write(pd.DataFrame({"v": [None, None]}))
        with pytest.raises(OtherTypeError) as told:
            file.write(pd.DataFrame({"v": [1, 2]}))
    assert (told.value.name, told.value.both) == ("v", pa.int64())
    with RowFile(tmp_path / "f.parquet", ".parquet", types={"v": pa.float64()}) as file:
        file.write(pd.DataFrame({"v": [None, None]}))
        file.write(pd.DataFrame({"v": [1, 2]}))
        file.write(pd.DataFrame({"v": [0.5]}))
    assert pd.read_parquet(tmp_path / "f.parquet")["v"].tolist()[2:] == [1.0, 2.0, 0.5]


def test_a_short_table_is_no_long_one(tmp_path, new):
    new.to_parquet(tmp_path / "new.parquet")
    new.to_csv(tmp_path / "new.csv")
    assert long_table(tmp_path / "new.parquet") is None
    assert long_table(tmp_path / "new.csv") is None
    assert long_table(tmp_path / "absent.csv") is None
    assert long_table(tmp_path / "new.parquet", rows=229).n_rows == 230


def test_a_parquet_part_without_rows_is_read_with_the_others(tmp_path, new):
    parts = in_parts(new, tmp_path / "parts")
    assert len(read_table(parts).frame) == 230

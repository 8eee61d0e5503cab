"""Files of every packing: compressed, Arrow, workbooks, foreign; and frames of other libraries."""

from __future__ import annotations

import bz2
import datetime
import decimal
import gzip
import io
import lzma
import sys
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pytest

from contextures.data import (
    TablePreparation,
    compression,
    profile_table,
    read_table,
    table_from_frame,
)
from contextures.exceptions import InputError, MissingLibraryError
from contextures.runs import rank_table

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {"size": RNG.standard_normal(40).round(4), "town": RNG.choice(["Köln", "Ghent"], 40)}
)
TEXT = FRAME.to_csv(index=False).encode()


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def zstd(data):
    return bytes(pa.Codec("zstd").compress(data))


PACKED = {
    "t.csv.gz": gzip.compress(TEXT),
    "t.csv.bz2": bz2.compress(TEXT),
    "t.csv.xz": lzma.compress(TEXT),
    "t.csv.zst": zstd(TEXT),
    "t.zip": zipped({"t.csv": TEXT, "__MACOSX/._t.csv": b"x"}),
    "t.csv": bz2.compress(TEXT),  # whatever its ending says
    "t.gz": gzip.compress(zipped({"folder/t.csv": TEXT})),
}


@pytest.mark.parametrize("name", PACKED)
def test_compressed_tables_are_read(tmp_path, name):
    (tmp_path / name).write_bytes(PACKED[name])
    table = read_table(tmp_path / name)
    assert table.name == "t"
    pd.testing.assert_frame_equal(table.frame, FRAME, check_dtype=False)


@pytest.mark.parametrize("name", [name for name in PACKED if name != "t.csv.zst"])
def test_a_cut_file_is_refused_in_a_sentence(tmp_path, name):
    data = PACKED[name]
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="damaged") as caught:
        read_table(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("packing", [gzip.compress, bz2.compress, lzma.compress, zstd])
def test_a_file_that_becomes_far_too_large_is_refused(tmp_path, monkeypatch, packing):
    monkeypatch.setattr(compression, "LEAST_BOUND", 2**20)
    (tmp_path / "t.csv.gz").write_bytes(packing(b"a,b\n" + b"1,2\n" * 2**21))
    with pytest.raises(InputError, match=r"holds more than \d+ MiB, over [\d,]+ times its size"):
        read_table(tmp_path / "t.csv.gz")


FOREIGN = {
    "several.zip": (zipped({"a.csv": TEXT, "b.csv": TEXT}), "holds 2 files .*unpack the table"),
    "none.zip": (zipped({}), "ZIP"),
    "t.7z": (b"7z\xbc\xaf\x27\x1c" + b"x" * 40, "7-Zip archive"),
    "t.h5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 40, "an HDF5 file, which is not read here"),
    "t.pkl": (b"\x80\x04\x95" + b"\0" * 40, "a pickle"),
    "t.db": (b"SQLite format 3\0" + b"\0" * 40, "an SQLite database"),
    "t.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "spreadsheet"),
    "t.feather": (b"ARROW1\0\0 and nonsense", "not a readable Feather file"),
    "t.orc": (b"ORC and nonsense", "not a readable ORC file"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_files_that_are_not_read_are_called_what_they_are(tmp_path, name):
    data, message = FOREIGN[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=message) as caught:
        read_table(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_feather_and_orc_files_are_read(tmp_path):
    feather.write_feather(FRAME, tmp_path / "t.feather")
    with pa.ipc.new_stream(tmp_path / "t.arrows", pa.Schema.from_pandas(FRAME)) as out:
        out.write_table(pa.Table.from_pandas(FRAME))
    names = ["t.feather", "t.arrows"]
    orc = pytest.importorskip("pyarrow.orc")
    orc.write_table(pa.Table.from_pandas(FRAME, preserve_index=False), tmp_path / "t.orc")
    for name in [*names, "t.orc"]:
        pd.testing.assert_frame_equal(read_table(tmp_path / name).frame, FRAME, check_dtype=False)


def test_a_workbook_is_read_and_a_damaged_one_refused(tmp_path):
    FRAME.to_excel(tmp_path / "t.xlsx", index=False)
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.xlsx").frame, FRAME, check_dtype=False)
    book = zipped({"xl/workbook.xml": b"<x/>", "[Content_Types].xml": b"<x/>"})
    (tmp_path / "t.xlsx").write_bytes(book)
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path / "t.xlsx")


def test_what_reads_a_workbook_is_named_where_it_is_missing(tmp_path, monkeypatch):
    FRAME.to_excel(tmp_path / "t.xlsx", index=False)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingLibraryError, match=r"t.xlsx.* needs openpyxl.*contextures\[excel\]"):
        read_table(tmp_path / "t.xlsx")


class Stream:
    """A table that only says how Arrow may read it, as polars' do."""

    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


class Query:
    """A query that was not computed, as polars' LazyFrame."""

    def collect(self):
        return None

    def select(self, *columns):
        return self


@pytest.mark.parametrize("wrap", [lambda t: t, Stream, lambda t: t.to_batches()[0]])
def test_tables_of_other_libraries_are_taken(wrap):
    given = wrap(pa.Table.from_pandas(FRAME, preserve_index=False))
    plain = TablePreparation().fit(FRAME)
    preparation = TablePreparation().fit(given)
    np.testing.assert_array_equal(preparation.transform(given), plain.transform(FRAME))
    assert [c.kind for c in profile_table(given).columns] == ["numeric", "category"]
    pd.testing.assert_frame_equal(table_from_frame(given).frame, FRAME, check_dtype=False)


def test_a_run_takes_a_frame():
    frame = pd.DataFrame(RNG.standard_normal((60, 2)), columns=["a", "b"])
    found = rank_table(pa.Table.from_pandas(frame, preserve_index=False)).results_
    assert found["name"].tolist() == rank_table(table_from_frame(frame)).results_["name"].tolist()


def test_what_is_no_table_of_another_library_is_said():
    with pytest.raises(InputError, match=r"not a query .* compute it first with its collect"):
        TablePreparation().fit(Query())
    with pytest.raises(InputError, match="cannot be read as a table"):
        TablePreparation().fit(Stream(pa.chunked_array([[1, 2, 3]])))


TYPES = {
    "identifiers": (pa.array([RNG.bytes(16) for _ in range(40)], pa.binary(16)), "category"),
    "bytes of text": (pa.array([b"ab", b"c"] * 20), "category"),
    "decimals": (pa.array([decimal.Decimal(i) / 8 for i in range(40)]), "numeric"),
    "durations": (pa.array([datetime.timedelta(seconds=i) for i in range(40)]), "numeric"),
    "times": (pa.array([datetime.time(i % 24, i) for i in range(40)]), "numeric"),
    "days": (pa.array([datetime.date(2020, 1, i % 28 + 1) for i in range(40)]), "date"),
    "far days": (pa.array([datetime.date(9999 - i, 12, 31) for i in range(40)]), "date"),
    "far times": (pa.array([datetime.datetime(1 + i, 1, 1) for i in range(40)]), "date"),
    "zoned": (
        pa.array(
            [datetime.datetime(2020, 1, 1, i % 24) for i in range(40)],
            pa.timestamp("us", tz="Europe/Berlin"),
        ),
        "date",
    ),
    "codes": (pa.array(["a", "b"] * 20).dictionary_encode(), "category"),
    "booleans": (pa.array([True, False, None, True] * 10), "boolean"),
    "large with gaps": (pa.array([None if i == 7 else 2**60 + i for i in range(40)]), "numeric"),
}


@pytest.mark.parametrize("name", TYPES)
def test_every_type_of_arrow_is_a_kind_of_column(tmp_path, name):
    import pyarrow.parquet as pq

    if name == "far days" and int(pd.__version__.partition(".")[0]) < 3:
        pytest.skip("days beyond 2262 are missing values before pandas 3")
    values, kind = TYPES[name]
    table = pa.table({"x": RNG.standard_normal(40), "v": values})
    pq.write_table(table, tmp_path / "t.parquet")
    for given in (table, read_table(tmp_path / "t.parquet").frame):
        preparation = TablePreparation().fit(given)
        features = preparation.transform(given)
        assert preparation.kinds_["v"] == kind
        assert np.isfinite(features).all()
        n_different = len(set(values.to_pylist()))
        assert len(np.unique(features[:, 1:].round(12), axis=0)) == n_different


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (pa.array([RNG.bytes(500) for _ in range(40)]), "'v' holds binary values of up to 500"),
        (pa.array([{"a": 1}] * 40), "'v' holds lists or records"),
    ],
)
def test_types_that_are_no_column_are_refused_by_name(values, message):
    table = pa.table({"x": RNG.standard_normal(40), "v": values})
    for use in (TablePreparation().fit, profile_table, table_from_frame):
        with pytest.raises(InputError, match=message):
            use(table)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pd.period_range("2015-01", periods=40, freq="M"), "date"),
        (pd.cut(np.linspace(0, 1, 40), 45), "numeric"),
        (pd.arrays.SparseArray(np.arange(40.0)), "numeric"),
        (pd.array(np.arange(40), dtype=pd.ArrowDtype(pa.int64())), "numeric"),
        (np.arange(40, dtype=np.longdouble), "numeric"),
    ],
)
def test_every_type_of_pandas_is_a_kind_of_column(values, kind):
    frame = pd.DataFrame({"x": RNG.standard_normal(40), "v": values})
    preparation = TablePreparation().fit(frame)
    assert preparation.kinds_["v"] == kind
    assert len(np.unique(preparation.transform(frame)[:, 1:], axis=0)) == 40

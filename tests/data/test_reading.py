"""Reading tables, good and bad."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from contextures.data import read_table, table_from_frame
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "size": RNG.standard_normal(40).round(4),
        "count": RNG.integers(0, 50, 40),
        "town": RNG.choice(["Köln", "Ghent", "São Paulo"], 40),
    }
)


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def rows(n, line="1.5,2"):
    return "\n".join([line] * n)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_common_delimiters_are_found(tmp_path, delimiter):
    file = write(tmp_path / "t.csv", FRAME.to_csv(index=False, sep=delimiter))
    pd.testing.assert_frame_equal(read_table(file).frame, FRAME, check_dtype=False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_common_encodings_are_found(tmp_path, encoding):
    text = FRAME.to_csv(index=False)
    table = read_table(write(tmp_path / "t.csv", text, encoding))
    assert table.frame["town"].tolist() == FRAME["town"].tolist()
    if encoding in ("cp1252", "utf-16"):
        assert any("read as" in note for note in table.notes)


def test_decimal_commas_are_numbers(tmp_path):
    text = FRAME.to_csv(index=False, sep=";", decimal=",")
    table = read_table(write(tmp_path / "t.csv", text))
    np.testing.assert_allclose(table.frame["size"].astype(float), FRAME["size"])


def test_compressed_and_parquet_files_are_read(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(FRAME.to_csv(index=False).encode()))
    FRAME.to_parquet(tmp_path / "t.parquet")
    for name in ("t.csv.gz", "t.parquet"):
        table = read_table(tmp_path / name)
        assert table.name == "t"
        pd.testing.assert_frame_equal(table.frame, FRAME, check_dtype=False)


def test_line_breaks_inside_quotes_are_part_of_the_value(tmp_path):
    text = "a,b\n" + '"two\nlines",1\n' * 30
    table = read_table(write(tmp_path / "t.csv", text))
    assert len(table.frame) == 30
    assert table.frame["a"][0] == "two\nlines"


def test_the_digest_is_of_the_file_and_frames_have_one_too(tmp_path):
    first = write(tmp_path / "a.csv", FRAME.to_csv(index=False))
    second = write(tmp_path / "b.csv", FRAME.to_csv(index=False))
    assert read_table(first).digest == read_table(second).digest
    changed = FRAME.assign(size=FRAME["size"] + 1)
    assert table_from_frame(FRAME).digest != table_from_frame(changed).digest


BAD_TEXT = {
    "empty file": ("", "is empty"),
    "blank lines": ("\n\n \n", "only blank lines"),
    "header only": ("a,b\n", "has a header but no rows"),
    "one row": ("a,b\n1,2\n", "has 1 row"),
    "few rows": ("a,b\n" + rows(5), "has 5 rows"),
    "one column": ("a\n" + "\n".join("1234567"), "1 column .*--delimiter"),
    "duplicate names": ("a,b,a\n" + rows(30, "1,2,3"), "'a' appears more than once"),
    "ragged": ("a,b\n" + rows(25) + "\n1,2,3\n", "line 27 has 3 fields but the header has 2"),
    "nul byte": ("a,b\n" + rows(30) + "\n1,\0\n", "NUL"),
    "infinities": ("a,b\n" + rows(30) + "\ninf,2\n", "'a' holds infinite values"),
}


@pytest.mark.parametrize("name", BAD_TEXT)
def test_bad_text_is_refused_in_one_sentence(tmp_path, name):
    text, message = BAD_TEXT[name]
    with pytest.raises(InputError, match=message) as caught:
        read_table(write(tmp_path / "t.csv", text))
    assert "\n" not in str(caught.value)


def test_paths_that_are_no_table_are_refused(tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        read_table(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="is a directory"):
        read_table(tmp_path)
    (tmp_path / "t.xlsx").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(InputError, match="save the table in it as CSV"):
        read_table(tmp_path / "t.xlsx")
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and nonsense")
    with pytest.raises(InputError, match="Parquet"):
        read_table(tmp_path / "t.parquet")


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ([[1, 2]], "pandas DataFrame, not list"),
        (pd.DataFrame(np.ones((30, 2)), columns=["a", "a"]), "'a' appears more than once"),
        (FRAME.assign(x=[[1]] * 40), "'x' holds lists"),
        (FRAME.assign(x=1j), "'x' holds complex"),
        (FRAME.assign(x=-np.inf), "'x' holds infinite"),
        (FRAME.assign(x=1e200), "'x' holds values above 1e100"),
        (FRAME.iloc[:3], "3 rows"),
        (FRAME[["size"]], "1 column"),
    ],
)
def test_bad_frames_are_refused(frame, message):
    with pytest.raises(InputError, match=message):
        table_from_frame(frame)


def test_new_rows_may_be_few(tmp_path):
    file = write(tmp_path / "t.csv", "a\n5\n")
    assert read_table(file, min_rows=1, min_columns=1).frame.shape == (1, 1)

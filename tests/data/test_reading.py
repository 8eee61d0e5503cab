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


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16", "utf-16-be", "utf-32"]
)
def test_common_encodings_are_found(tmp_path, encoding):
    text = FRAME.to_csv(index=False)
    text = "\ufeff" + text if encoding == "utf-16-be" else text
    table = read_table(write(tmp_path / "t.csv", text, encoding))
    assert list(table.frame) == list(FRAME)
    assert table.frame["town"].tolist() == FRAME["town"].tolist()
    if encoding in ("cp1252", "utf-16"):
        assert any("read as" in note for note in table.notes)


@pytest.mark.parametrize("value", ["10€", "é1", "“50°”"])
def test_western_signs_beside_digits_are_read_as_western(tmp_path, value):
    """Guessing by what looks like words takes such a table for one in Cyrillic or Korean."""
    text = "price,n\n" + "\n".join(f"{value},{i}" for i in range(30))
    table = read_table(write(tmp_path / "t.csv", text, "cp1252"))
    assert set(table.frame["price"]) == {value}


@pytest.mark.parametrize(
    ("encoding", "towns"),
    [
        ("cp1251", ["Москва", "Казань"]),
        ("koi8_r", ["Москва", "Казань", "Тула", "Новосибирск", "Волгоград"]),
        ("cp1253", ["Αθήνα", "Πάτρα", "Λάρισα"]),
        ("cp932", ["東京", "大阪"]),
        ("gb18030", ["北京", "上海"]),
    ],
)
def test_tables_in_other_alphabets_are_read(tmp_path, encoding, towns):
    text = "town,n\n" + "\n".join(f"{towns[i % len(towns)]},{i}" for i in range(30))
    table = read_table(write(tmp_path / "t.csv", text, encoding))
    assert set(table.frame["town"]) == set(towns)


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
    "short": ("a,b,c\n" + rows(25, "1,2,3") + "\n1,2\n", "line 27 has 2 fields"),
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


def test_new_rows_may_be_few(tmp_path):
    file = write(tmp_path / "t.csv", "a\n5\n")
    assert read_table(file, min_rows=1, min_columns=1).frame.shape == (1, 1)


def test_an_encoding_that_was_given_is_used_or_refused(tmp_path):
    """Marks tell UTF-16 from a file with NUL bytes; without one the reader has to say so."""
    bare = write(tmp_path / "bare.csv", FRAME.to_csv(index=False), "utf-16-le")
    with pytest.raises(InputError, match=r"NUL byte.*--encoding utf-16"):
        read_table(bare)
    assert read_table(bare, encoding="utf-16-le").frame["town"].tolist() == FRAME["town"].tolist()
    western = write(tmp_path / "w.csv", FRAME.to_csv(index=False), "cp1252")
    with pytest.raises(InputError, match=r"line \d+ cannot be read as utf-8"):
        read_table(western, encoding="utf-8")
    with pytest.raises(InputError, match="encoding 'klingon' is not known"):
        read_table(western, encoding="klingon")


def test_a_delimiter_that_was_given_is_used_or_refused(tmp_path):
    file = write(tmp_path / "t.csv", FRAME.to_csv(index=False, sep="^"))
    assert list(read_table(file, delimiter="^").frame) == list(FRAME)
    file = write(tmp_path / "t.tsv", FRAME.to_csv(index=False, sep="\t"))
    assert list(read_table(file, delimiter="tab").frame) == list(FRAME)
    with pytest.raises(InputError, match="delimiter '::' is not usable"):
        read_table(file, delimiter="::")


def test_delimiters_inside_quoted_fields_do_not_split_them(tmp_path):
    """Words with commas are the usual reason for quotes, and for choosing another delimiter."""
    for text in ("a,b\n" + '"x; y; z, w",1\n' * 30, "a;b\n" + '"x, y, z; w";1\n' * 30):
        table = read_table(write(tmp_path / "t.csv", text))
        assert table.frame.shape == (30, 2)


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_line_ends_of_every_system_are_read(tmp_path, ending):
    text = FRAME.to_csv(index=False).replace("\n", ending)
    assert read_table(write(tmp_path / "t.csv", text)).frame.shape == FRAME.shape


def test_decimal_commas_with_thousands_and_words_beside_them(tmp_path):
    """Only columns that are numbers throughout are turned; a version number is left alone."""
    text = "a;b;c\n" + "1.234,5;1,5 m;1,5\n;2 m;-2\n" * 15
    frame = read_table(write(tmp_path / "t.csv", text)).frame
    assert frame["a"].dropna().unique().tolist() == [1234.5]
    assert frame["b"][0] == "1,5 m"
    assert frame["c"].unique().tolist() == [1.5, -2.0]


def test_question_marks_are_missing_where_they_stand_alone(tmp_path):
    text = "a,b\n" + "1,what?\n?,why?\n" * 15
    table = read_table(write(tmp_path / "t.csv", text))
    assert table.frame["a"].isna().sum() == 15
    assert table.frame["b"].notna().all()
    assert any("'?'" in note for note in table.notes)


def test_damaged_and_foreign_files_are_refused(tmp_path):
    whole = gzip.compress(FRAME.to_csv(index=False).encode())
    cases = {
        "cut.csv.gz": (whole[:-20], "damaged gzip file"),
        "mixed.csv.gz": (whole[:30] + b"\xff" * 40 + whole[70:], "damaged gzip file"),
        "book.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "spreadsheet"),
        "zipped.csv.gz": (gzip.compress(b"PK\x03\x04rest"), "spreadsheet or ZIP"),
        "nothing.csv.gz": (gzip.compress(b""), "holds only blank lines"),
        "text.parquet": (FRAME.to_csv(index=False).encode(), "not a readable Parquet file"),
        "noise.csv": (bytes(range(256)) * 20, "NUL byte"),
    }
    for name, (data, message) in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=message) as caught:
            read_table(tmp_path / name)
        assert "\n" not in str(caught.value), name


def test_parquet_tables_are_checked_like_text(tmp_path):
    """Names, sizes, infinities and nesting do not depend on the format of the file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = pa.array(np.ones(30))
    cases = {
        "names": (pa.Table.from_arrays([numbers, numbers], names=["a", "a"]), "'a' appears more"),
        "rows": (pa.table({"a": [1.0], "b": [2.0]}), "has 1 row"),
        "none": (
            pa.table({"a": pa.array([], pa.float64()), "b": pa.array([], pa.int8())}),
            "no rows",
        ),
        "columns": (pa.table({"a": numbers}), "has 1 column"),
        "infinite": (pa.table({"a": numbers, "b": [np.inf] * 30}), "'b' holds infinite"),
        "lists": (pa.table({"a": numbers, "b": [[1, 2]] * 29 + [[1]]}), "lists in the column 'b'"),
        "records": (pa.table({"a": numbers, "b": [{"c": 1}] * 30}), "'b' holds lists or records"),
    }
    for name, (table, message) in cases.items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
        with pytest.raises(InputError, match=message):
            read_table(tmp_path / f"{name}.parquet")


def test_parquet_kinds_survive(tmp_path):
    """Dates, categories and missing whole numbers are what text tables lose."""
    frame = FRAME.assign(
        when=pd.date_range("2020-01-01", periods=40),
        group=pd.Categorical(["a", "b"] * 20),
        whole=pd.array([None, *range(39)], dtype="Int64"),
    )
    frame.to_parquet(tmp_path / "t.pq")
    read = read_table(tmp_path / "t.pq").frame
    assert read["when"].dtype.kind == "M"
    assert isinstance(read["group"].dtype, pd.CategoricalDtype)
    assert int(read["whole"].isna().sum()) == 1


def test_mixed_types_and_many_categories_are_read_as_they_are(tmp_path):
    """Columns that are hard to use are still read, alike in every part of a long file."""
    n = 10_000
    mixed = ["7"] * (n - 1) + ["seven"]
    frame = pd.DataFrame({"mixed": mixed, "code": [f"code {i}" for i in range(n)], "row_id": 1.5})
    read = read_table(write(tmp_path / "t.csv", frame.to_csv(index=False))).frame
    assert set(read["mixed"]) == {"7", "seven"}
    assert read["code"].nunique() == n
    assert list(read) == ["mixed", "code", "row_id"]


def test_columns_without_a_name_or_named_by_numbers_are_noted(tmp_path):
    file = write(tmp_path / "t.csv", ",a\n" + rows(30))
    table = read_table(file)
    assert list(table.frame) == ["column_1", "a"]
    assert any("has no name" in note for note in table.notes)
    file = write(tmp_path / "t.csv", "5.1,3.5\n" + rows(30))
    assert any("every name in the first line is a number" in n for n in read_table(file).notes)


def test_messages_about_a_record_name_its_line(tmp_path):
    """Line numbers are those of an editor: quoted line breaks and blank lines count."""
    text = 'a,b\n"two\nlines",1\n\n' + rows(25) + "\n3\n"
    with pytest.raises(InputError, match="line 30 has 1 field but the header has 2"):
        read_table(write(tmp_path / "t.csv", text))
    text = "a,b\n" + rows(25) + '\n"open,2\n' + rows(5)
    with pytest.raises(InputError, match=r"line 27 .*quotation mark"):
        read_table(write(tmp_path / "t.csv", text))


@pytest.mark.parametrize("said", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_first_line_that_says_the_delimiter_is_not_the_header(tmp_path, said):
    """Spreadsheet programs write it; taken for a header it would turn every number to text."""
    text = FRAME.to_csv(index=False, sep=";")
    table = read_table(write(tmp_path / "t.csv", f"{said}\n{text}"))
    pd.testing.assert_frame_equal(table.frame, FRAME, check_dtype=False)
    with pytest.raises(InputError, match="line 43 has 1 field"):
        read_table(write(tmp_path / "t.csv", f"{said}\n{text}1\n"))

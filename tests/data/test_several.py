"""Several files of the same columns are read as one table, or refused by the file's name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from contextures._files import RUN
from contextures.data import read_table, read_tables
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "size": RNG.normal(size=90),
        "count": RNG.integers(100, size=90),
        "town": RNG.choice(["Oslo", "Bergen", "Bodø"], size=90),
        "day": pd.date_range("2024-01-01", periods=90).astype(str),
    }
)
PARTS = [FRAME[:30], FRAME[30:50], FRAME[50:]]


def write(folder, parts, ending="csv"):
    folder.mkdir(exist_ok=True)
    for place, part in enumerate(parts):
        file = folder / f"part-{place}.{ending}"
        if ending == "parquet":
            part.to_parquet(file)
        else:
            part.to_csv(file, index=False)
    return folder


def texts(folder, *contents):
    folder.mkdir(exist_ok=True)
    files = [folder / f"part-{place}.csv" for place in range(len(contents))]
    for file, text in zip(files, contents, strict=True):
        file.write_text(text, encoding="utf-8")
    return files


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet"])
def test_parts_are_read_as_the_whole_would_be(tmp_path, ending):
    folder = write(tmp_path / "sales", PARTS, ending)
    whole = read_table(write(tmp_path / "whole", [FRAME], ending) / f"part-0.{ending}")
    listed = [folder / f"part-{place}.{ending}" for place in range(3)]
    for table in (
        read_table(folder),
        read_table(f"{folder}/part-*.{ending}"),
        read_table(folder / f"*.{ending}"),
        read_tables(listed),
    ):
        pd.testing.assert_frame_equal(table.frame, whole.frame)
        assert any("3 files read as one table: 'part-0." in note for note in table.notes)
    assert read_table(folder).name == "sales"
    assert read_table(folder).source == str(folder)
    assert read_tables(listed).name == "part"
    backwards = read_tables(listed[::-1])
    assert backwards.frame["count"].tolist() == [
        count for part in PARTS[::-1] for count in part["count"]
    ]
    assert backwards.digest != read_table(folder).digest == read_tables(listed).digest


def test_what_others_leave_in_a_folder_is_no_part(tmp_path):
    folder = write(tmp_path / "t", PARTS)
    for name in ("_SUCCESS", "_metadata.csv", ".hidden.csv", "README.md"):
        (folder / name).write_text("something else")
    (folder / "old.csv").mkdir()
    assert len(read_table(folder).frame) == 90


def test_a_name_that_looks_like_a_pattern_is_a_file_where_there_is_one(tmp_path):
    file = tmp_path / "part[0].csv"
    FRAME.to_csv(file, index=False)
    PARTS[0].to_csv(tmp_path / "part0.csv", index=False)
    assert len(read_table(file).frame) == 90
    file.unlink()
    assert len(read_table(file).frame) == 30


def test_columns_may_be_in_any_order(tmp_path):
    folder = write(tmp_path / "t", [PARTS[0], PARTS[1][["day", "town", "size", "count"]]])
    table = read_table(folder)
    assert list(table.frame) == list(FRAME)
    assert table.frame["count"].tolist() == FRAME["count"][:50].tolist()


@pytest.mark.parametrize(
    ("part", "cause"),
    [
        (PARTS[1].drop(columns="town"), "lacks 'town'"),
        (PARTS[1].assign(other=1), "also has 'other'"),
        (PARTS[1].rename(columns={"town": "city"}), "lacks 'town' and also has 'city'"),
        (PARTS[1].assign(count="many"), "'count' holds words .* and numbers in .*part-0"),
        (PARTS[1].assign(count=True), "'count' holds true or false .* and numbers in"),
        (PARTS[1].assign(town=3), "'town' holds numbers .* and words in"),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_that_differs_is_named(tmp_path, ending, part, cause):
    folder = write(tmp_path / "t", [PARTS[0], PARTS[2], part], ending)
    with pytest.raises(InputError, match=cause) as refused:
        read_table(folder)
    assert f"part-2.{ending}" in str(refused.value) and "\n" not in str(refused.value)


def test_dates_are_no_words(tmp_path):
    dated = PARTS[1].assign(day=pd.to_datetime(PARTS[1]["day"]))
    with pytest.raises(InputError, match=r"'day' holds dates .* and words"):
        read_table(write(tmp_path / "t", [PARTS[0], dated], "parquet"))


@pytest.mark.parametrize("column", list(FRAME))
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.filterwarnings("error")
def test_a_column_that_is_empty_in_a_file_is_missing_there(tmp_path, column, place, ending):
    parts = list(PARTS)
    parts[place] = parts[place].assign(**{column: None})
    table = read_table(write(tmp_path / "t", parts, ending))
    expected = FRAME[column].where(~FRAME.index.isin(parts[place].index))
    assert table.frame[column].isna().tolist() == expected.isna().tolist()
    present = expected.notna().to_numpy()
    found, wanted = table.frame[column][present], expected[present]
    if column == "size":  # parsers of older libraries read the last digit otherwise
        np.testing.assert_allclose(found, wanted.astype(float), rtol=1e-14)
    else:
        assert found.tolist() == wanted.tolist()


def test_whole_numbers_fit_decimal_ones(tmp_path):
    table = read_table(write(tmp_path / "t", [PARTS[0].assign(count=0.5), PARTS[1]]))
    assert table.frame["count"].tolist() == [0.5] * 30 + PARTS[1]["count"].tolist()


def test_one_file_tells_how_the_numbers_of_all_are_written(tmp_path):
    """By itself the first file's 1.200 would be a little more than one."""
    towns = "".join(f"1.2{i:02d};{i}\n" for i in range(20))
    told = "".join(f"1.3{i:02d},5;{i}\n" for i in range(20))
    files = texts(tmp_path / "t", "price;n\n" + towns, "price;n\n" + told)
    table = read_tables(files)
    expected = [1200.0 + i for i in range(20)] + [1300.5 + i for i in range(20)]
    assert table.frame["price"].tolist() == expected
    assert table.how_read.numbers["price"].decimal == ","
    # New rows are read as those were.
    row = texts(tmp_path / "new", "price;n\n1.234;1\n")[0]
    assert read_table(row, like=table, min_rows=1).frame["price"].tolist() == [1234.0]


def test_what_no_file_tells_is_asked_for(tmp_path):
    doubtful = "price;n\n" + "".join(f"1.2{i:02d};{i}\n" for i in range(20))
    files = texts(tmp_path / "t", doubtful, doubtful)
    with pytest.raises(InputError, match=r"part-0.*'price' holds '1.200'.*--decimal") as refused:
        read_tables(files)
    assert type(refused.value) is InputError
    assert read_tables(files, decimal=".").frame["price"].max() == 1.219
    assert read_tables(files, decimal=",").frame["price"].max() == 1219


def test_numbers_written_in_two_ways_are_refused(tmp_path):
    points = "".join(f"1,3{i:02d}.5;{i}\n" for i in range(20))
    commas = "".join(f"1.3{i:02d},5;{i}\n" for i in range(20))
    files = texts(tmp_path / "t", "price;n\n" + points, "price;n\n" + commas)
    with pytest.raises(InputError, match=r"'price' writes its numbers otherwise in .*part-1"):
        read_tables(files)


@pytest.mark.parametrize("ids", [("007", "12"), ("12", "007")])
def test_ids_stay_as_they_are_written(tmp_path, ids):
    """Whole numbers in one file and words in another are one column of ids."""
    made = ["id,a,b\n" + "".join(f"{one}{i},{i},{i * i}\n" for i in range(20)) for one in ids]
    table = read_tables(texts(tmp_path / "t", *made), id="id")
    assert table.frame["id"].tolist() == [f"{one}{i}" for one in ids for i in range(20)]
    with pytest.raises(InputError, match="'key' is not a column"):
        read_tables(texts(tmp_path / "t", *made), id="key")


def test_notes_say_which_file(tmp_path):
    (tmp_path / "a.csv").write_text(FRAME.to_csv(index=False), encoding="cp1252")
    (tmp_path / "b.csv").write_text(FRAME.to_csv(index=False), encoding="utf-8")
    table = read_table(tmp_path)
    assert "read as cp1252 (in 'a.csv')" in table.notes
    assert set(table.frame["town"]) == set(FRAME["town"])


@pytest.mark.parametrize(
    ("bad", "cause"),
    [
        ("", "part-1.csv' is empty"),
        ("size,count,town,day\n", "part-1.csv' has a header but no rows"),
        ("a,a\n1,2\n", "part-1.csv': the column name 'a' appears more than once"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_once(tmp_path, bad, cause):
    folder = write(tmp_path / "t", PARTS[:1])
    (folder / "part-1.csv").write_text(bad)
    with pytest.raises(InputError, match=cause) as refused:
        read_table(folder)
    assert str(refused.value).count("part-1.csv") == 1


def test_paths_that_stand_for_no_table_are_refused(tmp_path):
    with pytest.raises(InputError, match="is a directory without a table"):
        read_table(tmp_path)
    with pytest.raises(InputError, match=r"there is no file .*\*\.csv.*matches"):
        read_table(tmp_path / "*.csv")
    with pytest.raises(InputError, match="names no files"):
        read_tables([])
    with pytest.raises(InputError, match="names no files"):
        read_tables(str(tmp_path))
    (file,) = texts(tmp_path, FRAME.to_csv(index=False))
    with pytest.raises(InputError, match="given twice"):
        read_tables([file, file])
    with pytest.raises(InputError, match="is a directory"):
        read_tables([file, tmp_path])
    (tmp_path / RUN).write_text("{}")
    with pytest.raises(InputError, match="is a directory that holds a run"):
        read_table(tmp_path)


def test_all_rows_together_must_be_enough(tmp_path):
    folder = write(tmp_path / "t", [FRAME[:6], FRAME[6:12]])
    with pytest.raises(InputError, match="has 12 rows; at least 20"):
        read_table(folder)
    assert len(read_table(folder, min_rows=12).frame) == 12

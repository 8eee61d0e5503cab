"""Tables are read right, or refused by name: numbers, quotes, bytes, words for missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contextures.data import TablePreparation, check_target, profile_table, read_table
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
WHOLE = np.r_[np.arange(100, 999, 30), np.arange(1000, 9999, 300)]
SIZES = np.linspace(-2, 2, len(WHOLE))


def write(folder, text, name="t.csv", encoding="utf-8"):
    (folder / name).write_bytes(text.encode(encoding))
    return folder / name


def german(text):
    return text.replace(",", "_").replace(".", ",").replace("_", ".")


def columns(separator, header, *values):
    quoted = [[f'"{v}"' if separator in v else v for v in each] for each in values]
    lines = [separator.join(header), *(separator.join(row) for row in zip(*quoted, strict=True))]
    return "\n".join(lines) + "\n"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 10**7), min_size=20, max_size=40),
    st.sampled_from(["\t", ";", ",", "|"]),
    st.sampled_from(["none", "point", "space", "apostrophe"]),
    st.booleans(),
)
def test_grouped_numbers_are_read_as_they_were_or_refused(
    tmp_path_factory, numbers, separator, other, comma
):
    """Never as something else, whatever the separator, the mark and the column beside it."""
    beside = RNG.standard_normal(len(numbers))
    style = german if comma else str
    written = [style(f"{n:,}") for n in numbers]
    if other in ("space", "apostrophe"):
        mark = "\u202f" if other == "space" else "'"
        written = [f"{n:,}".replace(",", mark) for n in numbers]
    sizes = [style(f"{v:.2f}") for v in beside] if other != "none" else ["x", "y"] * len(numbers)
    text = columns(separator, ["price", "size"], written, sizes[: len(numbers)])
    try:
        got = read_table(write(tmp_path_factory.mktemp("t"), text)).frame["price"]
    except InputError as error:
        assert "'price'" in str(error) and "--decimal" in str(error)
        assert other == "none"
        return
    plain = pd.to_numeric(got, errors="coerce")
    if plain.notna().all() and comma and other == "none" and separator != ";":
        return  # 1.234 alone is a decimal number, as programs write it
    np.testing.assert_array_equal(plain, numbers)


@pytest.mark.parametrize("separator", ["\t", ";", ","])
@pytest.mark.parametrize("style", [str, german])
def test_the_files_other_columns_tell_grouping_from_decimals(tmp_path, separator, style):
    written = [style(f"{v:,}") for v in WHOLE]
    text = columns(separator, ["price", "size"], written, [style(f"{v:.2f}") for v in SIZES])
    table = read_table(write(tmp_path, text))
    np.testing.assert_array_equal(table.frame["price"].astype(float), WHOLE)
    np.testing.assert_allclose(table.frame["size"].astype(float), SIZES, atol=0.01)
    assert any("'price'" in note and "read as numbers" in note for note in table.notes)


def test_numbers_in_doubt_are_refused_by_name_and_settled_by_an_option(tmp_path):
    text = columns(";", ["price", "word"], [f"1,{i:03d}" for i in range(30)], ["a", "b"] * 15)
    file = write(tmp_path, text)
    with pytest.raises(InputError, match=r"'price' holds '1,\d+', which may .*--decimal"):
        read_table(file)
    assert read_table(file, decimal=",").frame["price"].max() == pytest.approx(1.029)
    assert read_table(file, decimal=".").frame["price"].max() == 1029
    assert read_table(file, thousands=",").frame["price"].max() == 1029
    for options, message in (
        ({"decimal": ";"}, "decimal mark ';' is not usable"),
        ({"thousands": "x"}, "thousands mark 'x' is not usable"),
        ({"decimal": ",", "thousands": ","}, "are both ','"),
        ({"dates": "us"}, "order of dates 'us'"),
    ):
        with pytest.raises(InputError, match=message):
            read_table(file, **options)


def test_one_new_row_is_read_as_the_first_file_was(tmp_path):
    """A single 1,200 may be anything; the table that was fitted to said what it is."""
    text = columns("\t", ["price", "size"], [f"{v:,}" for v in WHOLE], [f"{v:.2f}" for v in SIZES])
    first = read_table(write(tmp_path, text))
    row = write(tmp_path, "price\tsize\n1,200\t3\n", "new.tsv")
    for like in (first, first.how_read):
        new = read_table(row, like=like, min_rows=1, min_columns=1)
        assert new.frame["price"].tolist() == [1200.0]
    bad = write(tmp_path, "price\tsize\n1,200\t3\nmany\t4\n", "bad.tsv")
    new = read_table(bad, like=first, min_rows=1, min_columns=1)
    with pytest.raises(InputError, match="'price' holds 'many' at row 2"):
        TablePreparation().fit(first.frame).transform(new.frame)


AMOUNTS = {
    "percent": lambda v: f"{v:.1f}%",
    "percent, spaced": lambda v: f"{v:.1f} %",
    "dollars": lambda v: f"${v:,.2f}" if v >= 0 else f"-${-v:,.2f}",
    "code": lambda v: f"USD {v:.2f}",
    "euros": lambda v: f"{v:,.2f}".replace(",", " ").replace(".", ",") + " €",
    "brackets": lambda v: f"({-v:.2f})" if v < 0 else f"{v:.2f}",
    "minus sign": lambda v: f"{v:.2f}".replace("-", "\u2212"),
    "minus after": lambda v: f"{-v:.2f}-" if v < 0 else f"{v:.2f}",
    "kilograms": lambda v: f"{v:.2f} kg",
    "glued unit": lambda v: f"{v:.2f}km/h",
    "degrees": lambda v: f"{v:.1f} °C",
    "Swiss": lambda v: f"CHF {v:,.2f}".replace(",", "'"),
}


@pytest.mark.parametrize("name", AMOUNTS)
def test_amounts_are_numbers_and_said_to_be(tmp_path, name):
    values = RNG.normal(0, 3000, 60).round(2)
    text = columns(
        "\t", ["v", "x"], [AMOUNTS[name](v) for v in values], [f"{v:.3f}" for v in RNG.random(60)]
    )
    table = read_table(write(tmp_path, text))
    preparation = TablePreparation()
    features = preparation.fit_transform(table.frame)
    assert preparation.kinds_["v"] == "numeric"
    rank = pd.Series(features[:, 0]).corr(pd.Series(values), method="spearman")
    assert rank > 0.999
    messages = [w.message for w in profile_table(table.frame).warnings if w.column == "v"]
    assert any("read as numbers" in said for said in [*table.notes, *messages])
    assert not any("identifier" in said for said in messages)


def test_mixed_units_stay_words_and_are_said(tmp_path):
    text = columns(
        "\t", ["v", "x"], [f"{i} {'kg' if i % 2 else 'g'}" for i in range(40)], ["1.5", "2"] * 20
    )
    warnings = profile_table(read_table(write(tmp_path, text)).frame).warnings
    assert any(w.code == "mixed-units" and "'g' and 'kg'" in w.message for w in warnings)


@pytest.mark.parametrize(
    "words",
    [
        ["192.168.1.1", "10.0.0.12"],
        ["555-1234", "555-9876"],
        ["12:30", "7:05"],
        ["1st", "2nd"],
        ["A12", "B7"],
        ["(1)", "(2)"],
        ["10-20", "20-30"],
        ["12 34", "5 6"],
        ["1.2.3", "1.10.0"],
        ["0x1f", "0x2e"],
    ],
)
def test_what_only_looks_like_numbers_stays_words(tmp_path, words):
    text = columns("\t", ["v", "x"], words * 20, ["1.5", "2"] * 20)
    assert set(read_table(write(tmp_path, text)).frame["v"]) == set(words)


@pytest.mark.parametrize("ends", [(50, 150), (50, 51), (2, 200), (10, 12)])
def test_stray_quotes_are_characters_and_their_lines_are_named(tmp_path, ends):
    lines = ["a,note,b"] + [f"{v:.3f},text {i % 7},{i}" for i, v in enumerate(RNG.random(200))]
    for i in ends:
        lines[i] = f'0.5,"here,{i}'
    table = read_table(write(tmp_path, "\n".join(lines) + "\n"))
    assert table.frame.shape == (200, 3)
    assert table.frame["note"][ends[0] - 1] == '"here'
    assert any(f"line {ends[0] + 1} and line {ends[1] + 1}" in note for note in table.notes)


def test_a_stray_quote_in_the_middle_is_refused_by_its_line(tmp_path):
    """Where what it swallows are no rows, nothing tells what was meant."""
    lines = ["a,note"] + [f"{i},text, {i}" if i in (30, 31) else f"{i},text" for i in range(60)]
    lines[30], lines[33] = '29,"open', '32,"close here'
    with pytest.raises(InputError, match="line 31 "):
        read_table(write(tmp_path, "\n".join(lines) + "\n"))


@pytest.mark.parametrize(
    "cell", ["two\nlines", "a, b\nc, d\ne, f", 'said "so"\nand so', "\n\nblank"]
)
def test_cells_of_several_lines_are_left_alone(tmp_path, cell):
    frame = pd.DataFrame({"a": range(40), "note": [cell, "plain"] * 20, "b": 1.5})
    read = read_table(write(tmp_path, frame.to_csv(index=False)))
    assert read.frame["note"].tolist() == frame["note"].tolist()
    assert not [note for note in read.notes if "quotation" in note]


@pytest.mark.parametrize("bad", [b"K\xf6ln1,1", b"\x80uro,2", b"\x81,3", b"caf\xc3,4"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_bad_byte_leaves_the_other_lines_as_they_are(tmp_path, bad, mark):
    text = "straße,größe\n" + "".join(f"Köln{i % 3},{i * 0.37 % 5:.2f}\n" for i in range(40))
    (tmp_path / "t.csv").write_bytes(mark + text.encode() + bad + b"\n")
    table = read_table(tmp_path / "t.csv")
    assert list(table.frame) == ["straße", "größe"]
    assert set(table.frame["straße"][:40]) == {"Köln0", "Köln1", "Köln2"}
    assert any("1 line (42) is not in UTF-8" in note for note in table.notes)


@pytest.mark.parametrize("word", ["None", "NA", "null", "NULL"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_class_called_none_is_a_class(tmp_path, word, quote):
    classes = np.array([word, "Apnea", "Insomnia"])[np.arange(60) % 3]
    lines = [f"{v:.3f},{quote}{c}{quote}" for v, c in zip(RNG.random(60), classes, strict=True)]
    table = read_table(write(tmp_path, "a,disorder\n" + "\n".join(lines) + "\n"))
    assert word in check_target(table.frame["disorder"]).classes
    assert any(f"{word!r} was kept as a value of its own in 'disorder'" in n for n in table.notes)
    row = write(tmp_path, f"a,disorder\n1,{word}\n", "new.csv")
    new = read_table(row, like=table, min_rows=1)
    assert new.frame["disorder"].tolist() == [word]


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        (["NA,red", "1.5,NA", "2.5,blue"], "NA"),
        (['1.5,"red"', "2.5,NA", '3.5,"blue"'], "NA"),
        (["1.5,2020-01-03", "2.5,None", "3.5,2020-01-05"], "None"),
        (["1.5,NaN", "2.5,red", "3.5,blue"], "NaN"),
        (["1.5,12 kg", "2.5,13 kg", "3.5,null"], "null"),
    ],
)
def test_a_word_that_means_missing_is_missing_and_said(tmp_path, lines, word):
    """The mark of the table's numbers, R's bare NA beside quoted words, gaps in dates, NaN."""
    table = read_table(write(tmp_path, "a,b\n" + "\n".join(lines * 20) + "\n"))
    assert table.frame["b"].isna().sum() == 20
    assert any(f"{word!r} was read as missing in 'b'" in note for note in table.notes)

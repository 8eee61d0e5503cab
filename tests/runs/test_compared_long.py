"""Long embeddings are read at the rows that are asked for, and as they are read whole."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from contextures.data import array_rows, text_blocks, text_rows
from contextures.data.array_rows import ArrayRows
from contextures.data.text_rows import TextRows
from contextures.exceptions import InputError
from contextures.runs import CompareOptions, compare_files, compared_files, shared_rows
from contextures.runs.compared_files import Opened

RNG = np.random.default_rng(0)
N = 900
WHOLE = RNG.normal(size=(N, 4)) * 10.0 ** RNG.integers(-12, 12, size=4)
WORD = np.where(WHOLE[:, 1] > 0, "up", "døwn").astype(object)
PLACES = RNG.permutation(N)[:250]


def frame(**more):
    made = pd.DataFrame(WHOLE, columns=["c1", "c2", "c3", "c4"])
    return made.assign(**more) if more else made


def gaps(values):
    """Leave a value out in most rows."""
    return np.where(np.arange(N) % 7 == 3, values, None)


def as_r(words):
    """Write names, row numbers and words in quotation marks, and nothing around a missing one."""
    lines = ['"","c1","c2","c3","c4","y"']
    for i, (row, word) in enumerate(zip(WHOLE, words, strict=True), start=1):
        said = "NA" if word is None else f'"{word}"'
        lines.append(f'"{i}",{",".join(map(repr, row.tolist()))},{said}')
    return "\n".join(lines) + "\n"


@pytest.fixture
def long(monkeypatch):
    """Take any text for a long one, of blocks of some rows."""

    def set_to(is_long):
        monkeypatch.setattr(text_rows, "LARGE", 0 if is_long else 2**60)

    monkeypatch.setattr(text_blocks, "BLOCK", 3000)
    set_to(True)
    return set_to


TEXTS = {
    "names": lambda file: frame().to_csv(file, index=False),
    "row numbers": lambda file: frame().to_csv(file),
    "numbers for names": lambda file: frame().set_axis(range(4), axis=1).to_csv(file, index=False),
    "semicolons": lambda file: frame(y=WORD).to_csv(file, index=False, sep=";"),
    "tabs, words and gaps": lambda file: frame(y=gaps(WORD)).to_csv(file, index=False, sep="\t"),
    "words that mean none": lambda file: frame(y=gaps(WORD)).to_csv(file, index=False, na_rep="NA"),
    "question marks": lambda file: frame(y=gaps(WORD)).to_csv(file, index=False, na_rep="?"),
    "a number for some": lambda file: frame(y=gaps(WHOLE[:, 2])).to_csv(file, index=False),
    "true or false": lambda file: frame(y=WHOLE[:, 2] > 0).to_csv(file, index=False),
    "ids and parts": lambda file: frame(
        row_id=RNG.permutation(N), split=np.where(np.arange(N) % 4 > 0, "train", "test")
    ).to_csv(file, index=False),
    "ids of some rows": lambda file: frame(row_id=RNG.permutation(2 * N)[:N], y=WORD).to_csv(
        file, index=False
    ),
    "whole numbers first": lambda file: (
        frame()
        .assign(c1=[str(i) if i < 600 else f"{i}.25" for i in range(N)], c2=np.arange(N))
        .to_csv(file, index=False)
    ),
    "points that group": lambda file: (
        frame().assign(c1=[f"{i % 9 + 1}.{i % 10}00" for i in range(N)]).to_csv(file, index=False)
    ),
    "decimal commas": lambda file: frame().to_csv(file, index=False, sep=";", decimal=","),
    "as R writes it": lambda file: file.write_text(as_r(gaps(WORD)), encoding="utf-8"),
    "None beside missing, in R": lambda file: file.write_text(
        as_r(gaps(np.where(WORD == "up", "None", "NB"))), encoding="utf-8"
    ),
    "None and missing, unquoted": lambda file: file.write_text(
        as_r(gaps(np.where(WORD == "up", "None", "NB"))).replace('"', ""), encoding="utf-8"
    ),
    "numbers among words, in R": lambda file: file.write_text(
        as_r(gaps(np.where(WORD == "up", "4", "B"))), encoding="utf-8"
    ),
    "a cell of the delimiter": lambda file: frame(
        y=np.where(WHOLE[:, 1] > 0, 'up, "far"', "down")
    ).to_csv(file, index=False),
    "quotation marks": lambda file: frame(y=WORD).to_csv(file, index=False, quoting=2),
    "quotation marks everywhere": lambda file: frame(y=WORD).to_csv(file, index=False, quoting=1),
    "a stray quotation mark": lambda file: file.write_text(
        frame(y=WORD).to_csv(index=False).replace("døwn", 'd"wn'), encoding="utf-8"
    ),
    "a cell of two lines": lambda file: frame(y=np.where(np.arange(N) == 500, "a\nb", WORD)).to_csv(
        file, index=False
    ),
    "a name that looks like a cell": lambda file: (
        frame(y=WORD).rename(columns={"c2": "NA"}).to_csv(file, index=False)
    ),
    "carriage returns": lambda file: frame(y=WORD).to_csv(file, index=False, lineterminator="\r\n"),
    "a mark": lambda file: frame(y=WORD).to_csv(file, index=False, encoding="utf-8-sig"),
    "another encoding": lambda file: frame(y=WORD).to_csv(file, index=False, encoding="cp1252"),
    "a name left out": lambda file: (
        frame(y=WORD).rename(columns={"c3": ""}).to_csv(file, index=False)
    ),
    "blank lines": lambda file: file.write_text(
        "\n\n" + frame(y=WORD).to_csv(index=False).replace("\n", "\n\n", 40), encoding="utf-8"
    ),
    "one column": lambda file: frame()[["c2"]].to_csv(file, index=False),
    "no names": lambda file: np.savetxt(file, WHOLE, delimiter=","),
    "no names, spaces": lambda file: np.savetxt(file, WHOLE),
    "no names, a mixed column": lambda file: pd.DataFrame(
        {"a": [str(i) if i < 600 else f"{i}.25" for i in range(N)], "b": WHOLE[:, 0]}
    ).to_csv(file, index=False, header=False),
    "no names, one column": lambda file: np.savetxt(file, WHOLE[:, :1]),
}
WHOLE_ONLY = {
    "decimal commas",
    "another encoding",
    "numbers among words, in R",
    "a stray quotation mark",
    "a cell of two lines",
    "a name that looks like a cell",
}


def state(file, target="y", places=None):
    """Give all that a comparison takes of a file."""
    opened = Opened.of(file, target)
    rows = None if places is None else opened.numbers.known[places]
    read = opened.read(target, rows)
    marked = opened.labelled(target)
    arrays = [opened.numbers.known, read.values]
    arrays += [each for each in (read.labels, marked) if each is not None]
    return opened, arrays, read.notes, opened.frame(opened.numbers.known[PLACES])


def assert_same(one, other):
    for mine, others in zip(one[1], other[1], strict=True):
        if isinstance(mine, pd.Series):
            pd.testing.assert_series_equal(mine, others, check_exact=True)
        else:
            np.testing.assert_array_equal(mine, others, strict=True)
    assert one[2] == other[2]
    pd.testing.assert_frame_equal(one[3], other[3], check_exact=True)


@pytest.mark.parametrize("places", [None, PLACES], ids=["all", "some"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_long_text_is_read_as_it_is_read_whole(tmp_path, long, name, places):
    """To the last bit: what is decided by columns must not be decided by blocks."""
    file = tmp_path / "embedding.csv"
    TEXTS[name](file)
    if places is None and name == "ids of some rows":
        pytest.skip("refused where rows are not chosen by their numbers")
    found = state(file, places=places)
    assert isinstance(found[0].table, TextRows) == (name not in WHOLE_ONLY)
    long(False)
    whole = state(file, places=places)
    assert not isinstance(whole[0].table, TextRows)
    assert_same(found, whole)


def lines(*, at, says):
    """Write an embedding with one line that is otherwise, far down."""
    made = frame().to_csv(index=False).split("\n")
    made[at] = says
    return "\n".join(made)


@pytest.mark.parametrize(
    "text",
    [
        lines(at=700, says="1,2,3"),
        lines(at=700, says="1,2,3,4,5"),
        lines(at=700, says="1,2,,4"),
        lines(at=700, says="1,2,inf,4"),
        lines(at=700, says="1,2e120,inf,4"),
        lines(at=700, says="1,2,three,4"),
        lines(at=700, says='1,2,"3,4'),
        lines(at=0, says="a,b,a,c"),
        lines(at=0, says="row_id,b,c,d"),
        lines(at=0, says="1.5,2,3,4").replace("\n", "\n1,2\n", 3),
        lines(at=0, says="1.5,2,3,4").replace("\n", "\n1,2,word,5\n", 3),
        "a;b\n" + "1,234;2,5\n" * 400 + "1,234;1.5\n" * 400,
    ],
    ids=[
        *("short", "long", "missing", "infinite", "huge", "word", "quotation mark", "a name twice"),
        *("no row numbers", "no names, uneven", "no names, a word", "marks in doubt"),
    ],
)
def test_what_is_refused_is_refused_in_the_same_words(tmp_path, long, text):
    file = tmp_path / "embedding.csv"
    file.write_text(text, encoding="utf-8")
    said = []
    for is_long in (True, False):
        long(is_long)
        with pytest.raises(InputError) as refused:
            state(file)
        said.append(str(refused.value))
    assert said[0] == said[1]


def saved(file, array):
    np.save(file, array)
    return file


@pytest.mark.parametrize("places", [None, PLACES], ids=["all", "some"])
@pytest.mark.parametrize(
    "array",
    [
        WHOLE,
        np.asfortranarray(WHOLE),
        WHOLE.astype(np.float32),
        np.clip(WHOLE, -6e4, 6e4).astype(np.float16),
        WHOLE.astype(">f8"),
        np.clip(WHOLE, -100, 100).astype(np.int8),
        WHOLE > 0,
        WHOLE.astype(np.longdouble),
        WHOLE[:, :1],
    ],
    ids=["f8", "Fortran", "f4", "f2", "big-endian", "i1", "bool", "long", "one column"],
)
def test_an_array_is_mapped_and_read_as_it_is_read_whole(tmp_path, monkeypatch, array, places):
    file = saved(tmp_path / "embedding.npy", array)
    found = state(file, "e1" if array.shape[1] > 1 else "y", places)
    assert isinstance(found[0].table, ArrayRows)
    monkeypatch.setattr(compared_files, "array_rows", lambda path: None)
    assert_same(found, state(file, "e1" if array.shape[1] > 1 else "y", places))


@pytest.mark.parametrize(
    "array",
    [
        np.array([[{"a": 1}]] * N, dtype=object),
        WHOLE + 1j,
        WHOLE[:, 0],
        WHOLE[:, :0],
        WHOLE[:0],
        WHOLE.reshape(N, 2, 2),
        np.array([["a", "b"]] * N),
        np.where(WHOLE[-1, 1] == WHOLE, np.inf, WHOLE),
        np.where(WHOLE[-1, 1] == WHOLE, 1e101, WHOLE),
        np.where(WHOLE[-1, 1] == WHOLE, np.nan, WHOLE),
        np.zeros((4, 2), dtype="V0"),
        None,
    ],
    ids=[
        *("objects", "complex", "vector", "no columns", "no rows", "cube", "words", "infinite"),
        *("huge", "missing", "no bytes", "cut short"),
    ],
)
def test_an_array_is_refused_in_the_same_words(tmp_path, monkeypatch, array):
    """Objects above all: what would run code is never loaded."""
    file = saved(tmp_path / "embedding.npy", WHOLE if array is None else array)
    if array is None:
        file.write_bytes(file.read_bytes()[:-100])
    said = []
    for opens in (array_rows.array_rows, lambda path: None):
        monkeypatch.setattr(compared_files, "array_rows", opens)
        with pytest.raises(InputError) as refused:
            state(file)
        said.append(str(refused.value))
    assert said[0] == said[1]


def peak_of(call):
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("ending", ["npy", "csv", "txt"])
def test_what_is_held_does_not_grow_with_the_file(tmp_path, monkeypatch, long, ending):
    monkeypatch.setattr(text_blocks, "BLOCK", 100_000)
    monkeypatch.setattr(array_rows, "BATCH", 100)
    peaks = {}
    for n in (4000, 16_000):
        file = tmp_path / f"of {n}.{ending}"
        values = RNG.normal(size=(n, 40))
        if ending == "npy":
            np.save(file, values)
        elif ending == "csv":
            pd.DataFrame(values).add_prefix("c").to_csv(file, index=False)
        else:
            np.savetxt(file, values, fmt="%.6f")
        rows = np.arange(0, n, n // 50)

        def read(file=file, rows=rows):
            opened = Opened.of(file)
            assert isinstance(opened.table, ArrayRows | TextRows)
            assert opened.read(rows=rows).values.shape == (len(rows), 40)

        read()
        peaks[n] = peak_of(read)
    # Some 50 bytes for each row's number; 12,000 more numbers take 3.8 MB and as text 9 MB.
    assert peaks[16_000] - peaks[4000] < 1_000_000


def test_a_file_that_changes_meanwhile_is_refused(tmp_path, long):
    file = tmp_path / "embedding.csv"
    frame().to_csv(file, index=False)
    opened = Opened.of(file)
    frame()[:-1].to_csv(file, index=False)
    with pytest.raises(InputError, match=r"embedding\.csv' changed while it was read; start again"):
        opened.read()


def test_long_files_of_every_kind_are_compared_on_the_same_rows(tmp_path, monkeypatch, long):
    """And nothing says which kind of file it was."""
    monkeypatch.setattr(shared_rows, "SAMPLE", 300)
    y = np.where(np.arange(N) % 5 == 0, WORD, None)
    np.save(tmp_path / "other.npy", WHOLE[:, :2])
    frame(y=y).to_csv(tmp_path / "text.csv", index=False)
    frame(y=y).to_parquet(tmp_path / "binary.parquet", index=False)
    options = CompareOptions(target="y")
    text, binary = (
        compare_files([tmp_path / name, tmp_path / "other.npy"], options)
        for name in ("text.csv", "binary.parquet")
    )
    said = "compared on 300 of 900 rows, drawn at random with seed 0, labelled ones first"
    assert text.notes[0] == said and text.notes == binary.notes
    # Rows have another layout in memory, so sums of older numpy differ in the last bit.
    assert text.comparison.pairs[0].cka == pytest.approx(binary.comparison.pairs[0].cka, rel=1e-9)
    assert text.labelled.n_labelled == binary.labelled.n_labelled == 150

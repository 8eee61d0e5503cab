"""What looks wrong in a table."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from contextures.data import profile_table
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
N = 200
Y = RNG.choice(["no", "yes"], N)
AMOUNT = RNG.standard_normal(N)
BASE = {"x": RNG.standard_normal(N), "z": RNG.integers(0, 9, N), "y": Y}


def codes(extra, target="y", base=BASE):
    found = profile_table(pd.DataFrame({**base, **extra}), target).warnings
    return {(warning.column, warning.code) for warning in found}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (7, "constant"),
        (None, "empty"),
        (np.where(np.arange(N) < 150, np.nan, AMOUNT), "mostly-missing"),
        (np.arange(N) + 1000, "identifier"),
        (RNG.permutation(N), "identifier"),
        ([f"A{i:04d}" for i in range(N)], "identifier"),
        (Y, "target-copy"),
        (np.where(Y == "no", "N", "Y"), "target-leak"),
        (np.where(Y == "no", 0, 1), "target-leak"),
        (BASE["x"], "duplicate-column"),
        ([f"{v:.4f}" for v in AMOUNT], "text-numbers"),
        (["5", "many"] * (N // 2), "mixed-types"),
    ],
)
def test_each_flaw_is_named(values, code):
    assert ("new", code) in codes({"new": values})


def test_ten_thousand_categories_are_named():
    words = [f"word {i % 10_000} of many" for i in range(20_000)]
    frame = pd.DataFrame({"w": words, "x": RNG.standard_normal(20_000)})
    assert [(w.column, w.code) for w in profile_table(frame).warnings] == [("w", "many-categories")]


@pytest.mark.parametrize("name", ["row_id", "split", "c1", "c12"])
def test_columns_named_like_outputs_are_named(name):
    assert (name, "output-name") in codes({name: AMOUNT})


def test_copies_of_a_number_to_predict_are_found_up_to_scale_and_order():
    base = {"x": RNG.standard_normal(N), "y": AMOUNT}
    found = codes({"scaled": 3 - 2 * AMOUNT, "ranked": np.exp(AMOUNT)}, base=base)
    assert {("scaled", "target-leak"), ("ranked", "target-leak")} <= found
    assert not codes({"near": AMOUNT + 0.1 * RNG.standard_normal(N)}, base=base)


def test_sound_columns_raise_no_warning():
    """Measurements, dates, sentences and classes are all distinct or few without being wrong."""
    extra = {
        "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(RNG.integers(0, 99, N), unit="D"),
        "words": [f"a sentence about number {i}" for i in range(N)],
        "flag": RNG.random(N) < 0.5,
        "sparse count": RNG.choice(10**6, N, replace=False),
    }
    assert codes(extra) == set()


def test_repeated_rows_are_counted():
    """Spaces and how a number is stored do not make a row another one."""
    frame = pd.DataFrame(BASE)
    doubled = pd.concat([frame, frame.iloc[:3]], ignore_index=True)
    profile = profile_table(doubled)
    message = [w.message for w in profile.warnings if w.code == "duplicate-rows"]
    assert message[0].startswith("3 rows repeat")
    assert (profile.n_rows, profile.n_duplicate_rows) == (N + 3, 3)
    assert profile_table(frame).n_duplicate_rows == 0


@pytest.mark.parametrize(
    "values",
    [
        ["unknown", *[f"{v:.3f}" for v in AMOUNT[1:]]],
        np.array(["5", "many"] * (N // 2), dtype=object),
        np.array([5, "many"] * (N // 2), dtype=object),
    ],
)
def test_a_few_words_among_numbers_are_quoted(values):
    """One "unknown" turns a column of numbers into words; the reader has to learn which word."""
    warnings = profile_table(pd.DataFrame({**BASE, "new": values}), "y").warnings
    message = next(w.message for w in warnings if w.code == "mixed-types")
    assert "'unknown'" in message or "'many'" in message


def test_identifiers_need_twenty_rows():
    """In a small table whole numbers may all differ by chance."""
    for n, expected in ((19, set()), (20, {"identifier"})):
        frame = pd.DataFrame({"x": RNG.standard_normal(n), "id": np.arange(n)})
        assert {w.code for w in profile_table(frame).warnings} == expected
        frame["id"] = [f"A{i}" for i in range(n)]
        assert {w.code for w in profile_table(frame).warnings} == expected


def copy_message(values, target):
    frame = pd.DataFrame({"x": RNG.standard_normal(N), "new": values, "y": target})
    found = profile_table(frame, "y").warnings
    return next(
        (w.message for w in found if w.column == "new" and w.code.startswith("target-")), None
    )


def test_exact_copies_of_the_target_are_told_from_columns_that_follow_from_it():
    """What only may leak the target is used, and the warning says so."""
    numbers = np.where(Y == "no", 3, 4)
    for target in (Y, AMOUNT, numbers, np.where(np.arange(N) < 9, np.nan, AMOUNT)):
        message = copy_message(target if target is not Y else [f" {v} " for v in Y], target)
        assert "exact copy" in message
    assert "exact copy" in copy_message(numbers.astype(str).astype(object), numbers)
    for values, target in ((numbers, Y), (2 * AMOUNT, AMOUNT), (Y, numbers)):
        assert "may leak the target and is still used" in copy_message(values, target)


def test_classes_written_as_other_numbers_are_copies_of_them():
    """Three classes recoded out of order do not correlate, but say the same."""
    classes = RNG.integers(0, 3, N)
    assert copy_message(np.array([7, 1, 4])[classes], classes) is not None
    assert copy_message(np.where(Y == "no", np.nan, 1.0), Y) is not None
    assert copy_message(np.array([0, 0, 1])[classes], classes) is None
    unlabelled = np.where(np.arange(N) < 5, None, Y)
    assert copy_message(np.where(np.arange(N) < 5, "other", Y), unlabelled) is not None


def test_columns_that_all_differ_are_no_copies_of_a_target_that_does():
    """Two columns of distinct values are one-to-one without knowing anything of each other."""
    for values in (
        [f"A{i:04d}" for i in range(N)],
        [f"a sentence about number {i}" for i in range(N)],
        RNG.standard_normal(N),
        np.arange(N),
        pd.date_range("2020-01-01", periods=N),
    ):
        assert copy_message(values, AMOUNT) is None


def test_numbers_stored_in_another_way_are_duplicate_columns():
    """A join of two files may bring a column twice, once as numbers and once as words."""
    words = np.array([f" {v}" for v in BASE["z"]], dtype=object)
    for values in (words, BASE["z"].astype(float), pd.Categorical(BASE["z"])):
        assert ("new", "duplicate-column") in codes({"new": values})
    assert ("new", "duplicate-column") not in codes({"new": BASE["z"] + 1})


def test_every_kind_of_column_is_profiled():
    """Kinds and counts are what reports show; pandas' newer types are as good as its older."""
    frame = pd.DataFrame(
        {
            "x": pd.array([1.5, None, *AMOUNT[2:]], dtype="Float64"),
            "flag": pd.array([True, None, *[False, True] * (N // 2 - 1)], dtype="boolean"),
            "when": pd.date_range("2020-01-01", periods=N, tz="Europe/Berlin"),
            "word": pd.Categorical(RNG.choice(["a", "b"], N)),
            "span": pd.to_timedelta(AMOUNT, unit="h"),
        }
    )
    found = {c.name: (c.kind, c.n_missing) for c in profile_table(frame).columns}
    assert found == {
        "x": ("numeric", 1),
        "flag": ("boolean", 1),
        "when": ("date", 0),
        "word": ("category", 0),
        "span": ("numeric", 0),
    }


def test_a_target_that_is_no_column_is_answered_with_close_names():
    with pytest.raises(InputError, match=r"'prise' is not a column.*'price'"):
        profile_table(pd.DataFrame({"price": AMOUNT, "x": AMOUNT}), "prise")


@pytest.mark.parametrize("values", [{"a": 1, "b": "w"}, {"a": None, "b": 2}])
def test_nothing_that_varies_is_refused(values):
    with pytest.raises(InputError, match="constant or empty besides the target 'y'"):
        profile_table(pd.DataFrame({"y": AMOUNT, **values}), "y")


def test_a_target_like_no_column_is_answered_with_the_names_there_are():
    with pytest.raises(InputError, match=r"'qqq' is not a column.*give one of 'price' and 'x'"):
        profile_table(pd.DataFrame({"price": AMOUNT, "x": AMOUNT}), "qqq")


def test_wide_tables_are_looked_over_quickly():
    """Bad input is told at once: 0.2 s alone; the bound leaves room for a busy machine."""
    n = 20_000
    numbers = pd.DataFrame(RNG.standard_normal((n, 50))).rename(columns=str)
    few = pd.DataFrame({str(i): RNG.choice(["red", "green", "blue"], n) for i in range(50)})
    for frame in (numbers, few):
        start = time.process_time()
        profile_table(frame, "0")
        assert time.process_time() - start < 2


def test_columns_that_start_alike_are_compared_quickly():
    """Flags that are mostly zero agree in their first thousand rows; none is a copy."""
    frame = pd.DataFrame({str(i): np.zeros(20_000) for i in range(200)})
    for i in range(200):
        frame.iloc[5000 + i :: 997, i] = 1.0
    start = time.process_time()
    assert {w.code for w in profile_table(frame).warnings} == {"duplicate-rows"}
    assert time.process_time() - start < 5


def test_names_that_are_no_text_are_profiled_too():
    frame = pd.DataFrame(np.random.default_rng(0).standard_normal((50, 3)))
    frame[2] = 3 * frame[0]
    profile = profile_table(frame, "2")
    assert [column.name for column in profile.columns] == ["0", "1", "2"]
    assert [(w.column, w.code) for w in profile.warnings] == [("0", "target-leak")]

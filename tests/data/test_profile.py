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
        (np.where(Y == "no", "N", "Y"), "target-copy"),
        (np.where(Y == "no", 0, 1), "target-copy"),
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
    assert {("scaled", "target-copy"), ("ranked", "target-copy")} <= found
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
    frame = pd.DataFrame(BASE)
    doubled = pd.concat([frame, frame.iloc[:3]], ignore_index=True)
    message = [w.message for w in profile_table(doubled).warnings if w.code == "duplicate-rows"]
    assert message[0].startswith("3 rows repeat")


def test_a_target_that_is_no_column_is_answered_with_close_names():
    with pytest.raises(InputError, match=r"'prise' is not a column.*'price'"):
        profile_table(pd.DataFrame({"price": AMOUNT, "x": AMOUNT}), "prise")


@pytest.mark.parametrize("values", [{"a": 1, "b": "w"}, {"a": None, "b": 2}])
def test_nothing_that_varies_is_refused(values):
    with pytest.raises(InputError, match="every column .* constant or empty, so there is nothing to learn"):
        profile_table(pd.DataFrame({"y": AMOUNT, **values}), "y")


def test_a_wide_table_is_looked_over_quickly():
    """Bad input is to be told within a second of reading; the bound here is generous."""
    frame = pd.DataFrame(RNG.standard_normal((20_000, 50))).rename(columns=str)
    start = time.perf_counter()
    profile_table(frame, "0")
    assert time.perf_counter() - start < 10

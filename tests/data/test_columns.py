"""Columns as fitted: other spellings, unknown values, tiny and far numbers, odd dates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contextures.data import TablePreparation, load_preparation, save_preparation
from contextures.exceptions import InputError

FAR_DAYS = int(pd.__version__.partition(".")[0]) >= 3
"""Whether pandas holds days beyond 1677 to 2262."""

RNG = np.random.default_rng(0)
N = 60
X = RNG.standard_normal(N)
TRUTH = np.arange(N) % 3 == 0


def fitted(values):
    frame = pd.DataFrame({"x": X, "v": values})
    return TablePreparation().fit(frame), frame


def feature(preparation, values):
    frame = pd.DataFrame({"x": np.zeros(len(values)), "v": pd.Series(values)})
    return preparation.transform(frame)[:, 1:]


SPELLINGS = {
    "booleans": [True, False],
    "whole numbers": [1, 0],
    "floats": [1.0, 0.0],
    "words": ["true", "false"],
    "capitals": ["TRUE", "FALSE"],
    "answers": ["yes", "no"],
    "letters": ["Y", "N"],
    "digits": ["1", "0"],
    "with a gap": [True, False, None],
    "floats with a gap": [1.0, 0.0, np.nan],
    "pandas' own": pd.array([True, False, None], dtype="boolean"),
}


@pytest.mark.parametrize("old", SPELLINGS)
@pytest.mark.parametrize("new", SPELLINGS)
def test_the_same_truth_is_one_value_however_it_is_spelled(old, new):
    """A database, pandas and a spreadsheet each write true and false in a way of their own."""
    values = pd.Series(SPELLINGS[old])
    preparation, _ = fitted(values.iloc[np.where(TRUTH, 0, 1)].reset_index(drop=True))
    np.testing.assert_allclose(
        feature(preparation, SPELLINGS[new])[:2], feature(preparation, SPELLINGS[old])[:2]
    )
    assert not np.allclose(*feature(preparation, SPELLINGS[new])[:2])


@pytest.mark.parametrize("share", [0.5, 0.02])
def test_an_unknown_value_of_two_lies_as_far_from_one_as_from_the_other(share):
    words = np.where(np.arange(N) < max(1, share * N), "male", "female")
    preparation, frame = fitted(words)
    male, female, other, missing = feature(preparation, ["male", "female", "other", None])
    assert np.linalg.norm(male - other) == pytest.approx(np.linalg.norm(female - other))
    assert np.linalg.norm(male - other) > 0.4 * np.linalg.norm(male - female)
    np.testing.assert_array_equal(other, missing)
    assert not preparation.check_columns(frame)


def test_values_never_seen_are_counted_and_quoted():
    preparation, frame = fitted(np.where(TRUTH, "a", "b"))
    frame.loc[:4, "v"] = ["c", "c", "d", None, ""]
    notes = preparation.check_columns(frame)
    assert any("'v' holds values never seen at fit time in 3 rows: 'c' and 'd'" in n for n in notes)
    assert any("'v' is empty in 2 rows" in n for n in notes)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-290, 90),
    st.sampled_from([0.0, 1.0, 1e3, 1e6, 1e9]),
    st.booleans(),
)
def test_what_a_column_varies_by_is_seen_whatever_its_unit_and_offset(exponent, offset, negative):
    """Offset and unit are a matter of convention: the features do not depend on them."""
    unit = (-1.0 if negative else 1.0) * 10.0**exponent
    values = unit * (offset + np.round(X, 3))
    plain = TablePreparation().fit_transform(pd.DataFrame({"v": np.round(X, 3)}))
    got = TablePreparation().fit_transform(pd.DataFrame({"v": values}))
    sign = -1.0 if negative else 1.0
    np.testing.assert_allclose(sign * got, plain, atol=1e-4)


@pytest.mark.parametrize(
    "values",
    [
        5e-324 * np.arange(N),
        2**62 + np.arange(N),
        np.uint64(2**63) + np.arange(N, dtype=np.uint64),
        -(2**62) - np.arange(N),
        pd.array(2**60 + np.arange(N), dtype="Int64"),
        np.r_[np.linspace(0, 1, N - 1), 1e90],
        pd.Timestamp("2021-01-01") + pd.to_timedelta(np.arange(N), unit="s"),
        pd.Timestamp("2021-01-01") + pd.to_timedelta(np.arange(N), unit="us"),
        pd.to_timedelta(np.arange(N), unit="us"),
    ],
)
def test_every_step_is_a_step(values):
    """Denormal numbers, identifiers beyond 2**53, seconds of one minute."""
    preparation, frame = fitted(values)
    got = preparation.transform(frame)[:, -1]
    assert len(np.unique(got[:-1])) == N - 1


def test_a_column_whose_values_cannot_be_told_apart_is_said_to_be_left_out():
    preparation, _ = fitted(pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(N), unit="ns"))
    assert list(preparation.kinds_) == ["x"]
    assert "differ by less than numbers can hold" in preparation.account_[1].action


@pytest.mark.parametrize(
    "odd", ["9999-12-31", "0001-01-01", "1500-06-01", "2021-02-30", "0000-00-00"]
)
def test_open_ends_and_days_that_are_none_leave_dates_dates(odd):
    days = [f"2021-02-{i % 28 + 1:02d}" for i in range(N)]
    preparation, frame = fitted([odd if i % 10 == 0 else day for i, day in enumerate(days)])
    line = preparation.account_[1]
    assert line.kind == "date"
    features = preparation.transform(frame)
    assert np.isfinite(features).all()
    # The other rows still differ from each other by their day.
    assert np.ptp(features[[i for i in range(N) if i % 10]], axis=0).max() > 1
    none = odd in ("2021-02-30", "0000-00-00") or not FAR_DAYS
    assert line.missing == (6 if none else 0)
    assert ("count as missing" in line.action) is none
    # An open end may come in new rows only.
    preparation, _ = fitted(days)
    row = pd.DataFrame({"x": [0.0], "v": [odd]})
    assert np.isfinite(preparation.transform(row)).all()
    assert any("no date in 1 row" in note for note in preparation.check_columns(row)) is none


def test_new_dates_are_read_in_the_order_that_was_fitted():
    """One row says nothing about the order of day and month; the fitted column did."""
    preparation, _ = fitted([f"{i % 12 + 1:02d}/{i % 28 + 1:02d}/2021" for i in range(N)])
    assert preparation.date_formats_["v"] == "%m/%d/%Y"
    later, earlier = feature(preparation, ["11/02/2021", "02/11/2021"])[:, -1]
    assert later > earlier


def test_dates_in_doubt_are_asked_for_and_settled_by_an_option_or_by_another_column():
    day, month = np.arange(N) % 11 + 1, np.arange(N) % 12 + 1
    frame = pd.DataFrame(
        {"x": X, "v": [f"{d:02d}/{m:02d}/2021" for d, m in zip(day, month, strict=True)]}
    )
    with pytest.raises(InputError, match=r"'v' holds dates .*--dates day-first"):
        TablePreparation().fit(frame)
    for order, form in (("day-first", "%d/%m/%Y"), ("month-first", "%m/%d/%Y")):
        assert TablePreparation(dates=order).fit(frame).date_formats_["v"] == form
    other = frame.assign(w=[f"{i % 28 + 1:02d}/12/2020" for i in range(N)])
    assert TablePreparation().fit(other).date_formats_["v"] == "%d/%m/%Y"
    with pytest.raises(InputError, match="order of dates 'american'"):
        TablePreparation(dates="american").fit(frame)


def test_amounts_with_units_are_read_alike_in_new_rows_and_after_a_round_trip(tmp_path):
    amounts = [f"${v:,.2f}" for v in 1e4 * RNG.random(N)]
    preparation, frame = fitted(amounts)
    assert preparation.kinds_["v"] == "numeric"
    save_preparation(preparation, tmp_path)
    again = load_preparation(tmp_path)
    np.testing.assert_array_equal(again.transform(frame), preparation.transform(frame))
    plain = [float(v[1:].replace(",", "")) for v in amounts]
    np.testing.assert_allclose(
        feature(again, amounts[:3]), feature(preparation, plain[:3]), atol=1e-12
    )
    with pytest.raises(InputError, match="holds '3 kg' at row 1, where a number was fitted"):
        feature(again, ["3 kg"])

"""Tables as numbers."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from contextures.data import TablePreparation
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
N = 300


@pytest.fixture
def frame():
    numbers = RNG.lognormal(size=N)
    gaps = np.where(RNG.random(N) < 0.2, np.nan, RNG.standard_normal(N))
    return pd.DataFrame(
        {
            "amount": numbers,
            "gaps": gaps,
            "count": RNG.integers(0, 9, N),
            "colour": RNG.choice(["red", "green", None, "blue"], N),
            "flag": RNG.random(N) < 0.3,
            "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(RNG.integers(0, 900, N), unit="D"),
            "name": [f"{RNG.choice(['mill', 'lake', 'ford'])} street {i % 120}" for i in range(N)],
            "digits": [f"{v:.3f}" for v in RNG.random(N)],
            "same": 7,
            "nothing": None,
        }
    )


def test_every_column_weighs_the_same_and_is_accounted_for(frame):
    preparation = TablePreparation()
    features = preparation.fit_transform(frame)
    assert np.isfinite(features).all()
    np.testing.assert_allclose(features.mean(0), 0, atol=1e-9)
    account = {line.column: line for line in preparation.account_}
    assert list(account) == list(frame.columns)
    start = 0
    names = list(preparation.get_feature_names_out())
    assert len(names) == features.shape[1] == sum(line.outputs for line in preparation.account_)
    for name, line in account.items():
        if name in ("same", "nothing"):
            assert line.outputs == 0
            assert "left out" in line.action
        start += line.outputs
    assert features.var(0).sum() == pytest.approx(8, abs=0.05)
    assert account["gaps"].missing == frame["gaps"].isna().sum()
    assert "marked" in account["gaps"].action
    assert "read from text" in account["digits"].action
    assert account["when"].kind == "date"


def test_rows_do_not_depend_on_their_batch_or_their_file(frame):
    """A row alone, or read back from a CSV file with other types, gets the same features."""
    preparation = TablePreparation().fit(frame)
    whole = preparation.transform(frame)
    alone = np.vstack([preparation.transform(frame.iloc[[i]]) for i in range(0, N, 37)])
    np.testing.assert_allclose(whole[::37], alone, atol=1e-12)
    text = io.StringIO(frame.to_csv(index=False))
    np.testing.assert_allclose(preparation.transform(pd.read_csv(text)), whole, atol=1e-9)
    shuffled = frame[list(frame.columns[::-1])].assign(extra=1)
    np.testing.assert_allclose(preparation.transform(shuffled), whole, atol=1e-12)
    assert "ignored 1 column 'extra'" in preparation.check_columns(shuffled)[0]


def test_an_outlier_does_not_swallow_its_column():
    values = np.r_[RNG.standard_normal(199), 1e9]
    features = TablePreparation().fit_transform(pd.DataFrame({"a": values, "b": values[::-1]}))
    assert np.abs(features).max() < 11
    assert features[:199, 0].std() > 0.5


def test_a_value_in_one_row_only_does_not_tear_it_off():
    """A binary column with a single one would otherwise put that row 30 deviations away."""
    frame = pd.DataFrame({"rare": [1] + [0] * 999, "b": RNG.standard_normal(1000)})
    assert np.abs(TablePreparation().fit_transform(frame)).max() <= 10 + 1e-9


def test_unknown_categories_are_no_category(frame):
    preparation = TablePreparation().fit(frame)
    row = frame.iloc[[0]].assign(colour="violet", name="somewhere else")
    assert np.isfinite(preparation.transform(row)).all()


def test_ten_thousand_categories_stay_few_features():
    frame = pd.DataFrame(
        {"code": [f"item-{i:05d}" for i in range(10_000)] * 2, "v": RNG.standard_normal(20_000)}
    )
    features = TablePreparation().fit_transform(frame)
    assert features.shape[1] <= 12


@pytest.mark.parametrize("n", [39, 40, 41])
@pytest.mark.parametrize("gaps", [False, True])
def test_the_account_says_what_was_done_with_the_most_categories(n, gaps):
    """What is called a category here gets an indicator a value, up to the very last one."""
    words = np.array([f"v{i % n}" for i in range(12 * n)], dtype=object)
    if gaps:
        words[:5] = None
    preparation = TablePreparation().fit(pd.DataFrame({"word": words}))
    (line,) = preparation.account_
    if n <= 40:
        assert (line.kind, line.outputs) == ("category", n + gaps)
        assert "one indicator a category" in line.action
    else:
        assert (line.kind, line.outputs) == ("text", 10 + gaps)


@pytest.mark.filterwarnings("error")
def test_texts_of_few_parts_are_prepared_without_a_warning():
    frame = pd.DataFrame({"text": ["x" * (i + 1) for i in range(60)]})
    assert np.isfinite(TablePreparation().fit_transform(frame)).all()


def test_names_that_are_no_text_fit_a_file_that_has_them_as_text():
    frame = pd.DataFrame(RNG.standard_normal((30, 2)))
    preparation = TablePreparation().fit(frame)
    again = frame.rename(columns=str)
    np.testing.assert_array_equal(preparation.transform(frame), preparation.transform(again))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.zeros((30, 2)), "expected as a pandas DataFrame, not ndarray"),
        (pd.DataFrame([[1, 2]] * 30, columns=["a", "a"]), "column name 'a' appears more than once"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(frame, table, message):
    preparation = TablePreparation().fit(frame)
    for use in (TablePreparation().fit, preparation.transform, preparation.check_columns):
        with pytest.raises(InputError, match=message):
            use(table)


def test_left_out_columns_may_be_absent_later(frame):
    preparation = TablePreparation({"name": "it looks like an identifier"}).fit(frame)
    assert "identifier" in preparation.account_[6].action
    preparation.transform(frame.drop(columns=["name", "same", "nothing"]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns=["amount", "colour"]), "lacks the columns 'amount' and 'colour'"),
        (lambda f: f.assign(amount="high"), "column 'amount' holds 'high' at row 1"),
        (lambda f: f.assign(when="soon"), "column 'when' holds 'soon'"),
        (lambda f: f.assign(amount=np.inf), "'amount' holds infinite values"),
        (lambda f: f.iloc[:0], "the table has no rows"),
    ],
)
def test_tables_that_do_not_fit_are_refused_by_name(frame, change, message):
    preparation = TablePreparation().fit(frame)
    with pytest.raises(InputError, match=message):
        preparation.transform(change(frame))


def test_nothing_left_to_learn_from_is_said(frame):
    with pytest.raises(InputError, match="no column is left"):
        TablePreparation().fit(frame[["same", "nothing"]])

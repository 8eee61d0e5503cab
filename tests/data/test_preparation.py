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
    ],
)
def test_tables_that_do_not_fit_are_refused_by_name(frame, change, message):
    preparation = TablePreparation().fit(frame)
    with pytest.raises(InputError, match=message):
        preparation.transform(change(frame))


def test_nothing_left_to_learn_from_is_said(frame):
    with pytest.raises(InputError, match="no column is left"):
        TablePreparation().fit(frame[["same", "nothing"]])

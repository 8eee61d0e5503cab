"""A row alone has the features that it has among others, and is refused as it is among others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from contextures.data import TablePreparation, load_preparation, save_preparation
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
N = 120


def mixed():
    """Numbers of several types, some written out, words, truths, dates and text, with gaps."""
    gaps = RNG.random(N) < 0.2
    day = pd.Timestamp("2020-01-01")
    return pd.DataFrame(
        {
            "whole": RNG.integers(0, 50, N),
            "large": 2**60 + RNG.integers(0, 5000, N),
            "single": RNG.standard_normal(N).astype(np.float32),
            "gappy": np.where(gaps, np.nan, RNG.standard_normal(N)),
            "nullable": pd.array(np.where(gaps, None, RNG.integers(0, 99, N)), dtype="Int64"),
            "truth": RNG.random(N) < 0.5,
            "zero_one": RNG.integers(0, 2, N),
            "written": [f"{v:.1f}%" for v in RNG.uniform(0, 100, N)],
            "word": pd.Series(RNG.choice(["a", "b", "c"], N), dtype=object).where(~gaps),
            "code": pd.Categorical(RNG.choice([1, 2, 7], N)),
            "when": [day + pd.Timedelta(days=int(d)) for d in RNG.integers(0, 900, N)],
            "text": [" ".join(RNG.choice(list("abcdefgh"), 6)) for _ in range(N)],
        }
    )


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    frame = mixed()
    preparation = TablePreparation().fit(frame)
    save_preparation(preparation, folder)
    return frame, preparation, load_preparation(folder)


@pytest.mark.parametrize("which", [1, 2])
def test_a_row_alone_is_as_among_others(fitted, which):
    """Twice, as cells that were seen are remembered; in any order of columns, with others too."""
    frame, preparation = fitted[0], fitted[which]
    whole = preparation.transform(frame)
    for given in (frame, frame, frame[frame.columns[::-1]].assign(other=3)):
        rows = [preparation.transform(given.iloc[[i]]) for i in range(len(frame))]
        np.testing.assert_array_equal(np.vstack(rows), whole)


@pytest.mark.parametrize(
    "changed",
    [
        {"word": "never seen"},
        {"word": None, "gappy": np.nan},
        {"zero_one": "yes"},
        {"whole": 1e99},
        {"whole": "17"},
        {"whole": None},
        {"code": 2.0},
        {"truth": 1},
        {"large": 2**60 + 17},
        {"written": "12%"},
        {"written": 0.12},
        {"when": pd.Timestamp("2021-03-04 05:06", tz="UTC")},
    ],
)
def test_cells_of_other_types_are_read_alike_alone(fitted, changed):
    frame, preparation, _ = fitted
    row = frame.iloc[[3]].astype(object).assign(**{k: [v] for k, v in changed.items()})
    for given in (row, row.infer_objects()):
        two = pd.concat([given, given], ignore_index=True)
        alone = preparation.transform(given)
        np.testing.assert_array_equal(alone[0], preparation.transform(two)[0])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"gappy": np.inf}, "the column 'gappy' holds infinite values"),
        ({"whole": -1e101}, "the column 'whole' holds values above 1e100"),
        ({"whole": "tall"}, "the column 'whole' holds 'tall' at row 1, where a number was fitted"),
        ({"when": "soon"}, "the column 'when' holds 'soon' at row 1, where a date was fitted"),
    ],
)
def test_what_is_refused_among_others_is_refused_alone(fitted, changed, said):
    frame, preparation, _ = fitted
    row = frame.iloc[[3]].assign(**{k: pd.Series([v], index=[3]) for k, v in changed.items()})
    for _ in range(2):
        with pytest.raises(InputError, match=said):
            preparation.transform(row)
    with pytest.raises(InputError, match="the table lacks the column 'whole'"):
        preparation.transform(frame.iloc[[3]].drop(columns="whole"))


def test_what_was_remembered_goes_with_the_fit():
    frame = mixed()
    preparation = TablePreparation().fit(frame)
    preparation.transform(frame.iloc[[0]])
    again = preparation.fit(frame.assign(whole=frame["whole"] ** 2, word="a" + frame["word"]))
    alone = again.transform(frame.iloc[[0]])
    np.testing.assert_array_equal(alone[0], again.transform(frame.iloc[[0, 1]])[0])

"""Tables from pandas frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from contextures.data import table_from_frame
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "size": RNG.standard_normal(40).round(4),
        "count": RNG.integers(0, 50, 40),
        "town": RNG.choice(["Köln", "Ghent", "São Paulo"], 40),
    }
)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ([[1, 2]], "pandas DataFrame, not list"),
        (pd.DataFrame(np.ones((30, 2)), columns=["a", "a"]), "'a' appears more than once"),
        (FRAME.assign(x=[[1]] * 40), "'x' holds lists"),
        (FRAME.assign(x=1j), "'x' holds complex"),
        (FRAME.assign(x=-np.inf), "'x' holds infinite"),
        (FRAME.assign(x=np.array([0.5, np.inf] * 20, dtype=object)), "'x' holds infinite"),
        (FRAME.assign(x=[*(f"{v:.4f}" for v in RNG.random(39)), "-inf"]), "'x' holds infinite"),
        (FRAME.assign(x=1e200), "'x' holds values above 1e100"),
        (FRAME.iloc[:3], "3 rows"),
        (FRAME[["size"]], "1 column"),
    ],
)
def test_bad_frames_are_refused(frame, message):
    with pytest.raises(InputError, match=message):
        table_from_frame(frame)


def test_frames_are_copied_named_and_noted():
    """The caller's frame stays as it was; names that are no text become text."""
    frame = pd.DataFrame(RNG.standard_normal((30, 2)), index=np.arange(30) * 2)
    table = table_from_frame(frame)
    assert list(table.frame) == ["0", "1"]
    assert list(frame) == [0, 1]
    assert table.frame.index.equals(pd.RangeIndex(30))
    assert any("row index" in note for note in table.notes)
    assert any("turned into text" in note for note in table.notes)
    several = pd.DataFrame(
        np.ones((30, 2)), columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])
    )
    with pytest.raises(InputError, match="several levels of column names"):
        table_from_frame(several)


def test_the_word_infinity_among_words_is_a_word():
    """Only what is read as a number can be infinite."""
    words = table_from_frame(FRAME.assign(x=["inf", "finite"] * 20)).frame["x"]
    assert set(words) == {"inf", "finite"}

"""Values of a target that squared errors follow alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from contextures.data.far_values import far_values
from contextures.data.table import as_table
from contextures.runs.checked_table import look_over

RNG = np.random.default_rng(0)


def test_a_slip_of_the_pen_is_named():
    values = RNG.normal(1000, 100, size=500)
    values[3], values[4] = 1_120_000.0, np.nan
    said = far_values("rent", values).message
    assert said.startswith("1 value of 'rent' (1,120,000) makes 100% of how it varies")
    values[5:7] = 1_120_000.0
    assert (
        "2 values of 'rent' (1,120,000, 1,120,000) make 67%" in far_values("rent", values).message
    )


@pytest.mark.parametrize(
    "values",
    [
        RNG.normal(size=200),
        RNG.standard_t(2, size=2000),
        np.exp(RNG.normal(size=2000)),
        np.repeat([0.0, 1.0], 50),
        np.append(np.zeros(20), 5.0),
        np.full(100, 3.0),
        np.append(np.zeros(200), np.full(10, 9.0)),
    ],
)
def test_long_tails_and_rare_amounts_are_no_slips(values):
    assert far_values("y", values) is None


def test_it_is_told_of_targets_that_are_numbers():
    frame = pd.DataFrame({"x": RNG.normal(size=80), "y": RNG.normal(size=80)})
    frame.loc[2, "y"] = 1e6
    checked = look_over(as_table(frame), "y")
    assert any("'y' (1,000,000)" in note for note in checked.notes)
    frame["y"] = np.where(frame["y"] > 0, "high", "low")
    assert not any("how it varies" in note for note in look_over(as_table(frame), "y").notes)

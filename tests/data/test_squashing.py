"""The quick form of skrub's scaler."""

from __future__ import annotations

import numpy as np
import pandas as pd
from skrub import SquashingScaler

from contextures.data.squashing import apart, squash, together


def test_it_is_the_scaler_to_the_last_bit():
    """Robust columns, columns of one value but for a few, constant ones, and gaps in all."""
    rng = np.random.default_rng(0)
    columns = np.column_stack(
        [
            rng.standard_cauchy(200) * 1e6,
            np.where(np.arange(200) < 10, rng.normal(size=200), 3.0),
            np.full(200, 7.0),
        ]
    )
    columns[::17] = np.nan
    new = np.vstack([columns, 100 * rng.normal(size=(20, 3)), np.full((1, 3), np.nan)])
    for place in range(3):
        fitted = SquashingScaler().fit(pd.DataFrame(columns[:, [place]]))
        expected = fitted.transform(pd.DataFrame(new[:, [place]]))
        np.testing.assert_array_equal(squash(fitted, new[:, [place]]), expected)
    together = SquashingScaler().fit(columns)
    np.testing.assert_array_equal(squash(together, new), together.transform(new))


def test_many_columns_at_once_are_the_columns_one_by_one():
    """Wide tables fit and keep one scaler for all columns, where each has its own."""
    rng = np.random.default_rng(0)
    robust = rng.normal(size=(100, 3))
    few = np.where(np.arange(100)[:, None] < 4, rng.normal(size=(100, 2)), 1.0)
    columns = np.column_stack([few[:, :1], robust, np.ones(100), few[:, 1:]])
    columns[::9, 1] = np.nan
    widths = [1, 2, 3]
    parts = apart(SquashingScaler().fit(columns), widths)
    blocks = np.split(columns, np.cumsum(widths)[:-1], axis=1)
    for part, block in zip(parts, blocks, strict=True):
        expected = SquashingScaler().fit_transform(block)
        np.testing.assert_array_equal(squash(part, block), expected)
        np.testing.assert_array_equal(part.transform(block), expected)
    np.testing.assert_array_equal(
        together(parts).transform(columns), SquashingScaler().fit_transform(columns)
    )

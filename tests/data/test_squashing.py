"""The quick form of skrub's scaler."""

from __future__ import annotations

import numpy as np
import pandas as pd
from skrub import SquashingScaler

from contextures.data.squashing import squash


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

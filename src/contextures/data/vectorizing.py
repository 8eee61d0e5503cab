"""skrub's encoders, one for each column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.data.kinds import MAX_CATEGORIES
from contextures.data.squashing import squash
from contextures.data.without_home import load_skrub

FloatArray = NDArray[np.float64]

TEXT_FEATURES = 10


def table_vectorizer() -> Any:
    """Make the vectoriser that fits an encoder to each column."""
    from sklearn.preprocessing import OneHotEncoder

    load_skrub()
    from skrub import DatetimeEncoder, SquashingScaler, StringEncoder, TableVectorizer

    one_hot = OneHotEncoder(
        drop="if_binary", handle_unknown="ignore", sparse_output=False, dtype="float64"
    )
    return TableVectorizer(
        cardinality_threshold=MAX_CATEGORIES + 1,
        numeric=SquashingScaler(),
        low_cardinality=one_hot,
        high_cardinality=StringEncoder(n_components=TEXT_FEATURES, random_state=0),
        datetime=DatetimeEncoder(resolution="hour", add_total_seconds=True),
    )


def encode_column(encoder: Any, column: pd.DataFrame) -> FloatArray:
    """Apply one column's encoder; skrub marks those of its own that take a Series."""
    if hasattr(encoder, "robust_cols_"):
        return squash(encoder, column.to_numpy(dtype=np.float64))
    one_column = hasattr(encoder, "__single_column_transformer__")
    encoded = encoder.transform(column.iloc[:, 0] if one_column else column)
    values: FloatArray = np.asarray(encoded, dtype=np.float64)
    return values.reshape(len(column), -1)

"""Columns of types that are neither numbers, words nor dates, as one of these."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_object_dtype

from contextures.data.words import shortened
from contextures.exceptions import InputError

_LONGEST_BYTES = 64
"""More bytes than an identifier or a checksum has are a picture, a sound or a document."""


def plain_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a frame with its binary, period, interval, decimal, time and sparse columns in plain.

    Binary values become text where they are text, else hexadecimal; periods their first moment;
    intervals their middle; times of day their seconds; decimals and sparse numbers floats.

    Raises
    ------
    InputError
        If a column holds long binary values.
    """
    changed: dict[str, Any] = {}
    for name in frame.columns:
        column = frame[name]
        plain = _plain(column, str(name))
        if plain is not None:
            changed[name] = plain
    return frame.assign(**changed) if changed else frame


def _plain(column: pd.Series, name: str) -> pd.Series | None:
    dtype = column.dtype
    if isinstance(dtype, pd.PeriodDtype):
        return pd.Series(column.dt.to_timestamp())
    if isinstance(dtype, pd.IntervalDtype):
        return _middles(column)
    if isinstance(dtype, pd.SparseDtype):
        return pd.Series(np.asarray(column.array), index=column.index)
    if isinstance(dtype, pd.ArrowDtype):
        return _plain_arrow(column, name)
    if isinstance(dtype, pd.CategoricalDtype):
        categories = _plain(pd.Series(dtype.categories), name)
        if categories is None or not categories.is_unique:
            return None
        if categories.dtype == object:
            return column.cat.rename_categories([str(each) for each in categories])
        return column.astype(object).map(dict(zip(dtype.categories, categories, strict=True)))
    if dtype == np.longdouble and dtype != np.float64:
        return column.astype(np.float64)
    return _plain_objects(column, name) if is_object_dtype(dtype) else None


def _plain_objects(column: pd.Series, name: str) -> pd.Series | None:
    inferred = pd.api.types.infer_dtype(column, skipna=True)
    if inferred in ("string", "empty", "boolean", "integer", "floating", "date", "datetime"):
        return None
    present = column.dropna()
    ways: tuple[tuple[type | tuple[type, ...], Callable[[pd.Series], pd.Series]], ...] = (
        ((bytes, bytearray, memoryview), lambda values: _texts(values, name)),
        (pd.Period, lambda values: values.map(lambda v: v.to_timestamp())),
        (pd.Interval, _middles),
        (time, lambda values: values.map(_seconds)),
        (Decimal, lambda values: values.map(float)),
    )
    for kinds, change in ways:
        if len(present) and all(isinstance(value, kinds) for value in present):
            return change(present).reindex(column.index)
    return None


def _plain_arrow(column: pd.Series, name: str) -> pd.Series | None:
    """Give a column backed by Arrow the type that pandas has for it."""
    import pyarrow as pa

    from contextures._frames import arrow_to_pandas

    table = pa.table({name: pa.chunked_array(column.array.__arrow_array__())})
    plain = arrow_to_pandas(table)[name].set_axis(column.index)
    again = _plain(plain, name)
    return plain if again is None else again


def _middles(values: pd.Series) -> pd.Series:
    return values.astype(object).map(lambda v: v.mid, na_action="ignore")


def _seconds(value: time) -> float:
    return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6


def _texts(values: pd.Series, name: str) -> pd.Series:
    raw = [bytes(value) for value in values]
    longest = max(len(value) for value in raw)
    try:
        words = [value.decode("utf-8") for value in raw]
        readable = all(word.isprintable() or "\n" in word for word in words)
    except UnicodeDecodeError:
        readable = False
    if not readable and longest > _LONGEST_BYTES:
        raise InputError(
            f"the column {name!r} holds binary values of up to {longest:,} bytes, such as "
            f"{shortened(raw[0][:8])}...; turn them into numbers or words, or remove the column"
        )
    if not readable:
        words = [value.hex() for value in raw]
    return pd.Series(np.array(words, dtype=object), index=values.index)

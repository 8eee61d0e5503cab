"""What kind of values a column holds, whatever its pandas dtype."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.data.dates import date_format_of, is_date

Kind = Literal["numeric", "category", "text", "date", "boolean", "constant", "empty"]

# More distinct values than this and one indicator per value is no longer sensible.
MAX_CATEGORIES = 40

_WHOLE = re.compile(r"[+-]?\d+(\.0*)?")
_DECIMAL = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")


@dataclass(frozen=True)
class KindFound:
    """The kind of a column.

    Parameters
    ----------
    kind : str
        numeric, category, text, date, boolean, constant or empty.
    date_format : str or None
        How dates are written, for a date column stored as text.
    n_unique : int
        The number of distinct values that are not missing.
    n_missing : int
        The number of missing values.
    text_numbers : bool
        Whether the numbers of a numeric column are stored as text.
    """

    kind: Kind
    date_format: str | None
    n_unique: int
    n_missing: int
    text_numbers: bool = False


def kind_of(series: pd.Series) -> KindFound:
    """Find what kind of values a column holds.

    Parameters
    ----------
    series : pandas.Series
        The column.

    Returns
    -------
    KindFound
        Digits stored as text with few distinct whole values are codes, so a category; other text
        that is all numbers is numeric. A single value besides missing ones is a category of
        present against missing.
    """
    plain = undo_category(series)
    missing = missing_mask(plain)
    n_missing = int(missing.sum())
    if n_missing == len(plain):
        return KindFound("empty", None, 0, n_missing)
    present = plain[~missing]
    n_unique = count_distinct(present)
    if n_unique == 1:
        kind: Kind = "constant" if n_missing == 0 else "category"
        return KindFound(kind, None, 1, n_missing)
    if pd.api.types.is_bool_dtype(plain.dtype) or _all_bool(present):
        return KindFound("boolean", None, n_unique, n_missing)
    if is_date(present):
        return KindFound("date", None, n_unique, n_missing)
    if not is_wordy(plain):
        # Category dtype over numbers: the author says that they are codes.
        if isinstance(series.dtype, pd.CategoricalDtype) and n_unique <= MAX_CATEGORIES:
            return KindFound("category", None, n_unique, n_missing)
        return KindFound("numeric", None, n_unique, n_missing)
    date_format = date_format_of(present)
    if date_format is not None:
        return KindFound("date", date_format, n_unique, n_missing)
    # Converting words to numbers is slow, so once a value, and not at all after a first refusal.
    distinct = pd.Series(pd.unique(present))
    numbers = numbers_of(distinct[:20])
    if not np.isnan(numbers).any():
        numbers = numbers_of(distinct)
    if not np.isnan(numbers).any():
        codes = n_unique <= MAX_CATEGORIES and bool((numbers == np.floor(numbers)).all())
        if not codes:
            return KindFound("numeric", None, n_unique, n_missing, text_numbers=True)
    kind = "category" if n_unique <= MAX_CATEGORIES else "text"
    return KindFound(kind, None, n_unique, n_missing)


def undo_category(series: pd.Series) -> pd.Series:
    """Give a column of category dtype the dtype of its categories."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.astype(series.dtype.categories.dtype if not series.hasnans else object)
    return series


def is_wordy(series: pd.Series) -> bool:
    """Tell whether a column's dtype can hold words and its values are not all plain numbers."""
    if pd.api.types.is_numeric_dtype(series.dtype) or series.dtype.kind in "mM":
        return False
    if series.dtype == object:
        inferred = pd.api.types.infer_dtype(series, skipna=True)
        return inferred not in {"integer", "floating", "mixed-integer-float", "decimal"}
    return True


def missing_mask(series: pd.Series) -> pd.Series:
    """Mark missing cells, blank text included."""
    missing = series.isna()
    if is_wordy(series):
        missing = missing | series.astype("string").str.strip().eq("").fillna(False).astype(bool)
    return missing


def count_distinct(present: pd.Series) -> int:
    """Count distinct values, spaces around text left aside."""
    return len(pd.unique(pd.Series(words_of(present)))) if is_wordy(present) else present.nunique()


def numbers_of(series: pd.Series) -> NDArray[np.float64]:
    """Read a column as numbers, NaN where a cell is missing or is not a number."""
    plain = undo_category(series)
    if plain.dtype.kind == "m":
        return np.asarray(plain.dt.total_seconds(), dtype=np.float64)
    if plain.dtype.kind == "M":
        return np.full(len(plain), np.nan)
    if pd.api.types.is_numeric_dtype(plain.dtype):
        return np.asarray(plain.to_numpy(dtype=np.float64, na_value=np.nan))
    if is_wordy(plain):
        plain = plain.astype("string").str.strip().astype(object)
    converted = pd.to_numeric(plain, errors="coerce")
    return np.asarray(converted.to_numpy(dtype=np.float64, na_value=np.nan))


def words_of(series: pd.Series) -> NDArray[Any]:
    """Read a column as words, None where a cell is missing.

    The same value gets the same word however a file stores it: ``3``, ``3.0`` and ``"3"`` are
    ``"3"``, and ``True`` and ``"true"`` are ``"True"``. A column of codes keeps its categories when
    a new file has a gap in it, or a single row.
    """
    plain = undo_category(series)
    codes, distinct = pd.factorize(plain)
    table = np.array([*(_word(value) for value in distinct), None], dtype=object)
    return table[codes]


def _word(value: Any) -> str | None:
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    text = str(value).strip()
    if text.lower() in ("true", "false"):
        return text.capitalize()
    if _WHOLE.fullmatch(text) and len(text) < 16:
        return str(int(float(text)))
    if _DECIMAL.fullmatch(text):
        return repr(float(text))
    return text or None


def _all_bool(present: pd.Series) -> bool:
    return present.dtype == object and pd.api.types.infer_dtype(present) == "boolean"

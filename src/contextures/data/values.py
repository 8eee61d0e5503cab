"""The cells of a column, whatever its pandas dtype: missing ones, words and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.data.amounts import NumberForm, parse_amounts

_WHOLE = re.compile(r"[+-]?\d+(\.0*)?")
_DECIMAL = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")
_TRUE, _FALSE = {"true", "t", "yes", "y", "1", "on"}, {"false", "f", "no", "n", "0", "off"}
# Whole numbers up to here are floats exactly.
_EXACT = 2**53


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


def numbers_of(series: pd.Series, form: NumberForm | None = None) -> NDArray[np.float64]:
    """Read a column as numbers, NaN where a cell is missing or is not a number.

    Parameters
    ----------
    series : pandas.Series
        The column.
    form : NumberForm or None
        How numbers are written, where they are words and not as a program writes them.
    """
    plain = undo_category(series)
    if plain.dtype.kind == "m":
        return np.asarray(plain.dt.total_seconds(), dtype=np.float64)
    if plain.dtype.kind == "M":
        return np.full(len(plain), np.nan)
    if pd.api.types.is_numeric_dtype(plain.dtype):
        return np.asarray(plain.to_numpy(dtype=np.float64, na_value=np.nan))
    if is_wordy(plain):
        if form is not None:
            codes, distinct = pd.factorize(plain)
            return np.append(parse_amounts((_text(v) for v in distinct), form), np.nan)[codes]
        plain = plain.astype("string").str.strip().astype(object)
    converted = pd.to_numeric(plain, errors="coerce")
    return np.asarray(converted.to_numpy(dtype=np.float64, na_value=np.nan))


def whole_base(series: pd.Series) -> int:
    """Give what to take from whole numbers that floats cannot tell apart; zero for others."""
    if series.dtype.kind not in "iu" or not len(series):
        return 0
    present = series.dropna()
    least, most = (int(present.min()), int(present.max())) if len(present) else (0, 0)
    return least if max(-least, most) > _EXACT else 0


def numbers_from(series: pd.Series, base: int, form: NumberForm | None) -> NDArray[np.float64]:
    """Read a column as numbers less a base, which whole numbers lose before they are rounded."""
    if base and series.dtype.kind in "iu":
        return np.array([np.nan if v is pd.NA else int(v) - base for v in series], np.float64)
    return numbers_of(series, form) - float(base)


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


def truth_of(word: str) -> bool | None:
    """Give what a word such as yes, False or 1 says, None where it says neither."""
    low = word.lower()
    return True if low in _TRUE else False if low in _FALSE else None


def same_words(words: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Match words to the known ones that say the same: 1, yes and True do.

    Parameters
    ----------
    words : iterable of str
        Words, of which some may be known.
    known : iterable of str
        The words known.

    Returns
    -------
    dict of str to str
        For each word that is not known and says the same as exactly one that is, that one.
    """
    there = set(known)
    truths: dict[bool | None, list[str]] = {}
    for word in there:
        truths.setdefault(truth_of(word), []).append(word)
    matched = {}
    for word in set(words) - there:
        truth = truth_of(word)
        if truth is not None and len(truths.get(truth, [])) == 1:
            matched[word] = truths[truth][0]
    return matched


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else _word(value)


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

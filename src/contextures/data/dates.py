"""Dates, stored as such or as text."""

from __future__ import annotations

import re

import pandas as pd

ISO = "ISO8601"

_DAY = r"\d{1,2}"
_CLOCK = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?"
# Day first before month first: where both fit, nothing in the column tells them apart.
_PATTERNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (rf"\d{{4}}-{_DAY}-{_DAY}(?:[ T]\d{{2}}:\d{{2}}.*)?", (ISO,)),
    (rf"\d{{4}}/{_DAY}/{_DAY}{_CLOCK}", ("%Y/%m/%d",)),
    (rf"{_DAY}/{_DAY}/\d{{4}}{_CLOCK}", ("%d/%m/%Y", "%m/%d/%Y")),
    (rf"{_DAY}-{_DAY}-\d{{4}}{_CLOCK}", ("%d-%m-%Y", "%m-%d-%Y")),
    (rf"{_DAY}\.{_DAY}\.\d{{4}}{_CLOCK}", ("%d.%m.%Y",)),
    (rf"{_DAY}[ -][A-Za-z]{{3}}[ -]\d{{4}}", ("%d %b %Y", "%d-%b-%Y")),
    (rf"[A-Za-z]{{3}} {_DAY}, \d{{4}}", ("%b %d, %Y",)),
)
_CLOCKS = ("", " %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S")


def is_date(present: pd.Series) -> bool:
    """Tell whether a column's own type is a date."""
    if present.dtype.kind == "M":
        return True
    if present.dtype != object:
        return False
    return pd.api.types.infer_dtype(present, skipna=True) in {"date", "datetime", "datetime64"}


def date_format_of(present: pd.Series) -> str | None:
    """Find how the dates of a text column are written, None when it does not hold dates.

    Parameters
    ----------
    present : pandas.Series
        The values that are not missing, as text.
    """
    if pd.api.types.infer_dtype(present) != "string":
        return None
    words = pd.Series(present.astype(str).str.strip().unique(), dtype=object)
    for pattern, formats in _PATTERNS:
        if not re.fullmatch(pattern, words.iloc[0]) or not words.str.fullmatch(pattern).all():
            continue
        clocks = ("",) if ISO in formats else _CLOCKS
        for date_format in (day + clock for day in formats for clock in clocks):
            if parse_dates(words, date_format).notna().all():
                return date_format
    return None


def parse_dates(series: pd.Series, date_format: str | None) -> pd.Series:
    """Read a column as dates without a time zone, NaT where a cell is not a date.

    Parameters
    ----------
    series : pandas.Series
        Dates, or text in the format.
    date_format : str or None
        As from :func:`date_format_of`; None for a column whose own type is a date.
    """
    values = series.astype(object) if series.dtype.kind != "M" else series
    if values.dtype == object and date_format is not None:
        values = values.map(lambda v: v.strip() if isinstance(v, str) else v)
    # A column stored as dates may come back as text from a CSV file: in ISO form, as pandas writes.
    used = date_format if date_format is not None or values.dtype != object else ISO
    dates = pd.to_datetime(values, format=used, errors="coerce", utc=True)
    return dates.dt.tz_localize(None).astype("datetime64[ns]")

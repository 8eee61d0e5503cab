"""Dates, stored as such or as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.data.amounts import DoubtError
from contextures.data.words import shortened
from contextures.exceptions import InputError

ISO = "ISO8601"
DAY_FIRST, MONTH_FIRST = "day-first", "month-first"

FEWEST_DATES = 0.8
"""A text column with a smaller share of dates holds something else."""

# By this many more different values, one of the two numbers is the day: of many days hardly all
# are below 13.
_MORE_VALUES = 6
_SAMPLE = 50

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_CLOCK = (
    r"(?:(?:T| *,? +)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:[.,]\d+)?))?"
    r" ?(?P<half>[ap]\.?m\.?)?(?: ?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}))?)?"
)
_NUMERIC = re.compile(r"(?P<first>\d{1,2})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d+)")
# The day's pattern and its format; of those with two numbers before the year, the order is found.
_DAYS: tuple[tuple[str, str], ...] = (
    (r"\d{4}-\d{1,2}-\d{1,2}", "%Y-%m-%d"),
    (r"\d{4}/\d{1,2}/\d{1,2}", "%Y/%m/%d"),
    (r"\d{4}\.\d{1,2}\.\d{1,2}", "%Y.%m.%d"),
    (r"\d{1,2}/\d{1,2}/\d{4}", "%d/%m/%Y"),
    (r"\d{1,2}-\d{1,2}-\d{4}", "%d-%m-%Y"),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", "%d.%m.%Y"),
    (r"\d{1,2}/\d{1,2}/\d{2}", "%d/%m/%y"),
    (r"\d{1,2}-\d{1,2}-\d{2}", "%d-%m-%y"),
    (r"\d{1,2}\.\d{1,2}\.\d{2}", "%d.%m.%y"),
    (rf"\d{{1,2}}[ -]{_MONTH}[ -]\d{{4}}", "%d %b %Y"),
    (rf"\d{{1,2}}[ -]{_MONTH}[ -]\d{{2}}", "%d %b %y"),
    (rf"{_MONTH} \d{{1,2}} \d{{4}}", "%b %d %Y"),
    (rf"\d{{4}}[ -]{_MONTH}[ -]\d{{1,2}}", "%Y %b %d"),
    (r"\d{4}-\d{2}", "%Y-%m"),
    (r"\d{4}/\d{2}", "%Y/%m"),
    (r"\d{1,2}/\d{4}", "%m/%Y"),
    (rf"{_MONTH}[ -]\d{{4}}", "%b %Y"),
)
_ALL_DAYS = re.compile("|".join(pattern for pattern, _ in _DAYS), re.IGNORECASE)
_WEEKDAY = r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? +"
_ORDINAL = r"(?<=\d)(?:st|nd|rd|th)\b"
_LONG_MONTH = rf"\b({_MONTH})[a-z]+\b\.?"


@dataclass(frozen=True)
class DateForm:
    """How the dates of a text column are written.

    Attributes
    ----------
    date_format : str
        The format of the day, or :data:`ISO`; a clock may follow.
    n_odd : int
        How many cells are not such dates.
    odd : str
        The first of these.
    guessed : bool
        Whether the order of day and month was taken for what is likely.
    """

    date_format: str
    n_odd: int = 0
    odd: str = ""
    guessed: bool = False


def check_order(dates: str | None) -> bool | None:
    """Check the order that a caller gives; tell whether the day comes first."""
    if dates not in (None, DAY_FIRST, MONTH_FIRST):
        raise InputError(
            f"the order of dates {dates!r} is not known; give day-first or month-first"
        )
    return None if dates is None else dates == DAY_FIRST


def is_date(present: pd.Series) -> bool:
    """Tell whether a column's own type is a date."""
    if present.dtype.kind == "M":
        return True
    if present.dtype != object:
        return False
    return pd.api.types.infer_dtype(present, skipna=True) in {"date", "datetime", "datetime64"}


def find_dates(
    present: pd.Series, day_first: bool | None = None, name: str = ""
) -> DateForm | None:
    """Find how the dates of a text column are written, None when it does not hold dates.

    Parameters
    ----------
    present : pandas.Series
        The values that are not missing, as text.
    day_first : bool or None
        The order of day and month where the column itself does not tell.
    name : str
        The column, for messages.

    Returns
    -------
    DateForm or None
        Most cells are dates of this form; the others count as missing.

    Raises
    ------
    DoubtError
        If day and month may be either way round.
    """
    # A look at a few cells spares columns of words the longer one.
    few = _tidied(present.iloc[:: max(1, len(present) // _SAMPLE)])
    if few.map(_is_dated).mean() < FEWEST_DATES / 2:
        return None
    counts = _tidied(present).value_counts(sort=False)
    words = pd.Series(counts.index, dtype=object)
    formats = words.map(_format_of)
    weights = pd.Series(counts.to_numpy()).groupby(formats).sum()
    if not len(weights):
        return None
    date_format = str(weights.idxmax())
    guessed = False
    if date_format.startswith("%d") and "%m" in date_format:
        chosen = formats.eq(date_format).to_numpy()
        order, guessed = _order(words[chosen], counts.to_numpy()[chosen], day_first, name)
        if order is None:
            return None
        if not order:
            date_format = date_format.replace("%d", "%x").replace("%m", "%d").replace("%x", "%m")
    if date_format == "%Y-%m-%d":
        date_format = ISO
    parsed = parse_dates(words, date_format).notna().to_numpy()
    n_odd = int(counts.to_numpy()[~parsed].sum())
    if n_odd > (1 - FEWEST_DATES) * counts.sum():
        return None
    odd = "" if parsed.all() else str(words[~parsed].iloc[0])
    return DateForm(date_format, n_odd, odd, guessed)


def parse_dates(series: pd.Series, date_format: str | None) -> pd.Series:
    """Read a column as dates without a time zone, NaT where a cell is not a date.

    Parameters
    ----------
    series : pandas.Series
        Dates, or text in the format.
    date_format : str or None
        As in :class:`DateForm`; None for a column whose own type is a date.

    Returns
    -------
    pandas.Series
        Of microseconds: from the year 1 to the year 9999, as open ends are marked.
    """
    if series.dtype.kind == "M":
        dates = pd.to_datetime(series, utc=True)
        return dates.dt.tz_localize(None).astype("datetime64[us]")
    codes, distinct = pd.factorize(series.astype(object))
    values = pd.Series([*distinct, None], dtype=object)
    text = values.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)
    dates = pd.Series(pd.NaT, index=values.index, dtype="datetime64[us]")
    if text.any():
        words = _tidied(values[text])
        # A column stored as dates may come back as text from a CSV file: as pandas writes it, ISO.
        as_iso = words.str.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2}.*)?")
        used = date_format is None or date_format == ISO
        for chosen, form in ((as_iso, ISO), (~as_iso, None if used else date_format)):
            if form is not None and chosen.any():
                dates[words.index[chosen]] = _parse(words[chosen], form)
    if not text.all():
        others = pd.to_datetime(values[~text], errors="coerce", utc=True)
        dates[values.index[~text]] = others.dt.tz_localize(None).astype("datetime64[us]")
    return pd.Series(dates.to_numpy()[codes], index=series.index, name=series.name)


def looks_dated(word: object) -> bool:
    """Tell whether a word is written like a date, though there may be no such day."""
    return isinstance(word, str) and _is_dated(_tidied(pd.Series([word], dtype=object)).iloc[0])


def said_format(date_format: str | None) -> str:
    """Say how dates are read, in words."""
    if date_format is None:
        return ""
    order = "day first, " if date_format.startswith("%d") else ""
    order = "month first, " if date_format.startswith("%m") else order
    return f"read as dates ({order}{date_format})"


def _tidied(words: pd.Series) -> pd.Series:
    """Take away what says nothing about the day: weekdays, ordinals, commas, double spaces."""
    plain = words.astype(str).str.strip()
    plain = plain.str.replace(_WEEKDAY, "", regex=True, case=False)
    plain = plain.str.replace(_ORDINAL, "", regex=True, case=False)
    plain = plain.str.replace(_LONG_MONTH, r"\1", regex=True, case=False)
    plain = plain.str.replace(r"(?<=\d)\. +(?=\d)", ".", regex=True)
    return plain.str.replace(r"(?<=[a-z0-9])\.?,? +", " ", regex=True, case=False).astype(object)


def _is_dated(word: str) -> bool:
    return _ALL_DAYS.match(word) is not None


_FORMS = [
    (re.compile(pattern + _CLOCK, re.IGNORECASE), date_format) for pattern, date_format in _DAYS
]


def _format_of(word: str) -> str | None:
    return next((form for pattern, form in _FORMS if pattern.fullmatch(word)), None)


def _order(
    words: pd.Series, counts: NDArray[Any], given: bool | None, name: str
) -> tuple[bool | None, bool]:
    """Tell whether the day comes first, and whether that is a guess.

    None where neither order makes dates of most.
    """
    pairs = words.str.extract(r"^(\d+)[/.-](\d+)").astype(int)
    first, second = pairs[0].to_numpy(), pairs[1].to_numpy()
    days_first = int(counts[(first > 12) & (first <= 31) & (second <= 12)].sum())
    days_second = int(counts[(second > 12) & (second <= 31) & (first <= 12)].sum())
    if days_first and days_second:
        rare = min(days_first, days_second) <= (1 - FEWEST_DATES) * counts.sum()
        return (days_first > days_second if rare else None), False
    if days_first or days_second:
        return days_first > 0, False
    if "." in words.iloc[0]:
        return True, False  # nobody writes points and the month first
    if given is not None:
        return given, False
    more = len(np.unique(first)) - len(np.unique(second))
    if abs(more) >= _MORE_VALUES:
        return more < 0, True
    rising = [_rises(words, form) for form in _both(words.iloc[0])]
    if rising[0] != rising[1]:
        return rising[0], True
    raise DoubtError(
        f"the column {name!r} holds dates such as {shortened(words.iloc[0])!r}, of which nothing "
        "tells whether the day or the month comes first; say so with --dates day-first or "
        "--dates month-first (dates='day-first' or 'month-first')"
    )


def _both(word: str) -> tuple[str, str]:
    match = _NUMERIC.match(word)
    assert match is not None
    mark, year = match["mark"], "%Y" if len(match["year"]) == 4 else "%y"
    return f"%d{mark}%m{mark}{year}", f"%m{mark}%d{mark}{year}"


def _rises(words: pd.Series, date_format: str) -> bool:
    """Tell whether dates come in order, as in a diary or a register."""
    dates = parse_dates(words, date_format).dropna()
    return len(dates) >= 5 and bool(dates.is_monotonic_increasing or dates.is_monotonic_decreasing)


def _parse(words: pd.Series, date_format: str) -> pd.Series:
    if date_format == ISO:
        dates = pd.to_datetime(words, format=ISO, errors="coerce", utc=True)
        return dates.dt.tz_localize(None).astype("datetime64[us]")
    parts = words.str.extract(r"^(?P<day>.+?)" + _CLOCK + "$", flags=re.IGNORECASE)
    # Either mark between the parts of a date with a month's name.
    days = parts["day"].str.replace("-", " ") if "%b" in date_format else parts["day"]
    dates = pd.to_datetime(days, format=date_format, errors="coerce").astype("datetime64[us]")
    hours = pd.to_numeric(parts["hour"]).fillna(0)
    half = parts["half"].str.lower().str[0]
    hours = hours.where(half.isna(), hours % 12) + 12.0 * half.eq("p")
    seconds = pd.to_numeric(parts["second"].str.replace(",", ".")).fillna(0)
    minutes = pd.to_numeric(parts["minute"]).fillna(0) - parts["zone"].map(_minutes, na_action=None)
    valid = (hours < 24) & (minutes < 24 * 60) & (seconds < 62)
    clock = pd.to_timedelta((hours * 3600 + minutes * 60 + seconds).where(valid), unit="s")
    return (dates + clock).astype("datetime64[us]")


def _minutes(zone: object) -> int:
    """Give how far a zone is ahead of universal time."""
    if not isinstance(zone, str) or zone[0] not in "+-":
        return 0
    minutes = 60 * int(zone[1:3]) + int(zone[-2:])
    return -minutes if zone[0] == "-" else minutes

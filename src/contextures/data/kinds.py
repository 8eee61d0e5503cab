"""What kind of values a column holds, whatever its pandas dtype."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from contextures.data.amounts import DoubtError, NumberForm, check_marks, find_form
from contextures.data.dates import check_order, find_dates, is_date
from contextures.data.values import (
    count_distinct,
    is_wordy,
    missing_mask,
    numbers_of,
    undo_category,
)
from contextures.exceptions import InputError

Kind = Literal["numeric", "category", "text", "date", "boolean", "constant", "empty"]

# More distinct values than this and one indicator per value is no longer sensible.
MAX_CATEGORIES = 40


@dataclass(frozen=True)
class Hints:
    """What settles columns that can be read in two ways.

    Attributes
    ----------
    decimal : {".", ","} or None
        The decimal mark of numbers stored as text.
    day_first : bool or None
        Whether the day comes before the month.
    """

    decimal: str | None = None
    day_first: bool | None = None


def hints_of(decimal: str | None = None, dates: str | None = None) -> Hints:
    """Check what a caller gives to settle columns in doubt."""
    return Hints(check_marks(decimal, None), check_order(dates))


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
    number_form : NumberForm or None
        How they are written, where not as a program writes them.
    n_odd : int
        How many cells of a date column are not dates of its form; they count as missing.
    odd : str
        The first of these.
    guessed : bool
        Whether the order of day and month was taken for what is likely.
    """

    kind: Kind
    date_format: str | None
    n_unique: int
    n_missing: int
    text_numbers: bool = False
    number_form: NumberForm | None = None
    n_odd: int = 0
    odd: str = ""
    guessed: bool = False


def kinds_of(frame: pd.DataFrame, hints: Hints | None = None) -> dict[str, KindFound]:
    """Find the kind of each column; what is in doubt is settled by the hints, else by the others.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.
    hints : Hints or None
        What was given to settle columns in doubt.

    Returns
    -------
    dict of str to KindFound
        The kind of each column.

    Raises
    ------
    InputError
        Naming a column that can be read in two ways.
    """
    hints = hints or Hints()
    found: dict[str, KindFound] = {}
    doubtful: list[str] = []
    for name in frame.columns:
        try:
            found[name] = kind_of(frame[name], hints)
        except DoubtError:
            doubtful.append(name)
    if doubtful:
        others = list(found.values())
        day = {f.date_format[:2] == "%d" for f in others if f.date_format and _ordered(f)}
        marks = {f.number_form.decimal for f in others if f.number_form and f.number_form.told}
        settled = Hints(
            hints.decimal or (marks.pop() if len(marks) == 1 else None),
            day.pop() if hints.day_first is None and len(day) == 1 else hints.day_first,
        )
        try:
            found |= {name: kind_of(frame[name], settled) for name in doubtful}
        except DoubtError as error:  # for good
            raise InputError(str(error)) from None
    return {name: found[name] for name in frame.columns}


def kind_of(series: pd.Series, hints: Hints | None = None) -> KindFound:
    """Find what kind of values a column holds.

    Parameters
    ----------
    series : pandas.Series
        The column.
    hints : Hints or None
        What settles a column that can be read in two ways.

    Returns
    -------
    KindFound
        Digits stored as text with few distinct whole values are codes, so a category; other text
        that is all numbers is numeric. A single value besides missing ones is a category of
        present against missing.

    Raises
    ------
    InputError
        If the column can be read in two ways, and no hint tells which.
    """
    hints = hints or Hints()
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
    as_codes = isinstance(series.dtype, pd.CategoricalDtype) and n_unique <= MAX_CATEGORIES
    if not is_wordy(plain):
        # Category dtype over numbers: the author says that they are codes.
        return KindFound("category" if as_codes else "numeric", None, n_unique, n_missing)
    return replace(
        _of_words(present, n_unique, hints, as_codes), n_unique=n_unique, n_missing=n_missing
    )


def _of_words(present: pd.Series, n_unique: int, hints: Hints, as_codes: bool) -> KindFound:
    name = str(present.name)
    if pd.api.types.infer_dtype(present) == "string":
        dates = find_dates(present, hints.day_first, name)
        if dates is not None:
            said = (dates.n_odd, dates.odd, dates.guessed)
            return KindFound("date", dates.date_format, 0, 0, False, None, *said)
    # Converting words to numbers is slow, so once a value, and not at all after a first refusal.
    distinct = pd.Series(pd.unique(present))
    if plain_amounts(distinct, n_unique):
        return KindFound("numeric", None, 0, 0, text_numbers=True)
    if not as_codes and all(isinstance(value, str) for value in distinct[:20]):
        words = [value for value in distinct if isinstance(value, str)]
        form = find_form(words, hints.decimal, name=name) if len(words) == len(distinct) else None
        if form is not None:
            return KindFound("numeric", None, 0, 0, text_numbers=True, number_form=form)
    return KindFound("category" if n_unique <= MAX_CATEGORIES else "text", None, 0, 0)


def plain_amounts(distinct: pd.Series, n_unique: int) -> bool:
    """Tell whether words are numbers as a program writes them, and not a few whole ones: codes."""
    numbers = numbers_of(distinct[:20])
    if not np.isnan(numbers).any():
        numbers = numbers_of(distinct)
    if np.isnan(numbers).any():
        return False
    return n_unique > MAX_CATEGORIES or not bool((numbers == np.floor(numbers)).all())


def _all_bool(present: pd.Series) -> bool:
    return present.dtype == object and pd.api.types.infer_dtype(present) == "boolean"


def _ordered(found: KindFound) -> bool:
    """Tell whether a column of dates shows the order of day and month."""
    form = found.date_format or ""
    return form[:2] in ("%d", "%m") and "%b" not in form and "%d" in form and "." not in form

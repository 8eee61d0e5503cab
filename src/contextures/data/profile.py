"""Looking a table over before anything is learnt from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contextures._repr import short_repr
from contextures.data.account import DataWarning
from contextures.data.amounts import described, mixed_units
from contextures.data.copies import (
    CodedColumn,
    code_column,
    copies_of_target,
    count_repeated_rows,
    repeated_columns,
)
from contextures.data.entities import entity_columns
from contextures.data.ids import require_column
from contextures.data.kinds import hints_of, kinds_of
from contextures.data.table import check_nesting, name_frame
from contextures.data.values import numbers_of
from contextures.data.words import counted, listed, shortened
from contextures.exceptions import InputError

MANY_CATEGORIES = 1000
MOSTLY = 0.5
FEWEST_FOR_IDENTIFIER = 20
_OUTPUT_NAME = re.compile(r"row_id|split|c\d+")


@dataclass(frozen=True)
class ColumnProfile:
    """The kind of a column and its counts of distinct and of missing values.

    Attributes
    ----------
    name : str
        The column's name.
    kind : str
        What it holds, such as a number, a category or a date.
    n_unique : int
        The number of distinct values.
    n_missing : int
        The number of missing values.
    """

    name: str
    kind: str
    n_unique: int
    n_missing: int


@dataclass(frozen=True)
class TableProfile:
    """What a table holds and what looks wrong in it.

    Attributes
    ----------
    columns : list of ColumnProfile
        The columns in order, the target among them.
    warnings : list of DataWarning
        What a reader should look at.
    n_rows : int
        The number of rows.
    n_duplicate_rows : int
        How many rows repeat an earlier one.
    """

    __repr__ = short_repr

    columns: list[ColumnProfile]
    warnings: list[DataWarning]
    n_rows: int
    n_duplicate_rows: int


def profile_table(
    frame: pd.DataFrame,
    target: str | None = None,
    *,
    decimal: str | None = None,
    dates: str | None = None,
) -> TableProfile:
    """Look a table over.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table; it is not changed.
    target : str or None
        The column to predict.
    decimal : {".", ","}, optional
        The decimal mark of numbers stored as text, where nothing in the table tells.
    dates : {"day-first", "month-first"}, optional
        The order of dates such as 03/04/2020, where nothing in the table tells.

    Returns
    -------
    TableProfile
        Kinds of the columns and warnings about them.

    Raises
    ------
    InputError
        If names repeat, the target is not a column, no other column varies, or one can be read in
        two ways.

    Examples
    --------
    >>> from contextures.data import demo_table, profile_table
    >>> table = demo_table("iris")
    >>> profile = profile_table(table.frame, table.target)
    >>> [(column.name, column.kind) for column in profile.columns][:2]
    [('sepal length', 'numeric'), ('sepal width', 'numeric')]
    """
    frame, _ = name_frame(frame)
    check_nesting(frame)
    if target is not None:
        require_column(target, frame.columns, "target")
    kinds = kinds_of(frame, hints_of(decimal, dates))
    columns = {str(name): code_column(frame[name], kinds[name]) for name in frame.columns}
    features = [column for name, column in columns.items() if name != target]
    if not any(column.varies for column in features):
        besides = "" if target is None else f" besides the target {target!r}"
        raise InputError(
            f"every column is constant or empty{besides}, so there is nothing to learn from; "
            "give a table with columns that vary"
        )
    identifiers = {column.name for column in features if _is_identifier(column)}
    warnings = [w for column in features for w in _of_column(column, column.name in identifiers)]
    if target is not None:
        copies = list(copies_of_target(frame, features, columns[target], identifiers))
        warnings += copies
        known = {w.column: w.code for w in copies if w.column is not None}
        warnings += entity_columns(features, columns[target], identifiers, known)
    warnings += repeated_columns(features)
    n_repeated = count_repeated_rows(list(columns.values()))
    if n_repeated:
        message = (
            f"{counted(n_repeated, 'row')} repeat{'s' if n_repeated == 1 else ''} an earlier one; "
            "copies on both sides of the split make scores look better than they are."
        )
        warnings.append(DataWarning(None, "duplicate-rows", message))
    profiles = [
        ColumnProfile(name, column.found.kind, column.found.n_unique, column.found.n_missing)
        for name, column in columns.items()
    ]
    return TableProfile(profiles, warnings, len(frame), n_repeated)


def _of_column(column: CodedColumn, identifier: bool) -> Iterator[DataWarning]:
    name, found, n = column.name, column.found, len(column.codes)
    if found.kind == "constant":
        yield DataWarning(name, "constant", f"{name!r} has one value only and is left out.")
    if found.kind == "empty":
        yield DataWarning(name, "empty", f"{name!r} has no values and is left out.")
    elif found.n_missing > MOSTLY * n:
        share = found.n_missing / n
        yield DataWarning(name, "mostly-missing", f"{name!r} is missing in {share:.0%} of rows.")
    if found.text_numbers:
        said = "read as numbers" if found.number_form is None else described(found.number_form)
        message = f"{name!r} holds numbers stored as text and is {said}."
        yield DataWarning(name, "text-numbers", message)
    if found.n_odd:
        message = (
            f"{name!r} holds dates, and {counted(found.n_odd, 'cell')} that are none, such as "
            f"{shortened(found.odd)!r}: they count as missing."
        )
        yield DataWarning(name, "odd-dates", message)
    if found.guessed and found.date_format is not None:
        first, other = ("day", "month") if found.date_format.startswith("%d") else ("month", "day")
        message = (
            f"{name!r} holds dates that are read {first} first, since they would be unlikely "
            f"otherwise; if that is wrong, say --dates {other}-first."
        )
        yield DataWarning(name, "date-order", message)
    if identifier:
        message = f"{name!r} has another value in every row, like an identifier, and is left out."
        yield DataWarning(name, "identifier", message)
    elif found.kind == "text" and found.n_unique > MANY_CATEGORIES:
        message = f"{name!r} has {found.n_unique:,} different values; they are read as text, by "
        yield DataWarning(name, "many-categories", message + "their parts.")
    if found.kind in ("category", "text") and (units := _units(column)):
        message = (
            f"{name!r} holds numbers of several units, such as {listed(units, 3)}, and is read as "
            "words; bring them to one unit to have them read as numbers."
        )
        yield DataWarning(name, "mixed-units", message)
    elif found.kind in ("category", "text") and (mixed := _mixed_with(column)) is not None:
        message = (
            f"{name!r} mixes numbers and words such as {shortened(mixed)!r}; all are read as "
            "words, so if the words mean a missing value leave those cells empty."
        )
        yield DataWarning(name, "mixed-types", message)
    if _OUTPUT_NAME.fullmatch(name):
        message = (
            f"{name!r} is named like a column of the embedding; the table's own values stay in "
            "the table, and the embedding holds its own."
        )
        yield DataWarning(name, "output-name", message)


def _is_identifier(column: CodedColumn) -> bool:
    """Tell distinct codes and running numbers, but not measurements, which are distinct too."""
    present = len(column.codes) - column.found.n_missing
    if present < FEWEST_FOR_IDENTIFIER or len(column.values) < present:
        return False
    if column.found.kind in ("text", "category"):
        # Sentences differ from row to row as well, but are made of several words.
        spaced = sum(" " in str(word) for word in column.values)
        return spaced < 0.5 * len(column.values)
    if column.found.kind != "numeric":
        return False
    numbers = numbers_of(pd.Series(column.values))
    whole = bool((numbers == np.floor(numbers)).all())
    # Distinct whole numbers that fill their range: a running number, possibly with gaps.
    return whole and bool(np.ptp(numbers) < 1.5 * present)


def _units(column: CodedColumn) -> list[str]:
    words = [word for word in column.values if isinstance(word, str)]
    return mixed_units(words) if len(words) == len(column.values) else []


def _mixed_with(column: CodedColumn) -> str | None:
    """Give a word of a column that holds words and, in more than 5% of its cells, numbers."""
    if column.values.dtype != object:
        return None
    words = pd.Series(column.values, dtype=object).astype(str)
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(words))
    # Every number has a digit, and looking for one is far quicker than converting words.
    digits = words.str.contains(r"\d", regex=True).to_numpy(dtype=bool)
    if counts[digits].sum() <= 0.05 * counts.sum():
        return None
    numeric = pd.to_numeric(words, errors="coerce").notna().to_numpy()
    if counts[numeric].sum() <= 0.05 * counts.sum() or numeric.all():
        return None
    return str(words[~numeric].iloc[int(np.argmax(counts[~numeric]))])

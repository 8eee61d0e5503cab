"""Looking a table over before anything is learnt from it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.data.findings import DataWarning
from contextures.data.kinds import KindFound, is_wordy, kind_of, numbers_of, undo_category, words_of
from contextures.data.words import counted, listed, shortened
from contextures.exceptions import InputError

MANY_CATEGORIES = 1000
MOSTLY = 0.5
FEWEST_FOR_IDENTIFIER = 20
COPY_CORRELATION = 0.9999
_SAMPLE = 1000
_OUTPUT_NAME = re.compile(r"row_id|split|c\d+")


@dataclass(frozen=True)
class ColumnProfile:
    """The kind of a column and its counts of distinct and of missing values."""

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

    columns: list[ColumnProfile]
    warnings: list[DataWarning]
    n_rows: int
    n_duplicate_rows: int


@dataclass(frozen=True)
class _Column:
    """A column as codes in order of first appearance, -1 where missing, and their values."""

    name: str
    found: KindFound
    codes: NDArray[np.int64]
    values: NDArray[Any]

    @property
    def varies(self) -> bool:
        return self.found.kind not in ("constant", "empty")


def profile_table(frame: pd.DataFrame, target: str | None = None) -> TableProfile:
    """Look a table over.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table, with unique column names.
    target : str or None
        The column to predict.

    Returns
    -------
    TableProfile
        Kinds of the columns and warnings about them.

    Raises
    ------
    InputError
        If the target is not a column, or no other column varies.
    """
    if target is not None and target not in frame.columns:
        close = difflib.get_close_matches(target, [str(name) for name in frame.columns], n=3)
        hint = f"did you mean {listed(close)}" if close else f"give one of {listed(frame.columns)}"
        raise InputError(f"the target {target!r} is not a column of the table; {hint}")
    columns = {str(name): _column(frame[name]) for name in frame.columns}
    features = [column for name, column in columns.items() if name != target]
    if not any(column.varies for column in features):
        which = "column" if target is None else f"column besides the target {target!r}"
        raise InputError(
            f"every {which} is constant or empty, so there is nothing to learn from; "
            "give a table with columns that vary"
        )
    identifiers = {column.name for column in features if _is_identifier(column)}
    warnings = [w for column in features for w in _of_column(column, column.name in identifiers)]
    if target is not None:
        warnings += _copies_of_target(frame, features, columns[target], identifiers)
    warnings += _repeated_columns(features)
    n_repeated = _count_repeated_rows(list(columns.values()))
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


def _column(series: pd.Series) -> _Column:
    plain = undo_category(series)
    codes, distinct = pd.factorize(plain)
    if is_wordy(plain):
        # Few distinct values stand for many cells: spaces and blanks are dealt with there.
        merged, values = pd.factorize(words_of(pd.Series(distinct, dtype=object)))
        codes = np.append(merged, -1)[codes]
    elif plain.dtype.kind == "M":
        values = np.asarray(pd.DatetimeIndex(distinct).as_unit("ns").asi8)
    else:
        values = numbers_of(pd.Series(distinct))
    return _Column(str(series.name), kind_of(series), np.asarray(codes, np.int64), values)


def _of_column(column: _Column, identifier: bool) -> Iterator[DataWarning]:
    name, found, n = column.name, column.found, len(column.codes)
    if found.kind == "constant":
        yield DataWarning(name, "constant", f"{name!r} has one value only and is left out.")
    if found.kind == "empty":
        yield DataWarning(name, "empty", f"{name!r} has no values and is left out.")
    elif found.n_missing > MOSTLY * n:
        share = found.n_missing / n
        yield DataWarning(name, "mostly-missing", f"{name!r} is missing in {share:.0%} of rows.")
    if found.text_numbers:
        message = f"{name!r} holds numbers stored as text and is read as numbers."
        yield DataWarning(name, "text-numbers", message)
    if identifier:
        message = f"{name!r} has another value in every row, like an identifier, and is left out."
        yield DataWarning(name, "identifier", message)
    elif found.kind == "text" and found.n_unique > MANY_CATEGORIES:
        message = f"{name!r} has {found.n_unique:,} different values; they are read as text, by "
        yield DataWarning(name, "many-categories", message + "their parts.")
    if found.kind in ("category", "text") and (mixed := _mixed_with(column)) is not None:
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


def _is_identifier(column: _Column) -> bool:
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


def _mixed_with(column: _Column) -> str | None:
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


def _copies_of_target(
    frame: pd.DataFrame, features: list[_Column], target: _Column, identifiers: set[str]
) -> Iterator[DataWarning]:
    labelled = target.codes >= 0
    if labelled.sum() < 3 or target.found.n_unique < 2:
        return
    truth = pd.factorize(target.codes[labelled])[0]
    # Where nearly every label differs, so may every value of a feature that knows nothing of it.
    few = truth.max() < 0.5 * len(truth)
    amounts = target.found.kind == "numeric"
    numbers = numbers_of(frame[target.name])[labelled] if amounts else None
    for column in features:
        if not column.varies:
            continue
        codes = column.codes if labelled.all() else pd.factorize(column.codes[labelled] + 1)[0]
        if _same_values(column, target, labelled):
            message = (
                f"{column.name!r} is an exact copy of the target {target.name!r} and gives every "
                "answer away; remove it from the table."
            )
        elif column.name not in identifiers and (
            (few and _one_to_one(codes, truth))
            or (
                numbers is not None
                and column.found.kind == "numeric"
                and _is_monotone_copy(numbers_of(frame[column.name])[labelled], numbers)
            )
        ):
            message = (
                f"{column.name!r} follows from the target {target.name!r} and the other way "
                "round; it may leak the target and is still used, so remove it if it would not "
                "be known beforehand."
            )
        else:
            continue
        yield DataWarning(column.name, "target-copy", message)


def _same_values(column: _Column, other: _Column, rows: NDArray[np.bool_]) -> bool:
    """Tell whether two columns hold the same values in the given rows, where neither has a gap."""
    mine, theirs = column.codes[rows], other.codes[rows]
    if mine.min() < 0 or theirs.min() < 0:
        return False
    start = slice(_SAMPLE)
    return _equal(column.values[mine[start]], other.values[theirs[start]]) and _equal(
        column.values[mine], other.values[theirs]
    )


def _equal(first: NDArray[Any], second: NDArray[Any]) -> bool:
    # Text such as "3" and the number 3 are the same value, stored differently.
    if (first.dtype == object) != (second.dtype == object):
        first, second = words_of(pd.Series(first)), words_of(pd.Series(second))
    return bool(np.array_equal(first, second))


def _one_to_one(codes: NDArray[np.int64], truth: NDArray[np.int64]) -> bool:
    """Tell whether two columns of codes split the rows alike, missing being a value as well."""
    if len(np.unique(codes[: len(codes) // 2])) > truth.max() + 1:
        return False
    return bool(np.array_equal(pd.factorize(codes + 1)[0], truth))


def _is_monotone_copy(values: NDArray[np.float64], truth: NDArray[np.float64]) -> bool:
    both = ~np.isnan(values) & ~np.isnan(truth)
    if both.sum() < max(3, 0.9 * len(truth)):
        return False
    v, t = values[both], truth[both]
    if np.ptp(v) == 0 or np.ptp(t) == 0:
        return False
    if abs(np.corrcoef(v, t)[0, 1]) > COPY_CORRELATION:
        return True
    # Ranking is slow; a column far from monotone in a sample of rows is so in all of them.
    step = max(1, len(v) // _SAMPLE)
    if step > 1 and abs(_rank_correlation(v[::step], t[::step])) < 0.99:
        return False
    return bool(abs(_rank_correlation(v, t)) > COPY_CORRELATION)


def _rank_correlation(v: NDArray[np.float64], t: NDArray[np.float64]) -> float:
    return float(pd.Series(v).rank().corr(pd.Series(t).rank()))


def _repeated_columns(features: list[_Column]) -> Iterator[DataWarning]:
    seen: dict[bytes, list[_Column]] = {}
    for column in features:
        if not column.varies:
            continue
        alike = seen.setdefault(column.codes[:_SAMPLE].tobytes(), [])
        for earlier in alike:
            # Codes follow the order of appearance, so equal columns have equal codes.
            if _equal(column.values, earlier.values) and np.array_equal(
                column.codes, earlier.codes
            ):
                message = (
                    f"{column.name!r} repeats {earlier.name!r}, which therefore weighs double; "
                    "remove one."
                )
                yield DataWarning(column.name, "duplicate-column", message)
                break
        else:
            alike.append(column)


def _count_repeated_rows(columns: list[_Column]) -> int:
    # One random 64-bit weight a column makes sums of codes differ wherever the codes do.
    weights = np.random.default_rng(0).integers(1, 2**63, len(columns)).astype(np.uint64)
    sums = np.zeros(len(columns[0].codes), dtype=np.uint64)
    for column, weight in zip(columns, weights, strict=True):
        sums += (column.codes + 1).astype(np.uint64) * weight
    return int(pd.Series(sums).duplicated().sum())

"""Looking a table over before anything is learnt from it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contextures.data.findings import DataWarning
from contextures.data.kinds import KindFound, is_wordy, kind_of, missing_mask, numbers_of, words_of
from contextures.data.words import counted, listed
from contextures.exceptions import InputError

MANY_CATEGORIES = 1000
MOSTLY = 0.5
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
    """What a table holds and what looks wrong in it."""

    columns: list[ColumnProfile]
    warnings: list[DataWarning]


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
    kinds = {str(name): kind_of(frame[name]) for name in frame.columns}
    features = [name for name in kinds if name != target]
    if all(kinds[name].kind in ("constant", "empty") for name in features):
        raise InputError(
            "every column is constant or empty, so there is nothing to learn from; "
            "give a table with columns that vary"
        )
    warnings = [
        warning for name in features for warning in _of_column(frame[name], name, kinds[name])
    ]
    if target is not None:
        warnings += _copies_of_target(frame, features, target, kinds)
    warnings += _repeated_columns(frame, features, kinds)
    warnings += _repeated_rows(frame)
    columns = [
        ColumnProfile(name, kind.kind, kind.n_unique, kind.n_missing)
        for name, kind in kinds.items()
    ]
    return TableProfile(columns, warnings)


def _of_column(series: pd.Series, name: str, found: KindFound) -> Iterator[DataWarning]:
    n = len(series)
    if found.kind == "constant":
        yield DataWarning(name, "constant", f"{name!r} has one value only and is left out.")
    if found.kind == "empty":
        yield DataWarning(name, "empty", f"{name!r} has no values and is left out.")
    elif found.n_missing > MOSTLY * n:
        share = found.n_missing / n
        yield DataWarning(name, "mostly-missing", f"{name!r} is missing in {share:.0%} of rows.")
    if found.text_numbers:
        yield DataWarning(
            name, "text-numbers", f"{name!r} holds numbers stored as text and is read as numbers."
        )
    if _is_identifier(series, found):
        yield DataWarning(
            name,
            "identifier",
            f"{name!r} has another value in every row, like an identifier, and is left out.",
        )
    elif found.kind == "text" and found.n_unique > MANY_CATEGORIES:
        yield DataWarning(
            name,
            "many-categories",
            f"{name!r} has {found.n_unique:,} different values; they are read as text, by their "
            "parts.",
        )
    if found.kind in ("category", "text") and _is_mixed(series):
        yield DataWarning(
            name, "mixed-types", f"{name!r} mixes numbers and words; all are read as words."
        )
    if _OUTPUT_NAME.fullmatch(name):
        yield DataWarning(
            name,
            "output-name",
            f"{name!r} is named like a column of the embedding; the table's own values stay in "
            "the table, and the embedding holds its own.",
        )


def _is_identifier(series: pd.Series, found: KindFound) -> bool:
    """Tell distinct codes and running numbers, but not measurements, which are distinct too."""
    present = len(series) - found.n_missing
    if present < 20 or found.n_unique < present:
        return False
    if found.kind == "text":
        words = [word for word in words_of(series) if word is not None]
        # Sentences differ from row to row as well, but are made of several words.
        return sum(" " in word for word in words) < 0.5 * len(words)
    if found.kind != "numeric":
        return False
    numbers = np.sort(numbers_of(series)[~missing_mask(series).to_numpy()])
    whole = bool((numbers == np.floor(numbers)).all())
    # Distinct whole numbers that fill their range: a running number, possibly with gaps.
    return whole and bool(numbers[-1] - numbers[0] < 1.5 * present)


def _is_mixed(series: pd.Series) -> bool:
    if not is_wordy(series):
        return False
    present = series[~missing_mask(series)].astype(str)
    numeric = pd.to_numeric(present, errors="coerce").notna().mean()
    return bool(0.05 < numeric < 0.95)


def _copies_of_target(
    frame: pd.DataFrame, features: list[str], target: str, kinds: dict[str, KindFound]
) -> Iterator[DataWarning]:
    labelled = ~missing_mask(frame[target]).to_numpy()
    if labelled.sum() < 3 or kinds[target].n_unique < 2:
        return
    numeric = kinds[target].kind == "numeric"
    truth = numbers_of(frame[target])[labelled] if numeric else None
    codes = pd.factorize(pd.Series(words_of(frame[target])[labelled]))[0]
    for name in features:
        series = frame[name][labelled]
        copied = False
        if numeric and truth is not None and kinds[name].kind == "numeric":
            copied = _is_monotone_copy(numbers_of(series), truth)
        elif kinds[name].n_unique == kinds[target].n_unique:
            other = pd.factorize(pd.Series(words_of(series)))[0]
            pairs = pd.unique(pd.Series(codes.astype(np.int64) * (other.max() + 2) + other))
            copied = len(pairs) == kinds[target].n_unique and bool((other >= 0).all())
        if copied:
            yield DataWarning(
                name,
                "target-copy",
                f"{name!r} determines the target {target!r} and the other way round, so scores "
                "mean nothing while it is a feature; remove it if it would not be known.",
            )


def _is_monotone_copy(values: np.ndarray, truth: np.ndarray) -> bool:
    both = ~np.isnan(values)
    if both.sum() < max(3, 0.9 * len(truth)):
        return False
    v, t = values[both], truth[both]
    if np.ptp(v) == 0 or np.ptp(t) == 0:
        return False
    if abs(np.corrcoef(v, t)[0, 1]) > 0.9999:
        return True
    ranks = pd.Series(v).rank().corr(pd.Series(t).rank())
    return bool(abs(ranks) > 0.9999)


def _repeated_columns(
    frame: pd.DataFrame, features: list[str], kinds: dict[str, KindFound]
) -> Iterator[DataWarning]:
    seen: dict[int, str] = {}
    for name in features:
        if kinds[name].kind in ("constant", "empty"):
            continue
        values = pd.Series(words_of(frame[name])) if is_wordy(frame[name]) else frame[name]
        hashed = hash(pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes())
        if hashed in seen:
            yield DataWarning(
                name,
                "duplicate-column",
                f"{name!r} repeats {seen[hashed]!r}, which therefore weighs double; remove one.",
            )
        seen.setdefault(hashed, name)


def _repeated_rows(frame: pd.DataFrame) -> Iterator[DataWarning]:
    hashes = pd.util.hash_pandas_object(frame.astype(str), index=False)
    repeated = int(hashes.duplicated().sum())
    if repeated:
        yield DataWarning(
            None,
            "duplicate-rows",
            f"{counted(repeated, 'row')} repeat{'s' if repeated == 1 else ''} an earlier one; "
            "copies on both sides of the split make scores look better than they are.",
        )

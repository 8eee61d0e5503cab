"""Columns and rows that say the same as others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.data.account import DataWarning
from contextures.data.kinds import KindFound
from contextures.data.values import is_wordy, numbers_of, undo_category, words_of

COPY_CORRELATION = 0.9999
_SAMPLE = 1000
_FIRST = 5


@dataclass(frozen=True)
class CodedColumn:
    """A column as codes in order of first appearance, -1 where missing, and their values."""

    name: str
    found: KindFound
    codes: NDArray[np.int64]
    values: NDArray[Any]

    @property
    def varies(self) -> bool:
        """Tell whether there is something to learn from."""
        return self.found.kind not in ("constant", "empty")


def code_column(series: pd.Series, found: KindFound) -> CodedColumn:
    """Code a column, spaces around words left aside."""
    plain = undo_category(series)
    if found.number_form is not None:
        plain = pd.Series(numbers_of(series, found.number_form))
    codes, distinct = pd.factorize(plain)
    if is_wordy(plain):
        # Few distinct values stand for many cells: spaces and blanks are dealt with there.
        merged, values = pd.factorize(words_of(pd.Series(distinct, dtype=object)))
        codes = np.append(merged, -1)[codes]
    elif plain.dtype.kind == "M":
        values = np.asarray(pd.DatetimeIndex(distinct).as_unit("us").asi8)
    else:
        values = numbers_of(pd.Series(distinct))
    return CodedColumn(str(series.name), found, np.asarray(codes, np.int64), values)


def copies_of_target(
    frame: pd.DataFrame, features: list[CodedColumn], target: CodedColumn, identifiers: set[str]
) -> Iterator[DataWarning]:
    """Find features that are the target in another form: equal, one-to-one or monotone."""
    labelled = target.codes >= 0
    if labelled.sum() < 3 or target.found.n_unique < 2:
        return
    truth = pd.factorize(target.codes[labelled])[0]
    # Where nearly every label differs, so may every value of a feature that knows nothing of it.
    few = truth.max() < 0.5 * len(truth)
    amounts = target.found.kind == "numeric"
    numbers = _numbers(frame, target)[labelled] if amounts else None
    for column in features:
        if not column.varies:
            continue
        codes = column.codes if labelled.all() else pd.factorize(column.codes[labelled] + 1)[0]
        if _same_values(column, target, labelled):
            yield DataWarning(
                column.name,
                "target-copy",
                f"{column.name!r} is an exact copy of the target {target.name!r} and is left out.",
            )
        elif column.name not in identifiers and (
            (few and _one_to_one(codes, truth))
            or (
                numbers is not None
                and column.found.kind == "numeric"
                and _is_monotone_copy(_numbers(frame, column)[labelled], numbers)
            )
        ):
            yield DataWarning(
                column.name,
                "target-leak",
                f"{column.name!r} follows from the target {target.name!r} and the other way "
                "round; it may leak the target and is still used, so remove it if it would not "
                "be known beforehand.",
            )


def _numbers(frame: pd.DataFrame, column: CodedColumn) -> NDArray[np.float64]:
    return numbers_of(frame[column.name], column.found.number_form)


def _same_values(column: CodedColumn, other: CodedColumn, rows: NDArray[np.bool_]) -> bool:
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


def repeated_columns(features: list[CodedColumn]) -> Iterator[DataWarning]:
    """Find columns that hold the same values as an earlier one."""
    seen: dict[tuple[bytes, ...], list[CodedColumn]] = {}
    for column in features:
        if not column.varies:
            continue
        # Codes follow the order of appearance, so equal columns have equal codes. Columns without
        # a repeated value all have the same, and only their values tell them apart.
        codes = sha256(column.codes.tobytes()).digest()
        first = words_of(pd.Series(column.values[:_FIRST]))
        alike = seen.setdefault((codes, "\0".join(map(str, first)).encode()), [])
        for earlier in alike:
            if _equal(column.values, earlier.values):
                message = (
                    f"{column.name!r} repeats {earlier.name!r}, which therefore weighs double; "
                    "remove one."
                )
                yield DataWarning(column.name, "duplicate-column", message)
                break
        else:
            alike.append(column)


def count_repeated_rows(columns: list[CodedColumn]) -> int:
    """Count the rows that repeat an earlier one."""
    # One random 64-bit weight a column makes sums of codes differ wherever the codes do.
    weights = np.random.default_rng(0).integers(1, 2**63, len(columns)).astype(np.uint64)
    sums = np.zeros(len(columns[0].codes), dtype=np.uint64)
    for column, weight in zip(columns, weights, strict=True):
        sums += (column.codes + 1).astype(np.uint64) * weight
    return int(pd.Series(sums).duplicated().sum())

"""Learning from rows that come in parts, by whatever engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import count
from numbers import Integral
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from contextures._arrays import IntArray
from contextures.encoders.held_out import SELECTION_ROWS
from contextures.encoders.ritz.chunks import ChunkLearner
from contextures.encoders.ritz.part_sums import (
    Shared,
    check_enough,
    concatenated,
    located_parts,
    summed,
    with_solution,
)
from contextures.encoders.ritz.streamed import observations
from contextures.encoders.sources import generator
from contextures.engines import Parts
from contextures.engines.parts import Reader, n_rows
from contextures.engines.tables import Columns, checked_table, columns_of
from contextures.exceptions import InputError

SAMPLE_ROWS = 2 * SELECTION_ROWS
"""Rows that the context and the bases are fitted to."""

ROWS_A_FUNCTION = 4
"""So many at least for each function."""

SAMPLE = 7
"""The purpose of the random numbers that choose them."""

L = TypeVar("L", bound=ChunkLearner)


@dataclass(frozen=True)
class Sampling:
    """What is sent to each worker to gather the sample: which rows, and how parts are read."""

    numbers: IntArray
    reader: Reader


def learned_in_parts(encoder: L, parts: Parts, engine: Any) -> L:
    """Give a copy of an encoder that has learned from parts.

    The parts are gone through three times: rows are counted, unless their number is known; a
    random sample is gathered, to which the context and the bases are fitted; and the sums are
    taken. No more than a chunk of rows, the sample and the sums are held at a time.

    Parameters
    ----------
    encoder : ChunkLearner
        The encoder.
    parts : Parts
        The rows.
    engine : Any
        As :func:`contextures.engines.tree_reduce` takes it.

    Returns
    -------
    ChunkLearner
        The copy, which has learned; the encoder stays as it is.
    """
    made = _fresh(encoder)
    located, reduce = located_parts(encoder, parts, engine)
    reader = parts.reader()
    n = located[-1][2] + located[-1][3] if located else 0
    check_enough(n)
    seed = encoder.random_state if isinstance(encoder.random_state, Integral) else 0
    size = min(n, _sample_size(encoder))
    numbers = np.sort(generator(int(seed), SAMPLE).choice(n, size, replace=False))
    sampled = [
        part
        for part in located
        if np.diff(np.searchsorted(numbers, [part[2], part[2] + part[3]]))[0]
    ]
    picked = reduce(_picked, sampled, concatenated, Sampling(numbers, reader))
    columns = columns_of(picked[0][1])
    chunks = []
    for place, X, y in picked:
        with reader.naming(place, parts.keys[place]):
            _check_observed(y, picked[0][2])
            chunks.append((checked_table(X, columns), y))
    made.fit_bases(*_stacked(chunks))
    return summed(made, located, Shared(made, reader, columns), reduce, engine)


def learned_from_iterator(encoder: L, chunks: Iterator[Any]) -> L:
    """Give a copy of an encoder that has learned from chunks that come once.

    The bases are fitted to the first rows, so they must be like the others.

    Parameters
    ----------
    encoder : ChunkLearner
        The encoder.
    chunks : iterator
        Tables or arrays, or pairs (X, y).

    Returns
    -------
    ChunkLearner
        The copy, which has learned; the encoder stays as it is.
    """
    made, size = _fresh(encoder), _sample_size(encoder)
    waiting: list[tuple[int, Any, Any]] = []
    n = 0
    for place, X, y in _checked(chunks):
        waiting.append((place, X, y))
        n += len(X)
        if n >= size:
            _take(made, waiting, size)
    check_enough(n)
    _take(made, waiting, size)
    return with_solution(made, made._solution())


ONE_BY_ONE = Reader(0, lambda chunk: chunk)
"""Reads chunks that are there already; nobody knows how many will come."""


def _checked(chunks: Iterator[Any]) -> Iterator[tuple[int, Any, Any]]:
    """Give each chunk's place and its rows, checked against the columns of the first."""
    columns: Columns | None = None
    observed: Any = None
    for place in count():
        try:
            part = next(chunks, None)
        except InputError:
            raise
        except Exception as error:  # whatever making it may raise
            raise ONE_BY_ONE.unreadable(place, None, error) from error
        if part is None:
            return
        for X, y in ONE_BY_ONE.chunks(place, part):
            with ONE_BY_ONE.naming(place, None):
                table = checked_table(X, columns)
                if columns is None:
                    columns, observed = columns_of(table), y
                _check_observed(y, observed)
            yield place, table, y


def _take(made: ChunkLearner, waiting: list[tuple[int, Any, Any]], size: int) -> None:
    """Learn from the chunks that wait, after fitting the bases to the first of them."""
    if "_learner" not in vars(made):
        X, y = _stacked([(X, y) for _, X, y in waiting])
        made.fit_bases(X[:size], None if y is None else y[:size])
    for place, X, y in waiting:
        with ONE_BY_ONE.naming(place, None):
            made.partial_fit(X, y)
    waiting.clear()


def _sample_size(encoder: ChunkLearner) -> int:
    return max(SAMPLE_ROWS, ROWS_A_FUNCTION * encoder.n_functions)


def _picked(shared: Sampling, part: tuple[int, Any, int, int]) -> list[tuple[int, Any, Any]]:
    place, key, start, _ = part
    found = []
    for X, y in shared.reader.chunks(place, key):
        n = n_rows(X)
        first, last = np.searchsorted(shared.numbers, [start, start + n])
        local = shared.numbers[first:last] - start
        start += n
        if not len(local):
            continue
        with shared.reader.naming(place, key):
            rows = checked_table(X, None)
            if y is not None:
                observations(y, n)
        found.append((place, _at(rows, local), None if y is None else _at(y, local)))
    return found


def _fresh(encoder: L) -> L:
    made = copy(encoder)
    for name in ("_learner", "_solved"):
        made.__dict__.pop(name, None)
    return made


def _check_observed(y: Any, first: Any) -> None:
    """Refuse what was observed in a part where it is not like that of the first."""
    if (y is None) != (first is None):
        told = ("is given", "is not") if first is None else ("is not given", "is")
        raise InputError(
            f"y {told[0]}, and {told[1]} in the first part; give pairs (X, y) in all or in none"
        )
    shapes = [() if each is None else np.shape(each)[1:] for each in (y, first)]
    if shapes[0] != shapes[1]:
        raise InputError(
            f"y has the shape {shapes[0]} for a row, and {shapes[1]} in the first part; give all "
            "the same columns"
        )


def _at(values: Any, rows: IntArray) -> Any:
    return values.iloc[rows] if hasattr(values, "iloc") else np.asarray(values)[rows]


def _stacked(chunks: Sequence[tuple[Any, Any]]) -> tuple[Any, Any]:
    tables, observed = zip(*chunks, strict=True)
    return _joined(tables), None if observed[0] is None else _joined(observed)


def _joined(values: Sequence[Any]) -> Any:
    if all(isinstance(each, pd.DataFrame | pd.Series) for each in values):
        return pd.concat(values, ignore_index=True)
    return np.concatenate([np.asarray(each) for each in values])

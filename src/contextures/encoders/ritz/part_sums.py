"""Sums over rows in parts, by whatever engine, with bases that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from contextures.encoders.ritz.chunks import ChunkLearner
from contextures.encoders.ritz.learner import Solved
from contextures.encoders.ritz.streamed import Fixed, Streamed, Sums
from contextures.engines import Parts, tree_reduce
from contextures.engines.job import Told
from contextures.engines.parts import Reader, n_rows
from contextures.engines.sources import computed
from contextures.engines.tables import Columns, checked_table
from contextures.exceptions import InputError

L = TypeVar("L", bound=ChunkLearner)

Located = tuple[int, Any, int, int]
"""A part's place and key, the number of its first row among all rows, and how many it has."""


@dataclass(frozen=True)
class Shared:
    """What is sent to each worker once: the encoder with its bases, and how parts are read."""

    encoder: ChunkLearner
    reader: Reader
    columns: Columns


def learned_with_bases(begun: L, parts: Parts, engine: Any, told: Told | None = None) -> L:
    """Give a copy of an encoder that has learned from parts, with the bases that it has already.

    Parameters
    ----------
    begun : ChunkLearner
        The encoder, after its ``fit_bases`` and before any rows.
    parts : Parts
        The rows, as arrays of as many columns as those that the bases were fitted to.
    engine : Any
        As :func:`contextures.engines.tree_reduce` takes it.
    told : callable, optional
        Told how many parts are done, and how many there are.

    Returns
    -------
    ChunkLearner
        The copy, which has learned; the encoder stays as it is.
    """
    located, reduce = located_parts(begun, parts, engine)
    check_enough(located[-1][2] + located[-1][3] if located else 0)
    shared = Shared(begun, parts.reader(), (begun.n_features_in_,))
    return summed(copy(begun), located, shared, reduce, engine, told)


def located_parts(encoder: ChunkLearner, parts: Parts, engine: Any) -> tuple[list[Located], Any]:
    """Find the number of each part's first row, and what does the work."""
    reader = parts.reader()

    def reduce(
        work: Any,
        about: Sequence[Any],
        merge: Any,
        shared: Any,
        finish: Any = None,
        told: Told | None = None,
    ) -> Any:
        return tree_reduce(
            work,
            about,
            merge,
            shared=shared,
            finish=finish,
            engine=engine,
            n_workers=encoder.n_jobs,
            name=lambda part: reader.name(part[0], part[1]),
            told=told,
        )

    counts = parts.count
    if counts is None or callable(counts):
        counts = reduce(_read_count, list(enumerate(parts.keys)), concatenated, reader)
    elif not all(isinstance(count, int) for count in counts):
        delayed = [(place, None, count) for place, count in enumerate(counts)]
        counts = reduce(_delayed_count, delayed, concatenated, reader)
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    located = [
        (place, parts.keys[place], int(starts[place]), int(count))
        for place, count in enumerate(counts)
        if count
    ]
    return located, reduce


def summed(
    made: L,
    located: list[Located],
    shared: Shared,
    reduce: Any,
    engine: Any,
    told: Told | None = None,
) -> L:
    """Take the sums of located parts and solve; ``made`` is given what was found."""
    workers = copy(made)
    workers.n_jobs = made.n_jobs if engine is None else None
    shared = replace(shared, encoder=workers)
    return with_solution(made, reduce(_learned, located, _merged, shared, _solved, told))


def check_enough(n: int) -> None:
    """Refuse parts that have hardly a row."""
    if n < 2:
        raise InputError(f"the parts have {n} rows together; give at least 2")


def _read_count(reader: Reader, part: tuple[int, Any]) -> list[int]:
    return [reader.n_rows(*part)]


def _delayed_count(reader: Reader, part: tuple[int, Any, Any]) -> list[int]:
    place, key, delayed = part
    try:
        return [int(computed(delayed))]
    except Exception as error:  # whatever Dask makes of a part
        raise reader.unreadable(place, key, error) from error


def _learned(shared: Shared, part: Located) -> Sums:
    place, key, start, n = part
    worker = copy(shared.encoder)
    learner = worker._learner = Streamed.begin(_fixed(worker))
    end = start + n
    for X, y in shared.reader.chunks(place, key):
        with shared.reader.naming(place, key):
            worker.partial_fit(checked_table(X, shared.columns), y, start=start)
        start += n_rows(X)
    if start != end:
        raise InputError(
            f"{shared.reader.name(place, key)} had {n:,} rows when they were counted and has "
            f"{start - end + n:,} now; let nobody write to it meanwhile"
        )
    return learner.sums


def _fixed(encoder: ChunkLearner) -> Fixed:
    learner = encoder._learner
    assert isinstance(learner, Streamed)
    return learner.fixed


def _merged(shared: Shared, found: list[Sums]) -> Sums:
    fixed = _fixed(shared.encoder)
    total = found[0].copy()
    for other in found[1:]:
        total.merge(fixed, other)
    return total


def _solved(shared: Shared, total: Sums) -> Solved:
    encoder = copy(shared.encoder)
    encoder._learner = Streamed(_fixed(encoder), total)
    encoder._solve(last=True)
    return encoder._solved


def with_solution(made: L, solved: Solved) -> L:
    """Give an encoder what was found, and take from it what it no longer needs."""
    made._solved = solved
    made.__dict__.pop("_learner", None)
    return made


def concatenated(shared: Any, found: list[list[Any]]) -> list[Any]:
    """Put lists together, as engines put together what was found."""
    return [each for part in found for each in part]

"""How many rows can be learned from, and held at a time, within so much memory."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from joblib import effective_n_jobs

from contextures.encoders import RitzEncoder
from contextures.encoders.gather import CHUNK_VALUES
from contextures.exceptions import InputError
from contextures.runs.long import LEAST_SAMPLE
from contextures.runs.options import FitOptions

BASE = 550_000_000
"""Bytes that the libraries take, with what is held of files while they are read."""

PER_ROW, PER_CELL = 24_000, 500
"""Bytes that a row which is learned from takes at most, in itself and for each of its columns:
its share of the neighbours, bases and forests that are held at a time, as measured."""

BATCH_CELL = 120
"""Bytes that a cell takes while its row is embedded and predicted."""

BATCH_ROW = 4_000
"""Bytes that a row takes while it is embedded and predicted, besides its cells."""

N_FUNCTIONS = RitzEncoder().n_functions
"""D, the functions on either side of the encoder that learns from all rows."""

SUMS = 8 * (4 * 3 * N_FUNCTIONS**2 + 10 * N_FUNCTIONS**2 + 2 * CHUNK_VALUES)
"""Bytes that a worker which goes through all rows takes besides a batch: its sums of 3 D^2 numbers,
as often as they are held while they are put together, what solves at the end, and the functions of
a chunk of rows on either side."""

LEAST_BATCH, MOST_BATCH = 1_000, 50_000

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Plan:
    """How many rows are learned from at most, and how many are held at a time, within a memory.

    Attributes
    ----------
    sample : int
        The rows that are drawn at most.
    batch : int
        The rows that are held while all are gone through.
    all_rows : int or None
        The megabytes that learning the coordinates from all rows takes, where these are too many.
    all_batch : int
        The rows that each process holds at a time meanwhile.
    n_workers : int or None
        How many processes may do so; None for as many as there are cores.
    """

    sample: int
    batch: int
    all_rows: int | None = None
    all_batch: int = MOST_BATCH
    n_workers: int | None = None


def bytes_of(memory: str) -> int:
    """Read an amount of memory.

    Parameters
    ----------
    memory : str
        Such as ``"2GB"``, ``"1.5 GiB"`` or ``"800M"``.

    Returns
    -------
    int
        The bytes.

    Raises
    ------
    InputError
        If it is none.
    """
    found = _SIZE.fullmatch(str(memory))
    if found is None or float(found[1]) == 0:
        raise InputError(f"--memory {memory!r} is not an amount; give one such as 2GB or 800MB")
    units = _BINARY if found[3] else _UNITS
    return int(float(found[1]) * units[found[2].lower()])


def needed(sample: int, batch: int, n_columns: int) -> int:
    """Give the bytes that a fit on so many drawn rows and in such batches takes, at most about."""
    learning = sample * (PER_ROW + PER_CELL * n_columns)
    return BASE + max(learning, batch * (BATCH_ROW + BATCH_CELL * n_columns))


def plan(options: FitOptions, n_columns: int) -> Plan:
    """Set the sample and the batch by the memory that was allowed.

    Parameters
    ----------
    options : FitOptions
        What was asked.
    n_columns : int
        The columns of the table.

    Returns
    -------
    Plan
        The sample is no more than was asked for.

    Raises
    ------
    InputError
        If the memory does not suffice for the smallest sample, saying what is needed.
    """
    if options.memory is None:
        return Plan(options.sample, min(MOST_BATCH, max(options.sample, LEAST_BATCH)))
    allowed = bytes_of(options.memory)
    least = needed(LEAST_SAMPLE, LEAST_BATCH, n_columns)
    if allowed < least:
        megabytes = -(-least // 10**6)
        raise InputError(
            f"--memory {options.memory} is too little to learn from {LEAST_SAMPLE:,} rows of "
            f"{n_columns:,} columns, which takes about {megabytes:,}MB; give that or more"
        )
    spare = allowed - BASE
    sample = spare // (PER_ROW + PER_CELL * n_columns)
    batch = spare // (BATCH_ROW + BATCH_CELL * n_columns)
    found = Plan(min(options.sample, sample), max(LEAST_BATCH, min(MOST_BATCH, batch)))
    return _with_all_rows(found, spare, n_columns)


def _with_all_rows(found: Plan, spare: int, n_columns: int) -> Plan:
    """Say whether a worker's sums fit beside what was drawn, and how many workers do."""
    cells, row = BATCH_CELL * n_columns, BATCH_ROW + BATCH_CELL * n_columns
    held = found.sample * cells  # what was drawn, as a table and as features
    left = spare - held - SUMS
    if left < LEAST_BATCH * row:
        # More memory draws more rows, so that a share of it is held.
        share = cells / (PER_ROW + PER_CELL * n_columns)
        least = BASE + (SUMS + LEAST_BATCH * row) / (1 - share)
        return replace(found, all_rows=int(least // 10**6) + 1)
    batch = min(found.batch, left // row)
    # Others load the libraries too, and nothing is added up here.
    others = (spare - held) // (BASE + SUMS + batch * row)
    return replace(found, all_batch=batch, n_workers=min(others, int(effective_n_jobs(-1))))


def threshold(options: FitOptions) -> int:
    """Give the rows of a file from which on it is not read at once before it is looked at."""
    return options.sample if options.memory is None else min(LEAST_SAMPLE, options.sample)

"""A random sample of the rows of a long table: the same however its rows lie in files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.data.amounts import DoubtError
from contextures.data.how_read import HowRead
from contextures.data.ids import require_column
from contextures.data.parquet_parts import is_parquet, parquet_frames, shape_of
from contextures.data.parts import Parts
from contextures.data.plain_types import plain_columns
from contextures.data.reading import read_part
from contextures.data.several import join_tables, shared_how, told_mark
from contextures.data.table import Table, table_from_frame
from contextures.data.values import missing_mask
from contextures.exceptions import InputError


@dataclass(frozen=True)
class Drawn:
    """Rows that were drawn from a long table.

    Attributes
    ----------
    table : Table
        The rows, in the order of the table.
    rows : ndarray of int of shape (n,)
        Their numbers in it.
    n_rows : int
        How many it has.
    n_labelled : int or None
        How many of these have a label; None without a target.
    parts : Parts
        The whole table, to be read as these rows were.
    """

    table: Table
    rows: NDArray[np.intp]
    n_rows: int
    n_labelled: int | None
    parts: Parts


def draw(parts: Parts, n: int, seed: int, target: str | None = None) -> Drawn:
    """Draw rows from a long table.

    Which rows are drawn depends on their numbers in the whole table, on which of them have a label
    and on the seed, and not on the files that they lie in nor on the size of batches.

    Parameters
    ----------
    parts : Parts
        The table.
    n : int
        How many rows to draw; all of a table of no more.
    seed : int
        Draws them.
    target : str, optional
        The column of the labels; see :func:`drawn_rows`.

    Returns
    -------
    Drawn
        The rows.

    Raises
    ------
    InputError
        If a file cannot be read or does not fit the others, naming it, or there is no such target.
    """
    labelled, n_rows, parts = survey(parts, target)
    rows = drawn_rows(n_rows, labelled, n, seed)
    found = None if labelled is None else int(labelled.sum())
    return Drawn(rows_from(parts, rows), rows, n_rows, found, parts)


def drawn_rows(
    n_rows: int, labelled: NDArray[np.bool_] | None, n: int, seed: int
) -> NDArray[np.intp]:
    """Draw the numbers of rows, rows with a label first where these are rare.

    Parameters
    ----------
    n_rows : int
        The rows of the table.
    labelled : ndarray of bool of shape (n_rows,) or None
        Which have a label; None without a target.
    n : int
        How many to draw.
    seed : int
        Draws them.

    Returns
    -------
    ndarray of int
        The numbers, sorted. Half of them have a label, or all that do where these are fewer; more
        than half where more than half of the table's rows have one.
    """
    rng = np.random.default_rng(seed)
    if n >= n_rows:
        return np.arange(n_rows)
    if labelled is None or labelled.all() or not labelled.any():
        return np.sort(rng.choice(n_rows, n, replace=False))
    known, others = np.flatnonzero(labelled), np.flatnonzero(~labelled)
    share = max(n / 2, n * len(known) / n_rows)
    n_known = max(min(len(known), round(share)), n - len(others))
    drawn = [
        rng.choice(known, n_known, replace=False),
        rng.choice(others, n - n_known, replace=False),
    ]
    return np.sort(np.concatenate(drawn))


def digest_of(files: Sequence[Path]) -> str:
    """Give the SHA-256 of files as a table that is read at once has it."""
    digests = []
    for file in files:
        with file.open("rb") as opened:
            digests.append(hashlib.file_digest(opened, "sha256").hexdigest())
    return (
        digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    )


def survey(parts: Parts, target: str | None) -> tuple[NDArray[np.bool_] | None, int, Parts]:
    """Count the rows, mark those with a label, and find how text is to be read.

    Parameters
    ----------
    parts : Parts
        A long table.
    target : str or None
        The column of the labels.

    Returns
    -------
    tuple
        Which rows have a label, None without a target; how many rows there are; and the table, to
        be read as was found.

    Raises
    ------
    InputError
        If a file cannot be read, naming it, or there is no such target.
    """
    if parts.held is not None:
        frame = parts.held.frame
        if target is None:
            return None, len(frame), parts
        require_column(target, frame.columns, "target")
        return ~missing_mask(frame[target]).to_numpy(), len(frame), parts
    looked: dict[Path, _Look] = {}
    doubts: dict[Path, DoubtError] = {}
    for file in parts.files:
        try:
            looked[file] = _look(file, parts, target)
        except DoubtError as error:
            doubts[file] = error
    mark = told_mark([look.table for look in looked.values() if look.table is not None])
    for file, doubt in doubts.items():
        if mark is None:
            raise InputError(str(doubt))
        told = replace(parts, options=replace(parts.options, decimal=mark))
        looked[file] = _look(file, told, target)
    inside = [looked[file] for file in parts.files]
    how = HowRead(parts.options.given())
    texts = {file: looked[file].table for file in parts.files if looked[file].table is not None}
    if texts and parts.options.like is None:
        tables = [table for table in texts.values() if table is not None]
        how = shared_how(list(texts), tables, parts.options.given())
    counts = tuple(look.n_rows for look in inside)
    options = replace(parts.options, like=parts.options.like or how)
    parts = replace(parts, options=options, counts=counts)
    known = None if target is None else np.concatenate([look.known for look in inside])
    return known, sum(counts), parts


@dataclass(frozen=True)
class _Look:
    """The rows of a file, which have a label, and, of text, a table of none that says how read."""

    n_rows: int
    known: NDArray[np.bool_]
    table: Table | None = None


def _look(file: Path, parts: Parts, target: str | None) -> _Look:
    if is_parquet(file):
        n_rows, names = shape_of(file)
        if target is None:
            return _Look(n_rows, np.empty(0, dtype=bool))
        require_column(target, names, "target")
        frames = parquet_frames(file, parts.batch, [target])
        return _Look(n_rows, np.concatenate([np.empty(0, bool), *map(_known, frames)]))
    table = read_part(file, parts.options, parts.min_columns)
    empty = replace(table, frame=table.frame.iloc[:0])
    if target is None:
        return _Look(len(table.frame), np.empty(0, dtype=bool), empty)
    require_column(target, table.frame.columns, "target")
    return _Look(len(table.frame), _known(table.frame[[target]]), empty)


def _known(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Mark the rows of a frame of one column that have a value in it."""
    return ~missing_mask(plain_columns(frame).iloc[:, 0]).to_numpy(dtype=bool)


def rows_from(parts: Parts, rows: NDArray[np.intp]) -> Table:
    """Read a long table and keep some of its rows.

    Parameters
    ----------
    parts : Parts
        The table.
    rows : ndarray of int
        The numbers of the rows, sorted.

    Returns
    -------
    Table
        The rows.

    Raises
    ------
    InputError
        If a file cannot be read or does not fit the others, naming it.
    """
    notes: list[str] = []
    if parts.held is not None:
        frame = parts.held.frame.iloc[rows].reset_index(drop=True)
        return replace(parts.held, frame=frame)
    found: dict[Path, list[pd.DataFrame]] = {}
    coordinates: list[str] = []
    for piece in parts.pieces(notes):
        assert piece.file is not None
        start, end = np.searchsorted(rows, (piece.first, piece.first + len(piece.table.frame)))
        kept = piece.table.frame.iloc[rows[start:end] - piece.first]
        if len(kept):
            found.setdefault(piece.file, []).append(kept)
        coordinates = coordinates or piece.table.coordinates
    tables = [
        Table(pd.concat(frames, ignore_index=True), file.name, str(file), "")
        for file, frames in found.items()
    ]
    how = parts.options.like or HowRead(parts.options.given())
    if len(tables) == 1:
        joined = table_from_frame(tables[0].frame, name=parts.name, min_columns=parts.min_columns)
    else:
        joined = join_tables(
            list(found),
            tables,
            name=parts.name,
            source=parts.source,
            how_read=how,
            id=parts.options.id_column,
            min_rows=1,
            min_columns=parts.min_columns,
        )
    return replace(
        joined,
        source=parts.source,
        digest=digest_of(parts.files),
        notes=notes,
        how_read=how,
        coordinates=coordinates,
        files=parts.named,
    )

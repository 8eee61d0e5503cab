"""New rows for a run, a batch at a time, and what each becomes written before the next is read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from contextures._arrays import FloatArray
from contextures.data import Table, TablePreparation
from contextures.data.ids import IdCounts
from contextures.data.parts import Parts
from contextures.data.pieces import Piece
from contextures.data.unusual import Unusual, added
from contextures.data.words import counted, listed
from contextures.exceptions import InputError
from contextures.runs.carried import take_known_ids
from contextures.runs.kept_rows import KeptRows
from contextures.runs.output_file import Kind
from contextures.runs.progress import Progress
from contextures.runs.row_files import OtherTypeError, row_file

Telling = Callable[[FloatArray, pd.Series | None], pd.DataFrame]
"""What makes results of prepared rows and their ids: a frame whose first column is row_id."""


def write_rows(
    folder: Path,
    preparation: TablePreparation,
    parts: Parts,
    out: str | Path,
    kind: Kind,
    tell: Telling,
    rows: KeptRows,
    *,
    id: str | None,
    progress: Progress,
    seen: Callable[[pd.DataFrame], None] | None = None,
) -> tuple[int, list[str]]:
    """Prepare the rows of a table batch by batch, and write what each batch becomes.

    Rows whose results are kept from an earlier attempt are read once more, for what is said of
    them, and nothing else is done with them.

    Parameters
    ----------
    folder : pathlib.Path
        The run.
    preparation : TablePreparation
        The run's.
    parts : Parts
        The rows.
    out : str or pathlib.Path
        The file to write; it appears once all rows are in it.
    kind : {"embedding", "prediction"}
        What it holds.
    tell : callable
        Makes the results of a batch.
    rows : KeptRows
        What results are kept in until all are there.
    id : str or None
        A column to carry; the run's own when None.
    progress : Progress
        Told how far the work is.
    seen : callable, optional
        Told the results of each batch once.

    Returns
    -------
    tuple of int and list of str
        The number of rows, and notes of what was unusual in them.

    Raises
    ------
    InputError
        Naming the file and the column that do not fit.
    OtherTypeError
        If results other than the ids are of several types.
    """
    told = NewRows(folder, preparation, parts, id)
    n_batches = 0
    for piece, features, ids in told.batches(rows.holds):
        n = len(piece.table.frame)
        if not rows.holds(n_batches, piece.first, n):
            frame = tell(features, ids)
            frame["row_id"] = np.arange(piece.first, piece.first + n)
            rows.add(frame, piece.first, n)
        if seen is not None:
            seen(rows.frame(n_batches))
        n_batches += 1
        progress.advance(piece.first + n, parts.n_rows or 0)
    rows.cut(n_batches)
    types: dict[str, Any] = {}
    while True:
        try:
            with row_file(out, kind, types) as file:
                for frame in rows.frames():
                    file.write(frame)
            return told.n_rows, told.notes()
        except OtherTypeError as error:
            # What ids are is known only once the last file is read.
            if error.name != told.id:
                raise
            types[error.name] = error.both


class NewRows:
    """The prepared rows of a table, batch by batch, with what is unusual in all of them.

    Parameters
    ----------
    folder, preparation, parts, id
        As for :func:`write_rows`.
    apart : collection of str, optional
        Columns to set aside, the ids among them: then none are carried.

    Attributes
    ----------
    n_rows : int
        How many were prepared so far.
    id : str or None
        The column that is carried.
    """

    def __init__(
        self,
        folder: Path,
        preparation: TablePreparation,
        parts: Parts,
        id: str | None,
        apart: Collection[str] | None = None,
    ) -> None:
        self.folder, self.preparation, self.parts = folder, preparation, parts
        self._apart = apart
        self._asked = id
        self.id: str | None = None
        self.n_rows = 0
        self._ids = IdCounts()
        self._first: list[str] = []
        self._read: list[str] = []
        self._ignored: list[str] = []
        self._unusual: list[Unusual] = []

    def batches(
        self, finished: Callable[[int, int, int], bool] | None = None
    ) -> Iterator[tuple[Piece, FloatArray, pd.Series | None]]:
        """Read and prepare all rows.

        Parameters
        ----------
        finished : callable, optional
            Says of the number of a batch, that of its first row and how many it has whether it
            needs no features any more; it is then read and not prepared.

        Yields
        ------
        tuple
            The rows, their features (none of finished ones), and their ids or None.
        """
        for place, piece in enumerate(self.parts.pieces(self._read)):
            n = len(piece.table.frame)
            with named(piece, several=len(self.parts.files) > 1):
                table, ids = self._without_ids(replace(piece.table, notes=[]))
                done = finished is not None and finished(place, piece.first, n)
                features = np.empty((0, 0)) if done else self.preparation.transform(table.frame)
            if ids is not None:
                self.id = str(ids.name)
                self._ids.add(ids)
            self._count(table.frame)
            self.n_rows += n
            yield piece, features, ids

    def _without_ids(self, table: Table) -> tuple[Table, pd.Series | None]:
        if self._apart is None:
            table, ids, self._first = take_known_ids(self.folder, table, self._asked)
            return table, ids
        columns = [name for name in table.frame.columns if name in self._apart]
        return replace(table, frame=table.frame.drop(columns=columns)), None

    def notes(self) -> list[str]:
        """Say, once all are read, what is unusual in them."""
        ids = [] if self.id is None else self._ids.notes(self.id)
        said = [note for column in self._unusual for note in column.notes()]
        return [*self._first, *self._read, *ids, *self._ignored, *said]

    def _count(self, frame: pd.DataFrame) -> None:
        fitted = self.preparation
        extra = [name for name in frame.columns if name not in fitted.columns_]
        if extra:
            self._ignored = [f"ignored {counted(len(extra), 'column')} {listed(extra)}"]
        found = [column.unusual(frame[name]) for name, column in fitted.fitted_.items()]
        self._unusual = added(self._unusual, found)


@contextmanager
def named(piece: Piece, *, several: bool) -> Iterator[None]:
    """Name the file, where there are several, in what is wrong with rows."""
    try:
        yield
    except InputError as error:
        if not several or repr(str(piece.file)) in str(error):
            raise
        raise InputError(f"{str(piece.file)!r}: {error}") from None

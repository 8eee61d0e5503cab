"""Embeddings to compare, from files and runs, by the names that tell them apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.data import Table, read_table
from contextures.data.array_rows import ArrayRows, array_rows
from contextures.data.decoding import decode_text
from contextures.data.delimiter import find_delimiter
from contextures.data.drawn import rows_from
from contextures.data.parquet_parts import is_parquet
from contextures.data.parts import Parts
from contextures.data.text_blocks import head_of
from contextures.data.text_rows import TextRows, text_rows
from contextures.data.values import missing_mask
from contextures.exceptions import InputError
from contextures.runs.embedding_files import ROW, SAVED, SPLIT, embedding_of
from contextures.runs.folder import MARK, check_run
from contextures.runs.shared_rows import (
    Numbers,
    column_of,
    numbers_in,
    numbers_of_file,
    places_of,
)

EMBEDDED = "embeddings.parquet"
"""The file of a run that holds the coordinates of its table's rows."""

_INDEX = ("column_1", "Unnamed: 0")
"""What the row numbers that pandas writes are called once they are read."""

_PLAIN = re.compile(rb"[\s\d.,;|eE+\-]+")


@dataclass(frozen=True)
class EmbeddingFile:
    """An embedding that was read.

    Attributes
    ----------
    values : ndarray of shape (n, d)
        The coordinates, in the order of the rows.
    labels : pandas.Series or None
        The column that was named as the target, if it is there.
    notes : list of str
        What reading did.
    """

    values: FloatArray
    labels: pd.Series | None = None
    notes: list[str] = field(default_factory=list)


def names_of(given: Sequence[str | Path]) -> list[str]:
    """Name files by their stems, or by as much of their paths as tells them apart."""
    paths = [Path(each) for each in given]
    names = [path.name if path.is_dir() else path.stem for path in paths]
    for shorten in (lambda path: path.name, lambda path: f"{path.parent.name}/{path.name}", str):
        counts = Counter(names)
        names = [
            name if counts[name] == 1 else shorten(path)
            for name, path in zip(names, paths, strict=True)
        ]
    if len(set(names)) < len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise InputError(f"{twice!r} is given twice; give each embedding once")
    return names


def file_of(given: str | Path) -> Path:
    """Give the file of an embedding: what was given, or that of a run."""
    path = Path(given)
    if not path.is_dir():
        return path
    if (path / SAVED).is_file() and not (path / MARK).is_file():
        raise InputError(
            f"the folder {str(given)!r} holds an encoder but no embedding; embed the rows with "
            "it, save them with numpy.save and give that file"
        )
    return check_run(path) / EMBEDDED


def read_embedding(given: str | Path, target: str | None = None) -> EmbeddingFile:
    """Read an embedding from a file, or from a run.

    Parameters
    ----------
    given : str or pathlib.Path
        A ``.npy`` or ``.npz`` file, a Parquet file with columns of numbers or a column of lists,
        a text table of numbers, with names or without, or a folder that ``contextures fit`` wrote.
    target : str, optional
        A column of labels in it, which is no coordinate.

    Returns
    -------
    EmbeddingFile
        The embedding.

    Raises
    ------
    InputError
        If it cannot be read, or a coordinate is not a number or missing.
    """
    return Opened.of(given, target).read(target)


@dataclass(frozen=True)
class Opened:
    """An embedding of which is known which rows it has; those of a long file are not read yet.

    Attributes
    ----------
    given, path : pathlib.Path
        What was given, and the file in question.
    numbers : Numbers
        Its rows.
    table : Table, pandas.DataFrame, ArrayRows, TextRows or None
        What was read of a file that is not Parquet, a frame where its columns have no names, or
        what gives its rows.
    """

    given: Path
    path: Path
    numbers: Numbers
    table: Table | pd.DataFrame | ArrayRows | TextRows | None = None

    @classmethod
    def of(cls, given: str | Path, target: str | None = None) -> Opened:
        """Open a file, or that of a run; a target is a column that may be asked for alone."""
        path = file_of(given)
        if is_parquet(path):
            return cls(Path(given), path, numbers_of_file(path))
        named = not _lacks_names(path)
        keep = [ROW] if target is None else [ROW, target]
        rows = array_rows(path) or text_rows(path, named=named, keep=keep)
        if rows is not None:
            column = rows.column(ROW) if named else None
            return cls(Path(given), path, numbers_in(path, rows.n_rows, column), rows)
        if not named:
            plain = _without_names(path)
            return cls(Path(given), path, Numbers(len(plain)), plain)
        table = _whole(path)
        numbers = numbers_in(path, len(table.frame), table.frame.get(ROW))
        return cls(Path(given), path, numbers, table)

    def read(
        self, target: str | None = None, rows: NDArray[np.intp] | None = None
    ) -> EmbeddingFile:
        """Read the embedding.

        Parameters
        ----------
        target : str, optional
            A column of labels in it, which is no coordinate.
        rows : ndarray of int, optional
            The numbers of the rows to give, in order; all when None. Of a long file no more
            than these and a batch are held.

        Returns
        -------
        EmbeddingFile
            The embedding.
        """
        places = None if rows is None else places_of(self.numbers, rows)
        plain = self._plain(places)
        if plain is not None:
            return EmbeddingFile(embedding_of(plain, len(plain)))
        table = self._table(places)
        path, frame, notes = self.path, table.frame, [f"{self.path.name}: {n}" for n in table.notes]
        index = np.arange(len(frame)) if places is None else places
        if frame.columns[0] in _INDEX and np.array_equal(frame.iloc[:, 0], index):
            frame = frame.iloc[:, 1:]
            notes = [f"{path.name}: its first column numbers the rows and is no coordinate"]
        if places is not None and ROW in frame.columns:
            frame = frame.assign(**{ROW: np.arange(len(frame))})
        labels = None
        if target is not None and target in frame.columns:
            labels, frame = frame[target], frame.drop(columns=target)
        if table.coordinates:
            kept = [name for name in frame.columns if name in (*table.coordinates, ROW, SPLIT)]
            if len(kept) < len(frame.columns):
                notes.append(f"{path.name}: only its lists of numbers were read")
            frame = frame[kept]
        try:
            values = embedding_of(frame, len(frame))
            if labels is not None and ROW in frame.columns:
                labels = labels.iloc[frame[ROW].astype(int).argsort()].reset_index(drop=True)
        except InputError as error:
            raise InputError(f"{str(self.given)!r} is not an embedding: {error}") from None
        return EmbeddingFile(values, labels, notes)

    def labelled(self, target: str) -> NDArray[np.bool_] | None:
        """Mark the rows of the table that have a label in a column; None where it has none."""
        if isinstance(self.table, Table):
            column = self.table.frame.get(target)
        elif isinstance(self.table, ArrayRows | TextRows):
            column = self.table.column(target)
        else:
            column = column_of(self.path, target)
        if column is None:
            return None
        known = np.zeros(self.numbers.end, dtype=bool)
        known[self.numbers.known] = ~missing_mask(column).to_numpy(dtype=bool)
        return known

    def frame(self, rows: NDArray[np.intp]) -> pd.DataFrame:
        """Give rows by their numbers, as a table of only these."""
        places = places_of(self.numbers, rows)
        plain = self._plain(places)
        if plain is not None:
            return plain.reset_index(drop=True)
        frame = self._table(places).frame
        return frame.assign(**{ROW: np.arange(len(frame))}) if ROW in frame else frame

    def _plain(self, places: NDArray[np.intp] | None) -> pd.DataFrame | None:
        """Give rows whose columns have no names; None where they have."""
        if isinstance(self.table, TextRows) and not self.table.named:
            return self.table.table(places).frame
        if isinstance(self.table, pd.DataFrame):
            return self.table if places is None else self.table.iloc[places]
        return None

    def _table(self, places: NDArray[np.intp] | None) -> Table:
        """Give the table, or rows of it in the order in which they are asked for."""
        if isinstance(self.table, ArrayRows | TextRows):
            return self.table.table(places)
        if places is None:
            whole = self.table
            return whole if isinstance(whole, Table) else _whole(self.path)
        if isinstance(self.table, Table):
            return replace(self.table, frame=self.table.frame.iloc[places].reset_index(drop=True))
        order = np.argsort(places)
        part = Parts(self.path.name, str(self.path), [self.path], min_columns=1)
        table = rows_from(part, places[order])
        return replace(table, frame=table.frame.iloc[np.argsort(order)].reset_index(drop=True))


def _whole(path: Path) -> Table:
    return read_table(path, min_rows=1, min_columns=1)


def _lacks_names(path: Path) -> bool:
    """Tell a text table whose first line is of numbers already."""
    if path.suffix.lower() in (".npy", ".npz", ".parquet", ".pq") or not path.is_file():
        return False
    with path.open("rb") as file:
        first = next((line for line in file if line.strip()), b"")
    if not _PLAIN.fullmatch(first):
        return False
    separator = find_delimiter(head_of(path, errors="replace"))
    fields = first.decode("ascii").strip().removeprefix(separator).split(separator)
    numbered = [[str(i + start) for i in range(len(fields))] for start in (0, 1)]
    # The numbers of columns, as pandas names them, are names.
    return len(fields) == 1 or fields not in numbered


def _without_names(path: Path) -> pd.DataFrame:
    text, *_ = decode_text(path.read_bytes())
    separator = find_delimiter(text)
    try:
        return pd.read_csv(
            StringIO(text), sep=separator if separator in text else r"\s+", header=None
        ).add_prefix("column ")
    except (pd.errors.ParserError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"the file {str(path)!r} is not a table of numbers: {reason}") from None

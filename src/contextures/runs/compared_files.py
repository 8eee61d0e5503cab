"""Embeddings to compare, from files and runs, by the names that tell them apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from contextures._arrays import FloatArray
from contextures.data import read_table
from contextures.data.decoding import decode_text
from contextures.data.delimiter import find_delimiter
from contextures.exceptions import InputError
from contextures.runs.diagnosed import SAVED
from contextures.runs.embedding_files import ROW, SPLIT, embedding_of
from contextures.runs.folder import MARK, check_run

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
    path = Path(given)
    if path.is_dir():
        if (path / SAVED).is_file() and not (path / MARK).is_file():
            raise InputError(
                f"the folder {str(given)!r} holds an encoder but no embedding; embed the rows with "
                "it, save them with numpy.save and give that file"
            )
        path = check_run(path) / EMBEDDED
    plain = _without_names(path)
    if plain is not None:
        return EmbeddingFile(embedding_of(plain, len(plain)))
    table = read_table(path, min_rows=1, min_columns=1)
    frame, notes = table.frame, [f"{path.name}: {note}" for note in table.notes]
    if frame.columns[0] in _INDEX and np.array_equal(frame.iloc[:, 0], np.arange(len(frame))):
        frame = frame.iloc[:, 1:]
        notes = [f"{path.name}: its first column numbers the rows and is no coordinate"]
    labels = frame.pop(target) if target is not None and target in frame.columns else None
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
        raise InputError(f"{str(given)!r} is not an embedding: {error}") from None
    return EmbeddingFile(values, labels, notes)


def _without_names(path: Path) -> pd.DataFrame | None:
    """Read a text table whose first line is of numbers already, None where it is not."""
    if path.suffix.lower() in (".npy", ".npz", ".parquet", ".pq") or not path.is_file():
        return None
    with path.open("rb") as file:
        first = next((line for line in file if line.strip()), b"")
    if not _PLAIN.fullmatch(first):
        return None
    text, *_ = decode_text(path.read_bytes())
    separator = find_delimiter(text)
    fields = first.decode("ascii").strip().removeprefix(separator).split(separator)
    if len(fields) > 1 and fields in (
        [str(i + start) for i in range(len(fields))] for start in (0, 1)
    ):
        return None  # the numbers of columns, as pandas names them
    try:
        return pd.read_csv(
            StringIO(text), sep=separator if separator in text else r"\s+", header=None
        ).add_prefix("column ")
    except (pd.errors.ParserError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"the file {str(path)!r} is not a table of numbers: {reason}") from None

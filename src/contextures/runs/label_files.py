"""A few labels from a file, for some of the rows of something else."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.contexts.labels import MOST_CLASSES
from contextures.data import read_table
from contextures.data.arrays import is_array, read_array
from contextures.data.binary import is_binary
from contextures.data.decoding import decode_text
from contextures.data.kinds import kind_of
from contextures.data.values import missing_mask, numbers_of, words_of
from contextures.data.words import listed
from contextures.exceptions import InputError
from contextures.runs.embedding_files import ROW

TaskKind = Literal["classification", "regression"]

SEPARATORS = "\t;,|"


@dataclass(frozen=True)
class Labels:
    """Labels of some rows.

    Attributes
    ----------
    task : {"classification", "regression"}
        Whether they are classes or numbers.
    values : ndarray of shape (n,)
        Words, None for none; or numbers, NaN for none.
    """

    task: TaskKind
    values: NDArray[Any]

    @property
    def count(self) -> int:
        """How many rows are labelled."""
        return int((~pd.isna(self.values)).sum())


def read_labels(
    given: str | Path, n: int, target: str | None = None, *, at_least: bool = False
) -> pd.Series:
    """Read the labels of n rows.

    Parameters
    ----------
    given : str or pathlib.Path
        One label a row, blank or missing for none: a text file of a label a line, with a line of
        its name or without; a ``.npy`` file; or a table, of which ``target`` is the column. Or two
        columns: the number of a row, from zero, and its label.
    n : int
        The number of rows.
    target : str, optional
        The column.
    at_least : bool, default=False
        Whether there may be more rows than n.

    Returns
    -------
    pandas.Series of length n or more
        The labels as they were written.

    Raises
    ------
    InputError
        If the file cannot be read, or there is not one entry for each row.
    """
    path = Path(given)
    frame = _read(path, n, target)
    if target is not None:
        if target not in frame.columns:
            raise InputError(
                f"the labels {str(given)!r} have no column {target!r}; give one of "
                f"{listed(frame.columns)} with --target"
            )
        kept = [target, ROW] if ROW in frame.columns and target != ROW else [target]
        frame = frame[kept[::-1]]
    if frame.shape[1] == 1:
        column = frame.iloc[:, 0]
        if len(column) != n and not (at_least and len(column) > n):
            raise InputError(
                f"there are {len(column):,} labels in {str(given)!r} but the embeddings have "
                f"{n:,} rows; give one for each row, blank for none, or two columns: row and label"
            )
        return column.reset_index(drop=True)
    if frame.shape[1] != 2:
        raise InputError(
            f"the labels {str(given)!r} have {frame.shape[1]} columns; name the one that holds "
            "them with --target"
        )
    if at_least:
        n = max(n, int(numbers_of(frame.iloc[:, 0]).max(initial=0)) + 1)
    return _placed(frame, n, str(given))


def interpret(column: pd.Series, task: str | None = None) -> Labels:
    """Take labels for classes or for numbers.

    Words are classes, and so are up to 20 different whole numbers, if they are at most half as
    many as the labels. Of whole numbers, -1 is no label where there are two other classes.

    Parameters
    ----------
    column : pandas.Series
        The labels as they were written.
    task : {"classification", "regression"}, optional
        What they are; found when None.

    Returns
    -------
    Labels
        The labels.

    Raises
    ------
    InputError
        If there is none, the task is not known, or numbers are asked for where there are words.
    """
    if task not in (None, "classification", "regression"):
        raise InputError(f"--task {task!r} is not known; give classification or regression")
    missing = missing_mask(column).to_numpy()
    if missing.all():
        raise InputError(
            f"none of the {len(column):,} rows has a label; give the labels of a few rows"
        )
    numbers = numbers_of(column)
    worded = np.isnan(numbers) & ~missing
    if task == "regression" and worded.any():
        place = int(np.flatnonzero(worded)[0])
        raise InputError(
            f"the label of row {place} is {str(column.iloc[place])!r}, which is not a number; "
            "leave --task out or correct it"
        )
    present = numbers[~missing]
    if task is None:
        task = "classification" if worded.any() or _are_codes(column, present) else "regression"
    if task == "regression":
        if np.isinf(present).any():
            raise InputError("the labels hold infinite values; leave those rows unlabelled")
        return Labels("regression", numbers)
    values = words_of(column)
    values[missing] = None
    if not worded.any() and len(set(present) - {-1.0}) >= 2:
        values[numbers == -1] = None
    return Labels("classification", values)


def _are_codes(column: pd.Series, present: NDArray[np.float64]) -> bool:
    if kind_of(column).kind == "boolean":
        return True
    distinct = len(np.unique(present))
    whole = bool((present == np.floor(present)).all())
    return whole and distinct <= min(MOST_CLASSES, max(2, len(present) // 2))


def _read(path: Path, n: int, target: str | None) -> pd.DataFrame:
    data = _bytes(path)
    if is_array(path, data):
        array, _ = read_array(path, data)
        if array.ndim > 2 or array.ndim == 0 or array.dtype.kind not in "fiubSU":
            raise InputError(
                f"the labels {str(path)!r} are an array of shape {array.shape} and type "
                f"{array.dtype}; give one number or word a row"
            )
        return pd.DataFrame(array.astype(str) if array.dtype.kind == "S" else array)
    if is_binary(path, data):
        return read_table(path, min_rows=1, min_columns=1).frame
    text, *_ = decode_text(data)
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if target is None and not any(mark in line for line in lines for mark in SEPARATORS):
        return _of_lines(lines, n)
    first = lines[0].replace('"', "").strip()
    mark = next((each for each in SEPARATORS if each in first), ",")
    fields = first.split(mark)
    if target is None and len(fields) == 2 and fields[0].strip().isdigit():
        return pd.read_csv(StringIO(text), sep=mark, header=None)
    return read_table(path, min_rows=1, min_columns=1).frame


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"there is no file {str(path)!r}; check the path of --labels") from None
    except OSError as error:
        reason = error.strerror or "input/output error"
        raise InputError(f"the labels {str(path)!r} cannot be read: {reason}") from None


def _of_lines(lines: list[str], n: int) -> pd.DataFrame:
    """Take a label a line; a blank line is no label, and one line more than rows is a name."""
    labels = [line.strip().strip('"') for line in lines]
    if not labels[-1]:  # the end of the last line
        labels.pop()
    while len(labels) > n + 1 and not labels[-1]:
        labels.pop()
    if len(labels) == n + 1:
        named = bool(labels[-1]) or labels[0] not in labels[1:]
        labels = labels[1:] if named else labels[:-1]
    marked = [None if label.lower() in ("", "nan", "?") else label for label in labels]
    return pd.DataFrame({"label": pd.Series(marked, dtype=object)})


def _placed(frame: pd.DataFrame, n: int, given: str) -> pd.Series:
    """Put labels at the rows that the first column numbers."""
    rows = numbers_of(frame.iloc[:, 0])
    if np.isnan(rows).any() or (rows != np.floor(rows)).any():
        raise InputError(
            f"the first of the two columns of {given!r} must number rows from 0, but is not of "
            "whole numbers; give row and label, or name the labels' column with --target"
        )
    outside = rows[(rows < 0) | (rows >= n)]
    if len(outside):
        raise InputError(
            f"{given!r} labels row {outside[0]:.0f}, but rows are numbered from 0 to {n - 1:,}; "
            "correct the first column"
        )
    repeated = rows[pd.Series(rows).duplicated().to_numpy()]
    if len(repeated):
        raise InputError(f"{given!r} labels row {repeated[0]:.0f} twice; give each row once")
    labels = frame.iloc[:, 1].set_axis(rows.astype(int))
    return labels.reindex(range(n))

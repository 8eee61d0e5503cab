"""The column that says which row is which: carried beside results, and never learnt from."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.data.words import counted, listed
from contextures.exceptions import InputError

_WHOLE = re.compile(r"0|-?[1-9]\d{0,17}")


def require_column(name: str, columns: Iterable[str], what: str) -> None:
    """Refuse a name that is not among the columns of a table, and say which may be meant.

    Parameters
    ----------
    name : str
        The name.
    columns : iterable of str
        The table's.
    what : str
        What the column is for, such as ``"target"``.

    Raises
    ------
    InputError
        If the table has no such column.
    """
    names = [str(each) for each in columns]
    if name in names:
        return
    close = difflib.get_close_matches(name, names, n=3)
    hint = f"did you mean {listed(close)}" if close else f"give one of {listed(names)}"
    raise InputError(f"the {what} {name!r} is not a column of the table; {hint}")


def ids_as_written(words: pd.Series) -> pd.Series:
    """Give ids as a text table has them: whole numbers only where none would lose a letter.

    Parameters
    ----------
    words : pandas.Series
        The cells as text, missing where empty.

    Returns
    -------
    pandas.Series
        Whole numbers, or the text as it is where one begins with a zero, for example.
    """
    present = words.dropna()
    if not len(present) or not all(_WHOLE.fullmatch(word) for word in present):
        return words
    if len(present) == len(words):
        return words.astype(np.int64)
    values = pd.array([None if pd.isna(w) else int(w) for w in words], dtype="Int64")
    return pd.Series(values, index=words.index, name=words.name)


class IdCounts:
    """How many rows have no id, or that of an earlier row, counted batch by batch."""

    def __init__(self) -> None:
        self.n_absent = 0
        self._hashes: list[NDArray[np.uint64]] = []

    def add(self, ids: pd.Series) -> None:
        """Count the ids of more rows."""
        absent = ids.isna()
        self.n_absent += int(absent.sum())
        words = ids[~absent].astype(str).to_numpy(dtype=object)
        # Of many rows the texts would not fit: 64 bits of each tell them apart.
        self._hashes.append(pd.util.hash_array(words))

    def notes(self, name: str) -> list[str]:
        """Say what was counted: one note, or none."""
        hashes = np.concatenate(self._hashes) if self._hashes else np.empty(0)
        repeated = len(hashes) - len(np.unique(hashes))
        said = []
        if self.n_absent:
            said.append(f"is empty in {counted(self.n_absent, 'row')}")
        if repeated:
            said.append(f"repeats an earlier id in {counted(repeated, 'row')}")
        if not said:
            return []
        return [f"the id {name!r} {' and '.join(said)}; ids are carried as they are"]


def notes_of_ids(ids: pd.Series) -> list[str]:
    """Say how many rows have no id, or that of an earlier row.

    Parameters
    ----------
    ids : pandas.Series
        The ids.

    Returns
    -------
    list of str
        One note, or none.
    """
    counts = IdCounts()
    counts.add(ids)
    return counts.notes(str(ids.name))

"""A long text table of numbers, of which only the rows that are asked for are held.

What reading the whole decides column by column is decided here from batches, where batches tell:
of columns that hold a number in every row. The others, such as words, are narrow beside an
embedding; they are held whole and read as ever. A text of which a batch cannot tell, as one with a
quotation mark that is closed lines later, is left to whoever reads it whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.data.delimiter import find_delimiter
from contextures.data.missing_words import KEPT
from contextures.data.parts import LARGE
from contextures.data.plain_columns import PlainColumns
from contextures.data.reading import short_name
from contextures.data.structure import read_header
from contextures.data.table import Table, name_columns, table_from_frame
from contextures.data.text_blocks import (
    check_even,
    cut,
    fields_of,
    head_of,
    is_plain_text,
    parsed,
    text_blocks,
)
from contextures.data.text_tables import SAID, TextOptions, header_notes, parse_text
from contextures.exceptions import InputError


@dataclass(frozen=True)
class TextRows:
    """The rows of a text table, whose numbers stay on the disk.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    n_rows : int
        How many rows there are.
    names : list of str
        The columns.
    plain : dict of str to str
        The types of those that hold a number in every row.
    separator : str
        What is between fields; a pattern where these are spaces.
    named : bool
        Whether the first line holds names.
    words : pandas.DataFrame of n_rows rows
        The other columns.
    notes : list of str
        What reading did that its reader might not expect.
    """

    path: Path
    n_rows: int
    names: list[str]
    plain: dict[str, str]
    separator: str
    named: bool
    words: pd.DataFrame
    notes: list[str] = field(default_factory=list)

    def column(self, name: str) -> pd.Series | None:
        """Give a column, None where there is none of that name."""
        if name in self.words.columns:
            return self.words[name]
        if name not in self.plain:
            return None
        return pd.concat(self._frames([name]), ignore_index=True)[name]

    def table(self, places: NDArray[np.intp] | None = None) -> Table:
        """Give rows in the order in which they are asked for, all when None.

        Parameters
        ----------
        places : ndarray of int, optional
            Their numbers in the file.

        Returns
        -------
        Table
            These rows, as they are in the table that is read whole.

        Raises
        ------
        InputError
            If the file is another one by now.
        """
        wanted = np.arange(self.n_rows) if places is None else places
        order = np.argsort(wanted)
        wanted, start, kept = wanted[order], 0, []
        for rows in self._frames(list(self.plain)):
            first, last = np.searchsorted(wanted, (start, start + len(rows)))
            # A copy: rows at even distances would be a view, which holds the block.
            kept.append(rows.iloc[wanted[first:last] - start].copy())
            start += len(rows)
        if start != self.n_rows:
            raise InputError(f"the file {str(self.path)!r} changed while it was read; start again")
        found = pd.concat(kept, ignore_index=True)
        if places is not None:
            found = found.iloc[np.argsort(order)].reset_index(drop=True)
        others = self.words if places is None else self.words.iloc[places].reset_index(drop=True)
        frame = pd.concat([found, others], axis=1)[self.names]
        return Table(frame, short_name(self.path), str(self.path), "", self.notes)

    def _frames(self, names: list[str]) -> Iterator[pd.DataFrame]:
        places = [self.names.index(name) for name in names]
        types = {place: self.plain[name] for place, name in zip(places, names, strict=True)}
        for block in text_blocks(self.path, named=self.named):
            rows = parsed(block, self.separator, named=self.named, usecols=places, dtype=types)
            yield rows.set_axis(names, axis=1)


def text_rows(file: Path, *, named: bool = True, keep: Sequence[str] = ()) -> TextRows | None:
    """Look through a long text table without holding it.

    Parameters
    ----------
    file : pathlib.Path
        The file.
    named : bool, default=True
        Whether its first line holds the names of the columns.
    keep : sequence of str
        Columns that are held whole whatever they hold.

    Returns
    -------
    TextRows or None
        Its rows; None for what is not long or no text, and for a text that is to be read whole,
        which says what is wrong with one that is.
    """
    try:
        if not file.is_file() or file.stat().st_size <= LARGE or not is_plain_text(file):
            return None
        return _with_names(file, keep) if named else _without_names(file)
    except (InputError, OSError, ValueError):  # reading it whole says why
        return None


def _with_names(file: Path, keep: Sequence[str]) -> TextRows | None:
    head = head_of(file)
    separator = find_delimiter(head)
    header = read_header(head, separator)
    first = next(line for line in head.split("\n") if line.strip(" "))
    if SAID.match(head) or len(fields_of(first, separator)) != len(header):
        return None
    if any(item.strip() in ("?", *KEPT) for item in header):
        return None  # looking through the text, whoever reads it whole takes these for cells
    names, renamed = name_columns(header)
    notes = header_notes(separator, header, renamed)
    columns, n_rows, quoted = PlainColumns(), 0, False
    for block in text_blocks(file, named=True):
        quoted |= '"' in block
        check_even(block, separator, len(names))
        rows = parsed(block, separator, named=True)
        columns.see(rows)
        n_rows += len(rows)
    types = columns.plain()
    held = [p for p, name in enumerate(names) if p not in types or name in keep]
    plain = [p for p in types if p not in held]
    if not plain:
        return None
    words = pd.DataFrame(index=pd.RangeIndex(n_rows))
    if held:
        # One of the numbers stands by, so that no line is blank and words are read in its light.
        witness = next((p for p in plain if p in columns.pointed), plain[0])
        shown = sorted([*held, witness])
        names_line = separator.join("c" for _ in shown)  # replaced by the names
        text = "\n".join([names_line, *cut(file, separator, shown)])
        frame, _ = parse_text(text, separator, [names[p] for p in shown], TextOptions(), notes)
        table = table_from_frame(frame, digest="words", notes=notes, min_rows=1, min_columns=1)
        words, notes = table.frame.drop(columns=names[witness]), table.notes
        if quoted and any(_hold_numbers(words[name]) for name in words.columns):
            return None  # where a number stands quoted in another column decides what NA means
    if not n_rows or len(words) != n_rows:
        return None
    of_names = {names[p]: types[p] for p in plain}
    return TextRows(file, n_rows, names, of_names, separator, True, words, notes)


def _without_names(file: Path) -> TextRows | None:
    head = head_of(file)
    separator = find_delimiter(head)
    spaced = separator not in head
    columns, n_rows, width = PlainColumns(), 0, 0
    for block in text_blocks(file, named=False):
        if '"' in block or (spaced and separator in block):
            return None
        rows = parsed(block, r"\s+" if spaced else separator, named=False)
        width = width or rows.shape[1]
        if rows.shape[1] != width:
            return None
        columns.see(rows)
        n_rows += len(rows)
    if columns.others or not n_rows:
        return None
    names = [f"column {place}" for place in range(width)]
    types = {names[p]: columns.types[p] for p in range(width)}
    empty = pd.DataFrame(index=pd.RangeIndex(n_rows))
    return TextRows(file, n_rows, names, types, r"\s+" if spaced else separator, False, empty)


def _hold_numbers(column: pd.Series) -> bool:
    """Tell whether some of a column of words are numbers."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return False
    return bool(pd.to_numeric(column, errors="coerce").notna().any())

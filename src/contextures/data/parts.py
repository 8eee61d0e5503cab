"""A table as batches of rows, from files or from memory, each batch a table of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from contextures.data.arrays import spread_lists
from contextures.data.columns import FIRST_ROW
from contextures.data.how_read import HowRead
from contextures.data.parquet_parts import is_parquet, parquet_frames, shape_of
from contextures.data.pieces import Piece, cut
from contextures.data.reading import ENDINGS, read_part, short_name, text_options
from contextures.data.several import (
    check_alike,
    folder_name,
    given_files,
    kind_held,
    other_kind,
    shared_name,
    shared_notes,
    table_files,
    told_files,
)
from contextures.data.table import MIN_COLUMNS, Table, check_size, table_from_frame
from contextures.data.text_tables import TextOptions
from contextures.exceptions import InputError

BATCH = 50_000
"""Rows that are held at a time, unless another number is asked for."""

LARGE = 64 * 2**20
"""Bytes of files of other kinds than Parquet from which on they are not all held at once."""


@dataclass(frozen=True)
class Parts:
    """A long table, whose rows are read a batch at a time.

    Of Parquet files no more than a batch is held; a file of another kind is held whole while its
    rows are read.

    Attributes
    ----------
    name, source : str
        As in :class:`Table`.
    files : list of pathlib.Path
        Where the rows are, in order; empty for a table in memory.
    options : TextOptions
        How text is read.
    min_columns : int
        The least that each may have.
    held : Table or None
        The table in memory.
    batch : int
        How many rows are given at a time.
    counts : tuple of int
        How many rows each file has, once all were counted; empty before.

    Examples
    --------
    >>> import pandas as pd
    >>> from contextures.data.parts import parts_of
    >>> from contextures.data.table import as_table
    >>> table = as_table(pd.DataFrame({"a": range(90), "b": range(90)}))
    >>> parts = parts_of(table)
    >>> parts.n_rows, [len(piece.table.frame) for piece in parts.pieces()]
    (90, [90])
    """

    name: str
    source: str
    files: list[Path] = field(default_factory=list)
    options: TextOptions = field(default_factory=TextOptions)
    min_columns: int = MIN_COLUMNS
    held: Table | None = None
    batch: int = BATCH
    counts: tuple[int, ...] = ()

    @property
    def named(self) -> list[str]:
        """The paths of the files, where these were given one by one."""
        if not self.files or self.source != told_files(self.files):
            return []
        return [str(file) for file in self.files]

    @property
    def n_rows(self) -> int | None:
        """The number of rows; None where files have to be read to know."""
        if self.held is not None:
            return len(self.held.frame)
        if self.counts:
            return sum(self.counts)
        if not all(is_parquet(file) for file in self.files):
            return None
        return sum(shape_of(file)[0] for file in self.files)

    @property
    def columns(self) -> list[str]:
        """The names of the columns, as the first file has them."""
        if self.held is not None:
            return list(self.held.frame.columns)
        if is_parquet(self.files[0]):
            return shape_of(self.files[0])[1]
        return list(read_part(self.files[0], self.options, self.min_columns).frame.columns)

    @property
    def n_columns(self) -> int:
        """The number of columns, as the first file has them."""
        return len(self.columns)

    def pieces(self, notes: list[str] | None = None) -> Iterator[Piece]:
        """Read all rows, in order.

        Parameters
        ----------
        notes : list of str, optional
            Told at the end what reading did that its reader might not expect.

        Yields
        ------
        Piece
            The next rows.

        Raises
        ------
        InputError
            Naming the file that cannot be read, has other columns than the first or holds values
            of another kind in one; or if there are no rows at all.
        """
        if self.held is not None:
            yield from cut(self.held, self.batch, None, 0)
            if notes is not None:
                notes += self.held.notes
            return
        kinds = _Kinds(self.options.id_column, several=len(self.files) > 1)
        said: list[list[str]] = []
        first = 0
        columns: list[str] | None = None
        for file in self.files:
            own: dict[str, None] = {}
            for table in self.tables(file):
                columns = columns or list(table.frame.columns)
                check_alike([self.files[0], file], [columns, list(table.frame.columns)])
                kinds.check(table.frame, file)
                own |= dict.fromkeys(table.notes)
                yield from cut(table, self.batch, file, first)
                first += len(table.frame)
            said.append(list(own))
        check_size(first, self.min_columns, min_rows=1, min_columns=self.min_columns)
        if notes is not None:
            notes += said[0] if len(self.files) == 1 else shared_notes(self.files, said)

    def tables(
        self, file: Path, groups: Sequence[int] | None = None, start: int = 0
    ) -> Iterator[Table]:
        """Read a file: of Parquet a batch at a time, of other kinds at once.

        Parameters
        ----------
        file : pathlib.Path
            The file.
        groups : sequence of int, optional
            The row groups of a Parquet file to read; all when None.
        start : int
            The number in the file of the first row that is read.

        Yields
        ------
        Table
            The next rows.
        """
        if not is_parquet(file):
            yield read_part(file, self.options, self.min_columns)
            return
        for read in parquet_frames(file, self.batch, groups=groups):
            try:
                frame, coordinates = spread_lists(read)
                table = table_from_frame(
                    frame,
                    name=file.name,
                    source=str(file),
                    digest=f"rows from {start}",  # of a batch it says nothing
                    min_rows=1,
                    min_columns=self.min_columns,
                )
            except InputError as error:
                raise InputError(f"{str(file)!r}: {error}") from None
            table.frame.attrs[FIRST_ROW] = start
            yield replace(table, coordinates=coordinates)
            start += len(frame)


def parts_of(table: Table) -> Parts:
    """Give a table in memory as batches of rows."""
    return Parts(table.name, table.source, held=table)


def long_table(
    path: str | Path | Sequence[str | Path],
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    dates: str | None = None,
    id: str | None = None,
    like: HowRead | None = None,
    min_columns: int = MIN_COLUMNS,
    rows: int = BATCH,
) -> Parts | None:
    """Find a table that is too long to be held at once; nothing of its rows is read.

    Parameters
    ----------
    path : str or pathlib.Path, or a sequence of these
        A file, a folder or a pattern; or files one by one.
    delimiter, encoding, decimal, thousands, dates, id, like, min_columns
        As for :func:`contextures.data.read_table`.
    rows : int
        A table of more rows is long. Where files are not Parquet, which say how many they have,
        more than 64 MiB together are.

    Returns
    -------
    Parts or None
        None for a table that is not long, and for what is no table: reading it says why.

    Raises
    ------
    InputError
        Naming a Parquet file that cannot be read, or has other columns than the first.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from contextures.data import long_table
    >>> frame = pd.DataFrame({"height": [23, 12, 31], "town": ["Oslo", "Bergen", "Oslo"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     frame.to_parquet(f"{folder}/north.parquet")
    ...     frame.to_parquet(f"{folder}/south.parquet")
    ...     long_table(folder) is None, long_table(folder, rows=5).n_rows
    (True, 6)
    """
    options = text_options(delimiter, encoding, decimal, thousands, dates, id, like)
    if isinstance(path, str | Path):
        files = table_files(path, ENDINGS) or [Path(path)]
    else:
        files = given_files(path)
    if not _is_long(files, rows):
        return None
    shapes = [(file, shape_of(file)) for file in files if is_parquet(file)]
    if shapes:
        check_alike([file for file, _ in shapes], [names for _, (_, names) in shapes])
    if not isinstance(path, str | Path):
        return Parts(shared_name(files), told_files(files), files, options, min_columns)
    name = folder_name(Path(path)) if Path(path).is_dir() else shared_name(files)
    if files == [Path(path)]:
        name = short_name(files[0])
    return Parts(name, str(path), files, options, min_columns)


def _is_long(files: list[Path], rows: int) -> bool:
    n_rows = size = 0
    for file in files:
        try:
            if not file.is_file():
                return False
            if is_parquet(file):
                n_rows += shape_of(file)[0]
            else:
                size += file.stat().st_size
        except OSError:
            return False
    return n_rows > rows or size > LARGE


class _Kinds:
    """What the columns of several files hold: the same in all, but for one that is empty."""

    def __init__(self, id: str | None, *, several: bool) -> None:
        self.id, self.several = id, several
        self.seen: dict[str, tuple[str, Path]] = {}

    def check(self, frame: pd.DataFrame, file: Path) -> None:
        """Refuse a column that holds another kind of values than in the files before."""
        if not self.several:
            return
        for name in map(str, frame.columns):
            known = self.seen.get(name)
            if name == self.id or (known is not None and known[0] == _plain_kind(frame[name])):
                continue
            kind = kind_held(frame[name])
            if kind is None or (known is not None and known[0] == kind):
                continue
            if known is not None:
                raise other_kind(name, kind, file, *known)
            self.seen[name] = (kind, file)


def _plain_kind(column: pd.Series) -> str | None:
    """Say what a column holds by its type alone, where that tells."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return "true or false"
    if pd.api.types.is_numeric_dtype(column.dtype):
        return "numbers"
    return "words" if isinstance(column.dtype, pd.StringDtype) else None

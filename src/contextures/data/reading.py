"""Reading a table from a file, or from several."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from contextures.data.amounts import DoubtError, check_marks
from contextures.data.arrays import array_frame, is_array, spread_lists
from contextures.data.binary import read_binary
from contextures.data.compression import unpacked
from contextures.data.dates import check_order
from contextures.data.how_read import HowRead
from contextures.data.ids import require_column
from contextures.data.several import (
    folder_name,
    given_files,
    join_tables,
    missing_file,
    printable,
    shared_how,
    shared_name,
    table_files,
    told_files,
    told_mark,
)
from contextures.data.table import MIN_COLUMNS, MIN_ROWS, Table, table_from_frame
from contextures.data.text_tables import TextOptions, read_text
from contextures.exceptions import InputError, MissingLibraryError

ENDINGS = re.compile(
    r"\.(gz|bz2|xz|zst|zip|csv|tsv|txt|tab|parquet|pq|feather|arrow|orc|xlsx|xls|ods|data|npy|npz)$",
    re.IGNORECASE,
)


def read_table(
    path: str | Path,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    dates: str | None = None,
    id: str | None = None,
    like: Table | HowRead | None = None,
    min_rows: int = MIN_ROWS,
    min_columns: int = MIN_COLUMNS,
) -> Table:
    r"""Read a table from a CSV, TSV, Parquet, Feather, ORC, Excel or NumPy file.

    Parameters
    ----------
    path : str or pathlib.Path
        The file; it may be compressed with gzip, bzip2, xz or zstd, or alone in a ZIP archive.
        The columns of an array, or of a Parquet column of lists of numbers, are called e1, e2, ....
        A folder stands for the tables in it, and a pattern such as ``"parts/*.csv"`` for the files
        that it matches, which are put under each other as by :func:`read_tables`.
    delimiter : str or None
        What separates the fields of a text table; found when None.
    encoding : str or None
        The encoding of a text table; found when None.
    decimal : {".", ","} or None
        The mark before the decimals of a text table; where None, what a column does not tell the
        others do.
    thousands : {",", ".", " ", "'"} or None
        The mark that groups digits, which tells the decimal one too.
    dates : {"day-first", "month-first"} or None
        The order of dates such as 03/04/2020, where neither the column nor another tells.
    id : str or None
        A column that says which row is which. Its cells stay as they are written: 007 is not 7.
    like : Table, HowRead or None
        An earlier table of the same columns: numbers and words are read as its were, whatever
        the new file looks like.
    min_rows, min_columns : int
        The least the table may have; new rows to embed may be as few as one.

    Returns
    -------
    Table
        The table, with notes about what was done to read it.

    Raises
    ------
    InputError
        In one sentence, whatever keeps the file from being read as a table; so is a column whose
        numbers may be read in two ways, and an id that is no column.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from contextures.data import read_table
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "towns.csv"
    ...     _ = path.write_text("town;height\nOslo;23\nBergen;12\n")
    ...     table = read_table(path, min_rows=2)
    >>> list(table.frame.columns), len(table.frame)
    (['town', 'height'], 2)
    """
    options = text_options(delimiter, encoding, decimal, thousands, dates, id, like)
    files = table_files(path, ENDINGS)
    if files is None:
        try:
            return _read_one(Path(path), options, min_rows, min_columns, source=str(path))
        except DoubtError as error:  # for good
            raise InputError(str(error)) from None
    name = folder_name(Path(path)) if Path(path).is_dir() else shared_name(files)
    return _read_several(files, options, min_rows, min_columns, name=name, source=str(path))


def read_tables(
    paths: Sequence[str | Path],
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    dates: str | None = None,
    id: str | None = None,
    like: Table | HowRead | None = None,
    min_rows: int = MIN_ROWS,
    min_columns: int = MIN_COLUMNS,
) -> Table:
    r"""Read files of the same columns as one table, their rows under each other.

    Parameters
    ----------
    paths : sequence of str or pathlib.Path
        The files, in the order of their rows. Their columns may be in any order; one that is
        empty in a file fits those of any kind. Where a file tells how the numbers of a column are
        written, those of the others are read alike.
    delimiter, encoding, decimal, thousands, dates, id, like
        As for :func:`read_table`, for each file.
    min_rows, min_columns : int
        The least that all together may have.

    Returns
    -------
    Table
        The table, with notes that name the files.

    Raises
    ------
    InputError
        If a file cannot be read, has other columns than the first, or holds values of another kind
        in one: naming the file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from contextures.data import read_tables
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     east, west = Path(folder) / "east.csv", Path(folder) / "west.csv"
    ...     _ = east.write_text("town,height\nOslo,23\n")
    ...     _ = west.write_text("height,town\n12,Bergen\n")
    ...     table = read_tables([east, west], min_rows=2)
    >>> table.frame["town"].tolist(), table.frame["height"].tolist()
    (['Oslo', 'Bergen'], [23, 12])
    """
    options = text_options(delimiter, encoding, decimal, thousands, dates, id, like)
    if isinstance(paths, str | Path) or not len(paths):
        raise InputError(f"paths={paths!r} names no files; give a list of them, or use read_table")
    files = given_files(paths)
    found = _read_several(
        files, options, min_rows, min_columns, name=shared_name(files), source=told_files(files)
    )
    return replace(found, files=[str(file) for file in files])


def read_given(path: str | Path | Sequence[str | Path], **how: Any) -> Table:
    """Read one path by :func:`read_table`, several by :func:`read_tables`."""
    return read_table(path, **how) if isinstance(path, str | Path) else read_tables(path, **how)


def text_options(
    delimiter: str | None,
    encoding: str | None,
    decimal: str | None,
    thousands: str | None,
    dates: str | None,
    id: str | None,
    like: Table | HowRead | None,
) -> TextOptions:
    """Check what a caller says about text, and put it together."""
    check_marks(decimal, thousands)
    check_order(dates)
    earlier = like.how_read if isinstance(like, Table) else like
    return TextOptions(delimiter, encoding, decimal, thousands, dates, id, earlier)


def _read_several(
    files: list[Path],
    options: TextOptions,
    min_rows: int,
    min_columns: int,
    *,
    name: str,
    source: str,
) -> Table:
    tables = _read_each(files, options, min_columns)
    shared = shared_how(files, tables, options.given())
    if options.like is None:
        alike = replace(options, like=shared)
        # How one file writes a column's numbers may not show in another.
        tables = [
            table
            if table.how_read == shared
            else replace(read_part(file, alike, min_columns), notes=table.notes)
            for file, table in zip(files, tables, strict=True)
        ]
    return join_tables(
        files,
        tables,
        name=name,
        source=source,
        how_read=shared,
        id=options.id_column,
        min_rows=min_rows,
        min_columns=min_columns,
    )


def _read_each(files: list[Path], options: TextOptions, min_columns: int) -> list[Table]:
    """Read each file by itself; what one leaves in doubt the decimal mark of the others settles."""
    read: dict[Path, Table] = {}
    doubts: dict[Path, DoubtError] = {}
    for file in files:
        try:
            read[file] = read_part(file, options, min_columns)
        except DoubtError as error:
            doubts[file] = error
    mark = told_mark(list(read.values()))
    for file, doubt in doubts.items():
        if mark is None:
            raise InputError(str(doubt))
        read[file] = read_part(file, replace(options, decimal=mark), min_columns)
    return [read[file] for file in files]


def read_part(file: Path, options: TextOptions, min_columns: int) -> Table:
    """Read one file of several; what is wrong with it names it. A part may have no rows."""
    try:
        return _read_one(file, options, 0, min_columns, source=str(file))
    except MissingLibraryError:
        raise
    except InputError as error:
        kind = DoubtError if isinstance(error, DoubtError) else InputError
        where = "" if repr(str(file)) in str(error) else f"{str(file)!r}: "
        raise kind(f"{where}{error}") from None


def _read_one(
    file: Path, options: TextOptions, min_rows: int, min_columns: int, *, source: str
) -> Table:
    data = _read_bytes(file)
    digest = hashlib.sha256(data).hexdigest()
    how = HowRead(options.given())
    coordinates: list[str] = []
    if not is_array(file, data):  # .npz is a ZIP archive that is to stay one
        data = unpacked(file, data)
    array = is_array(file, data)
    binary = None if array else read_binary(file, data)
    if array:
        frame, notes = array_frame(file, data)
        coordinates = list(frame.columns)
    elif binary is not None:
        frame, notes = binary
        frame, coordinates = spread_lists(frame)
    else:
        frame, notes, how = read_text(
            file, data, options, min_rows=min_rows, min_columns=min_columns
        )
    table = table_from_frame(
        frame,
        name=short_name(file),
        source=source,
        digest=digest,
        notes=notes,
        how_read=how,
        min_rows=min_rows,
        min_columns=min_columns,
    )
    if options.id is not None:
        require_column(options.id, table.frame.columns, "id")
    return replace(table, coordinates=coordinates)


def short_name(file: Path) -> str:
    """Name a table as its file, without its endings."""
    name = file.name
    while (shorter := ENDINGS.sub("", name)) not in (name, ""):
        name = shorter
    return printable(name)


def _read_bytes(file: Path) -> bytes:
    try:
        if file.is_dir():
            raise InputError(f"{str(file)!r} is a directory; give a CSV or Parquet file in it")
        if _is_endless(file):
            raise InputError(f"{str(file)!r} is a device and no file; give a CSV or Parquet file")
        data = file.read_bytes()
    except InputError:
        raise
    except FileNotFoundError:
        raise missing_file(file) from None
    except PermissionError:
        raise InputError(
            f"the file {str(file)!r} may not be read; change its permissions"
        ) from None
    except OSError as error:
        reason = error.strerror or "input/output error"
        raise InputError(f"the file {str(file)!r} cannot be read: {reason}") from None
    except ValueError as error:  # a NUL, or a letter that no name can hold
        raise InputError(f"{str(file)!r} cannot name a file ({error}); check the path") from None
    if not data:
        raise InputError(f"the file {str(file)!r} is empty; give a table with rows")
    return data


def _is_endless(file: Path) -> bool:
    """Tell a device, such as /dev/zero, from files, pipes and the terminal's own input."""
    mode = file.stat().st_mode
    if stat.S_ISBLK(mode):
        return True
    if not stat.S_ISCHR(mode) or file.samefile(os.devnull):
        return False
    with file.open("rb") as opened:
        return not opened.isatty()

"""Reading a table from a file."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import replace
from pathlib import Path

from contextures.data.amounts import check_marks
from contextures.data.arrays import array_frame, is_array, spread_lists
from contextures.data.binary import read_binary
from contextures.data.compression import unpacked
from contextures.data.dates import check_order
from contextures.data.how_read import HowRead
from contextures.data.ids import require_column
from contextures.data.table import MIN_COLUMNS, MIN_ROWS, Table, table_from_frame
from contextures.data.text_tables import TextOptions, read_text
from contextures.exceptions import InputError

_ENDINGS = re.compile(
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
    check_marks(decimal, thousands)
    check_order(dates)
    earlier = like.how_read if isinstance(like, Table) else like
    options = TextOptions(delimiter, encoding, decimal, thousands, dates, id, earlier)
    file = Path(path)
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
        name=_short_name(file),
        source=str(path),
        digest=digest,
        notes=notes,
        how_read=how,
        min_rows=min_rows,
        min_columns=min_columns,
    )
    if id is not None:
        require_column(id, table.frame.columns, "id")
    return replace(table, coordinates=coordinates)


def _short_name(file: Path) -> str:
    name = file.name
    while (shorter := _ENDINGS.sub("", name)) not in (name, ""):
        name = shorter
    return os.fsencode(name).decode("utf-8", "replace")  # a name of the disk's may be no text


def _read_bytes(file: Path) -> bytes:
    try:
        if file.is_dir():
            raise InputError(f"{str(file)!r} is a directory; give a CSV or Parquet file in it")
        if _is_endless(file):
            raise InputError(f"{str(file)!r} is a device and no file; give a CSV or Parquet file")
        data = file.read_bytes()
    except FileNotFoundError:
        raise InputError(f"there is no file {str(file)!r}; check the path") from None
    except PermissionError:
        raise InputError(
            f"the file {str(file)!r} may not be read; change its permissions"
        ) from None
    except OSError as error:
        reason = error.strerror or "input/output error"
        raise InputError(f"the file {str(file)!r} cannot be read: {reason}") from None
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

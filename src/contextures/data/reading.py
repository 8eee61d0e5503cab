"""Reading a table from a file."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import stat
import zlib
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path

import pandas as pd

from contextures.data.arrays import array_frame, is_array, spread_lists
from contextures.data.decimals import convert_decimal_commas
from contextures.data.decoding import check_no_nul, decode_text
from contextures.data.delimiter import find_delimiter, parse_delimiter
from contextures.data.parquet import is_parquet, read_parquet
from contextures.data.structure import check_records, read_header
from contextures.data.table import (
    MIN_COLUMNS,
    MIN_ROWS,
    Table,
    check_size,
    name_columns,
    table_from_frame,
)
from contextures.exceptions import InputError

ALWAYS_UNPACKED = 2**26
MOST_RATIO = 200
"""A gzip file is unpacked up to 64 MiB, or so many times its own size: more is a bomb."""

_ENDINGS = re.compile(r"\.(gz|csv|tsv|txt|tab|parquet|pq|data|npy|npz)$", re.IGNORECASE)
# Spreadsheet programs may write a first line that only says what separates the fields.
_SAID = re.compile(r'("?sep=([^\w\s"]|\t)"?)\n', re.IGNORECASE)
_SHOWN = {"\t": "tab", " ": "space"}


def read_table(
    path: str | Path,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    min_rows: int = MIN_ROWS,
    min_columns: int = MIN_COLUMNS,
) -> Table:
    r"""Read a table from a CSV, TSV, Parquet or NumPy file.

    Parameters
    ----------
    path : str or pathlib.Path
        The file; a text table may be compressed with gzip. The columns of an array, or of a
        Parquet column of lists of numbers, are called e1, e2, ....
    delimiter : str or None
        What separates the fields of a text table; found when None.
    encoding : str or None
        The encoding of a text table; found when None.
    min_rows, min_columns : int
        The least the table may have; new rows to embed may be as few as one.

    Returns
    -------
    Table
        The table, with notes about what was done to read it.

    Raises
    ------
    InputError
        In one sentence, whatever keeps the file from being read as a table.

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
    file = Path(path)
    data = _read_bytes(file)
    digest = hashlib.sha256(data).hexdigest()
    name = _short_name(file)
    coordinates: list[str] = []
    if is_array(file, data):
        frame, notes = array_frame(file, data)
        coordinates = list(frame.columns)
    elif is_parquet(file, data):
        frame, notes = read_parquet(file, data)
        frame, coordinates = spread_lists(frame)
    else:
        frame, notes = _read_text(
            file, data, delimiter, encoding, min_rows=min_rows, min_columns=min_columns
        )
    table = table_from_frame(
        frame,
        name=name,
        source=str(path),
        digest=digest,
        notes=notes,
        min_rows=min_rows,
        min_columns=min_columns,
    )
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


def _read_text(
    file: Path,
    data: bytes,
    delimiter: str | None,
    encoding: str | None,
    *,
    min_rows: int,
    min_columns: int,
) -> tuple[pd.DataFrame, list[str]]:
    notes: list[str] = []
    if data.startswith(b"\x1f\x8b"):
        data = _decompressed(file, data)
    if data.startswith(b"PK\x03\x04") or data.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            f"the file {str(file)!r} is a spreadsheet or ZIP archive; save the table in it as CSV"
        )
    text, used = decode_text(data, encoding)
    check_no_nul(text)
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise InputError(f"the file {str(file)!r} holds only blank lines; give a table with rows")
    if used not in ("utf-8", "utf-8-sig"):
        notes.append(f"read as {used}")
    if said := _SAID.match(text):
        # Blanked, not removed, so that line numbers in messages stay those of the file.
        text = text[said.end(1) :]
        delimiter = delimiter or said[2]
    separator = parse_delimiter(delimiter) if delimiter is not None else find_delimiter(text)
    if separator != ",":
        notes.append(f"delimiter {_SHOWN.get(separator, separator)!r}")
    header = read_header(text, separator)
    if header == [""]:
        raise InputError(
            "the header of the table is blank; write a line of column names as its first line"
        )
    if len(header) < min_columns:
        check_size(MIN_ROWS, len(header), min_rows=0, min_columns=min_columns)
    names, _ = name_columns(header)
    n_records = check_records(text, separator, len(header))
    if n_records == 0:
        raise InputError(
            f"the file {str(file)!r} has a header but no rows; at least {min_rows} needed"
        )
    check_size(n_records, len(header), min_rows=min_rows, min_columns=min_columns)
    notes += name_columns(header)[1]
    if all(_is_number(item) for item in header):
        notes.append(
            "every name in the first line is a number; if that line is data, add a line of names"
        )
    frame = _parse(text, separator, names, notes)
    return frame, notes


def _parse(text: str, separator: str, names: list[str], notes: list[str]) -> pd.DataFrame:
    # "?" is the usual mark of a missing value in the UCI tables.
    marked = re.search(
        rf'(^|{re.escape(separator)})\s*"?\?"?\s*($|{re.escape(separator)})', text, re.M
    )
    try:
        frame = pd.read_csv(
            StringIO(text),
            sep=separator,
            header=0,
            names=names,
            index_col=False,
            skipinitialspace=True,
            na_values=["?"] if marked else None,
            low_memory=False,
        )
    except (pd.errors.ParserError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"the text cannot be read as a table ({reason}); check its quotation marks"
        ) from None
    if marked:
        notes.append("cells holding only '?' were read as missing")
    if separator != ",":
        frame, converted = convert_decimal_commas(frame)
        if converted:
            shown = ", ".join(repr(name) for name in converted[:5])
            more = f" and {len(converted) - 5} more" if len(converted) > 5 else ""
            notes.append(f"decimal commas in {shown}{more}")
    return frame


def _is_endless(file: Path) -> bool:
    """Tell a device, such as /dev/zero, from files, pipes and the terminal's own input."""
    mode = file.stat().st_mode
    if stat.S_ISBLK(mode):
        return True
    if not stat.S_ISCHR(mode) or file.samefile(os.devnull):
        return False
    with file.open("rb") as opened:
        return not opened.isatty()


def _decompressed(file: Path, data: bytes) -> bytes:
    most = max(ALWAYS_UNPACKED, MOST_RATIO * len(data))
    try:
        with gzip.open(BytesIO(data)) as packed:
            text = packed.read(most + 1)
        if len(text) > most:
            raise InputError(
                f"the gzip file {str(file)!r} unpacks to over {MOST_RATIO} times its size; unpack "
                "it yourself if it is what it should be"
            )
        return text
    except (OSError, EOFError, zlib.error):
        raise InputError(
            f"the file {str(file)!r} is a damaged gzip file; copy or compress it again"
        ) from None


def _is_number(item: str) -> bool:
    try:
        float(item)
    except ValueError:
        return False
    return True

"""Tables that are not text: Parquet, Feather and other Arrow files, ORC and workbooks."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from contextures._frames import arrow_to_pandas
from contextures._lazy import EXTRAS, missing
from contextures.data.compression import is_workbook
from contextures.data.table import name_columns
from contextures.exceptions import InputError

_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_ARROW_ENDINGS = {".feather", ".arrow", ".ipc", ".arrows"}
# What starts so is no table here; what to do instead is the same for all.
_FOREIGN = (
    (b"\x89HDF", "an HDF5 file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"$FL2", "an SPSS file"),
    (b"<stata_dta>", "a Stata file"),
    (b"%PDF", "a PDF document"),
    (b"\x80\x04\x95", "a pickle"),
    (b"\x80\x05\x95", "a pickle"),
    (b"RDX", "an R file"),
    (b"Obj\x01", "an Avro file"),
    (b"{\\rtf", "a text document"),
)


def read_binary(file: Path, data: bytes) -> tuple[pd.DataFrame, list[str]] | None:
    """Read a file that is not text.

    Parameters
    ----------
    file : pathlib.Path
        Where it comes from, for its ending and for messages.
    data : bytes
        The whole file, decompressed.

    Returns
    -------
    tuple or None
        The frame and notes; None where the file is to be read as text.

    Raises
    ------
    InputError
        If it cannot be read, naming what it is.
    """
    endings = {ending.lower() for ending in file.suffixes}
    for magic, what in _FOREIGN:
        if data.startswith(magic):
            raise InputError(
                f"the file {str(file)!r} is {what}, which is not read here; save the table in it "
                "as CSV or Parquet"
            )
    if data.startswith(b"PAR1") or endings & {".parquet", ".pq"}:
        return _read_arrow(file, data, "Parquet", _parquet), []
    if data.startswith((b"ARROW1", b"FEA1")) or endings & _ARROW_ENDINGS:
        return _read_arrow(file, data, "Feather", _feather), []
    if data.startswith(b"ORC"):
        return _read_arrow(file, data, "ORC", _orc), []
    if data.startswith(_OLD_WORKBOOK) or is_workbook(data):
        return _read_workbook(file, data)
    return None


def is_binary(file: Path, data: bytes) -> bool:
    """Tell a file that is not text by its first bytes or its ending."""
    endings = {ending.lower() for ending in file.suffixes}
    starts = (b"PAR1", b"ARROW1", b"FEA1", b"ORC", _OLD_WORKBOOK)
    named = endings & {".parquet", ".pq", *_ARROW_ENDINGS}
    return data.startswith(starts) or bool(named) or is_workbook(data)


def _read_arrow(file: Path, data: bytes, kind: str, read: Any) -> pd.DataFrame:
    import pyarrow as pa

    try:
        table = read(data)
        # pandas would fail on repeated names with a message of its own.
        name_columns(list(table.column_names))
        return arrow_to_pandas(table)
    except InputError:
        raise
    except (pa.ArrowException, OSError, ValueError, TypeError, ImportError) as error:
        reason = " ".join(str(error).split())[:120].rstrip(".")
        raise InputError(
            f"the file {str(file)!r} is not a readable {kind} file ({reason}); write it again"
        ) from None


def _parquet(data: bytes) -> Any:
    import pyarrow.parquet as pq

    return pq.ParquetFile(BytesIO(data)).read()


def _feather(data: bytes) -> Any:
    import pyarrow as pa

    if data.startswith(b"ARROW1"):
        return pa.ipc.open_file(BytesIO(data)).read_all()
    if data.startswith(b"FEA1"):
        import pyarrow.feather as feather

        return feather.read_table(BytesIO(data))
    return pa.ipc.open_stream(BytesIO(data)).read_all()


def _orc(data: bytes) -> Any:
    import pyarrow.orc as orc

    return orc.ORCFile(BytesIO(data)).read()


def _read_workbook(file: Path, data: bytes) -> tuple[pd.DataFrame, list[str]]:
    try:
        with pd.ExcelFile(BytesIO(data)) as book:
            sheets = [str(name) for name in book.sheet_names]
            frame: pd.DataFrame = pd.read_excel(book, sheet_name=sheets[0])
    except ImportError as error:
        library = str(error.name or "openpyxl")
        if library in EXTRAS:
            raise missing(library, f"reading the spreadsheet {str(file)!r}") from None
        raise InputError(
            f"the spreadsheet {str(file)!r} needs {library}, which is not installed; save the "
            "table in it as .xlsx or CSV"
        ) from None
    except Exception as error:  # whatever a damaged workbook makes its reader raise
        reason = " ".join(str(error).split())[:120].rstrip(".")
        raise InputError(
            f"the spreadsheet {str(file)!r} cannot be read ({reason}); save the table in it as CSV"
        ) from None
    notes = []
    if len(sheets) > 1:
        notes.append(f"read the first of {len(sheets)} sheets, {sheets[0]!r}")
    return frame, notes

"""Parquet files."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pandas as pd

from contextures.data.table import name_columns
from contextures.exceptions import InputError

_MAGIC = b"PAR1"
_ENDINGS = {".parquet", ".pq"}


def is_parquet(file: Path, data: bytes) -> bool:
    """Tell a Parquet file by its first bytes or its ending."""
    return data.startswith(_MAGIC) or file.suffix.lower() in _ENDINGS


def read_parquet(file: Path, data: bytes) -> tuple[pd.DataFrame, list[str]]:
    """Read the bytes of a Parquet file.

    Parameters
    ----------
    file : pathlib.Path
        Where they come from, for messages.
    data : bytes
        The whole file.

    Returns
    -------
    tuple
        The frame and notes (none so far).
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        arrow = pq.ParquetFile(BytesIO(data))
        # pandas would fail on repeated names with a message of its own.
        name_columns(list(arrow.schema_arrow.names))
        frame: pd.DataFrame = arrow.read().to_pandas()
    except InputError:
        raise
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())[:120].rstrip(".")
        raise InputError(
            f"the file {str(file)!r} is not a readable Parquet file ({reason}); write it again"
        ) from None
    return frame, []

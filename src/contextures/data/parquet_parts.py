"""Parquet files a batch of rows at a time: what is held is set by the batch, not by the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from contextures._frames import arrow_to_pandas
from contextures.data.table import name_columns
from contextures.exceptions import InputError

MAGIC = b"PAR1"
BUFFER = 2**20
"""Bytes of a column that are read ahead: without, all of a group of rows is."""


def is_parquet(file: Path) -> bool:
    """Tell a Parquet file by its first bytes; a file that cannot be opened is none."""
    try:
        with file.open("rb") as opened:
            return opened.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False


def shape_of(file: Path) -> tuple[int, list[str]]:
    """Give the number of rows of a Parquet file and the names of its columns.

    Parameters
    ----------
    file : pathlib.Path
        The file; only what describes it is read.

    Returns
    -------
    tuple of int and list of str
        The rows and the names, without those of an index.

    Raises
    ------
    InputError
        If it cannot be read, or names repeat.
    """
    with _readable(file), _opened(file) as parquet:
        schema = parquet.schema_arrow
        _, names = name_columns(schema.names), list(arrow_to_pandas(schema.empty_table()).columns)
        return int(parquet.metadata.num_rows), name_columns(names)[0]


def groups_of(file: Path) -> list[int]:
    """Give the numbers of rows of the row groups of a Parquet file."""
    with _readable(file), _opened(file) as parquet:
        told = parquet.metadata
        return [int(told.row_group(i).num_rows) for i in range(told.num_row_groups)]


def parquet_frames(
    file: Path,
    batch: int,
    columns: Sequence[str] | None = None,
    *,
    groups: Sequence[int] | None = None,
) -> Iterator[pd.DataFrame]:
    """Read a Parquet file batch by batch.

    Parameters
    ----------
    file : pathlib.Path
        The file.
    batch : int
        How many rows are held at a time.
    columns : sequence of str, optional
        The columns to read; all when None.
    groups : sequence of int, optional
        The row groups to read; all when None.

    Yields
    ------
    pandas.DataFrame
        The next rows.

    Raises
    ------
    InputError
        If it cannot be read to its end.
    """
    import pyarrow as pa

    with ExitStack() as stack:
        with _readable(file):
            parquet = stack.enter_context(_opened(file))
            wanted = None
            if columns is not None:  # names are trimmed where they are read
                wanted = [each for each in parquet.schema_arrow.names if each.strip() in columns]
            batches = parquet.iter_batches(
                batch, columns=wanted, row_groups=groups, use_threads=False
            )
        while True:
            with _readable(file):
                rows = next(batches, None)
                if rows is None:
                    return
                frame = arrow_to_pandas(pa.Table.from_batches([rows]))
            if len(frame):
                yield frame


def _opened(file: Path) -> Any:
    import pyarrow.parquet as pq

    return pq.ParquetFile(file, buffer_size=BUFFER, pre_buffer=False)


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except InputError as error:
        where = "" if repr(str(file)) in str(error) else f"{str(file)!r}: "
        raise InputError(f"{where}{error}") from None
    except (pa.ArrowException, OSError, ValueError, TypeError, ImportError) as error:
        reason = " ".join(str(error).split())[:120].rstrip(".")
        raise InputError(
            f"the file {str(file)!r} is not a readable Parquet file ({reason}); write it again"
        ) from None

"""Files of results that are written some rows at a time, and appear only once they are whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from contextures.runs.folder import whole_file
from contextures.runs.output_file import MADE, Kind
from contextures.runs.prepared import check_output


class OtherTypeError(Exception):
    """A column is of another type than in the rows that were written before.

    Parameters
    ----------
    name : str
        The column.
    both : pyarrow.DataType
        A type that holds what both are.
    """

    def __init__(self, name: str, both: Any) -> None:
        super().__init__(name)
        self.name, self.both = name, both


class RowFile:
    """A file that rows are added to; see :func:`row_file`.

    Parameters
    ----------
    file : pathlib.Path
        Where to write.
    ending : {".parquet", ".csv"}
        As what.
    kind : str or None
        What the file is marked as, so that it is known again as one that may be replaced.
    types : dict of str to pyarrow.DataType, optional
        The types of some columns; as they come where none is given.
    """

    def __init__(
        self,
        file: Path,
        ending: str,
        kind: Kind | None = None,
        types: dict[str, Any] | None = None,
    ) -> None:
        self.file, self.ending, self.kind = file, ending, kind
        self.types = types or {}
        self._stack = ExitStack()
        self._schema: Any = None
        self._writer: Any = None

    def __enter__(self) -> RowFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write(self, frame: pd.DataFrame) -> None:
        """Add rows.

        Raises
        ------
        OtherTypeError
            If a column does not fit what was written of it before.
        """
        import pyarrow as pa

        frame = frame.assign(**{name: _as(frame[name], kind) for name, kind in self.types.items()})
        rows = pa.Table.from_pandas(frame, preserve_index=False)
        if self._schema is None:
            self._begin(rows.schema)
        for field in self._schema:
            own = rows.schema.field(field.name).type
            if own not in (field.type, pa.null()):
                raise OtherTypeError(field.name, _both(field.type, own))
        if self.ending == ".csv":
            frame.to_csv(self._writer, index=False, header=False)
        else:
            self._writer.write_table(rows.cast(self._schema))

    def _begin(self, schema: Any) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        for name, kind in self.types.items():
            place = schema.get_field_index(name)
            schema = schema.set(place, schema.field(name).with_type(kind))
        if self.ending == ".csv":
            # As pandas opens a file of its own.
            self._writer = self._stack.enter_context(
                self.file.open("w", encoding="utf-8", newline="")
            )
            pd.DataFrame(columns=schema.names).to_csv(self._writer, index=False)
        else:
            mark = {} if self.kind is None else {MADE: self.kind}
            more = {b"PANDAS_ATTRS": json.dumps(mark).encode()} if mark else {}
            schema = schema.with_metadata({**(schema.metadata or {}), **more})
            # Hardly a coordinate comes twice: a dictionary of them is half as large again.
            words = [each.name for each in schema if not pa.types.is_floating(each.type)]
            writer = pq.ParquetWriter(self.file, schema, use_dictionary=words or False)
            self._writer = self._stack.enter_context(writer)
        self._schema = schema


def _both(one: Any, other: Any) -> Any:
    """Give a type that holds the values of two."""
    import pyarrow as pa

    if pa.types.is_null(one) or pa.types.is_null(other):
        return other if pa.types.is_null(one) else one
    numbers = [pa.types.is_integer(each) or pa.types.is_floating(each) for each in (one, other)]
    return pa.float64() if all(numbers) else pa.string()


def _as(column: pd.Series, kind: Any) -> pd.Series:
    import pyarrow as pa

    if pa.types.is_string(kind):
        return column.astype("string").astype(object)
    return column.astype("Float64") if pa.types.is_float64(kind) else column


@contextmanager
def row_file(out: str | Path, kind: Kind, types: dict[str, Any] | None = None) -> Iterator[RowFile]:
    """Make a Parquet or CSV file of results that appears only once all rows are written.

    Parameters
    ----------
    out : str or pathlib.Path
        The file.
    kind : {"embedding", "prediction"}
        What it holds.
    types : dict of str to pyarrow.DataType, optional
        The types of columns that differ from row to row; see :class:`OtherTypeError`.

    Yields
    ------
    RowFile
        What rows are added to.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    ending = check_output(out)
    with whole_file(out) as file, RowFile(file, ending, kind, types) as opened:
        yield opened

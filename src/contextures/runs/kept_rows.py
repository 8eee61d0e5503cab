"""Results of rows that are kept batch by batch until they are laid out in one file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from contextures._files import cannot_write
from contextures.exceptions import InputError

_NAME = re.compile(r"(\d{8})-(\d+)-(\d+)\.arrow")


class KeptRows:
    """Results of the batches of a table, in order.

    Parameters
    ----------
    folder : pathlib.Path or None
        Where they are kept, a file a batch; None holds them in memory.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._held: list[pd.DataFrame] = []
        self._batches: list[tuple[int, int]] = []
        for place, file in enumerate(sorted(folder.glob("*.arrow")) if folder else []):
            told = _NAME.fullmatch(file.name)
            if told is None or int(told[1]) != place:
                break
            self._batches.append((int(told[2]), int(told[3])))

    @property
    def n_rows(self) -> int:
        """How many rows of the table the batches are of."""
        return sum(n for _, n in self._batches)

    def holds(self, place: int, first: int, n: int) -> bool:
        """Say whether the results of a batch are there; those after another one are not.

        Parameters
        ----------
        place : int
            The number of the batch.
        first, n : int
            The number of its first row, and how many it has.
        """
        if place < len(self._batches) and self._batches[place] != (first, n):
            self.cut(place)
        return place < len(self._batches)

    def cut(self, n: int) -> None:
        """Remove all batches but the first ``n``."""
        for place in range(n, len(self._batches)):
            self._file(place).unlink()
        del self._batches[n:]

    def add(self, frame: pd.DataFrame, first: int, n: int) -> None:
        """Keep the results of the next batch.

        Parameters
        ----------
        frame : pandas.DataFrame
            The results; without rows where none of the batch has any.
        first, n : int
            The number of the batch's first row, and how many it has.

        Raises
        ------
        InputError
            If the disk is full.
        """
        self._batches.append((first, n))
        if self._folder is None:
            self._held.append(frame)
            return
        import pyarrow as pa
        from pyarrow import ipc

        table = pa.Table.from_pandas(frame, preserve_index=False)
        file = self._file(len(self._batches) - 1)
        partial = file.with_suffix(".partial")
        try:
            self._folder.mkdir(exist_ok=True)
            with partial.open("wb") as opened:
                with ipc.new_file(opened, table.schema) as writer:
                    writer.write_table(table)
                opened.flush()
                os.fsync(opened.fileno())
            partial.replace(file)
        except OSError as error:
            raise InputError(cannot_write(file, error)) from error

    def frame(self, place: int) -> pd.DataFrame:
        """Give the results of a batch."""
        if self._folder is None:
            return self._held[place]
        from pyarrow import ipc

        with ipc.open_file(self._file(place).read_bytes()) as opened:
            table = opened.read_all()
        # Whole numbers stay so where some are missing.
        frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True)
        return frame

    def frames(self) -> Iterator[pd.DataFrame]:
        """Give the results of all batches that have any, one after the other."""
        for place in range(len(self._batches)):
            frame = self.frame(place)
            if len(frame):
                yield frame

    def _file(self, place: int) -> Path:
        assert self._folder is not None
        first, n = self._batches[place]
        return self._folder / f"{place:08d}-{first}-{n}.arrow"

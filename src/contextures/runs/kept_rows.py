"""Results of rows that are kept batch by batch until they are laid out in one file."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pandas as pd

from contextures._files import cannot_write, read_regular
from contextures._scratch import remove_folder
from contextures.exceptions import InputError

_NAME = re.compile(r"([0-9]{8})-([0-9]{1,18})-([0-9]{1,18})-([0-9a-f]{8})\.arrow")
"""The number of a batch, of its first row, of its rows, and the checksum of what it holds."""


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
        self._files: list[Path] = []
        self._whole: set[int] = set()
        self._tidy = False
        for place, file in enumerate(sorted(folder.glob("*.arrow")) if folder else []):
            told = _NAME.fullmatch(file.name)
            if told is None or int(told[1]) != place:
                break
            self._batches.append((int(told[2]), int(told[3])))
            self._files.append(file)

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
        there = place < len(self._batches)
        if there and (self._batches[place] != (first, n) or not self._is_whole(place)):
            self.cut(place)
        return place < len(self._batches)

    def _is_whole(self, place: int) -> bool:
        """Say whether a file of an earlier attempt holds what was written, whatever befell it."""
        if self._folder is None or place in self._whole:
            return True
        file = self._files[place]
        with suppress(OSError, ValueError):
            if file.is_symlink() or _checksum(read_regular(file)) != file.stem[-8:]:
                return False
            self._whole.add(place)
        return place in self._whole

    def cut(self, n: int) -> None:
        """Remove all batches but the first ``n``, and what else came to lie among them."""
        del self._batches[n:], self._files[n:]
        self._whole.intersection_update(range(n))
        if self._folder is None:
            return
        if self._folder.is_symlink() or not self._folder.is_dir():
            self._folder.unlink(missing_ok=True)
            return
        for left in set(self._folder.iterdir()) - set(self._files):
            if left.is_dir() and not left.is_symlink():
                remove_folder(left)
            else:
                left.unlink(missing_ok=True)

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
        place = len(self._batches)
        if self._folder is None:
            self._batches.append((first, n))
            self._held.append(frame)
            return
        import pyarrow as pa
        from pyarrow import ipc

        table = pa.Table.from_pandas(frame, preserve_index=False)
        partial = self._folder / f"{place:08d}.partial"
        try:
            if not self._tidy:
                self.cut(place)
                self._tidy = True
            self._folder.mkdir(exist_ok=True)
            with partial.open("wb") as opened:
                with ipc.new_file(opened, table.schema) as writer:
                    writer.write_table(table)
                opened.flush()
                os.fsync(opened.fileno())
            named = f"{place:08d}-{first}-{n}-{_checksum(partial.read_bytes())}.arrow"
            partial.replace(file := self._folder / named)
        except OSError as error:
            raise InputError(cannot_write(self._folder, error)) from error
        self._batches.append((first, n))
        self._files.append(file)
        self._whole.add(place)

    def frame(self, place: int) -> pd.DataFrame:
        """Give the results of a batch."""
        if self._folder is None:
            return self._held[place]
        from pyarrow import ipc

        with ipc.open_file(self._files[place].read_bytes()) as opened:
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


def _checksum(content: bytes) -> str:
    return f"{zlib.crc32(content):08x}"

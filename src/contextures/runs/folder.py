"""Run folders: made whole or not at all, and known again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._files import cannot_write, read_json
from contextures._scratch import (
    BusyError,
    held,
    remove_folder,
    scratch_file,
    scratch_name,
    scratch_names,
)
from contextures.exceptions import InputError
from contextures.runs.carried import carry
from contextures.runs.manifest import FORMAT as FORMAT
from contextures.runs.manifest import MARK as MARK
from contextures.runs.place import (
    check_place,
    check_reads,
    left_by_first_release,
    recover,
    resolved,
    swap,
)

ROWS_WRITTEN = 50_000
"""Rows of an embedding that are laid out at a time."""


def check_destination(
    run: str | Path, *, force: bool = False, reads: Sequence[str | Path] = ()
) -> Path:
    """Check, before any long work, that a run can be written.

    What a run that was killed left behind is put in order on the way: an earlier run that it was
    about to replace is there again.

    Parameters
    ----------
    run : str or pathlib.Path
        The folder to make.
    force : bool, default=False
        Whether an earlier run there may be replaced.
    reads : sequence of str or pathlib.Path
        What will be read, which must not lie in the folder.

    Returns
    -------
    pathlib.Path
        The folder's path.

    Raises
    ------
    InputError
        If something is there already that is no run or holds more than one wrote, nothing can be
        written there, or another process is writing there.

    Examples
    --------
    >>> import tempfile
    >>> from contextures.runs import check_destination
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     check_destination(f"{parent}/run").name
    'run'
    """
    with reserve(run, force=force, reads=reads):
        return Path(run)


class Reservation:
    """A place for a run that no other process may write to; see :func:`reserve`.

    Parameters
    ----------
    run : str or pathlib.Path
        The folder to make, as it was given.
    place : pathlib.Path
        The same, resolved.
    force : bool
        Whether an earlier run there may be replaced.
    """

    def __init__(self, run: str | Path, place: Path, force: bool) -> None:
        self.run, self.place, self.force = run, place, force

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Make the folder, as :func:`run_folder` says.

        Yields
        ------
        pathlib.Path
            Where to write.

        Raises
        ------
        InputError
            If the folder cannot be made, the disk is full, or something else is there by now.
        """
        partial = scratch_name(self.place, "folder")
        try:
            partial.mkdir()
            yield partial
            check_place(self.place, str(self.run), force=self.force)
            swap(partial, self.place)
        except OSError as error:
            raise InputError(cannot_write(Path(self.run), error)) from error
        finally:
            remove_folder(partial)


@contextmanager
def reserve(
    run: str | Path, *, force: bool = False, reads: Sequence[str | Path] = ()
) -> Iterator[Reservation]:
    """Hold the place of a run from the first check to the last file; see :func:`run_folder`.

    Parameters
    ----------
    run, force, reads
        As for :func:`check_destination`.

    Yields
    ------
    Reservation
        Whose ``folder`` makes the run.

    Raises
    ------
    InputError
        If it cannot be written there, or another process is writing there.
    """
    place = resolved(run)
    check_reads(place, str(run), reads)
    with ExitStack() as stack:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(held(place))
            recover(place)
            check_place(place, str(run), force=force)
            trial = scratch_name(place, "folder")
            trial.mkdir()
            trial.rmdir()
        except BusyError:
            raise InputError(
                f"another process is writing the run {str(run)!r}; wait until it has ended, or "
                "choose another folder with --out"
            ) from None
        except OSError as error:
            raise InputError(cannot_write(Path(run), error)) from None
        yield Reservation(run, place, force)


@contextmanager
def run_folder(run: str | Path, *, force: bool = False) -> Iterator[Path]:
    """Make a run folder that appears only once everything in it is written.

    Files are written to a hidden folder beside it, which is renamed at the end; whatever goes
    wrong before, an interruption included, leaves nothing behind and an earlier run untouched.
    After a kill the next call, or the next command that reads the run, puts things in order.

    Parameters
    ----------
    run : str or pathlib.Path
        The folder to make.
    force : bool, default=False
        Whether an earlier run there may be replaced.

    Yields
    ------
    pathlib.Path
        Where to write.

    Raises
    ------
    InputError
        If the folder cannot be made, the disk is full, or another process is writing there.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from contextures.runs import run_folder
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     with run_folder(f"{parent}/run") as folder:
    ...         _ = (folder / "notes.txt").write_text("written beside, then renamed")
    ...         before = Path(f"{parent}/run").exists()
    ...     before, Path(f"{parent}/run").exists()
    (False, True)
    """
    with reserve(run, force=force) as reserved, reserved.folder() as folder:
        yield folder


def check_run(run: str | Path) -> Path:
    """Check that a folder is a run of this release's layout; give its path."""
    folder = Path(run)
    if not folder.is_dir():
        # One that a kill took away while it was being replaced is put back.
        with suppress(OSError, BusyError, ValueError):
            place = folder.resolve()
            if scratch_names(place, "old") or left_by_first_release(place):
                with held(place):
                    recover(place)
    if not folder.is_dir():
        what = "there is no run" if not folder.exists() else "a file is no run:"
        raise InputError(f"{what} {str(run)!r}; give a folder that contextures fit wrote")
    try:
        record = read_json(folder / MARK)
    except FileNotFoundError:
        raise InputError(
            f"{str(run)!r} is not a run ({MARK} is missing); give a folder that contextures fit "
            "wrote"
        ) from None
    except (ValueError, OSError) as error:
        raise InputError(f"the run {str(run)!r} cannot be read: {error}") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise InputError(
            f"the run {str(run)!r} has another layout than this release reads; fit it again"
        )
    return folder


def embeddings_frame(
    coordinates: NDArray[Any], split: NDArray[Any] | None = None, ids: pd.Series | None = None
) -> pd.DataFrame:
    """Lay out an embedding: the row's number, its id, its part of the split, c1, c2, ..."""
    columns: dict[str, Any] = {"row_id": np.arange(len(coordinates))}
    if split is not None:
        columns["split"] = split
    columns |= {f"c{j + 1}": column for j, column in enumerate(coordinates.T)}
    return carry(pd.DataFrame(columns), ids)


def write_embeddings(
    coordinates: NDArray[Any], split: NDArray[Any], file: Path, ids: pd.Series | None = None
) -> None:
    """Write :func:`embeddings_frame` as Parquet, without a second copy of all coordinates."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # What is said of rows is laid out whole, so that no part has types of its own.
    rows = pa.Table.from_pandas(
        embeddings_frame(coordinates[:, :0], split, ids), preserve_index=False
    ).replace_schema_metadata(None)

    def table(start: int) -> Any:
        part = rows.slice(start, ROWS_WRITTEN)
        for j, column in enumerate(coordinates[start : start + ROWS_WRITTEN].T):
            part = part.append_column(f"c{j + 1}", pa.array(np.ascontiguousarray(column)))
        return part

    with pq.ParquetWriter(file, table(0).schema) as writer:
        for start in range(0, len(coordinates), ROWS_WRITTEN):
            writer.write_table(table(start))


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Make one file that appears only once it is written; see :func:`run_folder`.

    A link is followed, so that it stays one. What may be replaced is for
    :func:`contextures.runs.output_file.check_output_file` to say, before any long work.
    """
    file = Path(os.path.realpath(path))
    if file.is_dir():
        raise InputError(f"{str(path)!r} is a folder; give the name of a file")
    if file.exists() and not file.is_file():
        raise InputError(f"{str(path)!r} is not a plain file; give the name of another")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with scratch_file(file) as partial:
            yield partial
            partial.replace(file)
    except OSError as error:
        raise InputError(cannot_write(Path(path), error)) from error

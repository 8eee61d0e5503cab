"""What a long command has finished, kept beside its place until all is: a kill loses one batch.

Everything lies in a hidden folder, under a record of what was asked: of which files, as they were
then, by which options and versions. The same command finds it and goes on; any other to the same
place removes it. A stage or batch has its name only once it is whole.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from contextures._files import as_damaged, cannot_write, read_json, to_json, write_whole
from contextures._scratch import BusyError, held, remove_folder, scratch_name, scratch_names
from contextures.exceptions import InputError
from contextures.runs.kept_rows import KeptRows
from contextures.runs.progress import Progress

RECORD = "kept.json"
ROWS = "rows-"

T = TypeVar("T")


class Kept:
    """What is kept of a command; see :func:`keeping`.

    Parameters
    ----------
    folder : pathlib.Path or None
        Where it lies; None where nothing is kept and rows are few.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._done: set[str] = set()

    def rows(self, name: str) -> KeptRows:
        """Give the results of rows that are kept under a name, which are to be added to."""
        return KeptRows(None if self.folder is None else self.folder / f"{ROWS}{name}")

    def stage(
        self,
        name: str,
        make: Callable[[], T],
        write: Callable[[T, Path], None],
        read: Callable[[Path], T],
    ) -> T:
        """Do a stage of the work, or give what it came to before.

        Parameters
        ----------
        name : str
            The stage.
        make : callable
            Does it.
        write, read : callable
            Write what it came to into an empty folder, and read it there. What cannot be written,
            such as a context of one's own, is not kept, and made again.

        Returns
        -------
        object
            What it came to.
        """
        if self.folder is None:
            return make()
        done = self.folder / name
        if done.is_dir():
            with suppress(InputError), as_damaged(name):
                found = read(done)
                self._done.add(name)
                return found
        # What came after it rests on it, and may differ if this does.
        for later in self.folder.iterdir():
            if later.is_dir() and later.name not in self._done:
                remove_folder(later)
        made = make()
        self._done.add(name)
        partial = self.folder / f"{name}.partial"
        try:
            partial.mkdir()
            write(made, partial)
            _settle(partial)
            partial.rename(done)
        except Exception:  # whatever writing a kind of one's own raises: then it is not kept
            remove_folder(partial)
        return made

    def finished(self) -> tuple[list[str], int]:
        """Give the names of the stages that are done, and the rows that all results are of."""
        if self.folder is None:
            return [], 0
        names: list[str] = []
        with suppress(OSError):
            names = [item.name for item in self.folder.iterdir() if item.is_dir()]
        stages = [n for n in names if not n.startswith(ROWS) and not n.endswith(".partial")]
        kept = [KeptRows(self.folder / n).n_rows for n in names if n.startswith(ROWS)]
        return sorted(stages), min(kept, default=0)


@contextmanager
def keeping(
    place: Path, asked: Mapping[str, Any] | None, progress: Progress, *, locked: bool = False
) -> Iterator[Kept]:
    """Keep what a command finishes until it ends well or is refused.

    Parameters
    ----------
    place : pathlib.Path
        The folder or file that the command makes.
    asked : mapping or None
        All that decides its results, as plain values; see
        :func:`contextures.runs.kept_record.asked_of`. None for a short
        command, of which nothing is kept.
    progress : Progress
        Told what is gone on with.
    locked : bool
        Whether the place is held already.

    Yields
    ------
    Kept
        What there is of an earlier attempt, or nothing yet.

    Raises
    ------
    InputError
        If another process is making the same, or nothing can be written there.
    """
    place = Path(os.path.realpath(place))
    left = _left(place)
    if asked is None and not left:
        yield Kept(None)
        return
    with ExitStack() as stack:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            if not locked:
                stack.enter_context(held(place))
            kept = _found(place, asked, progress)
        except BusyError:
            raise InputError(
                f"another process is writing {place.name!r}; wait until it has ended, or choose "
                "another with --out"
            ) from None
        except OSError as error:
            raise InputError(cannot_write(place, error)) from None
        try:
            yield kept
        except BaseException as error:
            # A full disk is no refusal: with some space free, the same command may go on.
            if isinstance(error, InputError) and not isinstance(error.__cause__, OSError):
                _removed(kept)
            elif any(kept.finished()):
                progress.say("what was done is kept, and the same command goes on with it")
            else:
                _removed(kept)
            raise
        _removed(kept)


def _found(place: Path, asked: Mapping[str, Any] | None, progress: Progress) -> Kept:
    """Find what an earlier attempt at the same left; remove what others left."""
    wanted = None if asked is None else json.loads(to_json(asked))
    found: Kept | None = None
    for folder in _left(place):
        own = None
        with suppress(OSError, ValueError):
            own = read_json(folder / RECORD)
        if found is None and wanted is not None and own == wanted:
            found = Kept(folder)
            progress.say(_going_on(found))
            continue
        if wanted is not None and any(Kept(folder).finished()):
            progress.say(
                "what an interrupted command had done was asked otherwise or of other rows, so "
                "all is done afresh"
            )
        _removed(Kept(folder))
    if found is None and wanted is not None:
        found = Kept(scratch_name(place, "kept"))
        assert found.folder is not None
        found.folder.mkdir(mode=0o700)
        write_whole(found.folder / RECORD, to_json(wanted))
    return found or Kept(None)


def _left(place: Path) -> list[Path]:
    """Find the folders that earlier attempts left; what others put there is not gone on with."""
    found: list[Path] = []
    for folder in scratch_names(place, "kept"):
        with suppress(OSError):
            told = folder.lstat()
            # Whose the parent is, and root, could write the output itself.
            trusted = {0, place.parent.stat().st_uid, *_own_user()}
            if stat.S_ISDIR(told.st_mode) and told.st_uid in trusted:
                found.append(folder)
    return found


def _own_user() -> set[int]:
    return {os.geteuid()} if hasattr(os, "geteuid") else set()


def _going_on(kept: Kept) -> str:
    stages, n_rows = kept.finished()
    learned = "with what was learned" if stages else ""
    rows = f"after {n_rows:,} rows" if n_rows else ""
    where = " and ".join(each for each in (learned, rows) if each) or "from the beginning"
    return f"an earlier attempt was interrupted; it goes on {where}"


def _removed(kept: Kept) -> None:
    if kept.folder is not None:
        with suppress(OSError):  # first, so that no half of it is gone on with
            (kept.folder / RECORD).unlink()
        remove_folder(kept.folder)


def _settle(folder: Path) -> None:
    """Have the disk hold files before their folder gets its name."""
    for file in folder.iterdir():
        with file.open("r+b") as opened:
            os.fsync(opened.fileno())

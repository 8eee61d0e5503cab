"""The place of a run: what may lie there, how a new run takes it, what a kill left beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from contextures._files import cannot_write
from contextures._scratch import remove_folder, scratch_name, scratch_names
from contextures.exceptions import InputError
from contextures.runs.manifest import MARK, check_replaceable, run_files


def resolved(run: str | Path) -> Path:
    """Give the place of a run, or say why none can be made there whatever it holds."""
    check_name(run)
    try:
        if Path(run).is_symlink():
            raise InputError(f"{str(run)!r} exists and is not a folder; choose another with --out")
        place = Path(os.path.realpath(run))
        mounted = place.is_mount()
        working = Path.cwd()
    except OSError as error:
        raise InputError(cannot_write(Path(run), error)) from None
    if working.is_relative_to(place):
        raise InputError(
            f"{str(run)!r} holds the working folder, so no run can take its place; give the name "
            "of a new folder with --out"
        )
    if mounted:
        raise InputError(
            f"{str(run)!r} is where a disk is mounted, so no run can take its place; give a folder "
            "in it with --out"
        )
    return place


def check_name(path: str | Path) -> None:
    """Refuse to write to a name that other programs, and records of it, could not hold."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise InputError(
            f"the name {str(path)!r} is not UTF-8; choose another with --out"
        ) from None
    if "\0" in str(path):
        raise InputError(f"the name {str(path)!r} holds a NUL; choose another with --out")


def check_reads(place: Path, shown: str, reads: Sequence[str | Path]) -> None:
    """Refuse a place that holds what is read, however either is spelled."""
    for read in reads:
        if Path(os.path.realpath(read)).is_relative_to(place):
            what = "is the file that" if Path(os.path.realpath(read)) == place else "holds what"
            raise InputError(f"{shown!r} {what} is read; choose another folder with --out")


def check_place(place: Path, shown: str, *, force: bool) -> None:
    """Refuse a place where something is that may not be replaced."""
    if place.exists() and not place.is_dir():
        raise InputError(f"{shown!r} exists and is not a folder; choose another with --out")
    if not place.exists() or not any(place.iterdir()):
        return
    if not force and run_files(place) is not None:
        raise InputError(
            f"the run {shown!r} exists; add --force to replace it, or choose another folder with "
            "--out"
        )
    check_replaceable(place, shown)


def swap(partial: Path, place: Path) -> None:
    """Put a finished folder in the place of an earlier run, which is removed once that is done."""
    old = scratch_name(place, "old")
    if place.exists():
        place.rename(old)
    try:
        partial.rename(place)
    except OSError:
        with suppress(OSError):
            old.rename(place)
        raise
    _discard(old, place)


def _discard(old: Path, place: Path) -> None:
    """Remove the files of a run that was replaced; what came to lie among them is kept."""
    with suppress(OSError):
        # By this name it is not put back, however much of it is there.
        gone = old if old.suffix == ".gone" else old.rename(scratch_name(place, "gone"))
        known = run_files(gone) or frozenset()
        for item in sorted(gone.iterdir(), key=lambda item: item.name == MARK):  # the mark last
            if item.name in known and item.is_file() and not item.is_symlink():
                item.unlink()
            elif place.is_dir() and not (place / item.name).exists():
                item.rename(place / item.name)
        gone.rmdir()


def recover(place: Path) -> None:
    """Put in order what processes left that were killed; the place must be held."""
    for old in [*scratch_names(place, "old"), *left_by_first_release(place)]:
        if not place.exists():
            old.rename(place)
        elif old.suffix == ".old":
            _discard(old, place)
    for gone in scratch_names(place, "gone"):
        _discard(gone, place)
    for partial in scratch_names(place, "folder"):
        remove_folder(partial)


def left_by_first_release(place: Path) -> list[Path]:
    """Find runs that the first release had renamed when it was killed."""
    try:
        found = [item for item in place.parent.iterdir() if _is_old(item.name, place.name)]
    except OSError:
        return []
    return sorted(item for item in found if run_files(item) is not None)


def _is_old(name: str, run: str) -> bool:
    start = f".{run}.old-"
    return name.startswith(start) and name.removeprefix(start).isdigit()

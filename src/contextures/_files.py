"""Files that are written whole, and read back with a clear word when they are not."""

from __future__ import annotations

import errno
import hashlib
import json
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from contextures._scratch import BusyError, held, scratch_file, scratch_name, scratch_names
from contextures.exceptions import InputError

MOST_JSON = 2**28
"""Bytes of a description that are read: more is nothing that was saved here."""

RUN = "run.json"
"""What a run folder holds, whose files belong together."""

_SCRATCH = re.compile(r"\.contextures-[0-9a-f]{16}-[0-9a-f]{16}\.next")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place and rename it, so that no half file bears the name."""
    with scratch_file(path) as partial:
        partial.write_bytes(content)
        partial.replace(path)


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8; names of files that are not UTF-8 become escapes."""
    path.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_together(folder: Path, contents: Mapping[str, bytes | None]) -> None:
    """Write files that belong together: whenever the process is killed, all are old or all new.

    All are written beside their places first. A record that says which they are, once it is there,
    has them renamed, by the next who reads or writes them if need be.

    Parameters
    ----------
    folder : pathlib.Path
        An existing folder.
    contents : mapping of str to bytes or None
        The content of each file; None for one that is not to be there.
    """
    record = _record(folder, contents)
    try:
        with held(record):
            settle(folder, contents)
            for name in contents:
                for left in scratch_names(folder / name, "next"):
                    left.unlink(missing_ok=True)
            _write_beside(folder, contents, record)
            settle(folder, contents)
    except BusyError:
        raise InputError(
            f"another process is writing to {str(folder)!r}; wait until it has ended, or give "
            "another directory"
        ) from None
    except OSError as error:
        raise InputError(cannot_write(folder, error, "directory")) from error


def cannot_write(path: Path, error: OSError, option: str = "--out") -> str:
    """Say in one sentence why something cannot be written, and the mend."""
    other = "choose another with --out" if option == "--out" else f"choose another {option}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full, so {str(path)!r} was not written; free some space"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{str(path)!r} may not be written ({error.strerror}); {other}"
    return f"{str(path)!r} cannot be written: {error.strerror or error}; {other}"


def _write_beside(folder: Path, contents: Mapping[str, bytes | None], record: Path) -> None:
    planned: dict[str, str | None] = {}
    try:
        for name, content in contents.items():
            planned[name] = None
            if content is not None:
                beside = scratch_name(folder / name, "next")
                planned[name] = beside.name
                beside.write_bytes(content)
        write_whole(record, to_json(planned))
    except BaseException:
        if not record.is_file():
            for beside_name in planned.values():
                if beside_name is not None:
                    (folder / beside_name).unlink(missing_ok=True)
        raise


def settle(folder: Path, names: Collection[str]) -> None:
    """Finish what :func:`write_together` was doing with these files when it was killed."""
    record = _record(folder, names)
    if not record.is_file():
        return
    planned = read_json(record)
    if not isinstance(planned, dict) or not set(planned) <= set(names):
        raise ValueError(f"{record.name} names other files")
    for name, beside in planned.items():
        if beside is None:
            (folder / name).unlink(missing_ok=True)
        elif isinstance(beside, str) and _SCRATCH.fullmatch(beside):
            with suppress(FileNotFoundError):  # done already
                (folder / beside).replace(folder / name)
        else:
            raise ValueError(f"{record.name} names other files")
    record.unlink(missing_ok=True)


def check_ours(
    folder: Path, description: str, key: str, others: Collection[str], what: str
) -> None:
    """Refuse to save to a folder where something else has the names, before anything is written.

    Parameters
    ----------
    folder : pathlib.Path
        Where to save to.
    description : str
        The name of the JSON description.
    key : str
        What the description of one of ours holds, beside its format.
    others : collection of str
        The names of the files that belong to it.
    what : str
        What is saved, for messages.

    Raises
    ------
    InputError
        If there is no such folder, it is a run, or a file in it is not one that was saved here.
    """
    if not folder.is_dir():
        raise InputError(f"there is no directory {str(folder)!r}; make it before saving to it")
    if (folder / RUN).exists():
        raise InputError(
            f"{str(folder)!r} is a run, whose files belong together; save to another directory"
        )
    taken = [name for name in (description, *others) if (folder / name).exists()]
    if not taken:
        return
    try:
        settle(folder, (description, *others))
        found = read_json(folder / description)
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict) or not {"format", key} <= set(found):
        raise InputError(
            f"{taken[0]!r} in {str(folder)!r} belongs to no saved {what}, so it is left alone; "
            "save to another directory, or remove it"
        )


def to_json(value: Any) -> bytes:
    """Give a value as readable JSON; names of files that are not UTF-8 become escapes."""
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace")


def read_regular(path: Path, most: int | None = None) -> bytes:
    """Read a file that someone else may have made: no pipe or device, which could wait for ever.

    Raises
    ------
    OSError
        If it is not there or cannot be read.
    ValueError
        If it is not a plain file, or larger than ``most`` bytes.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"{path.name} is not a plain file")
    if most is not None and found.st_size > most:
        raise ValueError(f"{path.name} is larger than any that was saved, {found.st_size:,} bytes")
    return path.read_bytes()


def read_json(path: Path) -> Any:
    """Read a JSON file that someone else may have made.

    Raises
    ------
    OSError
        If it is not there or cannot be read.
    ValueError
        If it is not JSON, too large, or too deep.
    """
    try:
        return json.loads(read_regular(path, MOST_JSON).decode("utf-8"))
    except RecursionError:
        raise ValueError(f"{path.name} is too deep") from None


def read_pair(
    folder: Path,
    description: str,
    content: str,
    what: str,
    layout: int,
    others: Collection[str] = (),
) -> tuple[dict[str, Any], bytes]:
    """Read the JSON description and the content of something saved.

    Parameters
    ----------
    folder : pathlib.Path
        Where both lie.
    description, content : str
        Their names.
    what : str
        What was saved, for messages.
    layout : int
        The ``format`` that this release reads.
    others : collection of str
        The names of further files that were written together with these.

    Returns
    -------
    tuple
        The description and the content.

    Raises
    ------
    InputError
        If one is missing, cannot be read, or is of another layout.
    """
    try:
        settle(folder, (description, content, *others))
        described = read_json(folder / description)
        data = read_regular(folder / content)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(
            f"{str(folder)!r} holds no {what} ({Path(error.filename or '').name} is missing); "
            "give a directory that contextures fit wrote"
        ) from None
    except (ValueError, OSError, MemoryError) as error:
        raise InputError(f"the {what} in {str(folder)!r} cannot be read: {error}") from None
    if not isinstance(described, dict) or described.get("format") != layout:
        raise InputError(
            f"the {what} in {str(folder)!r} has another layout than this release reads; "
            "fit it again"
        )
    return described, data


@contextmanager
def as_damaged(what: str) -> Iterator[None]:
    """Say that something that was read is damaged, whatever parts that do not fit make raise.

    Parameters
    ----------
    what : str
        The subject of the message: ``"the encoder in 'run'"``.

    Raises
    ------
    InputError
        In place of any other error.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(f"{what} is damaged ({reason}); fit it again") from None


def _record(folder: Path, names: Collection[str]) -> Path:
    together = hashlib.sha256("/".join(sorted(names)).encode()).hexdigest()[:16]
    return folder / f".contextures-{together}.commit"

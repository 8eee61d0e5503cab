"""Single files that commands write: nothing of the caller's is replaced by one."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pandas as pd

from contextures._files import cannot_write, read_json
from contextures._scratch import scratch_file
from contextures.exceptions import InputError
from contextures.runs.manifest import run_files
from contextures.runs.place import check_name

Kind = Literal["page", "comparison", "embedding", "prediction", "ranking"]

MADE = "contextures"
"""The attribute of a frame that says in a Parquet file what was written."""

SHIFT_MADE = "contextures shift"
"""What the data beside a page about new rows say in ``made_by``."""

_PAGE = b'<meta name="generator" content="contextures '
_ID = r'("([^"]|"")*"|[^",]*)'
_HEADERS = {
    "embedding": re.compile(rf"row_id(,{_ID})?(,c\d+)+\s*"),
    "prediction": re.compile(rf"row_id(,{_ID})?,prediction(,.*)?\s*"),
}


def check_output_file(
    out: str | Path,
    kind: Kind,
    reads: Sequence[str | Path] = (),
    own: str | Path | None = None,
    named: str | None = None,
) -> None:
    """Check, before any long work, that a file can be written and nothing is lost by it.

    Parameters
    ----------
    out : str or pathlib.Path
        The file to write.
    kind : {"page", "comparison", "embedding", "prediction", "ranking"}
        What it will hold. Only a file that holds the same and was written here is replaced.
    reads : sequence of str or pathlib.Path
        What is read: none of these, by whatever name, is written to.
    own : str or pathlib.Path, optional
        A file of a run that is written anew.
    named : str, optional
        What messages call the file, where ``--out`` names another beside it.

    Raises
    ------
    InputError
        If it is one of these, a file of a run, or something that was not written here; or nothing
        can be written there.
    """
    check_name(out)
    shown = f"--out {str(out)!r}" if named is None else named
    try:
        file = Path(os.path.realpath(out))
        for read in reads:
            if file == Path(os.path.realpath(read)) or _same(file, Path(read)):
                raise InputError(f"{shown} is read as well; choose another with --out")
        mine = own is not None and file == Path(os.path.realpath(own))
        if not mine and file.name in (run_files(file.parent) or ()):
            raise InputError(
                f"{shown} belongs to the run {file.parent.name!r}; choose another with --out"
            )
        if file.is_dir():
            raise InputError(f"{shown} is a folder; give the name of a file")
        if file.exists() and not file.is_file():
            raise InputError(f"{shown} is not a plain file; give the name of another")
        if file.exists() and not mine and not _is_ours(file, kind):
            raise InputError(
                f"{shown} exists and is no {kind} that was written here, so it is left "
                "alone; choose another with --out, or remove it"
            )
        _check_writable(file)
    except OSError as error:
        raise InputError(cannot_write(Path(out), error)) from None


def marked(frame: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """Mark a frame, so that its Parquet file is known again as one that may be replaced."""
    frame.attrs[MADE] = kind
    return frame


def _is_ours(file: Path, kind: Kind) -> bool:
    if kind == "page":
        with file.open("rb") as opened:
            return _PAGE in opened.read(2**16)
    if kind == "comparison":
        return _is_comparison(file)
    if file.suffix.lower() == ".csv" and kind in _HEADERS:
        with file.open(encoding="utf-8", errors="replace") as opened:
            return _HEADERS[kind].fullmatch(opened.readline(2**20)) is not None
    return _made(file) == kind


def _is_comparison(file: Path) -> bool:
    try:
        found = read_json(file)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("made_by") == SHIFT_MADE


def _made(file: Path) -> str | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with file.open("rb") as opened:
            metadata = pq.read_schema(opened).metadata or {}
        attributes = json.loads(metadata.get(b"PANDAS_ATTRS", b"{}"))
    except (pa.ArrowException, ValueError, TypeError, RecursionError):
        return None
    found = attributes.get(MADE) if isinstance(attributes, dict) else None
    return found if isinstance(found, str) else None


def _check_writable(file: Path) -> None:
    parent = file.parent
    while not parent.exists():
        parent = parent.parent
    with scratch_file(parent / file.name):
        pass


def _same(file: Path, other: Path) -> bool:
    """Tell whether two names are of one file, as two links to it are."""
    try:
        return file.samefile(other)
    except (OSError, ValueError):
        return False

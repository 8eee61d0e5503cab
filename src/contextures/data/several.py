"""Several files of the same columns: which they are, and one table from what each holds."""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pandas as pd

from contextures._files import RUN
from contextures.data.amounts import NumberForm
from contextures.data.how_read import HowRead
from contextures.data.table import Table, table_from_frame
from contextures.data.values import missing_mask
from contextures.data.words import counted, listed
from contextures.exceptions import InputError

_WILD = re.compile(r"[*?\[]")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
_NUMBERS = {"integer", "floating", "mixed-integer-float", "decimal", "complex"}
_DATES = {"date", "datetime", "datetime64"}


def table_files(path: str | Path, endings: re.Pattern[str]) -> list[Path] | None:
    """Find the files that a folder or a pattern stands for.

    Parameters
    ----------
    path : str or pathlib.Path
        A folder, whose tables are meant, or a pattern such as ``parts/*.csv``.
    endings : re.Pattern
        What the names of tables in a folder end in. Hidden files and those whose name begins with
        an underscore, which others leave beside the parts of a table, are none.

    Returns
    -------
    list of pathlib.Path or None
        The files, by name; None where the path stands for one file.

    Raises
    ------
    InputError
        If there are none, or the folder is a run.
    """
    check_named(path)
    folder = Path(path)
    try:
        is_folder, is_there = folder.is_dir(), folder.exists()
    except (OSError, ValueError):  # reading it as one file says why
        return None
    if is_folder:
        return _in_folder(folder, endings)
    if is_there or not _WILD.search(str(path)):
        return None
    files = [file for file in matches(str(path)) if file.is_file()]
    if not files:
        raise InputError(f"there is no file {str(path)!r}, nor one that matches it; check the path")
    return files


def check_named(path: str | Path) -> None:
    """Refuse a path that names nothing, and would stand for the working folder."""
    if not str(path).strip():
        raise InputError(f"the path {str(path)!r} is empty; give that of a file or folder")


def missing_file(path: str | Path) -> InputError:
    """Say that a file is not there, and the likely mend."""
    text = str(path)
    mend = "check the path"
    if text.startswith("~"):
        mend = "write the home folder out, as Path.expanduser does"
    elif _ADDRESS.match(text):
        mend = "what lies on a network is to be downloaded first"
    elif _WILD.search(text):
        mend = "check the path, and give a pattern alone"
    return InputError(f"there is no file {text!r}; {mend}")


def matches(pattern: str) -> list[Path]:
    """Find the files and folders that a pattern matches, by name."""
    # A pattern may begin anywhere, which Path.glob does not allow.
    return sorted(Path(each) for each in glob.glob(pattern, recursive=True))  # noqa: PTH207


def _in_folder(folder: Path, endings: re.Pattern[str]) -> list[Path]:
    if (folder / RUN).is_file():
        raise InputError(
            f"{str(folder)!r} is a directory that holds a run; give a CSV or Parquet file, or a "
            "folder of such"
        )
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"the folder {str(folder)!r} cannot be read: {error.strerror}") from None
    files = [
        file
        for file in inside
        if endings.search(file.name) and not file.name.startswith((".", "_")) and file.is_file()
    ]
    if not files:
        raise InputError(
            f"{str(folder)!r} is a directory without a table in it; give a CSV or Parquet file, or "
            "a folder of such"
        )
    return files


def given_files(paths: Sequence[str | Path]) -> list[Path]:
    """Give the files that are named one by one, each once."""
    for path in paths:
        check_named(path)
    files = [Path(path) for path in paths]
    seen: set[str] = set()
    for file in files:
        where = str(file)
        with suppress(ValueError):  # what names no file: reading it says why
            where = os.path.realpath(file)
        if where in seen:  # by whatever name
            raise InputError(f"the file {str(file)!r} is given twice; give each once")
        seen.add(where)
    for file in files:
        if file.is_dir():
            raise InputError(
                f"{str(file)!r} is a directory, given beside other files; give it alone, or files"
            )
    return files


def told_files(files: Sequence[Path]) -> str:
    """Say where a table is from whose files were named one by one."""
    return f"{counted(len(files), 'file')}: {listed(files)}"


def shared_name(files: Sequence[Path]) -> str:
    """Name what files are parts of: by how their names begin, else by their folder."""
    stems = [file.name.partition(".")[0] for file in files]
    begins = os.path.commonprefix(stems)  # noqa: RUF071 -- letters are meant, not folders
    if len(files) > 1:
        begins = begins.rstrip("0123456789")
    return printable(begins.strip(" -_.=")) or folder_name(files[0].parent)


def folder_name(folder: Path) -> str:
    """Give a folder's own name, also where it is written as a point."""
    name = folder.name if folder.name not in ("", "..") else folder.resolve().name
    return printable(name) or "tables"


def printable(name: str) -> str:
    """Give a name of the disk's, which may be no text, as text."""
    return os.fsencode(name).decode("utf-8", "replace")


def told_mark(tables: Sequence[Table]) -> str | None:
    """Give the decimal mark that the numbers of some tables show; None where they do not agree."""
    forms = [form for table in tables for form in table.how_read.numbers.values()]
    marks = {form.decimal for form in forms if form.told}
    return marks.pop() if len(marks) == 1 else None


def shared_how(files: Sequence[Path], tables: Sequence[Table], options: dict[str, str]) -> HowRead:
    """Say how all files are to be read, from how each was read by itself.

    Parameters
    ----------
    files : sequence of pathlib.Path
        The files.
    tables : sequence of Table
        What each holds.
    options : dict of str to str
        What the caller gave.

    Returns
    -------
    HowRead
        Numbers as any of them writes them, and the words that any of them keeps.

    Raises
    ------
    InputError
        If two write the numbers of a column in ways that exclude each other.
    """
    forms: dict[str, tuple[NumberForm, Path]] = {}
    for file, table in zip(files, tables, strict=True):
        for name, form in table.how_read.numbers.items():
            first, where = forms.get(name, (form, file))
            told = first if first.told else form
            if first.affix != form.affix or (form.told and form.decimal != told.decimal):
                raise InputError(
                    f"the column {name!r} writes its numbers otherwise in {str(file)!r} (decimal "
                    f"{form.decimal!r}, unit {form.affix!r}) than in {str(where)!r} (decimal "
                    f"{first.decimal!r}, unit {first.affix!r}); write them alike"
                )
            forms[name] = (replace(told, times=first.times or form.times), where)
    kept = dict.fromkeys(word for table in tables for word in table.how_read.kept)
    numbers = {name: form for name, (form, _) in forms.items()}
    return HowRead(options, numbers, list(kept))


def join_tables(
    files: Sequence[Path],
    tables: Sequence[Table],
    *,
    name: str,
    source: str,
    how_read: HowRead,
    id: str | None,
    min_rows: int,
    min_columns: int,
) -> Table:
    """Put tables of the same columns under each other.

    Parameters
    ----------
    files : sequence of pathlib.Path
        Where each is from.
    tables : sequence of Table
        The tables, in order.
    name, source, how_read
        As in :class:`Table`.
    id : str or None
        The column that says which row is which.
    min_rows, min_columns : int
        The least that all together may have.

    Returns
    -------
    Table
        One table; the columns are in the order of the first file.

    Raises
    ------
    InputError
        If a file has other columns than the first, or other kinds of values in one.
    """
    check_alike(files, [list(table.frame.columns) for table in tables])
    names = list(tables[0].frame.columns)
    starts = [0]
    for table in tables:
        starts.append(starts[-1] + len(table.frame))
    columns = {}
    for column in names:
        parts = [
            table.frame[column].set_axis(range(start, start + len(table.frame)))
            for table, start in zip(tables, starts, strict=False)
        ]
        columns[column] = _join_column(column, parts, files, is_id=column == id, n=starts[-1])
    digest = hashlib.sha256("".join(table.digest for table in tables).encode()).hexdigest()
    table = table_from_frame(
        pd.DataFrame(columns, columns=names),
        name=name,
        source=source,
        digest=digest,
        notes=shared_notes(files, [table.notes for table in tables]),
        how_read=how_read,
        min_rows=min_rows,
        min_columns=min_columns,
    )
    return replace(table, coordinates=tables[0].coordinates)


def check_alike(files: Sequence[Path], columns: Sequence[Sequence[str]]) -> None:
    """Refuse files whose columns are not those of the first."""
    first = columns[0]
    for file, names in zip(files, columns, strict=True):
        lacks = [name for name in first if name not in names]
        more = [name for name in names if name not in first]
        if lacks or more:
            said = [f"lacks {listed(lacks)}"] if lacks else []
            said += [f"also has {listed(more)}"] if more else []
            raise InputError(
                f"the columns of {str(file)!r} are not those of {str(files[0])!r}: it "
                f"{' and '.join(said)}; give files of the same columns"
            )


def other_kind(name: str, kind: str, file: Path, first: str, where: Path) -> InputError:
    """Say that a column holds another kind of values in a file than in the first."""
    return InputError(
        f"the column {name!r} holds {kind} in {str(file)!r} and {first} in {str(where)!r}; write "
        "it alike in all files, or join them into one"
    )


def _join_column(
    name: str, parts: list[pd.Series], files: Sequence[Path], *, is_id: bool, n: int
) -> pd.Series:
    """Join the parts of a column; one that is empty in a file has no kind there."""
    kinds = [kind_held(part) for part in parts]
    found = [place for place, kind in enumerate(kinds) if kind is not None]
    other = next((place for place in found if kinds[place] != kinds[found[0]]), None)
    if other is not None and is_id:
        parts = [part.astype("string").astype(object) for part in parts]
    elif other is not None:
        kind, first = str(kinds[other]), str(kinds[found[0]])
        raise other_kind(name, kind, files[other], first, files[found[0]])
    # Rows of files where it is empty come back as missing, whatever pandas took them for there.
    joined: pd.Series = pd.concat([parts[place] for place in found or range(len(parts))])
    return joined if len(joined) == n else joined.reindex(range(n))


def kind_held(column: pd.Series) -> str | None:
    """Say what a column holds, whatever its dtype; None where it is empty."""
    present = column[~missing_mask(column)]
    if not len(present):
        return None
    inferred = pd.api.types.infer_dtype(present.astype(object), skipna=True)
    if inferred in _NUMBERS:
        return "numbers"
    if inferred in _DATES:
        return "dates"
    return "true or false" if inferred == "boolean" else "words"


def shared_notes(files: Sequence[Path], notes: Sequence[Sequence[str]]) -> list[str]:
    """Give the notes of all files, each once, with the files that it is true of."""
    where: dict[str, list[str]] = {}
    for file, own in zip(files, notes, strict=True):
        for note in own:
            where.setdefault(note, []).append(file.name)
    said = [
        note if len(names) == len(files) else f"{note} (in {listed(names)})"
        for note, names in where.items()
    ]
    shown = listed(file.name for file in files)
    return [f"{counted(len(files), 'file')} read as one table: {shown}", *said]

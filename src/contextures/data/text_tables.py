"""From the bytes of a text table to a frame."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from contextures.data.amounts import check_marks
from contextures.data.decoding import check_no_nul, decode_text
from contextures.data.delimiter import find_delimiter, parse_delimiter
from contextures.data.how_read import HowRead
from contextures.data.ids import ids_as_written
from contextures.data.missing_words import restore_words
from contextures.data.structure import check_records, read_header
from contextures.data.table import MIN_ROWS, check_size, name_columns
from contextures.data.text_numbers import apply_form, convert_numbers
from contextures.data.words import counted
from contextures.exceptions import InputError

# Spreadsheet programs may write a first line that only says what separates the fields.
SAID = re.compile(r'("?sep=([^\w\s"]|\t)"?)\n', re.IGNORECASE)
_SHOWN = {"\t": "tab", " ": "space"}


@dataclass(frozen=True)
class TextOptions:
    """What a caller says about a text table; found where None."""

    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    dates: str | None = None
    id: str | None = None
    like: HowRead | None = None

    @property
    def id_column(self) -> str | None:
        """The column of ids, as given or as in the earlier table."""
        return self.id or (None if self.like is None else self.like.options.get("id"))

    def given(self) -> dict[str, str]:
        """Give what was said, by name."""
        names = ("delimiter", "encoding", "decimal", "thousands", "dates", "id")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


def read_text(
    file: Path, data: bytes, options: TextOptions, *, min_rows: int, min_columns: int
) -> tuple[pd.DataFrame, list[str], HowRead]:
    """Read the bytes of a text table.

    Parameters
    ----------
    file : pathlib.Path
        Where they come from, for messages.
    data : bytes
        The whole file, decompressed.
    options : TextOptions
        What the caller says about it.
    min_rows, min_columns : int
        The least the table may have.

    Returns
    -------
    tuple
        The frame, notes about what was done to read it, and how it was read.
    """
    text, notes = _text_of(file, data, options.encoding)
    delimiter = options.delimiter
    if said := SAID.match(text):
        # Blanked, not removed, so that line numbers in messages stay those of the file.
        text = text[said.end(1) :]
        delimiter = delimiter or said[2]
    separator = parse_delimiter(delimiter) if delimiter is not None else find_delimiter(text)
    header = read_header(text, separator)
    if header == [""]:
        raise InputError(
            "the header of the table is blank; write a line of column names as its first line"
        )
    if len(header) < min_columns:
        check_size(MIN_ROWS, len(header), min_rows=0, min_columns=min_columns)
    names, renamed = name_columns(header)
    text, n_records, quoted = check_records(text, separator, len(header))
    if n_records == 0:
        raise InputError(
            f"the file {str(file)!r} has a header but no rows; at least {max(min_rows, 1)} needed"
        )
    check_size(n_records, len(header), min_rows=min_rows, min_columns=min_columns)
    notes += header_notes(separator, header, [*renamed, *quoted])
    frame, how = parse_text(text, separator, names, options, notes)
    return frame, notes, how


def header_notes(separator: str, header: list[str], said: list[str]) -> list[str]:
    """Say what is unusual in the first line: its separator, what was said of it, and numbers."""
    notes = [] if separator == "," else [f"delimiter {_SHOWN.get(separator, separator)!r}"]
    notes += said
    if all(_is_number(item) for item in header):
        notes.append(
            "every name in the first line is a number; if that line is data, add a line of names"
        )
    return notes


def _text_of(file: Path, data: bytes, encoding: str | None) -> tuple[str, list[str]]:
    text, used, wrong = decode_text(data, encoding)
    check_no_nul(text)
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise InputError(f"the file {str(file)!r} holds only blank lines; give a table with rows")
    notes = []
    if used not in ("utf-8", "utf-8-sig"):
        notes.append(f"read as {used}")
    if wrong:
        shown = ", ".join(map(str, wrong[:5])) + (", ..." if len(wrong) > 5 else "")
        is_in = "is not in UTF-8 and was" if len(wrong) == 1 else "are not in UTF-8 and were"
        notes.append(
            f"{counted(len(wrong), 'line')} ({shown}) {is_in} read as cp1252, unlike the others"
        )
    return text, notes


def parse_text(
    text: str, separator: str, names: list[str], options: TextOptions, notes: list[str]
) -> tuple[pd.DataFrame, HowRead]:
    """Read the columns of a text whose records are sound, and add to the notes what was done."""
    # "?" is the usual mark of a missing value in the UCI tables.
    edge = re.escape(separator)
    marked = re.search(rf'(^|{edge})\s*"?\?"?\s*($|{edge})', text, re.MULTILINE)
    empty = ["?"] if marked else []
    read = partial(_read_csv, text, separator, names)

    def as_text(chosen: list[str], rows: int | None = None) -> pd.DataFrame:
        return read(
            usecols=chosen, nrows=rows, dtype=str, keep_default_na=False, na_values=["", *empty]
        )

    like, ids = options.like, None
    grouped = [] if like is None else [n for n, form in like.numbers.items() if n in names]
    frame = read(na_values=empty or None, dtype=dict.fromkeys(grouped, str))
    if options.id_column in names:
        # An id is no number: 007 is not 7, and 1,234 neither of what it may be.
        ids = ids_as_written(as_text([str(options.id_column)]).iloc[:, 0])
        frame = frame.drop(columns=options.id_column)
        grouped = [name for name in grouped if name != options.id_column]
    if marked:
        notes.append("cells holding only '?' were read as missing")
    decimal = check_marks(options.decimal, options.thousands)
    frame, kept, said = restore_words(
        frame, text, separator, as_text, None if like is None else like.kept
    )
    notes += said
    if like is None:
        frame, forms, said = convert_numbers(
            frame, as_text, decimal=decimal, semicolons=separator == ";"
        )
        notes += said
    else:
        forms = {name: like.numbers[name] for name in grouped}
        frame = frame.assign(**{name: apply_form(frame[name], forms[name]) for name in forms})
    if ids is not None:
        frame.insert(names.index(str(options.id_column)), str(options.id_column), ids)
    return frame, HowRead(options.given(), forms, kept)


def _read_csv(text: str, separator: str, names: list[str], **how: Any) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = pd.read_csv(
            StringIO(text),
            sep=separator,
            header=0,
            names=names,
            index_col=False,
            skipinitialspace=True,
            low_memory=False,
            **how,
        )
        return frame
    except (pd.errors.ParserError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"the text cannot be read as a table ({reason}); check its quotation marks"
        ) from None


def _is_number(item: str) -> bool:
    try:
        float(item)
    except ValueError:
        return False
    return True

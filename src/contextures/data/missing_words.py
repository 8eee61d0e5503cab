"""Words such as NA and None: missing values in one table, a class or a continent in another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pandas as pd

from contextures.data.kinds import MAX_CATEGORIES, kind_of
from contextures.data.words import listed
from contextures.exceptions import InputError

KEPT = ("None", "NA", "null", "NULL", "Null")
"""Words that pandas reads as missing though people use them as names of classes. Others, such as
NaN and #N/A, are written by programs only."""


def restore_words(
    frame: pd.DataFrame,
    text: str,
    separator: str,
    reread: Callable[[list[str]], pd.DataFrame],
    kept: Iterable[str] | None = None,
) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Give back the words that were read as missing but are values.

    They are values in a column of few different words, unless the table's numbers are missing by
    the same word, or the column's other words are quoted and this one is not, as R writes missing
    values.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table as pandas reads it.
    text, separator : str
        What it was read from.
    reread : callable
        Gives columns as text, nothing but empty cells missing.
    kept : iterable of str or None
        What was decided for an earlier file; None to decide.

    Returns
    -------
    tuple
        The table, the words kept, and notes.
    """
    worded = [name for name in frame.columns if _may_hold_words(frame[name])]
    if not worded or not _any_word(text):
        return frame, list(kept or ()), []
    raw = reread(worded)
    lost = {}
    for name in worded:
        words = raw[name].where(frame[name].isna()).dropna().str.strip()
        if len(words := words[words != ""]):
            lost[name] = words
    numeric = [n for n in frame.columns if n not in worded and frame[n].isna().any()]
    marks = _marks_of_numbers(reread, numeric) if lost and kept is None else set()
    restored: dict[str, list[str]] = {}
    missing: dict[str, list[str]] = {}
    columns = {}
    for name, words in lost.items():
        found = set(words)
        if kept is None:
            back = {
                word
                for word in found & set(KEPT)
                if (word not in marks or _is_both(text, separator, word))
                and not _is_bare_among_quoted(text, separator, word, frame[name])
            }
            back = back if _is_category(frame[name], len(back)) else set()
        else:
            back = found & set(kept)
        if back:
            stripped = raw[name].str.strip()
            columns[name] = frame[name].astype(object).where(~stripped.isin(back), stripped)
        for word in found:
            (restored if word in back else missing).setdefault(word, []).append(name)
    notes = [
        f"{word!r} was kept as a value of its own in {listed(names)}; leave those cells empty "
        "where it means a missing one"
        for word, names in sorted(restored.items())
    ]
    notes += [
        f"{word!r} was read as missing in {listed(names)}"
        for word, names in sorted(missing.items())
    ]
    decided = sorted(restored) if kept is None else list(kept)
    return frame.assign(**columns), decided, notes


_ANY = re.compile(r"#?N/?A|None|null|n/a|nan|<NA>|#IND|#QNAN", re.IGNORECASE)


def _any_word(text: str) -> bool:
    return _ANY.search(text) is not None


def _may_hold_words(column: pd.Series) -> bool:
    """Tell whether a column has gaps, and words or nothing else."""
    return bool(column.isna().any()) and (
        not pd.api.types.is_numeric_dtype(column.dtype) or bool(column.isna().all())
    )


def _marks_of_numbers(reread: Callable[[list[str]], pd.DataFrame], numeric: list[str]) -> set[str]:
    """Give the words by which numbers are missing."""
    if not numeric:
        return set()
    raw = reread(numeric)
    words = {str(w).strip() for name in numeric for w in raw[name].dropna().unique()}
    return {word for word in words if word in KEPT}


def _field(separator: str, inside: str) -> str:
    edge = re.escape(separator)
    return rf"(?:^|{edge})[ ]*{inside}[ ]*(?:$|{edge})"


def _is_both(text: str, separator: str, word: str) -> bool:
    """Tell whether a word stands quoted in one place and bare in another."""
    return all(
        re.search(_field(separator, inside), text, re.MULTILINE)
        for inside in (re.escape(word), f'"{re.escape(word)}"')
    )


def _is_bare_among_quoted(text: str, separator: str, word: str, column: pd.Series) -> bool:
    others = column.dropna()
    if not len(others) or re.search(_field(separator, f'"{re.escape(word)}"'), text, re.MULTILINE):
        return False
    example = re.escape(str(others.iloc[0]).strip())
    return re.search(_field(separator, f'"{example}"'), text, re.MULTILINE) is not None


def _is_category(column: pd.Series, more: int) -> bool:
    """Tell whether a column's other words are few and neither numbers nor dates."""
    try:
        found = kind_of(column)
    except InputError:  # in doubt between two orders of dates or marks of numbers: not words
        return False
    words = found.kind in ("category", "constant", "empty", "boolean")
    return words and found.n_unique + more <= MAX_CATEGORIES

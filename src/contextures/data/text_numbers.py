"""Turning a text table's columns of written numbers into numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from contextures.data.amounts import (
    DoubtError,
    NumberForm,
    find_form,
    parse_amounts,
    say_converted,
)
from contextures.data.digits import marks_of
from contextures.data.words import listed

DASHES = frozenset({"-", "--", "---", "–", "—", "…", "."})
"""What people put in a column of numbers where there is none."""

_LOOK = 500
Reread = Callable[[list[str], int | None], pd.DataFrame]


@dataclass
class _Found:
    forms: dict[str, NumberForm] = field(default_factory=dict)
    doubtful: list[str] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)


def convert_numbers(
    frame: pd.DataFrame, reread: Reread, *, decimal: str | None, semicolons: bool
) -> tuple[pd.DataFrame, dict[str, NumberForm], list[str]]:
    """Turn the columns that are written numbers throughout, without a unit, into numbers.

    What a column does not tell by itself, such as whether ``1,200`` has decimals, the file's other
    columns do.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table as pandas reads it, which takes every point for a decimal one.
    reread : callable
        Gives columns, or their first rows, as text.
    decimal : {".", ","} or None
        The decimal mark that the caller gave.
    semicolons : bool
        Whether fields are separated by semicolons.

    Returns
    -------
    tuple
        The table, the forms of the columns turned, and notes.

    Raises
    ------
    DoubtError
        Naming a column that may be read in two ways.
    """
    found = _Found()
    words: dict[str, pd.Series] = {}
    for name in frame.columns:
        if pd.api.types.is_numeric_dtype(frame[name].dtype) or frame[name].dtype.kind in "mM":
            continue
        words[name] = frame[name]
        _look_at(name, frame[name], found, semicolons)
    pointed = _pointed_floats(frame, reread, found)
    for name, raw in pointed.items():
        words[name] = raw
        found.doubtful.append(name)
    mark = decimal or (next(iter(found.marks)) if len(found.marks) == 1 else None)
    for name in found.doubtful:
        form = find_form(_distinct(words[name]), mark, name=name, semicolons=semicolons)
        if form is not None:
            found.forms[name] = form
    # Units stay in the table, for its preparation to read; what only this file tells does not.
    turned = {
        name
        for name, form in found.forms.items()
        if name in found.doubtful or not (form.affix or form.times)
    }
    forms = {name: found.forms[name] for name in frame.columns if name in turned}
    converted = {name: apply_form(words[name], form) for name, form in forms.items()}
    examples = {name: (form, _example(words[name], form)) for name, form in forms.items()}
    notes = say_converted(examples)
    dashed = [name for name in forms if words[name].astype(str).str.strip().isin(DASHES).any()]
    if dashed:
        notes.append(f"dashes were read as missing in {listed(dashed)}")
    return frame.assign(**converted), forms, notes


def apply_form(column: pd.Series, form: NumberForm) -> pd.Series:
    """Read a column's words as numbers; words that are none stay, for a later message."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    codes, distinct = pd.factorize(column.astype(object))
    numbers = np.append(parse_amounts((str(word) for word in distinct), form), np.nan)
    wrong = [
        np.isnan(n) and str(w).strip() not in DASHES | {""}
        for n, w in zip(numbers[:-1], distinct, strict=True)
    ]
    if not any(wrong):
        return pd.Series(numbers[codes], index=column.index, name=column.name)
    mixed = [w if bad else n for n, w, bad in zip(numbers[:-1], distinct, wrong, strict=True)]
    table = np.array([*mixed, None], dtype=object)
    return pd.Series(table[codes], index=column.index, name=column.name)


def _look_at(name: str, column: pd.Series, found: _Found, semicolons: bool) -> None:
    distinct = _distinct(column)
    if not distinct:
        return
    try:
        form = find_form(distinct, name=name, semicolons=semicolons)
    except DoubtError:
        found.doubtful.append(name)
        return
    if form is not None:
        found.forms[name] = form
        if form.told:
            found.marks.add(form.decimal)


def _pointed_floats(frame: pd.DataFrame, reread: Reread, found: _Found) -> dict[str, pd.Series]:
    """Give as text the columns of numbers whose points may group digits; others show the mark."""
    names = [name for name in frame.columns if may_be_grouped(frame[name])]
    sure = [n for n in frame.columns if frame[n].dtype.kind == "f" and n not in names]
    if any(bool((frame[n].dropna() % 1 != 0).any()) for n in sure):
        found.marks.add(".")
    for rows in (_LOOK, None):
        if names:
            raw = reread(names, rows)
            names = [name for name in names if not _shows_point(raw[name], found)]
    return {name: raw[name] for name in names}


def may_be_grouped(column: pd.Series) -> bool:
    """Tell numbers with up to three decimals, none of them below one: so 1.200 is read."""
    if column.dtype.kind != "f":
        return False
    sizes = np.abs(column.dropna().to_numpy())
    parted = sizes[sizes != np.floor(sizes)]
    if not len(parted) or parted.min() < 1 or parted.max() >= 1000:
        return False
    return bool(np.allclose(parted * 1000, np.round(parted * 1000), rtol=0, atol=1e-6))


def _shows_point(raw: pd.Series, found: _Found) -> bool:
    plain = [word.lstrip("+-") for word in _distinct(raw)]
    marks = marks_of(plain)
    if marks is None or marks.sure == ".":
        found.marks.add(".")
        return True
    return False


def _distinct(column: pd.Series) -> list[str]:
    words = pd.unique(column.dropna().astype(object))
    plain = [word.strip() for word in words if isinstance(word, str)]
    if len(plain) < len(words):
        return []  # booleans and the like among them
    return [word for word in plain if word and word not in DASHES]


def _example(column: pd.Series, form: NumberForm) -> str:
    """Give the value that shows most of how numbers are written."""
    words = _distinct(column)[:100]
    return max(words, key=lambda w: (sum(not c.isdigit() for c in w), len(w))) if words else ""

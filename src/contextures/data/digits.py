"""Points and commas among digits: which group them, which stand before decimals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_GAPS = re.compile("['’_\u00a0\u2007\u2009\u202f ]")
_GAPPED = re.compile("\\d{1,3}(?:['’_\u00a0\u2007\u2009\u202f ]\\d{3})+(?:[.,]\\d*)?")
_EXPONENT = re.compile(r"[eE][+-]?\d+$")
# By thousands, or as in India by hundreds above the last thousand.
_GROUPED = re.compile(r"\d{1,3}(?:x\d{3})+|\d{1,2}(?:x\d{2})+x\d{3}")
_DOUBTFUL = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


@dataclass
class Marks:
    """What the marks among the digits of a column show.

    Attributes
    ----------
    sure : {".", ","} or None
        The decimal mark, where the column leaves no doubt.
    commas : bool
        Whether commas stand among digits.
    none : bool
        Whether no mark stands among digits.
    grouped : bool
        Whether digits are certainly grouped.
    looks_grouped : bool
        Whether marked numbers have exactly three digits after the mark, and those without have at
        most three in all: so grouped numbers look, and others hardly.
    padded : bool
        Whether such digits end in a zero, which nobody writes who leaves decimals out elsewhere.
    example : str
        A number in doubt.
    """

    sure: str | None = None
    commas: bool = False
    none: bool = True
    grouped: bool = False
    looks_grouped: bool = False
    padded: bool = False
    example: str = ""


def marks_of(cores: Sequence[str]) -> Marks | None:
    """Look at the digits of every number of a column; None where one is no number."""
    found = Marks()
    sure: set[str] = set()
    longest_bare, bare = 0, False
    for core in cores:
        digits, gapped = _without_gaps(core)
        if digits is None:
            return None
        found.grouped |= gapped
        points, commas = digits.count("."), digits.count(",")
        if not points and not commas:
            bare = bare or not gapped
            longest_bare = max(longest_bare, 0 if gapped else len(_EXPONENT.sub("", digits)))
            continue
        found.none, found.commas = False, found.commas or commas > 0
        told = _tells(digits, points, commas)
        if told is None:
            return None
        # Where spaces group, neither of the others does.
        if gapped or not _DOUBTFUL.fullmatch(digits):
            sure.add(told)
            found.grouped |= points + commas > 1
        else:
            found.example = found.example or core
            found.padded |= digits.endswith("0")
    if len(sure) > 1:
        return None
    found.sure = next(iter(sure), None)
    found.looks_grouped = bool(found.example) and bare and longest_bare <= 3
    found.none = found.none and not found.grouped
    return found


def core_value(core: str, decimal: str) -> float:
    """Read digits with the given decimal mark; NaN where they are not grouped in that way."""
    digits, _ = _without_gaps(core)
    other = "," if decimal == "." else "."
    if digits is None or digits.count(decimal) > 1:
        return np.nan
    whole = _EXPONENT.sub("", digits).partition(decimal)[0]
    if other in digits and not _GROUPED.fullmatch(whole.replace(other, "x")):
        return np.nan
    if other in digits.partition(decimal)[2]:
        return np.nan
    return float(digits.replace(other, "").replace(decimal, "."))


def _without_gaps(core: str) -> tuple[str | None, bool]:
    """Take away spaces and apostrophes that group digits; None where they do not."""
    if not _GAPS.search(core):
        return core, False
    if not _GAPPED.fullmatch(core):
        return None, False
    return _GAPS.sub("", core), True


def _tells(digits: str, points: int, commas: int) -> str | None:
    """Give the decimal mark that one number has for itself; None where it is no number."""
    if points and commas:
        decimal = "." if digits.rfind(".") > digits.rfind(",") else ","
    elif points + commas > 1:
        decimal = "," if points else "."
    else:
        decimal = "." if points else ","
    return None if np.isnan(core_value(digits, decimal)) else decimal

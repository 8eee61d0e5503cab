"""Numbers as people write them: signs, currencies, units, decimal commas and grouped digits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contextures.data.digits import Marks, core_value, marks_of
from contextures.data.words import listed, shortened
from contextures.exceptions import InputError

_SPACE = "[ \u00a0\u2007\u2009\u202f]"
_CODES = (
    "USD|EUR|GBP|JPY|CHF|CAD|AUD|NZD|CNY|RMB|INR|BRL|SEK|NOK|DKK|PLN|CZK|HUF|RUB|TRY|ZAR|MXN|KRW|"
    "SGD|HKD|THB|IDR|MYR|PHP|VND|ILS|AED|SAR|EGP|NGN|KES|ARS|CLP|COP|PEN|RON|BGN|UAH|PKR|BDT|TWD"
)
_CURRENCY = rf"(?:[A-Z]{{0,3}}[$¢£¤¥฿\u20a0-\u20bf]|(?:{_CODES})|[Kk]r\.?|zł|Kč|Rs\.?|Fr\.?)"
_UNIT = (
    rf"(?:[%‰]|{_CURRENCY}|°{_SPACE}?[CFK]?|"
    rf"[^\W\d_][^\s\d()]{{0,11}}[²³23]?(?:{_SPACE}[^\W\d_][^\s\d()]{{0,11}})?)"
)
_SIGN = "[-+\u2212\u2013]"
_AMOUNT = re.compile(
    rf"(?P<open>\()?{_SPACE}*(?P<sign>{_SIGN})?{_SPACE}*(?P<currency>{_CURRENCY})?{_SPACE}*"
    rf"(?P<inner>{_SIGN})?(?P<core>(?:\d[\d.,'’_\u00a0\u2007\u2009\u202f ]*\d|\d|[.,]\d+)[.]?"
    rf"(?:[eE][+-]?\d+)?)(?P<after>-)?{_SPACE}*(?P<unit>{_UNIT})?{_SPACE}*(?P<close>\))?"
)
_TIMES = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "Mio": 1e6, "bn": 1e9, "B": 1e9, "Mrd": 1e9}
_MINUS = ("-", "\u2212", "\u2013")
_LOOK = 20
DECIMALS, GROUPINGS = (".", ","), (",", ".", " ", "'")


@dataclass(frozen=True)
class NumberForm:
    """How the numbers of a column are written, where not as a program writes them.

    Attributes
    ----------
    decimal : {".", ","}
        The mark before the decimals; the other one may group digits.
    affix : str
        The currency or unit beside every number; empty without one.
    times : bool
        Whether letters such as K and M multiply.
    told : bool
        Whether the column itself shows its decimal mark.
    """

    decimal: str = "."
    affix: str = ""
    times: bool = False
    told: bool = False


class DoubtError(InputError):
    """What a column holds can be read in two ways, and nothing in it tells which."""


def check_marks(decimal: str | None, thousands: str | None) -> str | None:
    """Check the marks that a caller gives; give the decimal mark that they come to."""
    if decimal is not None and decimal not in DECIMALS:
        raise InputError(f"the decimal mark {decimal!r} is not usable; give '.' or ','")
    if thousands is not None and thousands not in GROUPINGS:
        raise InputError(
            f"the thousands mark {thousands!r} is not usable; give ',' or '.' or ' ' or \"'\""
        )
    if thousands is not None and thousands == decimal:
        raise InputError(
            f"the decimal mark and the thousands mark are both {decimal!r}; give two that differ"
        )
    if decimal is None and thousands in DECIMALS:
        return "." if thousands == "," else ","
    return decimal


def find_form(
    words: Sequence[str], decimal: str | None = None, *, name: str = "", semicolons: bool = False
) -> NumberForm | None:
    """Find how the numbers of a column are written.

    Parameters
    ----------
    words : sequence of str
        The different values of the column.
    decimal : {".", ","} or None
        The decimal mark where the column itself does not tell: one that was given, or that of the
        other columns.
    name : str
        The column, for messages.
    semicolons : bool
        Whether fields are separated by semicolons, as where commas are decimal marks.

    Returns
    -------
    NumberForm or None
        None where the values are not all numbers, or all are written as a program does.

    Raises
    ------
    DoubtError
        If digits may be grouped or have decimals, and nothing tells which.
    """
    parts = _matched(words)
    if parts is None:
        return None
    affix, times = _affix(parts)
    if affix is None:
        return None
    brackets = [bool(part["open"]) for part in parts]
    if all(brackets) and len(parts) > 1:
        return None  # numbered notes, (1), (2), (3), not debts only
    cores = [part["core"] for part in parts]
    marks = marks_of(cores)
    if marks is None:
        return None
    plain = not affix and not any(brackets) and not any(_signed(part) for part in parts)
    if plain and not times and marks.none:
        return None
    mark = _settle(marks, decimal, name, semicolons)
    if plain and not times and mark == "." and not marks.grouped and not marks.commas:
        return None
    return NumberForm(mark, affix, times, told=marks.sure is not None)


def parse_amounts(words: Iterable[str | None], form: NumberForm) -> NDArray[np.float64]:
    """Read words as numbers of a form, NaN where one is not."""
    return np.array([_parse(word, form) for word in words], dtype=np.float64)


def mixed_units(words: Sequence[str]) -> list[str]:
    """Give the different units of a column of numbers, none where they do not differ."""
    parts = _matched(words)
    if parts is None:
        return []
    units = {part["currency"] or part["unit"] or "" for part in parts} - {""}
    if len(units) < 2 or len(units) > 6 or _affix(parts)[0] is not None:
        return []
    return sorted(units)


def described(form: NumberForm) -> str:
    """Say what is special about a form, in words that can follow "read as numbers"."""
    said = [f"the unit {form.affix!r} left aside"] if form.affix else []
    if form.times:
        said.append("K, M and B multiplied")
    if form.decimal == ",":
        said.append("decimal commas")
    return "read as numbers" + (f" ({', '.join(said)})" if said else "")


def _matched(words: Sequence[str]) -> list[re.Match[str]] | None:
    """Match every word; None at the first that is no amount, a few looked at first."""
    found = []
    for word in [*words[-_LOOK:], *words[:-_LOOK]] if len(words) > _LOOK else words:
        match = _AMOUNT.fullmatch(word.strip())
        if match is None or bool(match["open"]) != bool(match["close"]):
            return None
        found.append(match)
    return found or None


def _affix(parts: Sequence[re.Match[str]]) -> tuple[str | None, bool]:
    """Give the one affix of all numbers and whether letters multiply; None where several differ."""
    currencies = {part["currency"] or "" for part in parts}
    units = {part["unit"] or "" for part in parts}
    currency, unit = sorted(currencies - {""}), sorted(units - {""})
    if len(currency) > 1:
        return None, False
    if unit and set(unit) <= set(_TIMES) and (len(units) > 1 or currency):
        return "".join(currency), True
    if len(unit) > 1 or (currency and unit and unit != currency):
        return None, False
    # A share beside a bare number may be either 0.45 or 45.
    if unit and unit[0] in "%‰" and "" in units:
        return None, False
    return "".join(currency or unit), False


def _signed(part: re.Match[str]) -> bool:
    sign = part["sign"] or part["inner"]
    return (
        bool(part["after"]) or sign in ("\u2212", "\u2013") or bool(part["sign"] and " " in part[0])
    )


def _settle(marks: Marks, decimal: str | None, name: str, semicolons: bool) -> str:
    """Give the decimal mark: what the column says for sure, else what it was told, else shows."""
    if marks.sure is not None:
        return marks.sure
    if not marks.example:
        return decimal or "."
    if decimal is not None:
        return decimal
    mark = "," if marks.commas else "."
    other = "." if mark == "," else ","
    if marks.looks_grouped and (mark == "," or semicolons):
        return other
    if mark == "." and not semicolons and not (marks.looks_grouped and marks.padded):
        return "."
    raise DoubtError(
        f"the column {name!r} holds {shortened(marks.example)!r}, which may be "
        f"{core_value(marks.example, mark):g} or {core_value(marks.example, other):g}, and nothing "
        f"in the table tells which; give the decimal mark with --decimal (decimal='.' or ',')"
    )


def _parse(word: str | None, form: NumberForm) -> float:
    match = _AMOUNT.fullmatch(word.strip()) if isinstance(word, str) else None
    if match is None or bool(match["open"]) != bool(match["close"]):
        return np.nan
    currency, unit = match["currency"] or "", match["unit"] or ""
    times = 1.0
    if form.times and unit in _TIMES:
        times, unit = _TIMES[unit], ""
    if (currency or form.affix) != form.affix or (unit or form.affix) != form.affix:
        return np.nan
    if form.affix in ("%", "‰") and not unit:
        return np.nan
    value = core_value(match["core"], form.decimal) * times
    minus = (match["sign"] in _MINUS) ^ (match["inner"] in _MINUS)
    return -value if minus or bool(match["open"]) or match["after"] else value


def say_converted(converted: dict[str, tuple[NumberForm, str]]) -> list[str]:
    """Say which columns were read as numbers, those of one form together."""
    kinds: dict[str, list[str]] = {}
    example: dict[str, str] = {}
    for name, (form, word) in converted.items():
        what = described(form)
        kinds.setdefault(what, []).append(name)
        example.setdefault(what, word)
    return [
        f"{listed(names)}, as {shortened(example[what])!r}: {what}" for what, names in kinds.items()
    ]

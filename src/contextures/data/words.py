"""Small helpers for sentences."""

from __future__ import annotations

from collections.abc import Iterable


def listed(names: Iterable[object], limit: int = 5) -> str:
    """Quote names in a list of at most ``limit``, saying how many more there are."""
    quoted = [repr(str(name)) for name in names]
    if len(quoted) > limit:
        return ", ".join(quoted[:limit]) + f" and {len(quoted) - limit} more"
    if len(quoted) > 1:
        return ", ".join(quoted[:-1]) + " and " + quoted[-1]
    return "".join(quoted)


def plural(count: int, noun: str) -> str:
    """Give the noun in the number that fits the count."""
    return noun if count == 1 else noun + "s"


def counted(count: int, noun: str) -> str:
    """Give the count and the noun, e.g. ``"1 row"`` or ``"3,000 rows"``."""
    return f"{count:,} {plural(count, noun)}"


def shortened(value: object, limit: int = 40) -> str:
    """Give a value as text, cut to ``limit`` characters."""
    text = " ".join(str(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"

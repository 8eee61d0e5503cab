"""How results show themselves: their numbers, and of arrays and tables the shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from html import escape
from typing import Any

MOST_ITEMS = 6
MOST_LETTERS = 200


def short_repr(result: Any) -> str:
    """Show a dataclass in a line or a few, however large its arrays are.

    Parameters
    ----------
    result : dataclass instance
        The result. Its class takes this function as its ``__repr__``.

    Returns
    -------
    str
        As a dataclass shows itself, but for arrays, tables, long lists and long texts.
    """
    shown = (f"{each.name}={_shown(getattr(result, each.name))}" for each in fields(result))
    return f"{type(result).__name__}({', '.join(shown)})"


def html_table(facts: Mapping[str, str]) -> str:
    """Show facts in a notebook: a small table, without scripts or styles, all text escaped.

    Parameters
    ----------
    facts : mapping of str to str
        Each fact by its name; long ones are cut.

    Returns
    -------
    str
        One HTML table, a line for each fact.
    """
    cells = "".join(
        f"<tr><th>{escape(_cut(name))}</th><td>{escape(_cut(fact))}</td></tr>"
        for name, fact in facts.items()
    )
    return f"<table>{cells}</table>"


def _shown(value: Any) -> str:
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and len(shape) > 0:
        if len(shape) == 1 and shape[0] <= MOST_ITEMS and hasattr(value, "tolist"):
            return _cut(repr(value))
        return f"<{type(value).__name__} of shape {tuple(int(side) for side in shape)}>"
    if isinstance(value, list | tuple | dict | set | frozenset) and len(value) > MOST_ITEMS:
        return f"<{type(value).__name__} of {len(value):,}>"
    if isinstance(value, list | tuple):
        inner = ", ".join(_shown(one) for one in value)
        if isinstance(value, list):
            return f"[{inner}]"
        return f"({inner}{',' if len(value) == 1 else ''})" if type(value) is tuple else repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_shown(one)}" for key, one in value.items()) + "}"
    return _cut(repr(value))


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}..."

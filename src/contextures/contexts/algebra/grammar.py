"""How mixes are written in short: ``0.5*knn:10+0.5*rbf:1``, ``knn:10@rbf:1``, ``knn:10|rbf:1``.

The signs bind as in Python: ``|`` least, then ``+``, then ``@`` and the ``*`` of a weight, which
stands before all that ``@`` joins; brackets go around whatever is meant to be one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import reduce
from operator import matmul, or_

from contextures.contexts.algebra.combination import ConvexCombination
from contextures.contexts.algebra.mix import Mix
from contextures.contexts.algebra.operators import NEEDS_WEIGHTS
from contextures.contexts.base import Context
from contextures.exceptions import InputError

_WEIGHT = re.compile(
    r"\s*(-?[0-9]*[.]?[0-9]+(?:e[-+]?[0-9]+)?)\s*\*(.*)", re.IGNORECASE | re.DOTALL
)
_EXPONENT = re.compile(r"[0-9.]e$", re.IGNORECASE)


def parse_mix(text: str, plain: Callable[[str], Context], whole: str) -> Context | None:
    """Build the mix that a text says; None where it says a plain context.

    Parameters
    ----------
    text : str
        The text, or a part of it.
    plain : callable
        Builds a plain context, or whatever else, from a part.
    whole : str
        All of the text, for messages.

    Returns
    -------
    Context or None
        The unfitted mix.

    Raises
    ------
    InputError
        If brackets do not match, or the terms of a sum have no weights.
    """
    parts = _split(text, "|", whole)
    if len(parts) > 1:
        return reduce(or_, map(plain, parts))
    terms = _split(text, "+", whole)
    if len(terms) > 1 or _WEIGHT.fullmatch(text):
        weighed = [_WEIGHT.fullmatch(term) for term in terms]
        given = [(float(one.group(1)), one.group(2)) for one in weighed if one is not None]
        if len(given) < len(terms) or len(terms) < 2:
            raise InputError(
                f"the context {whole!r} has a sum without weights, or a weight without a sum; "
                f"{NEEDS_WEIGHTS.split('; ')[1].replace(' * ', '*').replace(' + ', '+')}"
            )
        contexts = [plain(term) for _, term in given]
        return ConvexCombination.of(contexts, [weight for weight, _ in given])
    steps = _split(text, "@", whole)
    if len(steps) > 1:
        return reduce(matmul, map(plain, steps))
    inside = text.strip()
    return plain(inside[1:-1]) if inside.startswith("(") and inside.endswith(")") else None


def short_mix(context: Mix, short_form: Callable[[Context], str]) -> str:
    """Write a mix in short where its parts can be; its ``repr`` otherwise."""
    return context.written(short_form, spaced=False)


def _split(text: str, sign: str, whole: str) -> list[str]:
    """Split at a sign outside of brackets; a + may also stand in the exponent of a number."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            break
        if letter == sign and depth == 0:
            if sign == "+" and _is_within_number(text, start, place):
                continue
            parts.append(text[start:place])
            start = place + 1
    if depth != 0:
        raise InputError(f"the brackets of the context {whole!r} do not match; close each one")
    return [*parts, text[start:]]


def _is_within_number(text: str, start: int, place: int) -> bool:
    before, after = text[start:place], text[place + 1 : place + 2]
    return bool(_EXPONENT.search(before)) and after.isdigit()

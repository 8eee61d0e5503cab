"""Contexts as short text: what a command line and a ranking write."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from contextures.contexts import (
    Context,
    CutMixContext,
    KNNContext,
    MaskContext,
    NoiseContext,
    RBFContext,
    SCARFContext,
)
from contextures.exceptions import InputError


class _Kind(NamedTuple):
    """What a word stands for: a class of contexts and the parameter that follows the colon."""

    made: type[Context]
    parameter: str
    read: type[int] | type[float]
    written: str


_KINDS: dict[str, _Kind] = {
    "knn": _Kind(KNNContext, "n_neighbors", int, "d"),
    "rbf": _Kind(RBFContext, "gamma", float, ".6g"),
    "mask": _Kind(MaskContext, "mask_rate", float, "g"),
    "noise": _Kind(NoiseContext, "sigma", float, "g"),
    "scarf": _Kind(SCARFContext, "corruption_rate", float, "g"),
    "cutmix": _Kind(CutMixContext, "corruption_rate", float, "g"),
}
_WORDS = "|".join(_KINDS)
_FORM = re.compile(rf"(?:(mask)(?::([^+:]+))?\+)?({_WORDS})(?::([^+:]+))?")


def parse_context(text: str) -> Context:
    """Build a context from its short form.

    Parameters
    ----------
    text : str
        ``knn:30``, ``rbf:0.5`` or ``rbf``; ``mask+knn:30`` and ``mask:0.4+rbf`` hide a share of
        the features (0.2 unless given). ``mask:0.3``, ``noise:0.5``, ``scarf:0.6`` and
        ``cutmix:0.6`` are the row itself, corrupted.

    Returns
    -------
    Context
        The context.

    Raises
    ------
    InputError
        If the text is none of these.

    Examples
    --------
    >>> from contextures.selection import parse_context
    >>> parse_context("mask:0.4+knn:30")
    MaskContext(base=KNNContext(), mask_rate=0.4)
    >>> parse_context("scarf")
    SCARFContext()
    """
    found = _FORM.fullmatch(text.strip().lower())
    if found is None:
        raise InputError(
            f"the context {text!r} is not known; give auto, knn:30, rbf, rbf:0.5, mask+knn:30, "
            "mask:0.4+rbf:0.5, mask:0.3, noise:0.5, scarf:0.6 or cutmix:0.6"
        )
    masked, rate, word, value = found.groups()
    kind = _KINDS[word]
    given = {} if value is None else {kind.parameter: _number(value, kind.read, text)}
    context = kind.made(**given)
    if not masked:
        return context
    if not isinstance(context, KNNContext | RBFContext):
        raise InputError(
            f"{word!r} in the context {text!r} cannot be masked; mask knn or rbf, as mask+knn:30"
        )
    return MaskContext(context, mask_rate=0.2 if rate is None else _number(rate, float, text))


def short_form(context: Context) -> str:
    """Write a context as :func:`parse_context` reads it; its ``repr`` when it has no short form.

    Parameters
    ----------
    context : Context
        The context.

    Returns
    -------
    str
        Its short form, or its ``repr``.

    Examples
    --------
    >>> from contextures.contexts import KNNContext, MaskContext
    >>> from contextures.selection import parse_context, short_form
    >>> short_form(MaskContext(KNNContext(n_neighbors=30), mask_rate=0.5))
    'mask:0.5+knn:30'
    >>> parse_context("knn:20")
    KNNContext(n_neighbors=20)
    """
    if isinstance(context, MaskContext) and context.base is not None:
        return f"mask:{context.mask_rate:g}+{short_form(context.base)}"
    for word, kind in _KINDS.items():
        if type(context) is kind.made:
            value = getattr(context, kind.parameter)
            return word if value is None else f"{word}:{value:{kind.written}}"
    return repr(context)


def _number(value: str, kind: type[int] | type[float], text: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise InputError(f"{value!r} in the context {text!r} is not {what}") from None

"""Contexts as short text: what a command line and a ranking write, and the words for them."""

from __future__ import annotations

import re
import warnings
from typing import Any

from contextures.contexts.algebra.grammar import parse_mix, short_mix
from contextures.contexts.algebra.mix import Mix
from contextures.contexts.base import Context
from contextures.contexts.registry import WORD, ShortForm, find_word, words
from contextures.exceptions import ContextWarning, InputError

_FORM = re.compile(rf"({WORD})(?::([^()@|*]*))?(?:\((.*)\))?", re.IGNORECASE)
_EXAMPLES = {
    "knn": "knn:30",
    "rbf": "rbf, rbf:0.5",
    "mask": "mask(knn:30), mask:0.4(rbf:0.5), mask:0.3",
    "noise": "noise:0.5",
    "scarf": "scarf:0.6",
    "cutmix": "cutmix:0.6",
}
"""How the library's own are written, in the order to list them in; others by their word."""

_OLD = re.compile(r"mask(:[^+()]+)?\+([a-z][^+()]*)")


def parse_context(text: str) -> Context:
    """Build a context from its short form.

    Parameters
    ----------
    text : str
        ``knn:30``, ``rbf:0.5`` or ``rbf``; ``mask(knn:30)`` and ``mask:0.4(rbf)`` hide a share of
        the features (0.2 unless given). ``mask:0.3``, ``noise:0.5``, ``scarf:0.6`` and
        ``cutmix:0.6`` are the row itself, corrupted. ``0.5*knn:10+0.5*rbf:1`` is a convex
        combination, ``knn:10@rbf:1`` a convolution, ``knn:10|rbf:1`` a concatenation, with brackets
        around parts; the signs bind as in Python. Contexts that are defined elsewhere may declare
        short forms too; see :class:`contextures.contexts.ShortForm`.

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
    >>> parse_context("mask:0.4(knn:30)")
    MaskContext(base=KNNContext(), mask_rate=0.4)
    >>> parse_context("scarf")
    SCARFContext()
    """
    if not isinstance(text, str):
        raise InputError(
            f"a context is named by a word such as 'knn:30', not by a {type(text).__name__}; give "
            "a string"
        )
    return _parse(text.strip(), text)


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
    'mask:0.5(knn:30)'
    >>> parse_context("knn:20")
    KNNContext(n_neighbors=20)
    >>> parse_context("0.3*knn:20+0.7*rbf:2")
    0.3 * KNNContext(n_neighbors=20) + 0.7 * RBFContext(gamma=2.0)
    """
    form = declared_form(type(context))
    if isinstance(context, Mix):
        return short_mix(context, short_form)
    if form is None:
        return repr(context)
    value = None if form.parameter is None else getattr(context, form.parameter)
    if value is None:
        written = form.word
    else:
        written = f"{form.word}:{value if form.read is str else format(value, form.written)}"
    inner = None if form.inner is None else getattr(context, form.inner)
    return f"{written}({short_form(inner)})" if isinstance(inner, Context) else written


def family_name(context: Context) -> str:
    """Say in words what kind of context this is."""
    return context.kind or type(context).__name__


def declared_form(kind: type[Context]) -> ShortForm | None:
    """Give the short form that a class declares itself, not one that it inherits."""
    return vars(kind).get("short")


def _parse(text: str, whole: str) -> Context:
    old = _OLD.fullmatch(text.lower())
    if old is not None:
        text = f"mask{old.group(1) or ''}({old.group(2)})"
        warnings.warn(
            f"the context {whole!r} is written in an old way, in which + stands for a mask over a "
            f"context; write {text}",
            ContextWarning,
            stacklevel=4,
        )
    mix = parse_mix(text, lambda part: _parse(part.strip(), whole), whole)
    if mix is not None:
        mix.check_parts()
        return mix
    found = _FORM.fullmatch(text)
    word, value, inner = ("", None, None) if found is None else found.groups()
    kind = find_word(word.lower(), brackets=inner is not None)
    if kind is None:
        raise InputError(f"the context {whole!r} is not known; give auto, {_known()}")
    form = kind.short
    given: dict[str, Any] = {}
    if value is not None:
        if form.parameter is None:
            raise InputError(f"{word!r} in the context {whole!r} takes no value; write {word}")
        given[form.parameter] = _value(value, form, whole)
    if inner is not None:
        given[form.inner] = _parse(inner.strip(), whole)
    made: Context = kind(**given)
    made.check_parts()
    return made


def _value(value: str, form: ShortForm, text: str) -> Any:
    try:
        return form.read(value)
    except ValueError:
        what = "a whole number" if form.read is int else "a number"
        raise InputError(f"{value!r} in the context {text!r} is not {what}") from None


def _known() -> str:
    """List what can be written, with a value to each that takes one."""
    listed = list(_EXAMPLES.values())
    listed += sorted(word for word in words() if word not in _EXAMPLES)
    return f"{', '.join(listed[:-1])} or {listed[-1]}; or mix them, as 0.5*knn:10+0.5*rbf:1"

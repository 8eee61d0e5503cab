"""Every kind of context by name: the library's own, and those that others define."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, NamedTuple

from contextures.exceptions import InputError

GROUP = "contextures.contexts"
"""The group of entry points by which an installed package makes its contexts known."""

WORD = "[a-z][a-z0-9_-]*"
"""What a short form begins with."""

_KINDS: dict[str, type[Any]] = {}


class ShortForm(NamedTuple):
    """How a context is written in short: ``word``, ``word:value`` or ``word:value(inner)``.

    Parameters
    ----------
    word : str
        What it begins with, in small letters.
    parameter : str, optional
        The parameter whose value follows the colon.
    read : type, default=float
        ``int``, ``float`` or ``str``: how that value is read.
    written : str, default="g"
        How it is formatted, where it is a number.
    inner : str, optional
        The parameter that holds the context in brackets.

    Examples
    --------
    >>> from contextures.contexts import KNNContext
    >>> KNNContext.short
    ShortForm(word='knn', parameter='n_neighbors', read=<class 'int'>, written='d', inner=None)
    """

    word: str
    parameter: str | None = None
    read: type[int] | type[float] | type[str] = float
    written: str = "g"
    inner: str | None = None


def key_of(kind: type[Any]) -> str:
    """Give the name that a class is known by in files."""
    return kind.__name__ if is_ours(kind) else f"{kind.__module__}.{kind.__qualname__}"


def is_ours(kind: type[Any]) -> bool:
    """Say whether a class is the library's own."""
    return kind.__module__.split(".")[0] == "contextures"


def register(kind: type[Any]) -> None:
    """Make a class of contexts known; done for every subclass where it is defined.

    Raises
    ------
    InputError
        If it declares a short form that cannot be read.
    """
    form: ShortForm | None = vars(kind).get("short")
    if form is not None:
        _check_short(kind, form)
    _KINDS[key_of(kind)] = kind


def find_kind(key: str) -> type[Any] | None:
    """Find the class of contexts that a file names; None where no such class is known.

    Nothing is imported on a file's word: only the library's own modules and those of installed
    packages that declare contexts.
    """
    if key not in _KINDS:
        _load()
    if key in _KINDS:
        return _KINDS[key]
    # A class of a script lives in __main__ where the script runs and elsewhere when imported.
    name = key.rsplit(".", 1)[-1]
    alike = [kind for known, kind in _KINDS.items() if "." in known and kind.__name__ == name]
    return alike[0] if "." in key and len(alike) == 1 else None


def find_word(word: str, *, brackets: bool) -> type[Any] | None:
    """Find the class whose short form begins with a word, with or without a context in brackets."""
    return words(brackets=brackets).get(word)


def words(*, brackets: bool | None = None) -> dict[str, type[Any]]:
    """Give the classes with a short form, by its word: all, or those with brackets or without."""
    _load()
    own = [kind for kind in _KINDS.values() if vars(kind).get("short") is not None]
    own.sort(key=is_ours)  # whose words nobody else can take
    return {
        kind.short.word: kind
        for kind in own
        if brackets is None or (kind.short.inner is not None) == brackets
    }


def _check_short(kind: type[Any], form: ShortForm) -> None:
    if not re.fullmatch(WORD, form.word):
        raise InputError(
            f"the short form of {kind.__name__} begins with {form.word!r}, which cannot be read; "
            "give a word of small letters, digits, - and _"
        )
    for name in (form.parameter, form.inner):
        if name is not None and name not in kind._get_param_names():
            raise InputError(
                f"the short form of {kind.__name__} names {name!r}, which is no parameter of its "
                "__init__; give one of "
                f"{', '.join(kind._get_param_names()) or 'none: it has no parameters'}"
            )


def _load() -> None:
    package: Any = import_module("contextures.contexts")
    for name in package.__all__:
        getattr(package, name)
    for entry in entry_points(group=GROUP):
        entry.load()

"""Where the values of each part's A stand among those that a mix reveals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from contextures.contexts.algebra.combination import ConvexCombination
from contextures.contexts.algebra.concatenation import Concatenation
from contextures.contexts.algebra.convolution import Convolution
from contextures.contexts.algebra.revealed import MOST_NAMES, drawn, names, table
from contextures.contexts.base import Context
from contextures.contexts.drawing import draws_like


@dataclass(frozen=True)
class Piece:
    """Columns of a mix's A that belong to one part, or to several that are told together.

    Attributes
    ----------
    flags : tuple of int
        Columns that are one where this part was chosen, and zero elsewhere: all of them must be.
    groups : tuple of pairs of int
        First columns and ends of the values: one pair, or one for each part of a concatenation.
    named : bool
        Whether the values are numbers of names rather than quantities.
    """

    flags: tuple[int, ...]
    groups: tuple[tuple[int, int], ...]
    named: bool = False


def pieces_of(context: Context, X: Any) -> tuple[Piece, ...]:
    """Say what parts of A a fitted context reveals, each in columns of its own.

    Parameters
    ----------
    context : Context
        A fitted context that can be drawn from.
    X : array-like of shape (n, ...)
        The rows that it was fitted to.

    Returns
    -------
    tuple of Piece
        One for each part of a combination; for a concatenation one of each part, and one of all
        together. Empty where A is of one piece.
    """
    if context.form == "kernel" or (context.form == "transition" and _named(context)):
        return ()
    found, _ = _laid_out(context, X, 0)
    return tuple(found) if len(found) > 1 else ()


def _laid_out(context: Context, X: Any, start: int) -> tuple[list[Piece], int]:
    """Give the pieces of a context whose columns begin at ``start``, and where they end."""
    named = context.form == "transition" and _named(context)
    if isinstance(context, Convolution) and not named:
        return _laid_out(context.right_, X, start)
    if isinstance(context, ConvexCombination) and not named:
        left, middle = _laid_out(context.left_, X, start + 2)
        right, end = _laid_out(context.right_, X, middle)
        return [*_flagged(left, start), *_flagged(right, start + 1)], end
    if isinstance(context, Concatenation) and not named:
        left, middle = _laid_out(context.left_, X, start)
        right, end = _laid_out(context.right_, X, middle)
        groups = tuple(sorted({group for piece in (*left, *right) for group in piece.groups}))
        return [*left, *right, Piece((), groups)], end
    if context.form == "transition":
        width = table(context).shape[1]
        return [Piece((), ((start, start + width),), named and _numbered(context))], start + width
    first = np.zeros(1, dtype=np.intp)
    values = drawn(context, X, draws_like(X, first, np.random.default_rng(0)), 1, first)
    plain = np.asarray(context.sample_rows(X, first, np.random.default_rng(0)))
    end = start + values.shape[2]
    return [Piece((), ((start, end),), names(plain))], end


def _flagged(pieces: list[Piece], flag: int) -> list[Piece]:
    return [replace(piece, flags=(flag, *piece.flags)) for piece in pieces]


def _named(context: Context) -> bool:
    return names(np.asarray(context.context_values()))


def _numbered(context: Context) -> bool:
    """Tell whether names are too many for an indicator each."""
    return len(context.context_weights_) > MOST_NAMES

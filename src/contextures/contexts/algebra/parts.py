"""What a mix asks of its parts, whether these are mixes themselves or not."""

from __future__ import annotations

from typing import Any

from contextures._arrays import Array, Matrix
from contextures.contexts.algebra.columns import Columns
from contextures.contexts.algebra.mix import Mix
from contextures.contexts.base import Context
from contextures.contexts.draws import Draws


def columns_of(context: Context, X: Any = None, fold: int | None = None) -> Columns:
    """Give the columns of any fitted context in transition or kernel form."""
    if isinstance(context, Mix) and context.form == "kernel":
        return context.fitted_columns() if X is None else context.columns(X, fold)
    entries = context.describe().entries if X is None else entries_of(context, X, fold)
    return Columns.of(entries, kernel=context.form == "kernel")


def entries_of(context: Context, X: Any, fold: int | None) -> Matrix:
    """Describe rows, as though the labels of a fold had not been seen where one is given."""
    return context.expand(X) if fold is None else context.expand_without(X, fold)


def returns(context: Context) -> bool:
    """Tell whether values of A can be inputs of a context that follows, before it is fitted."""
    if isinstance(context, Mix):
        return context.returns()
    return context.same_space or context.takes == "index"


def lead(context: Context, X: Any, draws: Draws, n_views: int, rows: Any = None) -> Array:
    """Draw A as rows of X, of shape (n_views, n, ...), for rows or for fitted rows by number."""
    if isinstance(context, Mix) and context.form == "sampler":
        return context.lead(X, draws, n_views, rows)
    if rows is None:
        found = context.sample(X, draws.rng, n_views)
    else:
        found = context.sample_rows(X, rows, draws.rng, n_views)
    return found[None] if n_views == 1 else found

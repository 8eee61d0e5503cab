"""What a mix reveals: values of its parts' A, side by side as rows of numbers."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from contextures._arrays import Array, FloatArray, to_numpy
from contextures.contexts.base import Context
from contextures.contexts.draws import Draws, RowDraws

MOST_NAMES = 64
"""So many names are told apart by an indicator each; of more, the number of each is given."""


def table(context: Context) -> FloatArray:
    """Give the values of A at each column of a transition as rows of numbers.

    Parameters
    ----------
    context : Context
        A fitted context in transition form.

    Returns
    -------
    ndarray of shape (m, q)
        Numbers as they are; an indicator for each name, or its number where there are many.
    """
    values = np.asarray(context.context_values())
    if names(values):
        m = len(values)
        return np.eye(m) if m <= MOST_NAMES else np.arange(m, dtype=np.float64)[:, None]
    return values.reshape(len(values), -1).astype(np.float64)


def names(values: Any) -> bool:
    """Tell whether values of A are classes, indices or words rather than quantities."""
    return bool(values.dtype.kind not in "fiub" or (values.ndim == 1 and values.dtype.kind != "f"))


def drawn(part: Context, X: Any, draws: Draws, n_views: int, rows: Any = None) -> Array:
    """Draw a part's A as rows of numbers.

    Parameters
    ----------
    part : Context
        A fitted context that can be drawn from.
    X : ndarray or torch.Tensor
        The rows, or all fitted rows where ``rows`` says which of them.
    draws : Draws
        Random numbers of the kind of X.
    n_views : int
        How many independent draws for every row.
    rows : ndarray or torch.Tensor of int, optional
        Which of the fitted rows.

    Returns
    -------
    ndarray or torch.Tensor of shape (n_views, n, q)
        What was drawn.
    """
    n = len(X) if rows is None else len(rows)
    if part.form == "transition":
        entries = (
            part.expand(to_numpy(X))
            if rows is None
            else part.describe().take(to_numpy(rows)).entries
        )
        columns = RowDraws(entries).columns(np.arange(n), draws, n_views)
        return draws.floats(draws.constant(table(part))[columns])
    if rows is None:
        found = part.sample(X, draws.rng, n_views)
    else:
        found = part.sample_rows(X, rows, draws.rng, n_views)
    return draws.floats(draws.constant(found)).reshape((n_views, n, -1))


def chosen(draws: Draws, weights: FloatArray, n_views: int, n: int) -> list[Array]:
    """Draw which part is revealed, with chances ``weights``: an indicator (n_views, n, 1) each."""
    points = draws.uniform(n_views, n, 1)
    edges = np.concatenate([[0.0], np.cumsum(weights)[:-1], [2.0]])
    return [draws.floats((points >= low) & (points < high)) for low, high in pairwise(edges)]

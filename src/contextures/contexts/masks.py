"""Which features are hidden."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import ceil, comb
from typing import Any, Literal

import numpy as np

from contextures._arrays import Array, FloatArray
from contextures.contexts.draws import Draws
from contextures.exceptions import InputError

Pattern = Literal["independent", "exact", "block"]


def random_masks(draws: Draws, shape: tuple[int, ...], rate: float, pattern: Pattern) -> Array:
    """Draw a mask for every row anew.

    Parameters
    ----------
    draws : Draws
        Where randomness comes from.
    shape : tuple of int
        (n_views, n, p).
    rate : float
        The share of the p features hidden.
    pattern : {"independent", "exact", "block"}
        Each with chance ``rate``; ``round(rate * p)`` of them; or ``ceil(rate * p)`` neighbouring
        ones, the last feature and the first counting as neighbours.

    Returns
    -------
    ndarray or torch.Tensor of bool of shape ``shape``
        True where a feature is hidden.
    """
    if pattern == "independent":
        return draws.chance(rate, *shape)
    *outer, p = shape
    if pattern == "exact":
        return draws.subset(n_hidden(p, rate), *shape)
    start = draws.integers(p, *outer, 1)
    return (draws.constant(np.arange(p)) - start) % p < min(ceil(rate * p), p - 1)


def n_hidden(n_features: int, rate: float) -> int:
    """Give ``round(rate * n_features)``, with one feature at least hidden and one seen."""
    if n_features < 2:
        raise InputError(
            "masking needs at least 2 features to hide one and see another; X has "
            f"{n_features} feature(s)"
        )
    return min(max(1, round(rate * n_features)), n_features - 1)


def draw_masks(
    n_features: int, rate: float, n_masks: int, rng: Any
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Draw masks that each hide ``round(rate * n_features)`` features, at least one of each.

    Parameters
    ----------
    n_features : int
        How many features there are, at least two.
    rate : float
        The share hidden.
    n_masks : int
        How many masks at most; all different ones when there are no more.
    rng : RandomState
        Where randomness comes from.

    Returns
    -------
    ndarray of bool of shape (n_masks, n_features)
        True where a feature is hidden.
    """
    size = n_hidden(n_features, rate)
    if comb(n_features, size) <= n_masks:
        hidden = [list(chosen) for chosen in combinations(range(n_features), size)]
    else:
        hidden = [list(rng.permutation(n_features)[:size]) for _ in range(n_masks)]
    masks = np.zeros((len(hidden), n_features), dtype=bool)
    for mask, chosen in zip(masks, hidden, strict=True):
        mask[chosen] = True
    return masks


def visible_parts(X: FloatArray, masks: np.ndarray[Any, Any]) -> Iterator[FloatArray]:
    """Give the visible columns of ``X`` under each mask in turn."""
    for mask in masks:
        yield np.ascontiguousarray(X[:, ~mask])

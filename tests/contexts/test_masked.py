"""A masked context is the mean of its bases, one a mask, however the work is shared."""

from __future__ import annotations

import numpy as np
import pytest

from contexts.cases import as_array
from contextures.contexts import KNNContext, MaskContext, RBFContext
from contextures.contexts.masked_products import masked_products

RNG = np.random.default_rng(0)
TIED = RNG.integers(0, 3, size=(90, 5)).astype(float)  # whole numbers: copies and equal distances
FAR = RNG.normal(size=(60, 5))
FAR[:, 4] = 1e9 + 1e6 * FAR[:, 4]  # beside which the other columns round away
WIDE = RNG.normal(size=(50, 70))
PLAIN = RNG.normal(size=(80, 6))


def near(rows, points, k):
    """Rank points by distance and then by place, one row at a time."""
    found = np.zeros((len(rows), len(points)))
    for i, row in enumerate(rows):
        distances = np.sqrt(((points - row) ** 2).sum(axis=1))
        found[i, np.lexsort((np.arange(len(points)), distances))[:k]] = 1 / k
    return found


def gaussian(rows, points, gamma):
    """Follow the definition, entry by entry."""
    squared = ((rows[:, None, :] - points[None, :, :]) ** 2).sum(axis=2)
    weights = np.exp(-gamma * (squared - squared.min(axis=1, keepdims=True)))
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("rows", [TIED, PLAIN])
@pytest.mark.parametrize("k", [2, 30, 70])
def test_masked_neighbours_are_the_mean_of_those_found_one_by_one(rows, k):
    context = MaskContext(KNNContext(k), 0.4, n_masks=7, random_state=0).fit(rows)
    new = np.vstack([rows[:4], rows[:4] + 0.5])
    for asked, found in ((rows, context.expansion_), (new, context.expand(new))):
        expected = np.mean([near(asked[:, ~m], rows[:, ~m], k) for m in context.masks_], axis=0)
        np.testing.assert_allclose(as_array(found), expected, atol=1e-14)


@pytest.mark.parametrize("rows", [TIED, FAR, WIDE, PLAIN])
@pytest.mark.parametrize("gamma", [1e-3, 0.5, 60.0])
def test_masked_gaussians_are_the_mean_of_their_formula(rows, gamma):
    context = MaskContext(RBFContext(gamma), 0.4, n_masks=7, random_state=0).fit(rows)
    new = rows[:6] + 0.25
    for asked, found in ((rows, context.expansion_), (new, context.expand(new))):
        each = [gaussian(asked[:, ~m], rows[:, ~m], gamma) for m in context.masks_]
        np.testing.assert_allclose(as_array(found), np.mean(each, axis=0), atol=1e-10)


def test_many_rows_are_dealt_to_threads_and_are_what_each_is_alone(monkeypatch):
    context = MaskContext(RBFContext(0.5), 0.4, random_state=0).fit(PLAIN)
    rows = RNG.normal(size=(300, 6))
    alone = as_array(context.expand(rows))
    monkeypatch.setattr("contextures.contexts.gaussians._ENTRIES_ALONE", 0)
    monkeypatch.setattr("contextures.contexts.gaussians._SMALL_BLOCK_VALUES", 200)
    # Whether weights are products or exponentials is decided by block, which rounding shows.
    np.testing.assert_allclose(as_array(context.expand(rows)), alone, rtol=1e-12)


@pytest.mark.parametrize("share", [0.2, 0.7])
@pytest.mark.parametrize("n_masks", [1, 40])
def test_products_under_masks_are_those_of_the_columns_left(share, n_masks):
    factors = RNG.uniform(0.2, 1.0, size=(9, 3, 4))
    masks = RNG.random((n_masks, 9)) < share
    masks[0] = share > 0.5  # all hidden, or none
    found = np.array([each.copy() for each in masked_products(factors, masks)])
    each = np.array([factors[~mask].prod(axis=0) for mask in masks])
    order = [np.lexsort(values.reshape(len(values), -1).T) for values in (found, each)]
    np.testing.assert_allclose(found[order[0]], each[order[1]], rtol=1e-12)


def test_products_and_exponentials_give_the_same_law(monkeypatch):
    """Where a weight may be negligible, exponentials are taken of each mask's distances."""
    context = MaskContext(RBFContext(0.5), 0.4, random_state=0).fit(PLAIN)
    near = as_array(context.expand(PLAIN))
    monkeypatch.setattr("contextures.contexts.gaussians._all_count", lambda *_: False)
    np.testing.assert_allclose(near, as_array(context.expand(PLAIN)), rtol=1e-10)

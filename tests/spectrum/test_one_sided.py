"""Lanczos on one side, which large operators are solved by, against dense algebra and PROPACK."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse.linalg import aslinearoperator

from contextures.contexts import GraphContext, KNNContext
from contextures.spectrum import decompose, solve
from contextures.spectrum.one_sided import one_sided


def falling(n, m, seed=0, rate=0.97):
    """Give a matrix of known singular values, which fall slowly."""
    rng = np.random.default_rng(seed)
    side = min(n, m)
    left, right = (np.linalg.qr(rng.standard_normal((size, side)))[0] for size in (n, m))
    values = rate ** np.arange(side)
    return (left * values) @ right.T, left, values, right


@pytest.mark.parametrize("shape", [(400, 300), (300, 400), (350, 350)])
@pytest.mark.parametrize("k", [1, 5, 40])
def test_triplets_are_those_of_dense_algebra(shape, k):
    matrix, left, values, right = falling(*shape)
    found = one_sided(aslinearoperator(matrix), k, np.random.default_rng(1))
    assert found is not None
    np.testing.assert_allclose(found[1], values[:k], rtol=1e-12)
    for mine, true in ((found[0], left), (found[2], right)):
        np.testing.assert_allclose(mine.T @ mine, np.eye(k), atol=1e-10)
        np.testing.assert_allclose(np.abs(np.sum(mine * true[:, :k], axis=0)), 1, atol=1e-10)
    np.testing.assert_allclose(matrix @ found[2], found[0] * found[1], atol=1e-10)
    np.testing.assert_allclose(matrix.T @ found[0], found[2] * found[1], atol=1e-10)


def test_vectors_stay_orthogonal_over_many_steps():
    """Well-separated values settle early, which is when Lanczos vectors lose each other."""
    matrix, *_ = falling(900, 800, rate=0.99)
    matrix += 5 * np.outer(*(np.linalg.qr(np.ones((size, 1)))[0][:, 0] for size in matrix.shape))
    found = one_sided(aslinearoperator(matrix), 60, np.random.default_rng(0))
    assert found is not None
    np.testing.assert_allclose(found[0].T @ found[0], np.eye(60), atol=1e-10)
    np.testing.assert_allclose(found[1], np.linalg.svd(matrix)[1][:60], rtol=1e-12)


def test_an_operator_of_few_functions_is_left_to_others():
    matrix, *_ = falling(300, 200)
    few = matrix[:, :4] @ matrix[:4]  # of rank four
    assert one_sided(aslinearoperator(few), 10, np.random.default_rng(0)) is None


def test_large_operators_have_the_functions_that_small_ones_have(monkeypatch):
    rows = np.random.default_rng(0).standard_normal((1500, 6))
    before = decompose(KNNContext(10), rows, 30)
    monkeypatch.setattr(solve, "MANY_SIDE", 1000)
    monkeypatch.setattr(solve, "svds", None)  # PROPACK is not asked
    after = decompose(KNNContext(10), rows, 30)
    np.testing.assert_allclose(after.singular_values, before.singular_values, atol=1e-11)
    np.testing.assert_allclose(after.left, before.left, atol=1e-5)


def test_copies_of_an_equal_value_are_found_in_large_operators_too(monkeypatch):
    """One vector meets each eigenspace once: parts of a graph have as many equal values."""
    monkeypatch.setattr(solve, "MANY_SIDE", 500)
    ring = np.roll(np.eye(150), 1, axis=1) + np.roll(np.eye(150), -1, axis=1) + 2 * np.eye(150)
    weights = np.kron(np.eye(6), ring)
    exact = np.sort((2 + 2 * np.cos(2 * np.pi * np.arange(150) / 150)) / 4)[::-1]
    expected = np.repeat(exact, 6)[1:21]
    with pytest.warns(UserWarning, match="unconnected parts"):
        found = decompose(GraphContext(weights), None, 20)
    np.testing.assert_allclose(found.singular_values, expected, atol=1e-9)

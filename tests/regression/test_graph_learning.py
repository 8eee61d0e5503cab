"""Laplace and Poisson learning are members of the family: against their closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from contextures import STKRClassifier, STKRRegressor
from contextures.contexts import FiniteContext
from contextures.regression import InverseLaplacian, Power, default_context
from contextures.regression.defaults import choose_solver
from contextures.regression.propagation import PropagatedKernel
from contextures.regression.targets import read_classes

NODES = 30
LABELLED = np.array([0, 1, 10, 12, 25, 29])
WHOLE = InverseLaplacian(eta=1.0)
"""lambda_1 < 1 on a connected graph, so that eta = 1 is allowed."""


def laplacian():
    """Three groups of nodes, joined by a ring, with random weights."""
    rng = np.random.default_rng(0)
    inside = np.kron(np.eye(3), np.ones((10, 10)))
    weights = rng.uniform(0.1, 1, (NODES, NODES)) * inside * (rng.uniform(size=inside.shape) < 0.5)
    weights = np.triu(weights, 1)
    weights += np.diag(np.full(NODES - 1, 0.2), 1)
    weights += weights.T
    return np.diag(weights.sum(0)) - weights


def resolvent_context(L):
    """The context with dual kernel n (I + L)^-1: P = (I + L)^(-1/2), doubly stochastic.

    lambda = 1 / (1 + l) for the Laplacian's eigenvalues l, so lambda / (1 - lambda) = 1 / l.
    """
    values, vectors = np.linalg.eigh(L)
    P = vectors @ np.diag((1 + np.clip(values, 0, None)) ** -0.5) @ vectors.T
    assert P.min() > -1e-12
    P = np.clip(P, 0, None)
    return FiniteContext(P / P.sum())


@pytest.mark.parametrize("solver", ["spectral", "propagation"])
class TestWithAResolventContext:
    def test_small_ridges_are_laplace_learning(self, solver):
        """f = y on the labelled nodes and L f = 0 on the others."""
        L = laplacian()
        y = np.random.default_rng(1).standard_normal(len(LABELLED))
        rest = np.setdiff1d(np.arange(NODES), LABELLED)
        expected = np.empty(NODES)
        expected[LABELLED] = y
        expected[rest] = np.linalg.solve(L[np.ix_(rest, rest)], -L[np.ix_(rest, LABELLED)] @ y)
        target = np.full(NODES, np.nan)
        target[LABELLED] = y
        model = STKRRegressor(resolvent_context(L), WHOLE, 1e-10, solver=solver).fit(None, target)
        np.testing.assert_allclose(model.values_, expected, atol=1e-6)

    def test_infinite_ridges_are_poisson_learning(self, solver):
        """L u = sum_l (y_l - mean y) delta_l, u of mean zero, up to one factor."""
        L = laplacian()
        target = np.full(NODES, -1)
        target[LABELLED] = [0, 0, 1, 1, 2, 2]
        sources = np.zeros((NODES, 3))
        sources[LABELLED] = np.eye(3)[target[LABELLED]] - 1 / 3
        expected = np.linalg.pinv(L) @ sources
        model = STKRClassifier(resolvent_context(L), WHOLE, np.inf, solver=solver)
        found = model.fit(None, target).values_ - 1 / 3
        np.testing.assert_allclose(
            found / np.linalg.norm(found), expected / np.linalg.norm(expected), atol=1e-6
        )
        np.testing.assert_array_equal(model.labels_, expected.argmax(1))


def test_off_the_labels_a_walk_gives_poisson_learning_of_its_own_laplacian():
    """For T T* a walk K, (I - K)^+ is K_s plus the identity, which only labelled nodes see."""
    L = laplacian()
    P = np.eye(NODES) - L / (2 * np.diag(L).max())  # a lazy symmetric walk
    sources = np.zeros((NODES, 2))
    sources[LABELLED] = np.eye(2)[[0, 0, 1, 1, 0, 1]] - 0.5
    expected = np.linalg.pinv(np.eye(NODES) - P @ P) @ sources
    target = np.full(NODES, -1)
    target[LABELLED] = [0, 0, 1, 1, 0, 1]
    model = STKRClassifier(FiniteContext(P / NODES), WHOLE, np.inf).fit(None, target)
    found = model.values_ - model.class_prior_
    rest = np.setdiff1d(np.arange(NODES), LABELLED)
    np.testing.assert_allclose(
        found[rest] / np.linalg.norm(found[rest]),
        expected[rest] / np.linalg.norm(expected[rest]),
        atol=1e-8,
    )


def test_off_the_labels_a_ridge_of_one_identity_is_laplace_learning_of_a_walk():
    """Interpolation with K_s + n I: a ridge that puts the identity back, with K of E_X = 1 / n."""
    L = laplacian()
    P = np.eye(NODES) - L / (2 * np.diag(L).max())
    y = np.random.default_rng(1).standard_normal(len(LABELLED))
    rest = np.setdiff1d(np.arange(NODES), LABELLED)
    step = np.eye(NODES) - P @ P
    expected = np.linalg.solve(step[np.ix_(rest, rest)], -step[np.ix_(rest, LABELLED)] @ y)
    context = FiniteContext(P / NODES)
    factor = PropagatedKernel(context.fit()).factor(WHOLE, LABELLED)
    target = np.full(NODES, np.nan)
    target[LABELLED] = y
    alpha = NODES / np.mean((factor**2).sum(1))
    found = STKRRegressor(context, WHOLE, alpha).fit(None, target).values_[rest]
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_richardson_as_the_paper_has_it_finds_the_same():
    """Algorithm 1 of the paper, on all rows' kernel: for s = sum pi_p lambda^p, G = K on the rows.

    The reference has no constant, so labels of mean zero on an even context stand for both.
    """
    n, coefficients = 12, (0.3, 0.2, 0.5)
    angles = 2 * np.pi * np.arange(n) / n
    joint = np.exp(2 * np.cos(angles[:, None] - angles[None]))
    joint /= joint.sum()
    P = joint * n
    G = n * P @ P.T - 1
    rows, y = np.array([0, 3, 6, 9]), np.array([1.0, -1.0, 1.0, -1.0])
    powers = [G]
    for _ in coefficients[1:]:
        powers.append(powers[-1] @ G / n)
    kernel = sum(c * each for c, each in zip(coefficients, powers, strict=True))
    ridge = 0.5 * np.mean(np.diag(kernel)[rows])
    alpha = np.zeros(len(rows))
    step = 1.0 / np.linalg.eigvalsh(kernel[np.ix_(rows, rows)] + ridge * np.eye(4))[-1]
    for _ in range(3000):
        a = G[:, rows] @ alpha / n
        v = coefficients[2] * a
        v = G @ v / n + coefficients[1] * a
        u = G[:, rows].T @ v + coefficients[0] * G[np.ix_(rows, rows)] @ alpha + ridge * alpha
        alpha -= step * (u - y)
    target = np.full(n, np.nan)
    target[rows] = y
    text = "polynomial:0.3,0.2,0.5"
    model = STKRRegressor(FiniteContext(joint), text, 0.5, solver="propagation").fit(None, target)
    np.testing.assert_allclose(model.values_, kernel[:, rows] @ alpha, atol=1e-9)


def test_the_default_context_grows_with_the_rows():
    sizes = [default_context(n).n_neighbors for n in (2, 3, 12, 100, 1500, 15_000)]
    assert sizes == sorted(sizes)
    assert sizes[3:5] == [10, 10]


def test_many_rows_with_few_labels_are_propagated_where_the_transform_is_given():
    assert choose_solver(30_000, 50, WHOLE) == "propagation"
    for others in ((30_000, 50, None), (30_000, 500, WHOLE), (5000, 50, WHOLE)):
        assert choose_solver(*others) == "spectral"
    assert choose_solver(30_000, 50, Power(2.5)) == "spectral"


def test_classes_are_read_whatever_marks_the_rest():
    for y, mark in (([0, 1, -1], -1), (["a", None, "b"], -1), ([1.0, np.nan, 2.0], None)):
        classes, codes = read_classes(y, mark)
        assert len(classes) == 2
        assert sorted(codes) == [-1, 0, 1]

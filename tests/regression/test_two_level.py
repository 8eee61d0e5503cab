"""Inverse Laplacians of large sparse contexts, solved for with cells, against dense algebra."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import sparse

from contextures.contexts import KNNContext
from contextures.exceptions import ContextWarning
from contextures.regression import InverseLaplacian, Power, propagation
from contextures.regression.propagation import PropagatedKernel
from contextures.regression.two_level import TwoLevelSystem
from contextures.spectrum import cells
from contextures.spectrum.cells import cells_of
from contextures.spectrum.operator import NormalizedOperator

RNG = np.random.default_rng(0)
STRIP = RNG.random((900, 2)) * [20.0, 1.0]
APART = np.concatenate([STRIP, STRIP[:300] + 100.0, STRIP[300:400] - 100.0])
LABELLED = np.array([0, 5, 5, 17, 300, 800])  # one of them twice, as equal rows are


def system_and_matrix(rows, eta, with_labels):
    operator = NormalizedOperator(KNNContext(8).fit(rows))
    dense = operator.dense()
    matrix = np.eye(dense.shape[1]) - eta * dense.T @ dense
    labels = unit = None
    if with_labels:
        labels = sparse.csr_array(
            sparse.diags_array(3.0 / operator.root_x[LABELLED]) @ operator.scaled[LABELLED]
        )
        unit = np.full((len(LABELLED), 1), len(LABELLED) ** -0.5)
        centred = labels.toarray() - unit @ (unit.T @ labels.toarray())
        matrix += centred.T @ centred
    return TwoLevelSystem(cells_of(operator, least_side=1), eta, labels, unit), matrix


@pytest.mark.parametrize("rows", [STRIP, APART], ids=["one part", "three parts"])
@pytest.mark.parametrize("eta", [0.5, 0.9999])
@pytest.mark.parametrize("with_labels", [False, True])
def test_it_solves_each_column(rows, eta, with_labels):
    system, matrix = system_and_matrix(rows, eta, with_labels)
    right = RNG.standard_normal((len(matrix), 5))
    right[:, 1], right[:, 2] = 0, right[:, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = system.solve(right, tolerance=1e-12)
    expected = np.linalg.solve(matrix, right)
    np.testing.assert_allclose(found, expected, atol=1e-8 * np.abs(expected).max())


def test_columns_are_solved_for_a_block_at_a_time(monkeypatch):
    system, matrix = system_and_matrix(STRIP, 0.99, False)
    right = RNG.standard_normal((len(matrix), 7))
    whole = system.solve(right)
    monkeypatch.setattr("contextures.regression.two_level.MOST_NUMBERS", 3 * len(matrix))
    np.testing.assert_allclose(system.solve(right), whole, atol=1e-8)


def test_some_tens_of_steps_do_where_hundreds_are_needed_without():
    """A ring of 3,000 rows: functions of hundreds of values near one, and labels, both at once."""
    angle = 2 * np.pi * RNG.random(4000)
    rows = np.column_stack([np.cos(angle), np.sin(angle)]) + RNG.normal(scale=0.02, size=(4000, 2))
    fitted = KNNContext(8).fit(rows)
    kernel = PropagatedKernel(fitted)
    labelled = np.arange(0, 4000, 80)
    targets, weights = np.sin(angle[labelled])[:, None], np.ones(len(labelled))
    arguments = (InverseLaplacian(0.9999), 1.0, labelled, targets, weights)
    steps = []
    original = TwoLevelSystem._product
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            TwoLevelSystem,
            "_product",
            lambda self, *given: steps.append(1) or original(self, *given),
        )
        found = kernel.ridge(*arguments)
    assert 2 < len(steps) < 90
    steps.clear()
    plain = PropagatedKernel(fitted)
    plain.__dict__["_cells"] = None
    covariance = plain._covariance
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "_covariance", lambda block: steps.append(1) or covariance(block))
        other = plain.ridge(*arguments)
    assert len(steps) > 200
    entries = fitted.describe().entries
    np.testing.assert_allclose(found.of(entries), other.of(entries), atol=2e-5)


@pytest.mark.parametrize("transform", [InverseLaplacian(0.99), InverseLaplacian(eta=0.95)])
def test_the_kernel_is_the_same_with_and_without_cells(monkeypatch, transform):
    fitted = KNNContext(8).fit(APART)
    without = PropagatedKernel(fitted).gram(transform, LABELLED)
    monkeypatch.setattr(cells, "LEAST_SIDE", 100)
    kernel = PropagatedKernel(fitted)
    assert kernel._cells is not None
    np.testing.assert_allclose(
        kernel.gram(transform, LABELLED), without, atol=1e-7 * np.abs(without).max()
    )


@pytest.mark.parametrize("rows", [STRIP, np.repeat(STRIP[:90], 10, axis=0)], ids=["", "copies"])
@pytest.mark.parametrize("penalty", [0.01, 1000.0])
def test_ridge_regression_is_that_of_dense_algebra(monkeypatch, rows, penalty):
    """Also where labels outweigh all else by far, and where parts are as many as rows' copies."""
    monkeypatch.setattr(cells, "LEAST_SIDE", 100)
    context = KNNContext(8).fit(rows)
    operator = NormalizedOperator(context)
    left, values, _ = np.linalg.svd(operator.dense(), full_matrices=False)
    squares = values**2 / (1 - 0.999 / min(values[0] ** 2, 1.0) * values**2)
    functions = left / operator.root_x[:, None] * np.sqrt(squares)
    weights, targets = RNG.gamma(2.0, size=len(LABELLED)), RNG.standard_normal((len(LABELLED), 3))
    share = weights / weights.sum()
    inner = functions[LABELLED] - share @ functions[LABELLED]
    gram = inner.T @ (weights[:, None] * inner) + penalty * np.eye(inner.shape[1])
    slopes = np.linalg.solve(gram, inner.T @ (weights[:, None] * (targets - share @ targets)))
    expected = functions @ slopes + share @ (targets - functions[LABELLED] @ slopes)
    kernel = PropagatedKernel(context)
    found = kernel.ridge(InverseLaplacian(0.999), penalty, LABELLED, targets, weights)
    np.testing.assert_allclose(kernel.at(found, np.arange(len(rows))), expected, atol=1e-5)


def test_no_eigenvalue_is_computed_where_a_bound_or_a_scale_does(monkeypatch):
    """lambda_1 of a Markov kernel is at most one, and powers are up to a factor anyway."""
    kernel = PropagatedKernel(KNNContext(8).fit(STRIP))
    monkeypatch.setattr(propagation, "top_values", None)
    kernel.gram(InverseLaplacian(eta=0.9), LABELLED)
    kernel.gram(Power(8), LABELLED)
    with pytest.raises(TypeError):
        kernel.gram(InverseLaplacian(0.9), LABELLED)


def test_it_says_when_it_gave_up():
    system, matrix = system_and_matrix(STRIP, 0.9999, False)
    with pytest.warns(ContextWarning, match=r"did not converge in 2 steps for 3 of 3 right-hand"):
        system.solve(RNG.standard_normal((len(matrix), 3)), most_steps=2)

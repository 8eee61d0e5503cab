"""What mixes of sparse transitions cost: products that are larger than their factors stay unformed,
and of many values of A the square of the operator is what functions are found by."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from contexts.cases import as_array
from contextures.contexts import KNNContext, RBFContext
from contextures.contexts import rows as described_rows
from contextures.contexts.rows import DescribedRows, ProductRows
from contextures.regression import STKRRegressor
from contextures.spectrum import decompose, decompose_fitted, singular_values
from contextures.spectrum import operator as operators
from contextures.spectrum.operator import Factored, NormalizedOperator

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((700, 5))
NEW = RNG.standard_normal((7, 5))
MIX = KNNContext(6) @ KNNContext(20)


@pytest.fixture
def few_are_many(monkeypatch):
    monkeypatch.setattr(described_rows, "MANY_ROWS", 100)
    monkeypatch.setattr(operators, "MANY_ROWS", 100)


def refuse(self):
    raise AssertionError("the product was formed")


@pytest.mark.parametrize("mix", [MIX, KNNContext(4) @ MIX, MIX @ KNNContext(4)], ids=str)
def test_functions_of_a_convolution_are_found_without_its_product(mix, few_are_many, monkeypatch):
    """Against the formed product, by a dense decomposition."""
    formed = decompose(mix, ROWS, 30, solver="dense")
    fitted = mix.fit(ROWS)
    with monkeypatch.context() as patch:
        patch.setattr(ProductRows, "entries", property(refuse))
        patch.setattr(Factored, "whole", refuse)
        found = decompose_fitted(fitted, 30, solver="propack")
    np.testing.assert_allclose(found.singular_values, formed.singular_values, atol=1e-9)
    overlap = (found.left * found.input_weights[:, None]).T @ formed.left
    np.testing.assert_allclose(np.linalg.svd(overlap)[1], 1.0, atol=1e-6)
    expected = decompose_fitted(mix.fit(ROWS), 30, solver="dense")
    np.testing.assert_allclose(found.context_weights, expected.context_weights)


def test_what_is_asked_of_unformed_rows_is_that_of_the_product(few_are_many, monkeypatch):
    factored = clone(MIX).fit(ROWS)
    monkeypatch.setattr(described_rows, "MANY_ROWS", 10_000)
    formed = clone(MIX).fit(ROWS)
    one, other = factored.describe(), formed.describe()
    assert isinstance(one, ProductRows) and type(other) is DescribedRows
    assert len(one) == len(other) == 700 and other.factors is None
    np.testing.assert_allclose(as_array(one.take([3, 9]).entries), as_array(other.entries)[[3, 9]])
    again = pickle.loads(pickle.dumps(one))
    np.testing.assert_allclose(as_array(again.entries), as_array(other.entries), atol=1e-15)
    np.testing.assert_allclose(factored.fitted_kernel([1, 5]), formed.fitted_kernel([1, 5]))
    np.testing.assert_allclose(one.own, other.own)
    np.testing.assert_allclose(as_array(factored.expand(NEW)), as_array(formed.expand(NEW)))
    np.testing.assert_allclose(singular_values(factored, 9), singular_values(formed, 9))
    drawn = factored.sample_rows(ROWS, np.arange(9), np.random.default_rng(0), 3)
    np.testing.assert_array_equal(
        drawn, formed.sample_rows(ROWS, np.arange(9), np.random.default_rng(0), 3)
    )


def test_regression_on_unformed_rows_is_that_on_the_product(few_are_many, monkeypatch):
    """Label propagation reads rows of the operator, and column sums of its squares."""
    y = np.where(np.arange(700) < 40, ROWS[:, 0], np.nan)
    found = STKRRegressor(MIX).fit(ROWS, y).predict(NEW)
    monkeypatch.setattr(described_rows, "MANY_ROWS", 10_000)
    np.testing.assert_allclose(found, STKRRegressor(MIX).fit(ROWS, y).predict(NEW), atol=1e-6)


def test_a_product_that_is_smaller_or_dense_is_formed(few_are_many):
    for mix in (RBFContext() @ KNNContext(5), KNNContext(1) @ KNNContext(1)):
        assert mix.fit(ROWS).describe().factors is None
    assert NormalizedOperator(MIX.fit(ROWS)).is_sparse


def test_functions_of_a_concatenation_are_found_by_its_square(few_are_many):
    """Of many more pairs than rows; against a dense decomposition."""
    mix = KNNContext(5) | KNNContext(12)
    fitted = mix.fit(ROWS)
    assert fitted.describe().entries.shape[1] > 4 * len(ROWS)
    products = NormalizedOperator(fitted).linear_operator()
    assert products.keep_square()
    v = RNG.standard_normal(700)
    np.testing.assert_allclose(products.squared(v), products.matvec(products.rmatvec(v)))
    found = decompose_fitted(fitted, 20, solver="propack")
    expected = decompose_fitted(fitted, 20, solver="dense")
    np.testing.assert_allclose(found.singular_values, expected.singular_values, atol=1e-9)
    for side in ("left", "right"):
        one, other = getattr(found, side), getattr(expected, side)
        np.testing.assert_allclose(
            np.abs((one * other).sum(axis=0)),
            np.linalg.norm(one, axis=0) * np.linalg.norm(other, axis=0),
            rtol=1e-6,
        )

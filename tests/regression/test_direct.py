"""One given setting for many labels: against the kernel between them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from contextures import STKRClassifier, STKRRegressor
from contextures.contexts import KNNContext, RBFContext
from contextures.regression import InverseLaplacian, Polynomial, Power
from contextures.regression.direct import MANY
from contextures.regression.propagation import PropagatedKernel
from contextures.regression.ridge import Ridge

RNG = np.random.default_rng(0)
X = RNG.standard_normal((200, 3))
ROWS = np.arange(0, 200, 4)
TARGETS = np.column_stack([np.sin(X[ROWS, 0]), X[ROWS, 1]])
WEIGHTS = RNG.uniform(0.5, 2, len(ROWS))


@pytest.mark.parametrize("context", [KNNContext(8), RBFContext(1.0)], ids=["sparse", "dense"])
@pytest.mark.parametrize(
    "transform", [Power(1), Power(6), Polynomial((0.1, 0, 0.9)), InverseLaplacian(0.99)]
)
def test_it_is_the_ridge_regression_of_the_kernel(context, transform):
    fitted = context.fit(X)
    kernel = PropagatedKernel(fitted)
    ridge = Ridge(kernel.factor(transform, ROWS), TARGETS, WEIGHTS)
    dual = ridge.dual(0.5)
    expected = kernel.functions(transform, ROWS, dual).plus(ridge.constant(0.5, dual))
    found = kernel.ridge(transform, 0.5 * ridge.diagonal, ROWS, TARGETS, WEIGHTS)
    entries = fitted.describe().entries
    np.testing.assert_allclose(found.of(entries), expected.of(entries), atol=1e-6)


@pytest.mark.parametrize("transform", [Power(6), InverseLaplacian(0.99)])
def test_random_signs_estimate_the_mean_diagonal(transform):
    kernel = PropagatedKernel(KNNContext(8).fit(X))
    factor = kernel.factor(transform, ROWS)
    exact = WEIGHTS @ (factor**2).sum(1) / WEIGHTS.sum()
    found = kernel.mean_diagonal(transform, ROWS, WEIGHTS, n_probes=2000)
    np.testing.assert_allclose(found, exact, rtol=0.05)
    K = factor @ factor.T
    spread = np.sqrt(2 * (np.sum((np.sqrt(WEIGHTS) * (np.sqrt(WEIGHTS) * K).T) ** 2)) / 64)
    few = kernel.mean_diagonal(transform, ROWS, WEIGHTS)
    assert abs(few - exact) < 4 * spread / WEIGHTS.sum()


def test_the_estimators_use_it_from_many_labels_on_and_agree_with_the_other_solver():
    rows, classes = load_digits(return_X_y=True)
    rows, classes = rows[:1000] / 16, classes[:1000]
    labels = np.where(np.arange(1000) < MANY + 50, classes, -1)
    setting = ("inverse-laplacian:0.99", 1.0)
    one, other = (
        STKRClassifier(KNNContext(12), *setting, n_components=5000, solver=solver)
        for solver in ("propagation", "spectral")
    )
    one.fit(rows, labels)
    other.fit(rows, labels)
    assert np.mean(one.labels_ == other.labels_) > 0.99
    np.testing.assert_allclose(one.values_, other.values_, atol=0.03)
    np.testing.assert_allclose(one.predict_proba(rows), other.predict_proba(rows), atol=0.1)
    assert one.settings_[0].error == pytest.approx(other.settings_[0].error, rel=0.2)
    numbers = np.where(labels < 0, np.nan, labels)
    model = STKRRegressor(KNNContext(12), *setting, solver="propagation").fit(rows, numbers)
    np.testing.assert_allclose(model.predict(rows[:20]), model.values_[:20], atol=1e-9)

"""Operators that have few functions give all of these, as the dense decomposition does."""

from __future__ import annotations

import numpy as np
import pytest

from contextures.contexts import KNNContext, RBFContext
from contextures.spectrum import leading_functions
from contextures.spectrum.operator import NormalizedOperator
from contextures.spectrum.steep import SOUND, few_functions

RNG = np.random.default_rng(0)
X = RNG.normal(size=(1000, 3))


@pytest.mark.parametrize("gamma", [0.001, 0.005, 0.02])
@pytest.mark.parametrize("landmarks", [None, 600])
def test_functions_of_a_steep_spectrum_are_those_of_the_dense_decomposition(gamma, landmarks):
    context = RBFContext(gamma, n_landmarks=landmarks).fit(X)
    operator = NormalizedOperator(context)
    assert few_functions(operator, 400) is not None
    found = leading_functions(context, 400)
    left, values, _ = np.linalg.svd(operator.dense(), full_matrices=False)
    k = int((values > SOUND).sum())
    assert found.n_components == min(k, 400)
    np.testing.assert_allclose(found.singular_values, values[:k], atol=1e-14)
    own = found.left * operator.root_x[:, None]
    # As spans: functions of values that are close are each known to rounding over their gap.
    for d in (3, k // 2, k):
        outside = left[:, :d] - own[:, :d] @ (own[:, :d].T @ left[:, :d])
        gap = values[d - 1] - values[d]
        assert np.linalg.norm(outside, 2) < max(1e-8, 1e-14 / gap)


def test_as_many_as_are_wanted_come_back():
    context = RBFContext(0.05).fit(X)
    every, few = leading_functions(context, 400), leading_functions(context, 130)
    kept = min(130, every.n_components)
    assert few.n_components == kept
    np.testing.assert_allclose(few.singular_values, every.singular_values[:kept], atol=1e-14)


def test_operators_of_many_functions_are_left_to_other_solvers():
    for context in (RBFContext(20.0), KNNContext(400), KNNContext(5)):
        assert few_functions(NormalizedOperator(context.fit(X)), 400) is None

"""The rows that a fitted context describes, and the operator that they make."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from contexts.cases import CASES, as_array, over
from contextures.spectrum import decompose, decompose_fitted
from contextures.spectrum.operator import NormalizedOperator

# Of singular values of one: several cases have unconnected parts.
pytestmark = pytest.mark.filterwarnings("ignore::contextures.exceptions.ContextWarning")

described = over(lambda case: case.form != "sampler")
described_anew = over(lambda case: case.form != "sampler" and case.new is not None)


def seen_rows(case, context):
    """Give the fitted rows as ``expand`` takes them."""
    return np.arange(len(context.describe())) if case.X is None else case.X


@over(lambda case: True)
def test_weights_are_probabilities(case):
    context = CASES[case].fitted()
    assert context.input_weights_.sum() == pytest.approx(1)
    if context.form == "transition":
        assert context.context_weights_.sum() == pytest.approx(1)
        np.testing.assert_allclose(
            as_array(context.expansion_).T @ context.input_weights_, context.context_weights_
        )


@described_anew
def test_rows_described_again_are_those_of_the_fit(case):
    case = CASES[case]
    context = case.fitted()
    held = context.describe()
    again = context.described_by(context.expand(seen_rows(case, context)))
    np.testing.assert_allclose(as_array(again.entries), as_array(held.entries), atol=1e-12)
    np.testing.assert_array_equal(again.scales, held.scales)
    assert again.constant == held.constant
    assert (held.constant > 0) == (context.form == "kernel")  # the share of kernels in a mix
    np.testing.assert_allclose(again.own, np.diag(again.kernel()))
    np.testing.assert_allclose(again.take([2, 0]).kernel(held), again.kernel()[[2, 0]], atol=1e-10)


@over(lambda case: case.form == "transition" and case.new is not None)
def test_transition_rows_sum_to_one_for_seen_and_new_rows(case):
    case = CASES[case]
    context = case.fitted()
    seen = context.transition(seen_rows(case, context))
    np.testing.assert_allclose(as_array(seen), as_array(context.expansion_), atol=1e-12)
    fresh = context.transition(case.new)
    assert fresh.shape == (len(case.new), len(context.context_weights_))
    np.testing.assert_allclose(fresh.sum(axis=1), 1)
    assert (fresh.data >= 0).all()
    assert len(context.context_values()) == fresh.shape[1]


@described
def test_dual_kernel_integrates_to_one(case):
    """E_X' k(x, X') = 1, for seen and new x."""
    case = CASES[case]
    context = case.fitted()
    weights = context.input_weights_
    np.testing.assert_allclose(context.fitted_kernel() @ weights, 1, atol=1e-9)
    if case.new is None:
        return
    seen = seen_rows(case, context)
    np.testing.assert_allclose(context.dual_kernel(seen) @ weights, 1, atol=1e-9)
    np.testing.assert_allclose(context.dual_kernel(case.new, seen) @ weights, 1, atol=1e-9)


@described
def test_dual_kernel_is_the_sum_of_its_spectrum(case):
    """k(x, x') = 1 + sum of s_i^2 mu_i(x) mu_i(x')."""
    case = CASES[case]
    context = case.fitted()
    kernel = context.fitted_kernel()
    if case.new is not None:
        np.testing.assert_allclose(context.dual_kernel(seen_rows(case, context)), kernel)
    eigenvalues = np.linalg.eigvalsh(
        (kernel - 1) * np.sqrt(np.outer(context.input_weights_, context.input_weights_))
    )
    d = int((eigenvalues > 1e-9).sum())
    spectrum = decompose(clone(context), case.X, d, y=case.y)
    counted = spectrum.counted_values
    values = spectrum.singular_values if counted is None else counted
    rebuilt = 1 + (spectrum.left * values**2) @ spectrum.left.T
    np.testing.assert_allclose(rebuilt, kernel, atol=1e-7 * np.abs(kernel).max())


@over(lambda case: case.form == "transition")
def test_the_operator_keeps_constants_on_both_sides(case):
    """T 1 = 1 and T* 1 = 1, by the weights that the context keeps."""
    context = CASES[case].fitted()
    P = as_array(context.expansion_)
    inputs, contexts = context.input_weights_, context.context_weights_
    np.testing.assert_allclose(P @ np.ones(len(contexts)), 1)
    possible = contexts > 0
    adjoint = (P * inputs[:, None]).T / np.where(possible, contexts, 1)[:, None]
    np.testing.assert_allclose((adjoint @ np.ones(len(inputs)))[possible], 1)


@over(lambda case: case.form == "transition")
def test_one_centred_function_is_enough(case):
    """E f~(X) g(A) is E f~ T g = E T* f~ g = E T* f~ g~: the constant pair is a singular pair."""
    context = CASES[case].fitted()
    P = as_array(context.expansion_)
    inputs, contexts = context.input_weights_, context.context_weights_
    rng = np.random.default_rng(0)
    f, g = rng.standard_normal(len(inputs)), rng.standard_normal(len(contexts)) + 2
    centred_f, centred_g = f - inputs @ f, g - contexts @ g
    pulled = np.divide(P.T @ (inputs * centred_f), contexts, where=contexts > 0, out=0 * g)
    joint = (centred_f * inputs) @ P @ g
    assert inputs @ (centred_f * (P @ g)) == pytest.approx(joint)
    assert contexts @ (pulled * g) == pytest.approx(joint)
    assert contexts @ (pulled * centred_g) == pytest.approx(joint)
    assert inputs @ (f * (P @ centred_g)) == pytest.approx(joint)


@described
def test_the_operator_and_its_adjoint_agree(case):
    """<u, M v> = <M^T u, v> as products, blocks and arrays; its norm is at most one."""
    operator = NormalizedOperator(CASES[case].fitted())
    n, m = operator.shape
    rng = np.random.default_rng(0)
    u, v = rng.standard_normal((n, 2)), rng.standard_normal((m, 2))
    dense, products = operator.dense(), operator.linear_operator()
    np.testing.assert_allclose(products @ v[:, 0], dense @ v[:, 0], atol=1e-10)
    np.testing.assert_allclose(products.T @ u[:, 0], dense.T @ u[:, 0], atol=1e-10)
    np.testing.assert_allclose(u.T @ operator.apply(v), operator.apply_adjoint(u).T @ v)
    gram = dense @ dense.T if n <= m else dense.T @ dense
    np.testing.assert_allclose(operator.smaller_gram(), gram, atol=1e-10)
    np.testing.assert_allclose(operator.root_x @ dense, 0, atol=1e-9)
    values = np.linalg.svd(dense, compute_uv=False)
    assert values.max() <= 1 + 1e-9


@described
def test_all_solvers_find_the_same_singular_values(case):
    context = CASES[case].fitted()
    exact = np.linalg.svd(NormalizedOperator(context).dense(), compute_uv=False)
    d = int(min((exact > 1e-4).sum(), len(exact) - 2, 5))
    solvers = ["auto", "dense", "gram", "lanczos", "propack"]
    if d < 1:  # too small for the iterative ones
        d, solvers = 1, solvers[:3]
    for solver in solvers:
        found = decompose_fitted(context, d, solver)
        values = found.singular_values if found.counted_values is None else found.counted_values
        np.testing.assert_allclose(values, exact[:d], atol=1e-7)
        assert (found.singular_values >= 0).all() and (found.singular_values <= 1).all()

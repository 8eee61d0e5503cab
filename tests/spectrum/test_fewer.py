"""Decompositions that are asked for as many functions as there are, up to d."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

import oracles
from contextures.contexts import FiniteContext, KNNContext, RBFContext
from contextures.exceptions import InputError, RankError
from contextures.spectrum import decompose, decompose_fitted, leading_functions, solve
from contextures.spectrum.ritz import TransitionMoments
from low_rank import TABLES, pulled_back


def low_rank_joint(n, m, rank, seed=0):
    """A sparse joint law of ``rank`` classes, through which alone X and A depend."""
    rng = np.random.default_rng(seed)
    left = sparse.random_array((n, rank), density=0.1, rng=rng, format="csr")
    right = sparse.random_array((rank, m), density=0.1, rng=rng, format="csr")
    joint = sparse.csr_array(left @ right)
    joint = joint[np.flatnonzero(joint.sum(axis=1) > 0)]
    return sparse.csr_array(joint / joint.sum())


@pytest.mark.parametrize("solver", ["auto", "dense", "gram", "lanczos", "propack"])
@pytest.mark.parametrize("d", [3, 12, 13, 40, 10_000])
def test_every_solver_stops_at_the_rank(solver, d):
    joint = low_rank_joint(700, 650, 13)
    dense = joint.toarray()
    px, pa = dense.sum(1), dense.sum(0)
    normalized = dense[:, pa > 0] / np.sqrt(px[:, None] * pa[pa > 0])
    expected = np.linalg.svd(normalized, compute_uv=False)[1:13]
    found = decompose(FiniteContext(joint), None, d, solver=solver, allow_fewer=True)
    np.testing.assert_allclose(found.singular_values, expected[:d], atol=1e-9)
    gram = found.left.T @ (px[:, None] * found.left)
    np.testing.assert_allclose(gram, np.eye(min(d, 12)), atol=1e-9)
    np.testing.assert_allclose(px @ found.left, 0, atol=1e-9)


def test_krylov_solvers_are_spared_what_they_are_slow_at(monkeypatch):
    """Beyond the rank they take a hundred times longer, and may find what is not there."""

    def never(*_, **__):
        raise AssertionError("a Krylov solver was run")

    monkeypatch.setattr(solve, "_first", never)
    context = FiniteContext(low_rank_joint(700, 650, 13)).fit()
    assert decompose_fitted(context, 60, "propack", allow_fewer=True).n_components == 12
    with pytest.raises(RankError, match="only 12 singular values are not zero"):
        decompose_fitted(context, 60, "propack")
    with pytest.raises(AssertionError, match="was run"):
        decompose_fitted(context, 10, "propack")


def test_it_finds_what_the_closed_form_has_and_no_more():
    joint = oracles.symmetric_channel(5, 0.3)
    found = decompose(FiniteContext(joint), None, 50, allow_fewer=True)
    np.testing.assert_allclose(found.singular_values, [1 - 5 / 4 * 0.3] * 4, atol=1e-12)
    same = leading_functions(FiniteContext(joint).fit(), 50)
    np.testing.assert_allclose(same.singular_values, found.singular_values, atol=1e-12)


@pytest.mark.parametrize("gamma", [0.1, 0.3])
@pytest.mark.parametrize("table", ["a line", "low rank", "constant columns"])
def test_functions_of_tiny_singular_values_are_centred_when_they_are_extended(table, gamma):
    """T keeps constants: what rounding leaves of one in nu must not come back as 1 / s of it."""
    rows = TABLES[table]
    context = RBFContext(gamma).fit(rows)
    found = decompose_fitted(context, len(rows) // 2, allow_fewer=True)
    assert 1e-7 < found.singular_values[-1] < 1e-4
    again = context.expand(rows) @ found.coefficients
    np.testing.assert_allclose(again.mean(0), 0, atol=1e-7)
    np.testing.assert_allclose(again, found.left, atol=1e-5)


@pytest.mark.parametrize("ridge", [0.0, 1e-6, 1e-3])
@pytest.mark.parametrize("gamma", [0.3, 1.0])
def test_rounding_passes_for_no_function_in_a_span(gamma, ridge):
    """Nearly dependent functions: B is known to its rounding, which divided by C looks like s^2."""
    rows = TABLES["a line"]
    context = RBFContext(gamma).fit(rows)
    centres = np.linspace(0, 1, 60)
    phi = np.exp(-0.5 * ((rows - centres) / 0.3) ** 2)
    moments = TransitionMoments.of(phi, context.expansion_)
    strict = moments.solve(3, ridge)
    found = moments.solve(100, ridge, allow_fewer=True)
    assert 3 <= found.n_components < moments.problem().rank + 1
    if ridge == 0:
        np.testing.assert_allclose(found.singular_values[:3], strict.singular_values, rtol=1e-9)
    attained = pulled_back(context, found.left(phi))
    np.testing.assert_allclose(attained, found.singular_values, rtol=1e-2)


@pytest.mark.parametrize(
    ("context", "rows", "message"),
    [
        (FiniteContext(np.full((3, 4), 1 / 12)), None, "carries nothing on X: not one of its"),
        (FiniteContext(np.ones((4, 1)) / 4), None, "there is no association to decompose"),
        (KNNContext(5), np.ones((20, 2)), "carries nothing on X|there is no association"),
    ],
)
def test_not_one_function_is_an_error(context, rows, message):
    with pytest.raises(RankError, match=message) as caught:
        decompose(context, rows, 5, allow_fewer=True)
    assert caught.value.rank == 0
    assert leading_functions(context.fit(rows), 5).n_components == 0


def test_what_is_no_number_is_refused_all_the_same():
    with pytest.raises(InputError, match="n_components=0"):
        decompose(FiniteContext(np.diag([0.5, 0.5])), None, 0, allow_fewer=True)

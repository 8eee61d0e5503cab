"""Every context kind with a known spectrum, by every solver."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

import oracles
from contextures.contexts import FiniteContext, GraphContext
from contextures.spectrum import decompose, singular_values


@pytest.mark.parametrize("name", oracles.FORMS)
def test_dense_singular_values_are_the_closed_forms(name):
    context, values = oracles.FORMS[name]
    expected = oracles.descending(values)
    y = oracles.LABELS if name == "labels" else None
    spectrum = decompose(context, None, min(len(expected), 40), y=y, solver="dense")
    np.testing.assert_allclose(spectrum.singular_values, expected[:40], atol=1e-10)


@pytest.mark.parametrize("solver", ["gram", "lanczos", "propack"])
@pytest.mark.parametrize("name", ["flips of a cube", "masks of a cube", "von Mises circle"])
def test_other_solvers_find_the_closed_forms_with_their_multiplicities(name, solver):
    context, values = oracles.FORMS[name]
    spectrum = decompose(context, None, 20, solver=solver)
    np.testing.assert_allclose(spectrum.singular_values, oracles.descending(values)[:20], atol=1e-7)


@pytest.mark.parametrize("solver", ["lanczos", "propack"])
def test_iterative_solvers_find_every_copy_of_an_equal_singular_value(solver):
    """A Krylov space from one vector meets each eigenspace once: copies must not be lost."""
    n, m = 2**11, 11
    nodes = np.arange(n)
    rows = np.repeat(nodes, m)
    columns = (nodes[:, None] ^ (1 << np.arange(m))[None, :]).ravel()
    lazy = sp.csr_array((np.ones(n * m), (rows, columns)), shape=(n, n)) + m * sp.eye_array(n)
    spectrum = decompose(GraphContext(lazy), None, 30, solver=solver)
    expected = np.r_[np.full(11, 1 - 1 / 11), np.full(19, 1 - 2 / 11)]
    np.testing.assert_allclose(spectrum.singular_values, expected, atol=1e-7)
    gram = spectrum.left.T @ (spectrum.input_weights[:, None] * spectrum.left)
    np.testing.assert_allclose(gram, np.eye(30), atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_few_distinct_values_do_not_mislead_the_iterative_solver(seed):
    """On a block graph PROPACK alone returns values that are too large, or none."""
    graph = GraphContext(oracles.block_graph(100, 8, 0.6, 0.1))
    spectrum = decompose(graph, None, 7, solver="propack", random_state=seed)
    np.testing.assert_allclose(spectrum.singular_values, 0.5 / 1.3, atol=1e-7)


def test_functions_span_the_closed_form_on_the_cycle():
    """The top pair on a long lazy cycle is the first cosine and sine."""
    n = 700
    spectrum = decompose(GraphContext(sp.csr_array(oracles.cycle(n) + np.eye(n))), None, 2)
    angles = 2 * np.pi * np.arange(n) / n
    truth = np.sqrt(2 / n) * np.column_stack([np.cos(angles), np.sin(angles)])
    cosines = np.linalg.svd(truth.T @ spectrum.left / np.sqrt(n), compute_uv=False)
    np.testing.assert_allclose(cosines, 1.0, atol=1e-6)


def test_values_alone_agree_with_the_decomposition():
    joint = np.random.default_rng(0).dirichlet(np.ones(60 * 45) * 0.2).reshape(60, 45)
    context = FiniteContext(joint)
    spectrum = decompose(context, None, 44)
    np.testing.assert_allclose(
        singular_values(context.fit(None), 44), spectrum.singular_values, atol=1e-9
    )


def test_total_of_squares_is_the_chi_square_information():
    """E k(X, X) = sum of s^2 = 1 + chi-square information (theory 7, identities)."""
    joint = np.random.default_rng(0).dirichlet(np.ones(63) * 0.3).reshape(7, 9)
    px, pa = joint.sum(1), joint.sum(0)
    information = (joint**2 / np.outer(px, pa)).sum() - 1
    values = decompose(FiniteContext(joint), None, 6).singular_values
    assert (values**2).sum() == pytest.approx(information, abs=1e-12)

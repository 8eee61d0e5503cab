"""Lanczos on a polynomial of a formed square, against closed forms and dense algebra."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import sparse

from contextures import SpectralEncoder
from contextures.contexts import KNNContext
from contextures.encoders import load_encoder, save_encoder
from contextures.spectrum import decompose, operator, solve
from contextures.spectrum import filtered as filters
from contextures.spectrum.filtered import filtered, may_lack_copies
from contextures.spectrum.reached import Reached

RNG = np.random.default_rng(0)


def torus(*sides):
    """Give a lazy walk on a torus, and its eigenvalues: means of (1 + cos) / 2 over the sides."""
    step, values = sparse.csr_array((1, 1)), np.zeros(1)
    for side in sides:
        ring = np.roll(np.eye(side), 1, axis=1) / 4 + np.roll(np.eye(side), -1, axis=1) / 4
        ring = sparse.csr_array(ring + np.eye(side) / 2)
        step = sparse.kron(step, sparse.eye_array(side)) + sparse.kron(
            sparse.eye_array(step.shape[0]), ring
        )
        own = (1 + np.cos(2 * np.pi * np.arange(side) / side)) / 2
        values = (values[:, None] + own[None, :]).ravel()
    return sparse.csr_array(step / len(sides)), np.sort(values / len(sides))[::-1]


@pytest.fixture
def few_are_many(monkeypatch):
    """Let the square be formed of a few hundred rows already."""
    monkeypatch.setattr(operator, "MANY_ROWS", 100)
    monkeypatch.setattr(solve, "DENSE_SIDE", 100)


@pytest.mark.parametrize("k", [1, 7, 40, 150])
def test_functions_of_a_torus_are_those_of_the_closed_form(k):
    walk, values = torus(11, 13, 17)
    n = walk.shape[0]
    constant = np.full(n, n**-0.5)
    found = filtered(walk, constant, k, np.random.default_rng(1))
    assert found is not None
    left, s = found
    np.testing.assert_allclose(s**2, values[1 : k + 1], atol=1e-12)
    np.testing.assert_allclose(left.T @ left, np.eye(k), atol=1e-12)
    np.testing.assert_allclose(constant @ left, 0, atol=1e-12)
    np.testing.assert_allclose(walk @ left, left * s**2, atol=1e-10)


def test_what_falls_steeply_or_has_few_values_is_left_to_others():
    n = 900
    basis = np.linalg.qr(np.column_stack([np.ones(n), RNG.standard_normal((n, 60))]))[0]
    constant = basis[:, 0] * np.sign(basis[0, 0])
    for values in (0.8 ** np.arange(61), np.where(np.arange(61) < 9, 1.0, 0.0)):
        square = sparse.csr_array((basis * values) @ basis.T)
        assert filtered(square, constant, 40, np.random.default_rng(0)) is None


def test_a_guess_that_filters_out_what_is_wanted_is_given_up(monkeypatch):
    """Wrong functions are never given in place of those that were filtered out."""
    walk, values = torus(11, 13, 17)
    n, k = walk.shape[0], 20
    monkeypatch.setattr(filters, "_guess", lambda operator, start, k: (values[k - 5], 4, start))
    assert filtered(walk, np.full(n, n**-0.5), k, np.random.default_rng(0)) is None


def test_more_copies_than_a_block_has_columns_are_seen():
    """A block of eight columns can hide the ninth copy of a value, and not a nearly equal one."""
    apart = np.linspace(0.9, 0.8, 30)
    assert not may_lack_copies(apart) and not may_lack_copies(apart[:3])
    for many, told in ((7, False), (8, True), (12, True)):
        copies = np.sort(np.append(apart, np.full(many, 0.85)))[::-1]
        assert may_lack_copies(copies) is told


def test_a_concatenation_on_parts_has_the_functions_of_dense_algebra(few_are_many):
    """Parts that are copies of each other have equal values, twelve of each."""
    part = RNG.standard_normal((50, 3))
    rows = np.vstack([part + 1000.0 * place for place in range(12)])
    mix = KNNContext(5) | KNNContext(12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found, exact = (decompose(mix, rows, 40, solver=name) for name in ("propack", "dense"))
    np.testing.assert_allclose(found.singular_values, exact.singular_values, atol=1e-9)
    for side in (found, exact):
        np.testing.assert_allclose(side.left.T @ side.left / 600, np.eye(40), atol=1e-9)


@pytest.mark.parametrize(("n", "solver"), [(300, "gram"), (700, "propack")])
def test_many_values_of_few_rows_are_not_decomposed_at_full_length(n, solver):
    rows = RNG.standard_normal((n, 5))
    mix = KNNContext(6) | KNNContext(20)
    found, exact = decompose(mix, rows, 25), decompose(mix, rows, 25, solver="dense")
    assert found.solver == solver
    np.testing.assert_allclose(found.singular_values, exact.singular_values, atol=1e-11)
    overlap = np.linalg.svd(found.left.T @ exact.left / n)[1]
    np.testing.assert_allclose(overlap, 1.0, atol=1e-9)
    residual = mix.fit(rows).describe().entries @ found.right - found.left * found.singular_values
    np.testing.assert_allclose(residual, 0, atol=1e-9)


def test_functions_of_pairs_are_applied_before_they_are_formed(few_are_many, tmp_path):
    """The same coordinates of new rows, whether the functions of A are formed, saved or neither."""
    rows, new = RNG.standard_normal((700, 3)), RNG.standard_normal((40, 3))
    encoder = SpectralEncoder(KNNContext(5) | KNNContext(12), 20).fit(rows)
    spectrum = encoder.spectrum_
    assert isinstance(spectrum.extension, Reached)
    found = encoder.transform(new)
    np.testing.assert_allclose(encoder.transform(rows), spectrum.left, atol=1e-8)
    save_encoder(encoder, tmp_path)
    np.testing.assert_allclose(load_encoder(tmp_path).transform(new), found, rtol=1e-12, atol=1e-12)
    fewer = spectrum.truncated(7)
    assert fewer.extension.shape == (len(encoder.context_.context_weights_), 7)
    assert isinstance(spectrum.right, np.ndarray)
    np.testing.assert_allclose(fewer.right, spectrum.right[:, :7], atol=1e-15)
    weights = encoder.context_.context_weights_
    np.testing.assert_allclose(weights @ spectrum.right, 0, atol=1e-9)
    gram = spectrum.right.T @ (weights[:, None] * spectrum.right)
    np.testing.assert_allclose(gram, np.eye(20), atol=1e-9)
    expansion = encoder.context_.expand(new)
    np.testing.assert_allclose(expansion @ spectrum.coefficients, found, atol=1e-9)
    np.testing.assert_allclose(expansion.toarray() @ fewer.extension, found[:, :7], atol=1e-9)


def test_values_that_nothing_reaches_are_zeros():
    rows = sparse.random_array((30, 9), density=0.4, rng=RNG, format="csr")
    functions, kept = RNG.standard_normal((30, 4)), np.array([0, 2, 3, 5, 6, 7, 9, 10, 12])
    scales = RNG.random(9)
    expected = np.zeros((14, 4))
    expected[kept] = scales[:, None] * (rows.toarray().T @ functions)
    found = Reached(rows, functions).scaled(scales, kept, 14)
    assert found.shape == (14, 4)
    np.testing.assert_allclose(found.whole(), expected)
    np.testing.assert_allclose((found * 2.0 / 4.0).first(3).whole(), expected[:, :3] / 2)
    other = RNG.standard_normal((4, 2))
    np.testing.assert_allclose(found @ other, expected @ other)
    left = RNG.standard_normal((5, 14))
    for given in (left, sparse.csr_array(left), left[0]):
        np.testing.assert_allclose(given @ found, given @ expected)

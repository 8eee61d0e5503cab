"""What decompose promises whatever the context."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.linalg import subspace_angles

from contextures.contexts import FiniteContext, GraphContext, KNNContext, RBFContext, TeacherContext
from contextures.exceptions import ContextWarning, InputError
from contextures.spectrum import decompose, decompose_fitted


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return rng.standard_normal((900, 4)) @ rng.standard_normal((4, 6))


def joints(draw):
    n, m = draw(st.integers(2, 12)), draw(st.integers(2, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    joint = rng.gamma(draw(st.sampled_from([0.1, 0.5, 2.0])), size=(n, m)) + 1e-12
    return joint / joint.sum()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_functions_are_orthonormal_centred_and_adjoint(data):
    """mu and nu are orthonormal with mean zero, mu = T nu / s and nu = T* mu / s."""
    joint = joints(data.draw)
    px, pa = joint.sum(1), joint.sum(0)
    d = min(joint.shape) - 1
    try:
        spectrum = decompose(FiniteContext(joint), None, d)
    except InputError:
        return  # a joint law of lower rank; the message is tested elsewhere
    s, mu, nu = spectrum.singular_values, spectrum.left, spectrum.right
    assert ((s >= 0) & (s <= 1)).all()
    assert (np.diff(s) <= 1e-12).all()
    np.testing.assert_allclose(mu.T @ (px[:, None] * mu), np.eye(d), atol=1e-7)
    np.testing.assert_allclose(nu.T @ (pa[:, None] * nu), np.eye(d), atol=1e-7)
    np.testing.assert_allclose(px @ mu, 0, atol=1e-7)
    np.testing.assert_allclose((joint / px[:, None]) @ nu, mu * s, atol=1e-7)
    np.testing.assert_allclose((joint / pa).T @ mu, nu * s, atol=1e-7)


@pytest.mark.parametrize("solver", ["gram", "lanczos", "propack"])
def test_solvers_return_the_subspace_of_the_dense_svd(rows, solver):
    context = KNNContext(n_neighbors=20).fit(rows)
    exact = decompose_fitted(context, 64, solver="dense")
    found = decompose_fitted(context, 64, solver=solver)
    np.testing.assert_allclose(found.singular_values, exact.singular_values, atol=1e-8)
    assert np.sin(subspace_angles(found.left, exact.left).max()) < 1e-3


def test_functions_of_small_singular_values_are_not_blurred():
    """A Gram matrix alone knows singular values to 1e-8, so functions at 1e-7 would be mixtures."""
    X = np.random.default_rng(0).uniform(-1, 1, (800, 4))
    context = RBFContext(gamma=2e-2).fit(X)
    exact = decompose_fitted(context, 34, solver="dense")
    found = decompose_fitted(context, 34, solver="gram")
    assert exact.singular_values[-1] < 1e-6
    np.testing.assert_allclose(found.singular_values, exact.singular_values, rtol=1e-5)
    for d in (4, 14, 34):  # where the values of one polynomial degree end
        assert np.sin(subspace_angles(found.left[:, :d], exact.left[:, :d]).max()) < 1e-3


@pytest.mark.parametrize("context", [KNNContext(n_neighbors=10), RBFContext(gamma=0.3)])
def test_repeated_fits_are_equal(rows, context):
    first, second = (decompose(context, rows, 30) for _ in range(2))
    np.testing.assert_array_equal(first.left, second.left)
    np.testing.assert_array_equal(first.right, second.right)


def test_another_seed_changes_nothing_but_rounding(rows):
    first, second = (decompose(KNNContext(20), rows, 20, random_state=i) for i in range(2))
    np.testing.assert_allclose(first.left, second.left, atol=1e-4)


def test_nearest_neighbours_use_the_in_degree_law(rows):
    """KNN is not reversible: P_A is the in-degree law, and nu is orthonormal under it only."""
    spectrum = decompose(KNNContext(n_neighbors=10), rows, 8)
    pa = spectrum.context_weights
    assert pa.std() > 1e-5
    np.testing.assert_allclose(
        spectrum.right.T @ (pa[:, None] * spectrum.right), np.eye(8), atol=1e-7
    )
    uniform = spectrum.right.T @ spectrum.right / len(pa)
    assert np.abs(uniform - np.eye(8)).max() > 0.01


def test_support_points_of_zero_probability_drop_out():
    joint = np.array([[0.3, 0.0, 0.2], [0.1, 0.0, 0.4]])
    spectrum = decompose(FiniteContext(joint), None, 1)
    kept = decompose(FiniteContext(joint[:, [0, 2]]), None, 1)
    assert spectrum.right[1, 0] == 0
    np.testing.assert_allclose(spectrum.singular_values, kept.singular_values, atol=1e-12)


def test_parts_are_said_and_told_apart():
    rng = np.random.default_rng(0)
    apart = np.concatenate([rng.standard_normal((40, 2)) + 50 * i for i in range(3)])
    with pytest.warns(ContextWarning, match=r"2 singular values are one.*3 unconnected parts"):
        spectrum = decompose(KNNContext(n_neighbors=5), apart, 6)
    assert spectrum.n_parts == 3
    np.testing.assert_allclose(spectrum.singular_values[:2], 1.0, atol=1e-9)
    for start in (0, 40, 80):  # constant on each part
        np.testing.assert_allclose(
            np.ptp(spectrum.left[start : start + 40, :2], axis=0), 0, atol=1e-6
        )


def test_a_connected_context_warns_of_nothing(rows):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decompose(KNNContext(n_neighbors=20), rows, 5)


@pytest.mark.parametrize(
    ("context", "d", "message"),
    [
        (FiniteContext(np.full((3, 4), 1 / 12)), 2, "only 0 singular values are not zero"),
        (FiniteContext(np.diag([0.5, 0.5])), 2, "above the largest possible rank, 1"),
        (GraphContext(np.kron(np.ones((2, 2)), np.eye(2))), 3, "only 1 singular value"),
        (FiniteContext(np.diag([0.5, 0.5])), 0, "n_components=0"),
        (FiniteContext(np.diag([0.5, 0.5])), 1.5, "n_components=1.5"),
    ],
)
def test_too_many_components_are_refused_with_the_rank(context, d, message):
    with pytest.raises(InputError, match=message):
        decompose(context, None, d)


def test_an_unknown_solver_is_named(rows):
    with pytest.raises(InputError, match="solver='arpack'"):
        decompose(KNNContext(), rows, 5, solver="arpack")


def test_kernel_form_agrees_with_principal_components(rows):
    """A teacher that hands X through has the spectrum of PCA, whatever the solver."""
    from sklearn.preprocessing import FunctionTransformer

    centred = rows - rows.mean(0)
    expected = np.linalg.svd(centred, compute_uv=False)
    for solver in ("dense", "gram"):
        spectrum = decompose(
            TeacherContext(FunctionTransformer().fit(rows)), rows, 4, solver=solver
        )
        np.testing.assert_allclose(
            spectrum.singular_values, (expected / expected[0])[:4], atol=1e-10
        )


def exactness_cases():
    rng = np.random.default_rng(0)
    normal = rng.standard_normal((700, 6))
    apart = np.concatenate([rng.standard_normal((200, 3)) + 40 * i for i in range(4)])
    cycle = sparse.csr_array(np.roll(np.eye(600), 1, axis=1) + np.roll(np.eye(600), -1, axis=1))
    coarse = np.repeat(normal[:60], 12, axis=0)
    narrow = rng.uniform(-1, 1, (700, 3))
    blocks = rng.dirichlet(np.full(40, 0.3), 40)
    decaying = FiniteContext(falling_joint(2.0 ** -np.arange(1.0, 21.0), 600))
    return {
        "neighbours": (KNNContext(20), normal, 40),
        "few functions, slow to settle": (KNNContext(9), rng.standard_normal((1200, 11)), 6),
        "four parts": (KNNContext(10), apart, 12),
        "every value twice": (GraphContext(cycle), None, 30),
        "rows that repeat": (KNNContext(30), coarse, 20),
        "kernel to 1e-4": (RBFContext(gamma=0.05), narrow, 12),
        "halving to 1e-6": (decaying, None, 20),
        "forty alike blocks": (FiniteContext(np.kron(blocks, np.eye(15)) / 600), None, 30),
    }


def falling_joint(values, n):
    """Give a joint law of n x n with uniform margins and these singular values (scaled down)."""
    waves = np.cos(np.pi * np.outer(np.arange(n) + 0.5, np.arange(1, len(values) + 1)) / n)
    waves *= np.sqrt(2.0)
    return (1.0 + (waves * values / 2) @ waves.T) / n**2


@pytest.mark.parametrize("name", list(exactness_cases()))
@pytest.mark.filterwarnings("ignore::contextures.exceptions.ContextWarning")
def test_every_solver_gives_both_sides_to_rounding(name):
    """T nu = s mu, T* mu = s nu, and both sides orthonormal, alike for all solvers."""
    context, X, d = exactness_cases()[name]
    fitted = context.fit(X)
    px = fitted.input_weights_
    for solver in ("dense", "gram", "lanczos", "propack"):
        found = decompose_fitted(fitted, d, solver=solver)
        s, mu, nu = found.singular_values, found.left, found.right
        error = {"mu": np.abs(mu.T @ (px[:, None] * mu) - np.eye(d)).max()}
        matrix = fitted.expansion_
        if fitted.form == "kernel":
            error["nu"] = np.abs(nu.T @ nu - np.eye(d)).max()
            error["T nu"] = np.abs(matrix @ nu - mu * s).max()
            error["T* mu"] = np.abs(matrix.T @ (px[:, None] * mu) - nu * s).max()
        else:
            pa = fitted.context_weights_
            kept = pa > 0
            error["nu"] = np.abs(nu.T @ (pa[:, None] * nu) - np.eye(d)).max()
            error["T nu"] = np.abs(matrix @ nu - mu * s).max()
            adjoint = (matrix.T @ (px[:, None] * mu))[kept] / pa[kept, None]
            error["T* mu"] = np.abs(adjoint - nu[kept] * s).max()
        assert max(error.values()) < 1e-9, (solver, found.solver, error)

"""Transformed kernels of both solvers against dense algebra."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from contextures.contexts import FiniteContext, KNNContext, RBFContext, TeacherContext
from contextures.exceptions import ContextWarning, InputError
from contextures.regression import InverseLaplacian, Polynomial, Power, Transform, Truncation
from contextures.regression.admissible import FromFunction
from contextures.regression.conjugate_gradients import conjugate_gradients
from contextures.regression.propagation import PropagatedKernel
from contextures.regression.spectral import SpectralKernel
from finite_kernels import centred_kernel, kernel_power, random_joint

SERIES = (0.2, 0.0, 0.5, 0.3)
RNG = np.random.default_rng(0)


def both(context):
    return SpectralKernel(context, 1000), PropagatedKernel(context)


def scaled(K):
    """Kernels are fixed up to a factor."""
    return K / np.trace(K)


def gram(kernel, transform, rows):
    factor = kernel.factor(transform, rows)
    return factor @ factor.T


def dense_inverse_laplacian(K, weights, eta):
    """K_s = K (I - eta W K)^-1, since K_s = sum_p eta^(p-1) K^p."""
    return K @ np.linalg.inv(np.eye(len(K)) - eta * weights[:, None] * K)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("place", [0, 1], ids=["spectral", "propagation"])
class TestAgainstDenseAlgebra:
    """Nothing here uses an eigenvector: what s(lambda) means is checked by recursions alone."""

    def kernels(self, seed, place):
        joint = random_joint(seed)
        K, weights = centred_kernel(joint)
        return both(FiniteContext(joint).fit())[place], K, weights, np.arange(len(K))

    @pytest.mark.parametrize("p", [1, 2, 5, 16])
    def test_powers_follow_the_recursion(self, seed, place, p):
        kernel, K, weights, rows = self.kernels(seed, place)
        expected = scaled(kernel_power(K, weights, p))
        np.testing.assert_allclose(scaled(gram(kernel, Power(p), rows)), expected, atol=1e-12)

    def test_a_power_series_is_the_sum_of_powers(self, seed, place):
        kernel, K, weights, rows = self.kernels(seed, place)
        parts = [c * kernel_power(K, weights, p + 1) for p, c in enumerate(SERIES) if c]
        found = gram(kernel, Polynomial(SERIES), rows)
        np.testing.assert_allclose(scaled(found), scaled(sum(parts)), atol=1e-12)

    @pytest.mark.parametrize("q", [0.5, 0.999])
    def test_the_inverse_laplacian_is_the_resolvent(self, seed, place, q):
        kernel, K, weights, rows = self.kernels(seed, place)
        root = np.sqrt(weights)
        largest = np.linalg.eigvalsh(root[:, None] * K * root)[-1]
        expected = dense_inverse_laplacian(K, weights, q / largest)
        found = gram(kernel, InverseLaplacian(q), rows)
        np.testing.assert_allclose(scaled(found), scaled(expected), atol=1e-8)

    def test_functions_are_the_kernel_times_the_coefficients(self, seed, place):
        kernel, _, _, rows = self.kernels(seed, place)
        some, dual = rows[[1, 4, 6]], RNG.standard_normal((3, 2))
        for transform in (Power(3), Polynomial(SERIES), InverseLaplacian(0.99)):
            expected = gram(kernel, transform, rows)[:, some] @ dual
            found = kernel.functions(transform, some, dual).of(
                FiniteContext(random_joint(seed)).fit().describe().entries
            )
            np.testing.assert_allclose(found, expected, atol=1e-8 * np.abs(expected).max())


@pytest.mark.parametrize(
    "context",
    [KNNContext(8), RBFContext(1.0), TeacherContext(StandardScaler())],
    ids=["sparse", "dense", "kernel form"],
)
@pytest.mark.parametrize("transform", [Power(4), Polynomial(SERIES), InverseLaplacian(0.99)])
def test_the_two_solvers_agree(context, transform):
    X = RNG.standard_normal((120, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ContextWarning)
        fitted = context.fit(X)
        first, second = both(fitted)
    rows = np.arange(0, 120, 7)
    one, two = gram(first, transform, rows), gram(second, transform, rows)
    np.testing.assert_allclose(scaled(one), scaled(two), atol=1e-8)


def test_one_factor_holds_for_kernel_and_functions():
    """The kernel may be off by a factor, but not by two."""
    fitted = KNNContext(5).fit(RNG.standard_normal((80, 2)))
    rows, dual = np.arange(4), RNG.standard_normal((4, 1))
    for kernel in both(fitted):
        for transform in (Power(6), InverseLaplacian(0.9)):
            values = kernel.functions(transform, rows, dual).of(fitted.describe().entries)[rows]
            np.testing.assert_allclose(values, gram(kernel, transform, rows) @ dual, rtol=1e-7)


@pytest.mark.parametrize("seed", range(5))
def test_no_representation_beats_the_top_functions(seed):
    """Proposition 5: the worst f with |f|_{K_s} <= 1 is off by s(lambda_{d+1}) or more.

    And the usable form of the upper bound, sup s / lambda times the worst error over the unit ball
    of K; both for random representations and for the exact one, where the lower bound is met.
    """
    rng = np.random.default_rng(seed)
    K, weights = centred_kernel(random_joint(seed, n=10, m=8))
    root = np.sqrt(weights)
    values, vectors = np.linalg.eigh(root[:, None] * K * root)
    values, vectors = np.clip(values[::-1], 0, None), vectors[:, ::-1]

    def worst(space, s):
        """The largest squared error of projecting the unit ball of K_s on a space, in L2(P)."""
        basis = np.linalg.qr(space)[0]
        ball = vectors * np.sqrt(s)
        rest = ball - basis @ (basis.T @ ball)
        return np.linalg.norm(rest, 2) ** 2

    for transform in (Power(3), Polynomial(SERIES), InverseLaplacian(0.95)):
        s = transform.values(values)
        ratio = np.max(s[values > 1e-10] / values[values > 1e-10])
        for d in (1, 2, 4):
            exact = worst(vectors[:, :d], s)
            np.testing.assert_allclose(exact, s[d], atol=1e-10)
            for _ in range(20):
                space = vectors[:, :d] + rng.uniform(0, 1) * rng.standard_normal((10, d))
                found = worst(space, s)
                assert found >= s[d] - 1e-10
                assert found <= ratio * worst(space, values) + 1e-10


def test_a_truncation_is_ridge_regression_on_coordinates():
    fitted = KNNContext(8).fit(RNG.standard_normal((60, 2)))
    kernel = SpectralKernel(fitted, 10)
    left = kernel.spectrum.left[:, :4]
    np.testing.assert_allclose(
        gram(kernel, Truncation(4), np.arange(60)), left @ left.T, atol=1e-12
    )


@pytest.mark.parametrize("values", [-1.0, np.nan, 0.0])
def test_a_transform_of_ones_own_is_looked_at(values):
    class Own(Transform):
        def values(self, eigenvalues):
            return np.full(len(eigenvalues), values)

    kernel = SpectralKernel(KNNContext(5).fit(RNG.standard_normal((30, 2))), 5)
    with pytest.raises(InputError, match="its values on the spectrum must be finite"):
        kernel.factor(Own(), np.arange(3))


def test_what_needs_eigenvectors_is_not_propagated():
    kernel = PropagatedKernel(KNNContext(5).fit(RNG.standard_normal((30, 2))))
    for transform in (Power(2.5), Truncation(3), FromFunction(np.square)):
        with pytest.raises(InputError, match="give one of these, or solver='spectral'"):
            kernel.factor(transform, np.arange(3))


def test_conjugate_gradients_solve_each_column():
    """Columns of zeros and equal columns too, which a shared Krylov space would stumble over."""
    root = RNG.standard_normal((50, 50))
    A = root @ root.T + np.diag(np.geomspace(1, 1e4, 50))
    B = RNG.standard_normal((50, 4))
    B[:, 1], B[:, 2] = 0, B[:, 0]
    found = conjugate_gradients(lambda Z: A @ Z, B, np.diag(A))
    np.testing.assert_allclose(found, np.linalg.solve(A, B), atol=1e-8)


def test_conjugate_gradients_say_when_they_gave_up():
    A = np.diag(np.geomspace(1, 1e8, 60))
    with pytest.warns(ContextWarning, match=r"did not converge in 3 steps for 2 of 2 right-hand"):
        conjugate_gradients(lambda Z: A @ Z, np.ones((60, 2)), np.ones(60), most_steps=3)

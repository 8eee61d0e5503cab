"""Weights that are found: certified by duality, and by dense searches over the simplex."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from contextures.contexts import (
    ConvexCombination,
    KNNContext,
    LabelContext,
    MaskedTokensContext,
    NoiseContext,
    PairContext,
    RBFContext,
    SCARFContext,
)
from contextures.contexts.algebra.compared import kernels_between
from contextures.contexts.algebra.weighing import least_left_out, min_max
from contextures.contexts.samplers import SamplerContext
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((120, 3))
BITS = RNG.integers(0, 2, (300, 4)) * 2.0 - 1


class Shown(SamplerContext):
    """Some of the bits, each turned with the same chance."""

    def __init__(self, columns=(0, 1), rate=0.1):
        self.columns = columns
        self.rate = rate

    def _draw_floats(self, X, draws, n_views):
        seen = X[:, list(self.columns)]
        turned = draws.uniform(n_views, *seen.shape) < self.rate
        return seen * draws.of.where(turned, -1.0, 1.0)

    def exact(self, X):
        """Give the dual kernel less one: over bits, the product of 1 + s^2 x x'."""
        seen = X[:, list(self.columns)]
        return np.prod(1 + (1 - 2 * self.rate) ** 2 * seen[:, None] * seen, axis=2) - 1


def projections(n, *groups):
    """Kernels less one with the eigenvalues of each group on directions of an orthonormal basis."""
    basis = np.linalg.qr(np.column_stack([np.ones(n), RNG.standard_normal((n, n - 1))]))[0][:, 1:]
    found = []
    for group in groups:
        kernel = np.zeros((n, n))
        for place, value in group.items():
            kernel += n * value * np.outer(basis[:, place], basis[:, place])
        found.append(kernel)
    return found


def top(matrix, d):
    return np.linalg.eigvalsh(matrix)[::-1][:d].sum()


def test_two_components_do_not_collapse():
    """Of two disjoint contexts neither takes all the weight, however weak one of them is."""
    kernels = projections(40, {0: 0.9, 1: 0.8}, {2: 0.1, 3: 0.05})
    found = min_max(kernels, 2)
    assert found.gap <= 1e-3
    # Relative to their own best they count alike, so the weak one has more weight.
    parts = [kernel / 40 for kernel in kernels]
    best = [top(part, 2) for part in parts]
    relative = found.weights * best
    relative /= relative.sum()
    assert 0.3 < relative[0] < 0.7 and found.weights[1] > found.weights[0] > 0


@pytest.mark.parametrize("rank", [2, 3])
def test_two_components_that_only_draw_do_not_collapse(rank):
    """Nor do they when all that is known of them is draws: the weights are those of the law."""
    strong, weak = Shown((0, 1), 0.1), Shown((2, 3), 0.3)
    found = ConvexCombination(strong, weak, "min-max", rank).fit(BITS)
    assert found.form == "sampler" and found.gap_ <= 1e-3
    expected = min_max([part.exact(BITS) for part in (strong, weak)], rank).weights
    np.testing.assert_allclose(found.weights_, expected, atol=0.05)
    assert 0.1 < found.weights_[0] < 0.3


@pytest.mark.parametrize("sigma", [1.0, 2.0])
def test_a_kernel_learned_from_draws_has_the_eigenvalues_of_the_law(sigma):
    """A normal x and x plus noise: s^2 = rho^(2k), k of which belong to x, x_2, x^2, ..."""
    rows = RNG.standard_normal((300, 2))
    kernel = kernels_between([NoiseContext(sigma)], rows, None, np.arange(300))[0]
    rho = 1 / (1 + sigma**2)
    expected = [rho, rho, rho**2, rho**2, rho**2]
    np.testing.assert_allclose(
        np.linalg.eigvalsh(kernel / 300)[::-1][:5], expected, atol=0.05, rtol=0.12
    )


@pytest.mark.parametrize("way", ["min-max", "pseudo-tasks", "labels"])
@pytest.mark.parametrize("left", [KNNContext(10), SCARFContext(0.7)], ids=str)
def test_weights_of_a_part_that_draws_are_found_every_way(left, way):
    """Beside a transition the latter is seen by the same functions, and so weighed alike."""
    y = (ROWS[:, 0] > 0).astype(int)
    fitted = ConvexCombination(left, SCARFContext(0.2), way).fit(ROWS, y)
    assert fitted.weights_.sum() == pytest.approx(1)
    again = ConvexCombination(left, SCARFContext(0.2), way).fit(ROWS, y)
    np.testing.assert_array_equal(again.weights_, fitted.weights_)
    if way == "min-max":
        assert fitted.weights_.min() > 0.05


@pytest.mark.parametrize("rank", [1, 3, 8])
def test_min_max_weights_are_the_least_of_a_convex_function(rank):
    n = len(ROWS)
    kernels = [each.fit(ROWS).fitted_kernel() - 1 for each in (KNNContext(5), RBFContext(0.2))]
    found = min_max(kernels, rank)
    centred = [k - k.mean(0) - k.mean(0)[:, None] + k.mean() for k in kernels]
    parts = [k / n for k in centred]
    parts = [part / top(part, rank) for part in parts]
    grid = [top(w * parts[0] + (1 - w) * parts[1], rank) for w in np.linspace(0, 1, 201)]
    sizes = np.array([top(k / n, rank) for k in centred])
    relative = found.weights * sizes / (found.weights @ sizes)
    value = top(relative[0] * parts[0] + relative[1] * parts[1], rank)
    assert value <= min(grid) * 1.002
    assert 0 <= found.gap <= 1e-3


def test_the_order_of_parts_does_not_matter():
    kernels = [
        each.fit(ROWS).fitted_kernel() - 1
        for each in (KNNContext(5), RBFContext(0.2), RBFContext(3.0))
    ]
    np.testing.assert_allclose(
        min_max(kernels, 4).weights, min_max(kernels[::-1], 4).weights[::-1], atol=0.05
    )


def test_left_out_errors_are_those_of_refits():
    """At the weights found no point of a grid has a smaller leave-one-out error by refits."""
    X = ROWS[:40]
    kernels = [each.fit(X).fitted_kernel() - 1 for each in (RBFContext(0.1), KNNContext(3))]
    y = np.sin(2 * X[:, 0])
    y -= y.mean()
    weights = least_left_out(kernels, np.outer(y, y))

    def refits(w, ridge):
        kernel = w * kernels[0] + (1 - w) * kernels[1]
        size = np.trace(kernel) / 40
        errors = []
        for i in range(40):
            rest = np.arange(40) != i
            inner = kernel[np.ix_(rest, rest)] + size + ridge * size * np.eye(39)
            errors.append(y[i] - (kernel[i, rest] + size) @ np.linalg.solve(inner, y[rest]))
        return np.mean(np.square(errors))

    ridges = 10.0 ** np.arange(-4, 1.01, 0.5)
    ours = min(refits(weights[0], ridge) for ridge in ridges)
    grid = min(refits(w, ridge) for w in np.linspace(0, 1, 11) for ridge in ridges)
    assert ours <= 1.05 * grid


@pytest.mark.parametrize("way", ["min-max", "pseudo-tasks", "labels"])
def test_found_weights_are_used_and_reported(way):
    y = (ROWS[:, 0] > 0).astype(int)
    mix = ConvexCombination(KNNContext(5), RBFContext(0.3), way)
    fitted = clone(mix).fit(ROWS, y)
    assert fitted.weights_.sum() == pytest.approx(1) and (fitted.weights_ > 0).all()
    same = ConvexCombination(KNNContext(5), RBFContext(0.3), tuple(fitted.weights_)).fit(ROWS)
    np.testing.assert_allclose(fitted.fitted_kernel(), same.fitted_kernel())
    assert (fitted.gap_ is not None) == (way == "min-max")
    assert mix.needs_y == (way == "labels") and mix.inductive
    assert eval(repr(mix)).weights == way


def test_combinations_within_are_weighed_together():
    inner = ConvexCombination(KNNContext(5), RBFContext(0.3), "min-max")
    three = ConvexCombination(inner, KNNContext(40), "min-max").fit(ROWS)
    kernels = [
        each.fit(ROWS).fitted_kernel() - 1
        for each in (KNNContext(5), RBFContext(0.3), KNNContext(40))
    ]
    expected = min_max(kernels, 16).weights
    found = [*(three.weights_[0] * three.left_.weights_), three.weights_[1]]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_labels_prefer_the_context_that_knows_them():
    """A label that turns within a neighbourhood needs the narrow context; a linear one does not."""
    X = np.sort(RNG.uniform(-1, 1, (200, 1)), axis=0)
    mix = ConvexCombination(RBFContext(1.0), RBFContext(300.0), "labels")
    rough = clone(mix).fit(X, np.sin(25 * X[:, 0])).weights_
    smooth = clone(mix).fit(X, X[:, 0] + 0.3 * RNG.standard_normal(200)).weights_
    assert rough[1] > smooth[1]


@pytest.mark.parametrize(
    ("mix", "y", "told"),
    [
        (ConvexCombination(KNNContext(5), RBFContext(), "best"), None, "not known"),
        (ConvexCombination(KNNContext(5), RBFContext(), "labels"), None, "needs labels"),
        (ConvexCombination(KNNContext(5), LabelContext(), "labels"), ROWS[:, 0], "seen the labels"),
        (
            ConvexCombination(SCARFContext(), PairContext(), "min-max"),
            ROWS[::-1],
            "once for each row.*give the weights",
        ),
        (
            ConvexCombination(MaskedTokensContext(), MaskedTokensContext(0.5), "min-max"),
            "tokens",
            "only draw where X is rows of numbers",
        ),
    ],
)
def test_what_cannot_be_weighed_is_said(mix, y, told):
    X, y = (BITS.astype(int) + 3, None) if isinstance(y, str) else (ROWS, y)
    with pytest.raises(InputError, match=told) as caught:
        mix.fit(X, y)
    assert "\n" not in str(caught.value)

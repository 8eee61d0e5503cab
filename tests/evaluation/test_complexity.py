"""Context complexity against closed forms, exact and estimated, without overflow."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import sparse, special

import oracles
from contextures.contexts import (
    CutMixContext,
    FiniteContext,
    GraphContext,
    KNNContext,
    LabelContext,
    MaskedTokensContext,
    NoiseContext,
    RandomMaskContext,
    SCARFContext,
    TeacherContext,
)
from contextures.evaluation import (
    complexity_from_log_ratios,
    context_complexity,
    sampled_complexity,
)
from contextures.exceptions import InputError
from contextures.spectrum import singular_values

CUBE = oracles.cube(5).astype(float)
Q1, Q2 = np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.4])


@pytest.mark.parametrize(
    ("joint", "expected"),
    [
        (oracles.flips(5, 0.15), (1 + 0.7**2) ** 5),
        (oracles.masks(5, 0.35), 1.65**5),
        (oracles.von_mises(400, 3.0), special.iv(0, 6.0) / special.iv(0, 3.0) ** 2),
    ],
)
def test_homogeneous_contexts_have_the_closed_form_everywhere(joint, expected):
    found = context_complexity(FiniteContext(joint).fit())
    assert found.kappa_squared == pytest.approx(expected)
    assert found.average == pytest.approx(expected)
    np.testing.assert_allclose(np.exp(found.log_quantiles), expected)
    assert found.reliable
    assert found.effective_draws is None


def hidden(masks, chances, flip=0.0):
    """X on the cube, A = what a mask leaves to see and the mask, then visible bits flipped."""
    bits = CUBE.shape[1]
    blocks = []
    for mask, chance in zip(masks, chances, strict=True):
        visible = [j for j in range(bits) if j not in mask]
        Z = oracles.cube(len(visible)) if visible else np.zeros((1, 0))
        apart = (CUBE[:, None, visible] != Z[None]).sum(2)
        law = np.power(flip, apart) * np.power(1 - flip, len(visible) - apart)
        blocks.append(chance * law / len(CUBE))
    return np.concatenate(blocks, axis=1)


def every_mask(alpha, bits=5):
    masks = [set(m) for k in range(bits + 1) for m in itertools.combinations(range(bits), k)]
    return masks, [alpha ** len(m) * (1 - alpha) ** (bits - len(m)) for m in masks]


def blocks_of(length, bits=5):
    """Runs of hidden bits, the last and the first not counting as neighbours."""
    starts = range(bits - length + 1)
    return [{*range(start, start + length)} for start in starts], [1 / len(starts)] * len(starts)


def exactly(m, bits=5):
    masks = [set(mask) for mask in itertools.combinations(range(bits), m)]
    return masks, [1 / len(masks)] * len(masks)


@pytest.mark.parametrize(
    ("masks", "flip", "expected"),
    [
        (every_mask(0.3), 0.15, (1 + 0.7**3) ** 5),
        (blocks_of(2), 0.0, 2**3),
        (blocks_of(2), 0.2, (0.4**2 - 2 * 0.4 + 2) ** 3),
        (exactly(2), 0.0, 2**3),
    ],
)
def test_the_examples_of_augmentations_have_their_closed_forms(masks, flip, expected):
    found = context_complexity(FiniteContext(hidden(*masks, flip)).fit())
    assert found.kappa_squared == pytest.approx(expected)
    assert found.average == pytest.approx(expected)


def test_complexity_follows_its_calculus():
    """What is done to a context moves k(x, x) in a known direction, at every x."""
    rng = np.random.default_rng(0)
    px = rng.dirichlet(np.ones(6))
    one, other = rng.dirichlet(np.ones(5), 6), rng.dirichlet(np.ones(4), 6)

    def diagonal(transition, weights=px):
        joint = weights[:, None] * transition
        return np.exp(context_complexity(FiniteContext(joint).fit()).log_diagonal)

    assert (diagonal(one @ rng.dirichlet(np.ones(3), 5)) <= diagonal(one) + 1e-12).all()
    both = (one[:, :, None] * other[:, None, :]).reshape(6, -1)
    assert (diagonal(both) >= np.maximum(diagonal(one), diagonal(other)) - 1e-12).all()
    mixed = np.hstack([0.3 * one, 0.7 * other])
    np.testing.assert_allclose(diagonal(mixed), 0.3 * diagonal(one) + 0.7 * diagonal(other))
    weights = np.outer(px, px).ravel()
    product = np.kron(one, other)
    np.testing.assert_allclose(diagonal(product, weights), np.kron(diagonal(one), diagonal(other)))
    walk = rng.dirichlet(np.ones(6), 6)
    walk = (np.diag(px) @ walk + walk.T @ np.diag(px)) / 2  # reversible, so P_X stays
    before, walk = walk.sum(1), walk / walk.sum(1, keepdims=True)
    after = diagonal(walk @ one, before).max()
    assert after <= diagonal(one, before).max() + 1e-12


def test_erasure_depends_on_the_input():
    q = np.array([0.1, 0.25, 0.3, 0.35])
    joint = np.hstack([np.diag(q) * 0.65, 0.35 * q[:, None]])
    found = context_complexity(FiniteContext(joint).fit(), levels=(0.34, 0.36, 0.89, 0.91))
    np.testing.assert_allclose(np.exp(found.log_diagonal), 0.35 + 0.65 / q)
    assert found.kappa_squared == pytest.approx(0.35 + 6.5)
    assert found.average == pytest.approx(0.35 + 0.65 * 4)
    # P(k <= its value at q = .35) is .35, at .3 .65, at .25 .9.
    np.testing.assert_allclose(np.exp(found.log_quantiles), 0.35 + 0.65 / q[[3, 2, 1, 0]])


@pytest.mark.parametrize("kind", ["graph", "knn", "labels", "teacher", "numeric labels"])
def test_the_average_is_one_plus_the_sum_of_squared_singular_values(kind):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((60, 3)), rng.integers(0, 3, 60)
    if kind == "graph":
        context = GraphContext(oracles.block_graph(4, 3, 0.9, 0.2)).fit()
    elif kind == "knn":
        context = KNNContext(n_neighbors=8).fit(X)
    elif kind == "labels":
        context = LabelContext().fit(X, y)
    elif kind == "numeric labels":
        context = LabelContext().fit(X, rng.standard_normal(60))
    else:
        from sklearn.decomposition import PCA

        context = TeacherContext(PCA(2)).fit(X)
    found = context_complexity(context)
    assert found.information == pytest.approx((singular_values(context, 100) ** 2).sum())
    np.testing.assert_allclose(np.exp(found.log_diagonal), np.diag(context.fitted_kernel()))
    assert found.kappa_squared == pytest.approx(np.diag(context.fitted_kernel()).max())


def test_new_rows_are_described_by_the_fitted_context():
    X = np.random.default_rng(0).standard_normal((80, 2))
    context = KNNContext(n_neighbors=5).fit(X[:60])
    found = context_complexity(context, X[60:])
    np.testing.assert_allclose(np.exp(found.log_diagonal), np.diag(context.dual_kernel(X[60:])))


def test_a_sparse_transition_of_many_rows_needs_no_square_matrix():
    n = 200_000
    nodes = np.arange(n)
    ends = np.r_[(nodes + 1) % n, (nodes - 1) % n]
    ring = sparse.csr_array((np.ones(2 * n), (np.r_[nodes, nodes], ends)), shape=(n, n))
    found = context_complexity(GraphContext(ring).fit())
    assert found.kappa_squared == pytest.approx(n / 2)
    assert found.average == pytest.approx(n / 2)


def test_tiny_weights_neither_overflow_nor_vanish():
    """P_A down to 1e-300: P^2 / P_A would lose the square of P."""
    small = 1e-300
    joint = np.array([[0.5, 0.0], [0.5 - 1e-9, 1e-9], [0.0, small]])
    found = context_complexity(FiniteContext(joint / joint.sum()).fit())
    np.testing.assert_allclose(np.exp(found.log_diagonal), [1, 1, 1e9], rtol=1e-6)
    rare = FiniteContext(np.array([[1.0 - small, 0.0], [0.0, small]])).fit()
    assert context_complexity(rare).log_kappa_squared == pytest.approx(300 * math.log(10))


def test_masking_is_estimated_from_draws():
    for pattern, expected in (("independent", 1.6**5), ("exact", 2.0**3), ("block", 2.0**3)):
        context = RandomMaskContext(mask_rate=0.4, pattern=pattern).fit(CUBE)
        found = sampled_complexity(context, CUBE, n_views=4000)
        assert found.average == pytest.approx(expected, rel=0.02)
        assert found.kappa_squared == pytest.approx(expected, rel=0.1)
        assert found.reliable


def test_masked_tokens_are_estimated_from_draws():
    """Uniform over V symbols: (alpha + (1 - alpha) V)^n; a filled-up place counts for one bit."""
    tokens = np.array(list(itertools.product([2, 3, 4], repeat=3)))
    context = MaskedTokensContext(0.4).fit(tokens)
    found = sampled_complexity(context, tokens, n_views=4000)
    assert found.average == pytest.approx((0.4 + 0.6 * 3) ** 3, rel=0.02)
    filled = np.array([[2, 3], [2, 0]])  # hidden or seen, the second place tells them apart
    found = sampled_complexity(MaskedTokensContext(0.4).fit(filled), filled, n_views=100)
    np.testing.assert_allclose(found.log_diagonal, np.log(2))


def test_scarf_is_estimated_from_draws_on_unequal_marginals():
    """kappa^2 = prod_j max_v 1 - (1 - c)^2 + (1 - c)^2 / q_j(v), S its mean over x."""
    grid = np.array(list(itertools.product([0.0, 1.0, 2.0], [0.0, 1.0])))
    counts = np.rint(np.kron(Q1, Q2) * 100).astype(int)
    X = np.repeat(grid, counts, axis=0)
    context = SCARFContext(corruption_rate=0.35).fit(X)
    found = sampled_complexity(context, X, n_views=2000, n_rows=100)
    keep = 0.65**2
    assert found.kappa_squared == pytest.approx(
        np.prod([1 - keep + keep / q.min() for q in (Q1, Q2)]), rel=0.1
    )
    assert found.average == pytest.approx((1 + 2 * keep) * (1 + keep), rel=0.02)


def test_noise_on_normal_rows_follows_mehlers_kernel():
    """k(x, x) = (1 - rho^4)^(-1/2) exp(rho^2 x^2 / (1 + rho^2)): no largest value."""
    X = special.ndtri((np.arange(1500) + 0.5) / 1500)[:, None]
    found = sampled_complexity(NoiseContext(sigma=1.0).fit(X), X, n_views=200, n_rows=150)
    rows = X[np.unique(np.linspace(0, 1499, 150).astype(int)), 0]
    exact = 1 / np.sqrt(1 - 0.5**2) * np.exp(0.5 * rows**2 / 1.5)
    near = np.abs(rows) < 1.5  # further out a sample is not the normal law
    np.testing.assert_allclose(np.exp(found.log_diagonal[near]), exact[near], rtol=0.3)
    assert np.exp(found.log_diagonal[near]).mean() == pytest.approx(exact[near].mean(), rel=0.03)
    assert found.kappa_squared > 2 * found.average


def test_blocks_of_draws_give_one_estimate(monkeypatch):
    from contextures.evaluation.bounds import sampled_complexity as complexity_sampling

    context = RandomMaskContext(mask_rate=0.4).fit(CUBE)
    monkeypatch.setattr(complexity_sampling, "_BLOCK_VALUES", 4000)
    found = sampled_complexity(context, CUBE, n_views=1000)
    assert len(found.log_diagonal) == 32
    assert found.average == pytest.approx(1.6**5, rel=0.05)


def test_complexities_of_language_are_counted_in_logarithms():
    """Exactly m of n tokens masked, V symbols: kappa^2 = V^(n - m), here 1e482."""
    n, m, vocabulary = 300, 139, 1000
    found = complexity_from_log_ratios(np.full((4, 10), (n - m) * math.log(vocabulary)))
    assert found.log_kappa_squared == pytest.approx(483 * math.log(10))
    assert found.log_average == pytest.approx(found.log_kappa_squared)
    assert found.kappa_squared == found.average == found.information == math.inf


def test_an_estimate_by_few_draws_is_not_called_reliable():
    """Masks hit each of 1,000 bits: E 2^visible is carried by draws that never come."""
    rng = np.random.default_rng(0)
    visible = rng.binomial(1000, 0.5, (500, 4))
    found = complexity_from_log_ratios(visible * math.log(2))
    assert found.log_kappa_squared < 1000 * math.log(1.5)  # the truth
    assert not found.reliable
    exact = rng.binomial(8, 0.5, (5000, 4))
    found = complexity_from_log_ratios(exact * math.log(2))
    assert found.reliable
    assert found.average == pytest.approx(1.5**8, rel=0.05)


def test_weights_of_rows_count():
    ratios = np.log([[1.0, 4.0, 100.0]])
    found = complexity_from_log_ratios(ratios, [0.5, 0.5, 0.0], levels=(0.5, 0.9))
    assert found.average == pytest.approx(2.5)
    assert found.kappa_squared == pytest.approx(4)  # the row of weight zero does not come
    np.testing.assert_allclose(np.exp(found.log_quantiles), [1, 4])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: context_complexity(RandomMaskContext().fit(CUBE)), "use sampled_complexity"),
        (lambda: sampled_complexity(CutMixContext().fit(CUBE), CUBE), "density of A given x is"),
        (
            lambda: sampled_complexity(SCARFContext(marginal="normal").fit(CUBE), CUBE),
            "marginal='empirical'",
        ),
        (lambda: sampled_complexity(KNNContext(3).fit(CUBE), CUBE), "not in sampler form"),
        (lambda: sampled_complexity(RandomMaskContext().fit(CUBE), CUBE[:4]), "X has 4 rows"),
        (lambda: complexity_from_log_ratios([1.0, 2.0]), r"shape \(n_views, n\)"),
        (lambda: complexity_from_log_ratios([[1.0, -np.inf]]), "missing or infinite"),
        (lambda: complexity_from_log_ratios([[1.0, 2.0]], [1.0]), "weights must be 2 numbers"),
        (lambda: complexity_from_log_ratios([[1.0, 2.0]], levels=(1.5,)), "level=1.5"),
    ],
)
def test_what_has_no_complexity_here_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()

"""How given functions are judged on rows that they were not learned from."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import PCA

from contextures.contexts import (
    DescribedRows,
    KNNContext,
    NoiseContext,
    PairContext,
    RBFContext,
    TeacherContext,
)
from contextures.encoders import SpectralEncoder
from contextures.exceptions import InputError
from contextures.spectrum import decompose_fitted, singular_values
from contextures.spectrum.ritz.ratio_trace import (
    described_ratio_trace,
    pair_score,
    ratio_trace,
    tied_ratio_trace,
    total_association,
)

RNG = np.random.default_rng(0)
X = RNG.standard_normal((200, 2))
NEW = RNG.standard_normal((150, 2))


def by_the_kernel_matrix(F, K, weights=None):
    """The definition, with the n x n matrix that the library does not form."""
    n = len(F)
    p = np.full(n, 1 / n) if weights is None else weights / weights.sum()
    centred = F - p @ F
    K = K * np.outer(p, p)
    np.fill_diagonal(K, 0.0)
    B = centred.T @ K @ centred / (1 - p @ p)
    C = centred.T @ (centred * p[:, None])
    return np.trace(np.linalg.solve(C, B))


@pytest.mark.parametrize(
    "context", [KNNContext(10), RBFContext(2.0), TeacherContext(PCA(2))], ids=repr
)
@pytest.mark.parametrize("weights", [None, RNG.random(150) + 0.1], ids=["uniform", "weighted"])
def test_it_is_the_u_statistic_of_the_dual_kernel(context, weights):
    context = context.fit(X)
    F = np.hstack([NEW, NEW**2])
    expected = by_the_kernel_matrix(F, context.dual_kernel(NEW), weights)
    assert ratio_trace(F, context, NEW, weights) == pytest.approx(expected)


def test_fitted_rows_need_not_be_given():
    context = KNNContext(10).fit(X)
    expected = by_the_kernel_matrix(X, context.fitted_kernel())
    assert ratio_trace(X, context) == pytest.approx(expected)


def test_invertible_maps_and_shifts_change_nothing():
    context = KNNContext(10).fit(X)
    F = np.hstack([NEW, NEW**2])
    mixed = F @ RNG.standard_normal((4, 4)) + 7.0
    assert ratio_trace(mixed, context, NEW) == pytest.approx(ratio_trace(F, context, NEW))


def test_unrelated_functions_score_zero_on_average():
    """Pitfall: with each row paired with itself (a V-statistic) they would score far above."""
    context = KNNContext(5).fit(X)
    P, p_a = context.expand(NEW), context.context_weights_
    scores, biased = [], []
    for seed in range(300):
        F = np.random.default_rng(seed).standard_normal((150, 2))
        scores.append(described_ratio_trace(F, DescribedRows.by_transition(P, p_a)))
        K = context.dual_kernel(NEW)
        centred = F - F.mean(0)
        B = centred.T @ K @ centred / 150**2
        biased.append(np.trace(np.linalg.solve(centred.T @ centred / 150, B)))
    error = np.std(scores) / np.sqrt(len(scores))
    # Centring by the rows' own mean costs a share of 1 / n.
    assert abs(np.mean(scores)) < 4 * error + 2 / 150
    assert np.mean(biased) > 0.2


def test_exact_functions_carry_over_to_fresh_rows():
    rng = np.random.default_rng(3)
    rows, fresh = rng.standard_normal((2, 1500, 2))
    encoder = SpectralEncoder(KNNContext(60), n_components=5).fit(rows)
    found = ratio_trace(encoder.transform(fresh), encoder.context_, fresh)
    bound = (encoder.singular_values_**2).sum()
    assert 0.8 * bound < found < 1.1 * bound
    noise = rng.standard_normal((1500, 5))
    assert ratio_trace(noise, encoder.context_, fresh) < 0.1 * bound


def test_blocks_of_rows_count_pairs_within_them_only():
    context = KNNContext(10).fit(X)
    F, K = np.hstack([NEW, NEW**2]), context.dual_kernel(NEW)
    weights = RNG.random(150) * (np.arange(150) % 5 > 0)  # some rows are not there
    blocks = np.arange(70), np.arange(70, 150)
    p = weights / weights.sum()
    within = np.zeros((150, 150))
    for rows in blocks:
        within[np.ix_(rows, rows)] = np.outer(p[rows], p[rows])
    np.fill_diagonal(within, 0.0)
    centred = F - p @ F
    B = centred.T @ (K * within) @ centred / within.sum()
    expected = np.trace(np.linalg.solve(centred.T @ (centred * p[:, None]), B))
    parts = [(rows, context.describe(NEW[rows])) for rows in blocks]
    assert tied_ratio_trace(F, parts, weights) == pytest.approx(expected)


def test_dense_and_sparse_transitions_agree():
    context = KNNContext(10).fit(X)
    P = sparse.csr_array(context.expand(NEW))
    scores = [
        described_ratio_trace(NEW, DescribedRows.by_transition(form, context.context_weights_))
        for form in (P, P.todense())
    ]
    assert scores[0] == pytest.approx(scores[1])


def test_functions_of_both_sides_are_judged_by_pairs():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50_000, 1))
    a = 0.8 * x + 0.6 * rng.standard_normal((4, 50_000, 1))
    once = pair_score(x ** [1, 2], a[0] ** [1, 2])
    assert once == pytest.approx(0.8**2 + 0.8**4, abs=0.02)
    assert pair_score(x, a[0]) == pytest.approx(0.8**2, abs=0.01)
    # Several draws of A leave less noise, but estimate the same.
    several = pair_score(x ** [1, 2], a ** [1, 2])
    assert several == pytest.approx(0.8**2 + 0.8**4, abs=0.02)


def test_in_sample_functions_score_less_on_fresh_pairs():
    """Pitfall: functions found among many from few pairs look associated on those pairs only."""
    from contextures.spectrum.ritz import PairMoments

    rng = np.random.default_rng(2)
    F, G = rng.standard_normal((2, 300, 60))
    found = PairMoments.of(F, G).solve(5)
    inside = pair_score(found.left(F), found.right(G))
    assert inside > 1.5
    F, G = rng.standard_normal((2, 300, 60))
    assert pair_score(found.left(F), found.right(G)) < 0.3


def test_kernels_are_judged_by_their_features():
    context = TeacherContext(PCA(2)).fit(X)
    exact = decompose_fitted(context, 2)
    score = described_ratio_trace(exact.left, context.describe())
    assert score == pytest.approx((exact.singular_values**2).sum(), rel=0.05)


@pytest.mark.parametrize(
    ("context", "rank"), [(KNNContext(10), 199), (TeacherContext(PCA(2)), 2)], ids=repr
)
def test_the_total_is_the_sum_over_all_singular_values(context, rank):
    context = context.fit(X)
    values = singular_values(context, rank)
    assert total_association(context) == pytest.approx((values**2).sum())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ratio_trace(NEW, NoiseContext().fit(X), NEW), "use pair_score"),
        (lambda: ratio_trace(NEW[:-1], KNNContext(5).fit(X), NEW), "one row for each of the 150"),
        (lambda: ratio_trace(np.ones((2, 2)), KNNContext(5).fit(X), NEW[:2]), "cannot judge 2"),
        (lambda: pair_score(NEW[:2], NEW[:2]), "cannot judge 2 functions"),
        (
            lambda: ratio_trace(NEW, PairContext().fit(X, X + 0.1234), NEW),
            "use pair_score",
        ),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(InputError, match=message):
        make()

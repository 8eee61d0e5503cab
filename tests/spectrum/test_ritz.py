"""Rayleigh-Ritz from moments: against closed forms, however the rows are taken in."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import PCA

import oracles
from contextures.contexts import FiniteContext, KNNContext, TeacherContext
from contextures.exceptions import InputError, RankError
from contextures.spectrum import decompose, decompose_fitted
from contextures.spectrum.ritz import (
    KernelMoments,
    PairMoments,
    TransitionMoments,
    ViewMoments,
)
from contextures.spectrum.ritz.problem import effective_rank, top_eigen

RNG = np.random.default_rng(0)
N, D, E = 300, 5, 4
F = RNG.standard_normal((N, D)) + 3.0
PSI = F[:, :E] + RNG.standard_normal((N, E))
P = RNG.random((N, 12))
P /= P.sum(1, keepdims=True)
W = RNG.random(N) + 0.1

CASES = {
    "pairs": (PairMoments, (F, PSI)),
    "pairs of several draws": (
        PairMoments,
        (F, np.stack([PSI, F[:, :E] + RNG.standard_normal((N, E))])),
    ),
    "views": (ViewMoments, (F, F + RNG.standard_normal((N, D)))),
    "three views": (ViewMoments, (F, F + RNG.standard_normal((N, D)), F[:, ::-1])),
    "transition": (TransitionMoments, (F, P)),
    "sparse transition": (TransitionMoments, (F, sparse.csr_array(P * (P > 0.05)))),
    "kernel": (KernelMoments, (F, F**2)),
}


def rows_of(block, part):
    return block[:, part] if getattr(block, "ndim", 2) == 3 else block[part]


def gathered(case, weights, parts):
    kind, blocks = CASES[case]
    moments = kind()
    for part in parts:
        chunk = [rows_of(block, part) for block in blocks]
        moments.update(*chunk, weights=None if weights is None else weights[part])
    return moments


def same(one, other, tolerance=1e-12):
    assert one.count == other.count
    np.testing.assert_allclose(one.mean, other.mean, atol=tolerance)
    np.testing.assert_allclose(one.covariance, other.covariance, atol=tolerance)
    np.testing.assert_allclose(one.operator, other.operator, atol=tolerance)


@pytest.mark.parametrize("weights", [None, W], ids=["alike", "weighted"])
@pytest.mark.parametrize("case", CASES)
def test_chunks_add_up_to_one_pass_in_any_grouping(case, weights):
    parts = np.array_split(np.arange(N), [3, 50, 51, 200])
    whole = gathered(case, weights, [np.arange(N)])
    same(gathered(case, weights, parts), whole)
    a, b, c, *rest = (gathered(case, weights, [part]) for part in parts)
    tail = rest[0] + rest[1]
    same((a + b) + (c + tail), whole)
    same((tail + c) + (b + a), whole)
    assert a.count == 3  # adding up leaves the parts as they were


@pytest.mark.parametrize("case", CASES)
def test_c_and_b_are_what_they_say(case):
    moments = gathered(case, W, [np.arange(N)])
    share = W / W.sum()
    centred = F - share @ F
    if "views" not in case:
        np.testing.assert_allclose(moments.covariance, centred.T @ (centred * share[:, None]))
    if case == "pairs":
        other = PSI - share @ PSI
        cross = centred.T @ (other * share[:, None])
        inner = other.T @ (other * share[:, None])
        np.testing.assert_allclose(moments.operator, cross @ np.linalg.solve(inner, cross.T))
    if case == "transition":
        reached = share @ P
        sums = P.T @ (centred * share[:, None])
        np.testing.assert_allclose(moments.operator, sums.T @ (sums / reached[:, None]))
    if case == "kernel":
        half = centred.T @ ((F**2 - share @ F**2) * share[:, None])
        np.testing.assert_allclose(moments.operator, half @ half.T, rtol=1e-6)
    if case == "views":
        one, other = CASES[case][1]
        mean = share @ (one + other) / 2
        cross = (one - mean).T @ ((other - mean) * share[:, None])
        np.testing.assert_allclose(moments.operator, (cross + cross.T) / 2)


@pytest.mark.parametrize("case", CASES)
def test_functions_far_from_mean_zero_lose_no_digits(case):
    """A sum of squares less the square of a sum would lose all of them here."""
    kind, blocks = CASES[case]
    far = (F + 1e7, *blocks[1:]) if "views" not in case else tuple(b + 1e7 for b in blocks)
    moments = kind()
    for part in np.array_split(np.arange(N), 7):
        moments.update(*(rows_of(block, part) for block in far))
    expected = kind.of(*blocks).solve(3).singular_values
    np.testing.assert_allclose(moments.solve(3).singular_values, expected, atol=1e-7)


@pytest.mark.parametrize("case", CASES)
def test_single_precision_keeps_six_digits(case):
    kind, blocks = CASES[case]
    single = [
        block.astype(np.float32) if place == 0 or kind in (PairMoments, ViewMoments) else block
        for place, block in enumerate(blocks)
    ]
    found = kind.of(*single).solve(3).singular_values
    np.testing.assert_allclose(found, kind.of(*blocks).solve(3).singular_values, atol=1e-6)


@pytest.mark.parametrize(
    "name", ["flips of a cube", "masks of a cube", "block graph", "von Mises circle", "path"]
)
def test_a_basis_of_all_functions_gives_the_spectrum(name):
    context, values = oracles.FORMS[name]
    context = context.fit(None)
    expected = oracles.descending(values)[:12]
    n = len(context.input_weights_)
    moments = TransitionMoments()
    for part in np.array_split(np.arange(n), 3):
        rows = context.expansion_[part]
        moments.update(np.eye(n)[part], rows, weights=context.input_weights_[part])
    functions = moments.solve(len(expected))
    np.testing.assert_allclose(functions.singular_values, expected, atol=1e-9)


def every_pair(joint):
    i, j = np.nonzero(joint)
    return np.eye(joint.shape[0])[i], np.eye(joint.shape[1])[j], joint[i, j]


def test_pairs_find_both_sides_functions():
    joint = RNG.random((6, 5)) ** 4
    joint /= joint.sum()
    x, a, weights = every_pair(joint)
    functions = PairMoments.of(x, a, weights=weights).solve(4)
    exact = decompose(FiniteContext(joint), None, 4)
    np.testing.assert_allclose(functions.singular_values, exact.singular_values, atol=1e-10)
    for found, true in (
        (functions.left(np.eye(6)), exact.left),
        (functions.right(np.eye(5)), exact.right),
    ):
        np.testing.assert_allclose(np.abs(found), np.abs(true), atol=1e-8)
    # s_i = E mu_i(x) nu_i(a): the signs of both sides belong together.
    product = (functions.left(x) * functions.right(a)).T @ weights
    np.testing.assert_allclose(product, exact.singular_values, atol=1e-10)


def test_views_of_one_a_give_the_squares():
    """x and x+ from P(. | a) give T T*; their order does not matter."""
    joint = oracles.flips(3, 0.1)
    conditional = joint / joint.sum(0)
    both = np.einsum("ia,ja,a->ij", conditional, conditional, joint.sum(0))
    x, y, weights = every_pair(both)
    found = ViewMoments.of(x, y, weights=weights).solve(7)
    np.testing.assert_allclose(
        found.singular_values, oracles.descending(oracles.subset_values(3, lambda k: 0.8**k))
    )
    assert found.context_coefficients is None
    with pytest.raises(InputError, match="without a basis on the side of A"):
        found.right(x)


def test_kernels_agree_with_the_exact_decomposition():
    X = RNG.standard_normal((80, 4)) * [3, 2, 1, 1]
    context = TeacherContext(PCA(3)).fit(X)
    exact = decompose_fitted(context, 3)
    found = KernelMoments.of(X, context.expansion_).solve(3)
    np.testing.assert_allclose(found.singular_values, exact.singular_values, atol=1e-10)
    np.testing.assert_allclose(found.left(X) ** 2, exact.left**2, atol=1e-8)


def test_functions_are_ordered_centred_and_of_unit_variance():
    for ridge in (0.0, 0.1):
        functions = PairMoments.of(F, PSI).solve(4, ridge)
        assert (np.diff(functions.singular_values) <= 0).all()
        for values in (functions.left(F), functions.right(PSI)):
            np.testing.assert_allclose(values.mean(0), 0, atol=1e-12)
            np.testing.assert_allclose(np.cov(values.T, bias=True), np.eye(4), atol=1e-10)
        few = functions.truncated(2)
        np.testing.assert_array_equal(few.left(F), functions.left(F)[:, :2])


def test_dependent_and_constant_functions_change_nothing():
    wide = np.hstack(
        [F, F[:, :2] @ RNG.standard_normal((2, 3)), np.full((N, 1), 0.1), F[:, :1] * 1e6]
    )
    expected = TransitionMoments.of(F, P).solve(D)
    found = TransitionMoments.of(wide, P).solve(D)
    np.testing.assert_allclose(found.singular_values, expected.singular_values, atol=1e-9)
    np.testing.assert_allclose(found.left(wide) ** 2, expected.left(F) ** 2, atol=1e-6)
    assert found.rank == D


def test_units_of_functions_do_not_matter():
    scaled = F * [1e-8, 1, 1e8, 10, 0.1]
    for ridge in (0.0, 0.3):
        np.testing.assert_allclose(
            PairMoments.of(scaled, PSI).solve(3, ridge).singular_values,
            PairMoments.of(F, PSI).solve(3, ridge).singular_values,
            atol=1e-9,
        )


def test_signs_do_not_depend_on_the_order_of_rows():
    order = RNG.permutation(N)
    one = TransitionMoments.of(F, P).solve(3)
    other = TransitionMoments.of(F[order], P[order]).solve(3)
    np.testing.assert_allclose(one.left(F), other.left(F), atol=1e-8)


def test_a_ridge_shrinks_towards_the_functions_of_large_variance():
    """With a strong ridge the span is that of the diagonal part of C, whatever is near it."""
    n = 4000
    x = RNG.standard_normal((n, 1))
    near = np.hstack([x, x + 1e-4 * RNG.standard_normal((n, 1))])
    a = x + RNG.standard_normal((n, 1))
    free = PairMoments.of(near, a).solve(1)
    held = PairMoments.of(near, a).solve(1, ridge=1e-2)
    assert np.abs(held.coefficients).max() < 1 < np.abs(free.coefficients).max()
    assert held.singular_values[0] == pytest.approx(free.singular_values[0], abs=1e-3)


def test_effective_rank_shows_collapse():
    assert effective_rank(np.eye(6)) == pytest.approx(6)
    line = np.outer(F[:, 0], np.arange(1, 6)) + 1e-6 * RNG.standard_normal((N, 5))
    assert PairMoments.of(line, PSI).solve(1).effective_rank < 1.01
    assert effective_rank(np.zeros((3, 3))) == 0


def test_in_sample_moments_of_unrelated_pairs_overstate_the_association():
    """Pitfall: with D and E near n, B = Cxa Caa^-1 Cax of unrelated pairs is far from zero."""
    n, d, e = 400, 40, 30
    rng = np.random.default_rng(1)
    moments = PairMoments.of(rng.standard_normal((n, d)), rng.standard_normal((n, e)))
    assert moments.ratio_trace() == pytest.approx(d * e / n, rel=0.3)
    assert moments.solve(1).singular_values[0] > 0.4


def test_a_large_support_needs_no_square_matrix():
    n = 30_000
    transition = sparse.csr_array(
        (np.ones(n), (np.arange(n), (np.arange(n) * 7) % n)), shape=(n, n)
    )
    functions = np.random.default_rng(0).standard_normal((n, 3))
    found = TransitionMoments.of(functions, transition).solve(3)
    np.testing.assert_allclose(found.singular_values, 1.0, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PairMoments().solve(1), "no rows were taken in"),
        (lambda: PairMoments.of(F, PSI[:-1]), "300 rows of functions but 299 of contexts"),
        (lambda: TransitionMoments.of(F, P[:-1]), "300 rows of functions but 299"),
        (lambda: KernelMoments.of(F, F[:-1]), "give one row for each"),
        (lambda: ViewMoments.of(F), "two or more arrays"),
        (lambda: PairMoments.of(F[:0], PSI[:0]), "rows and columns"),
        (lambda: PairMoments.of(F, PSI) + ViewMoments.of(F, F), "do not add up"),
        (lambda: ViewMoments.of(F, F) + ViewMoments.of(F, F, F), "do not add up"),
        (lambda: TransitionMoments.of(F, P).update(F, P[:, :-1]), "12 support points before"),
        (lambda: PairMoments.of(F, PSI).solve(2, ridge=-1), "ridge=-1"),
        (lambda: PairMoments.of(F, PSI).solve(0), "n_components=0"),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_too_many_components_name_what_limits_them():
    context = KNNContext(5).fit(RNG.standard_normal((60, 2)))
    rows = context.points_
    with pytest.raises(RankError, match="independent functions in the basis, 2; give") as caught:
        TransitionMoments.of(rows, context.expansion_).solve(3)
    assert caught.value.rank == 2
    labels = np.eye(3)[np.arange(60) % 3]
    wide = np.hstack([rows, rows**2, rows**3])
    with pytest.raises(RankError, match=r"rank of the context .* only 2 singular values"):
        TransitionMoments.of(wide, labels).solve(3)
    with pytest.raises(RankError, match="functions are constant"):
        TransitionMoments.of(np.ones((60, 2)), labels).solve(1)


@pytest.mark.parametrize("case", CASES)
def test_moments_of_combinations_follow_from_moments(case):
    kind, blocks = CASES[case]
    mixed = RNG.standard_normal((D, 3))
    views = len(blocks) if kind is ViewMoments else 1
    expected = kind.of(*(block @ mixed for block in blocks[:views]), *blocks[views:])
    same(kind.of(*blocks).project(mixed), expected)


def test_both_sides_of_pairs_can_be_combined():
    mixed, other = RNG.standard_normal((D, 3)), RNG.standard_normal((E, 2))
    same(PairMoments.of(F, PSI).project(mixed, other), PairMoments.of(F @ mixed, PSI @ other))


@pytest.mark.parametrize("seed", range(5))
def test_no_copy_of_a_top_eigenvalue_is_lost(seed):
    """LAPACK's search for a few eigenvalues gives none where many vectors share the top one."""
    hidden = np.linalg.qr(np.random.default_rng(seed).standard_normal((60, 2)))[0]
    projection = np.eye(60) - hidden @ hidden.T
    values, vectors = top_eigen(projection, 3)
    assert values == pytest.approx(np.ones(3))
    assert vectors.T @ vectors == pytest.approx(np.eye(3), abs=1e-12)
    assert projection @ vectors == pytest.approx(vectors, abs=1e-12)

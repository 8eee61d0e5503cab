"""Convex combinations and concatenations, held against closed forms and dense algebra."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

import oracles
from contexts.cases import as_array
from contextures.contexts import (
    ConvexCombination,
    FiniteContext,
    GraphContext,
    KernelContext,
    KNNContext,
    LabelContext,
    MonteCarloContext,
    RBFContext,
    SCARFContext,
)
from contextures.encoders import RitzEncoder, SpectralEncoder, load_encoder, save_encoder
from contextures.exceptions import InputError
from contextures.selection import ContextSearch, parse_context, short_form
from contextures.spectrum import decompose
from contextures.spectrum.ritz.ratio_trace import total_association
from finite_kernels import random_joint

RNG = np.random.default_rng(0)
ROWS, NEW = RNG.standard_normal((80, 3)), RNG.standard_normal((7, 3))
REALS = ROWS @ [1.0, -1.0, 0.5]
CENTRED = KernelContext(normalization="centred")


def joints(seed, *widths, n=12):
    """Random joint laws with one P_X."""
    chances = np.random.default_rng(seed).dirichlet(np.ones(n))
    found = []
    for place, width in enumerate(widths):
        joint = random_joint((seed, place), n, width)
        found.append(joint / joint.sum(1, keepdims=True) * chances[:, None])
    return found


def dense_kernel(joint):
    """k_X+ from the definition."""
    conditional = joint / joint.sum(1, keepdims=True)
    return conditional / joint.sum(0) @ conditional.T


def eigenvalues(kernel, weights):
    """Those of the operator of a kernel, the constant left out."""
    root = np.sqrt(weights)
    values = np.linalg.eigvalsh(root[:, None] * (kernel - 1) * root)[::-1]
    return np.clip(values, 0, None)


@pytest.mark.parametrize(("one", "other", "weight"), [(0.4, 0.7, 0.3), (0.1, 0.9, 0.5)])
def test_squares_average_and_two_masks_multiply_on_the_cube(one, other, weight):
    """Section 7, row 25: parities are shared, so each square is known."""
    n = 3
    left, right = (FiniteContext(oracles.masks(n, alpha)) for alpha in (one, other))
    convex = decompose(weight * left + (1 - weight) * right, None, 2**n - 1).singular_values
    mean = oracles.subset_values(
        n, lambda k: np.sqrt(weight * (1 - one) ** k + (1 - weight) * (1 - other) ** k)
    )
    np.testing.assert_allclose(convex, np.sort(mean)[::-1], atol=1e-12)
    both = decompose(left | right, None, 2**n - 1).singular_values
    joint = oracles.subset_values(n, lambda k: (1 - one * other) ** (k / 2))
    np.testing.assert_allclose(both, np.sort(joint)[::-1], atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_a_combination_has_the_mean_kernel(seed):
    one, other, third = joints(seed, 5, 9, 7)
    weights = [0.2, 0.5, 0.3]
    mix = ConvexCombination.of([FiniteContext(each) for each in (one, other, third)], weights)
    kernel = sum(
        w * dense_kernel(each) for w, each in zip(weights, (one, other, third), strict=True)
    )
    np.testing.assert_allclose(clone(mix).fit().fitted_kernel(), kernel, atol=1e-10)
    np.testing.assert_allclose(mix.fit().dual_kernel([3, 0]), kernel[[3, 0]][:, [3, 0]], atol=1e-10)
    spectrum = decompose(mix, None, 6)
    expected = eigenvalues(kernel, one.sum(1))
    np.testing.assert_allclose(spectrum.singular_values**2, expected[:6], atol=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_a_concatenation_has_the_joint_law(seed):
    one, other = joints(seed, 4, 6)
    chances = one.sum(1)
    first, second = one / chances[:, None], other / chances[:, None]
    joint = np.einsum("i,ij,ik->ijk", chances, first, second).reshape(len(chances), -1)
    mix = (FiniteContext(one) | FiniteContext(other)).fit()
    np.testing.assert_allclose(mix.fitted_kernel(), dense_kernel(joint), atol=1e-9)
    np.testing.assert_allclose(mix.dual_kernel([2, 5]), mix.fitted_kernel([2, 5]), atol=1e-9)


def test_a_transition_and_a_kernel_together_have_the_mean_kernel():
    knn, labels = KNNContext(n_neighbors=7), LabelContext()
    kernel = 0.3 * knn.fit(ROWS).fitted_kernel() + 0.7 * labels.fit(ROWS, REALS).fitted_kernel()
    mix = (0.3 * knn + 0.7 * labels).fit(ROWS, REALS)
    assert mix.form == "kernel" and mix.needs_y and not mix.inductive
    np.testing.assert_allclose(mix.fitted_kernel(), kernel, atol=1e-10)
    uniform = np.full(len(ROWS), 1 / len(ROWS))
    expected = eigenvalues(kernel, uniform)
    assert total_association(mix) == pytest.approx(expected.sum())
    for solver in ("dense", "gram", "propack"):
        spectrum = decompose(0.3 * knn + 0.7 * labels, ROWS, 10, y=REALS, solver=solver)
        np.testing.assert_allclose(spectrum.singular_values**2, expected[:10], atol=1e-8)


def test_two_kernels_make_a_kernel():
    others = ROWS[:, :2]
    mix = (0.5 * LabelContext() + 0.5 * LabelContext()).fit(ROWS, others)
    np.testing.assert_allclose(
        mix.fitted_kernel(), LabelContext().fit(ROWS, others).fitted_kernel(), atol=1e-12
    )
    assert mix.describe().constant == 1.0


def test_landmarks_of_pairs_alone_do_not_change_the_kernel():
    """Pairs that one row alone reaches are counted as one; the kernel is that of all pairs."""
    left, right = KNNContext(n_neighbors=4), KNNContext(n_neighbors=6)
    mix = (left | right).fit(ROWS)
    one, other = (as_array(each.fit(ROWS).expansion_) for each in (left, right))
    pairs = np.einsum("ij,ik->ijk", one, other).reshape(len(ROWS), -1) / len(ROWS)
    pairs = pairs[:, pairs.sum(0) > 0]
    assert mix.expansion_.shape[1] < pairs.shape[1]
    np.testing.assert_allclose(mix.fitted_kernel(), dense_kernel(pairs), atol=1e-9)
    np.testing.assert_allclose(mix.transition(NEW + 50).sum(axis=1), 1)


def test_an_unseen_pair_is_described_by_the_first_value():
    """Row 0 reaches (0, 0), row 1 (1, 1): a row with A_1 = 0 and A_2 = 1 is like row 0."""

    class Part(type(FiniteContext([[1.0]])).__mro__[1]):
        def __init__(self, column=0):
            self.column = column

        def fit(self, X, y=None):
            return self

        def expand(self, X):
            return np.eye(2)[X[:, self.column].astype(int)]

    mix = (Part(0) | Part(1)).fit(np.array([[0.0, 0.0], [1.0, 1.0]]))
    np.testing.assert_allclose(as_array(mix.expand(np.array([[0.0, 1.0]]))), [[1.0, 0.0]])


def test_sparse_parts_stay_sparse():
    mix = (0.5 * KNNContext(n_neighbors=3) + 0.5 * KNNContext(n_neighbors=5)).fit(
        RNG.standard_normal((400, 2))
    )
    assert mix.expansion_.nnz == 8 * 400


def test_parameters_are_nested_and_cloned():
    mix = 0.25 * KNNContext(n_neighbors=9) + 0.75 * (KNNContext() | RBFContext())
    assert mix.get_params()["left__n_neighbors"] == 9
    mix.set_params(left__n_neighbors=5, right__right__gamma=2.0, weights=(0.5, 0.5))
    again = clone(mix)
    assert again.left.n_neighbors == 5 and again.right.right.gamma == 2.0
    assert repr(again) == (
        "0.5 * KNNContext(n_neighbors=5) + 0.5 * (KNNContext() | RBFContext(gamma=2.0))"
    )
    assert eval(repr(again)).get_params()["right__right__gamma"] == 2.0
    assert again.seeded(3).left.random_state == 3
    assert again.subsampled(0.4).left.n_neighbors == 2


def test_terms_may_be_added_one_by_one():
    mix = np.float64(0.2) * KNNContext(3) + 0.3 * KNNContext(5) + RBFContext() * 0.5
    assert [weight for weight, _ in mix.terms()] == pytest.approx([0.2, 0.3, 0.5])
    twice = 0.5 * (0.5 * KNNContext(3) + 0.5 * KNNContext(5)) + 0.5 * RBFContext()
    assert [weight for weight, _ in twice.terms()] == pytest.approx([0.25, 0.25, 0.5])


@pytest.mark.parametrize(
    "text",
    [
        "0.5*knn:10+0.5*rbf:1",
        "0.3*knn:5+0.3*rbf:1e+06+0.4*mask:0.4(knn:7)",
        "knn:10|rbf:1",
        "knn:10|(rbf:1|knn:3)",
        "0.5*(knn:10|rbf:1)+0.5*scarf:0.6",
        "0.333333333*knn:10+0.666666667*rbf:1",
    ],
)
def test_short_forms_are_read_as_they_are_written(text):
    context = parse_context(text)
    assert short_form(context) == text
    spaced = text.replace("*", " * ").replace("|", " | ").replace("+0", " + 0")
    assert repr(parse_context(spaced.replace("e + 0", "e+0"))) == repr(context)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("knn:10+rbf:1", "needs weights|without weights"),
        ("0.5*knn:10", "without a sum"),
        ("0.5*knn+0.6*rbf", "sum to 1.1"),
        ("-0.5*knn+1.5*rbf", "below zero"),
        ("(knn:3|rbf", "brackets"),
        ("knn:3)|rbf", "brackets"),
        ("knn|", "not known"),
        ("0.5*knn++0.5*rbf", "without weights"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(text, told):
    with pytest.raises(InputError, match=told):
        parse_context(text)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: KNNContext() + RBFContext(), "needs weights"),
        (lambda: ConvexCombination(KNNContext(), RBFContext(), (0.5, 0.6)).fit(ROWS), "sum to 1.1"),
        (lambda: ConvexCombination(KNNContext(), RBFContext(), (-1, 2)).fit(ROWS), "below zero"),
        (lambda: (0.5 * KNNContext(5) + 0.1 * RBFContext()).fit(ROWS), r"sum to 0\.6"),
        (lambda: ConvexCombination.of([KNNContext()] * 3, [0.5, 0.5]), "2 weights for 3"),
        (lambda: ConvexCombination(KNNContext(), RBFContext(), (1,)).fit(ROWS), "1 weights for 2"),
        (lambda: ConvexCombination(KNNContext(), RBFContext(), (np.nan, 1)).fit(ROWS), "number"),
        (lambda: ConvexCombination(KNNContext(), 3).fit(ROWS), "not a context"),
        (lambda: 0.5 * KNNContext() | RBFContext(), "nothing to weigh"),
        (
            lambda: (0.5 * SCARFContext() + 0.5 * LabelContext()).fit(ROWS, REALS),
            "by its kernel",
        ),
        (lambda: (KNNContext(5) | LabelContext()).fit(ROWS, REALS), "no joint law"),
        (lambda: (0.5 * KNNContext(5) + 0.5 * LabelContext()).fit(ROWS), "needs labels"),
        (
            lambda: (0.5 * KNNContext(5) + 0.5 * LabelContext()).fit(ROWS, REALS).expand(NEW),
            "fit time only",
        ),
        (lambda: (0.5 * KNNContext(5) + 0.5 * GraphContext(oracles.cycle(5))).fit(ROWS), "same X"),
        (lambda: SpectralEncoder(0.5 * KNNContext()).fit(ROWS), "not a context"),
        (lambda: ConvexCombination(KNNContext(), RBFContext(), 0.5).fit(ROWS), "one number for"),
        (lambda: ConvexCombination.of([KNNContext()] * 2, [0.5, -0.5]), "below zero"),
        (lambda: ConvexCombination.of([]), "nothing to combine"),
        (lambda: (SCARFContext() @ CENTRED).fit(ROWS), "only draws and Kernel.* is given by its"),
        (lambda: (SCARFContext() | CENTRED).fit(ROWS), "only draws and Kernel.* is given by its"),
        (
            lambda: RitzEncoder(0.5 * SCARFContext() + 0.5 * CENTRED).fit(ROWS),
            "only draws and Kernel.* is given by its",
        ),
        (lambda: (KNNContext(5) @ LabelContext()).fit(ROWS), "needs labels"),
        (lambda: (KNNContext(5) @ LabelContext()).fit(ROWS, REALS[:9]), "one label per row"),
        (
            lambda: (0.5 * KNNContext(500) + 0.5 * KNNContext(600)).fit(ROWS),
            "500 needs more than 500 rows",
        ),
        (
            lambda: ConvexCombination(KNNContext(500), KNNContext(600), "min-max").fit(ROWS),
            "500 needs more than 500 rows",
        ),
        (
            lambda: ContextSearch([KNNContext(500) | KNNContext(600)] * 2).fit(ROWS),
            "no candidate can be chosen: .*500 rows",
        ),
    ],
)
def test_bad_mixes_are_refused_in_a_sentence(make, told):
    with pytest.raises(InputError, match=told) as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "mix",
    [
        0.4 * KNNContext(n_neighbors=6) + 0.6 * RBFContext(gamma=0.5),
        KNNContext(n_neighbors=4) | RBFContext(n_landmarks=9),
    ],
)
@pytest.mark.parametrize("encoder", [SpectralEncoder, RitzEncoder])
def test_encoders_learn_a_mix_and_are_written_with_it(mix, encoder, tmp_path):
    """What Ritz finds on fresh rows is what the exact functions say there."""
    made = encoder(mix, 3).fit(ROWS)
    expected = made.transform(NEW)
    save_encoder(made, tmp_path)
    again = load_encoder(tmp_path)
    np.testing.assert_allclose(again.transform(NEW), expected, atol=1e-12)
    assert repr(again.context_) == repr(mix)
    np.testing.assert_allclose(made.transform(ROWS), made.fit_transform(ROWS), atol=1e-8)


def test_ritz_over_all_functions_is_exact_for_a_transition_with_a_kernel():
    """A basis that tells every row apart spans all functions on the sample."""

    class Rows:
        def fit(self, X, y=None):
            return self

        def transform(self, X):
            return (X[:, :1] == np.arange(40)).astype(float)

        def get_params(self, deep=True):
            return {}

    X = np.column_stack([np.arange(40.0), RNG.standard_normal(40)])
    y = np.sin(X[:, 0])
    mix = 0.5 * KNNContext(n_neighbors=4) + 0.5 * LabelContext()
    encoder = RitzEncoder(mix, 5, basis=Rows(), ridge=0.0).fit(X, y)
    exact = decompose(mix, X, 5, y=y).singular_values
    np.testing.assert_allclose(encoder.singular_values_, exact, atol=1e-8)


def test_draws_say_which_part_they_are_of():
    weights = (0.25, 0.75)
    mix = ConvexCombination(KNNContext(n_neighbors=5), SCARFContext(0.5), weights).fit(ROWS)
    assert mix.form == "sampler"
    drawn = mix.sample(ROWS, np.random.default_rng(0), 50)
    assert drawn.shape == (50, 80, 2 + 3 + 3)
    shares = drawn[..., :2].mean((0, 1))
    np.testing.assert_allclose(shares, weights, atol=0.03)
    first = drawn[..., 0] == 1
    assert (drawn[first][:, 5:] == 0).all() and (drawn[~first][:, 2:5] == 0).all()
    known = {tuple(row) for row in ROWS}
    assert {tuple(row) for row in drawn[first][:, 2:5]} <= known


def test_draws_of_a_mix_have_the_spectrum_of_its_parts():
    """Counted from draws, the squares of a combination are the mean of the parts' on the cube."""
    X = oracles.cube(3).astype(float)
    strong, weak = SCARFContext(0.2), SCARFContext(0.7)
    counted = MonteCarloContext(0.5 * strong + 0.5 * weak, n_draws=4000)
    found = decompose(counted, X, 3).singular_values
    # SCARF with the cube's own marginals keeps a bit with chance 1 - c: s = (1 - c)^k.
    expected = np.sqrt(0.5 * 0.8**2 + 0.5 * 0.3**2)
    np.testing.assert_allclose(found, expected, atol=0.03)
    both = decompose(MonteCarloContext(strong | weak, n_draws=4000), X, 3).singular_values
    law = (
        np.array([[0.9, 0.1], [0.1, 0.9]])[:, :, None]
        * np.array([[0.65, 0.35], [0.35, 0.65]])[:, None]
    )
    law = law.reshape(2, 4) / 2
    expected = np.sqrt(eigenvalues(dense_kernel(law), np.full(2, 0.5))[0])
    np.testing.assert_allclose(both, expected, atol=0.03)

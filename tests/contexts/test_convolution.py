"""Convolutions and round trips, held against closed forms and dense algebra."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

import oracles
from contexts.cases import as_array
from contextures.contexts import (
    Context,
    Convolution,
    FiniteContext,
    GraphContext,
    KNNContext,
    LabelContext,
    MonteCarloContext,
    RandomMaskContext,
    RBFContext,
    SCARFContext,
)
from contextures.encoders import SpectralEncoder, load_encoder, save_encoder
from contextures.exceptions import InputError
from contextures.selection import parse_context, short_form
from contextures.spectrum import decompose
from finite_kernels import random_joint

RNG = np.random.default_rng(0)
ROWS, NEW = RNG.standard_normal((80, 3)), RNG.standard_normal((7, 3))
REALS = ROWS @ [1.0, -1.0, 0.5]


def conditional(joint):
    return joint / joint.sum(1, keepdims=True)


def kernel_of(law, chances):
    """The dual kernel of a transition, from the definition."""
    return law / (chances @ law) @ law.T


class Kernel(Context):
    """A kernel given by its features on numbered rows."""

    form = "kernel"
    takes = "index"

    def __init__(self, features):
        self.features = features

    def fit(self, X=None, y=None):
        return self

    def expand(self, X):
        return self.features if X is None else self.features[X]


def kernel_context(seed, n, rank):
    features = np.random.default_rng(seed).standard_normal((n, rank))
    features -= features.mean(0)
    return Kernel(0.9 * features / np.linalg.norm(features, 2) * np.sqrt(n))


@pytest.mark.parametrize(("flip", "hide"), [(0.1, 0.3), (0.3, 0.6)])
def test_singular_values_multiply_on_the_cube(flip, hide):
    """Section 7, row 25: flips and masks share the parities."""
    mix = FiniteContext(oracles.flips(3, flip)) @ FiniteContext(oracles.masks(3, hide))
    expected = oracles.subset_values(3, lambda k: (1 - 2 * flip) ** k * (1 - hide) ** (k / 2))
    found = decompose(mix, None, 7).singular_values
    np.testing.assert_allclose(found, np.sort(expected)[::-1], atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_transitions_multiply_and_grouping_does_not_matter(seed):
    one, other, third = (
        random_joint((seed, k), *shape) for k, shape in enumerate([(12, 9), (9, 10), (10, 5)])
    )
    a, b, c = (FiniteContext(each) for each in (one, other, third))
    law = conditional(one) @ conditional(other) @ conditional(third)
    for mix in ((a @ b) @ c, a @ (b @ c)):
        fitted = clone(mix).fit()
        np.testing.assert_allclose(as_array(fitted.expansion_), law, atol=1e-12)
        np.testing.assert_allclose(fitted.context_weights_, one.sum(1) @ law, atol=1e-12)
        np.testing.assert_allclose(fitted.dual_kernel([3, 1]), fitted.fitted_kernel([3, 1]))


def test_a_kernel_after_a_transition():
    one = random_joint(0, 12, 10)
    kernel = kernel_context(1, 10, 4)
    fitted = (FiniteContext(one) @ kernel).fit()
    law, chances = conditional(one), one.sum(1)
    features = law @ kernel.features
    features -= chances @ features
    np.testing.assert_allclose(fitted.fitted_kernel(), 1 + features @ features.T, atol=1e-10)
    np.testing.assert_allclose(fitted.dual_kernel([1, 5]), fitted.fitted_kernel([1, 5]), atol=1e-10)


def test_a_kernel_under_another_law_is_no_larger_than_one():
    """Where the first leads to few rows only, which a kernel may tell apart too well."""
    law = np.zeros((10, 10))
    law[np.arange(10), [0] * 5 + [9] * 5] = 0.1
    features = np.zeros((10, 1))
    features[[0, 9], 0] = [1, -1]
    kernel = Kernel(features / np.linalg.norm(features) * np.sqrt(10))
    fitted = FiniteContext(law) @ kernel
    assert decompose(fitted, None, 1).singular_values == pytest.approx([1.0])
    assert np.linalg.eigvalsh(fitted.fit().fitted_kernel() / 10)[-1] == pytest.approx(1.0)


@pytest.mark.parametrize("rank", [3, 15])
def test_a_kernel_before_a_transition_and_before_a_kernel(rank):
    """T_k is self-adjoint: k(x, x'') = E E k_1(x, X) k_2(X, X') k_1(X', x'')."""
    n = 16
    first = kernel_context(0, n, rank)
    chances = np.full(n, 1 / n)
    joint = conditional(random_joint(1, n, 9)) / n
    for second, inner in (
        (FiniteContext(joint), kernel_of(conditional(joint), chances)),
        (kernel_context(2, n, 6), 1 + (z := kernel_context(2, n, 6).features) @ z.T),
    ):
        outer = 1 + first.features @ first.features.T
        fitted = (first @ second).fit()
        np.testing.assert_allclose(fitted.fitted_kernel(), outer @ inner @ outer / n**2, atol=1e-9)
        assert fitted.form == "kernel" and fitted.expansion_.shape[1] <= max(rank, 9)


def test_a_mix_of_a_transition_and_a_kernel_comes_first_as_its_kernel():
    labels = 0.5 * KNNContext(n_neighbors=9) + 0.5 * LabelContext()
    inner = KNNContext(n_neighbors=4).fit(ROWS).fitted_kernel()
    outer = labels.fit(ROWS, REALS).fitted_kernel()
    fitted = (labels @ KNNContext(n_neighbors=4)).fit(ROWS, REALS)
    np.testing.assert_allclose(
        fitted.fitted_kernel(), outer @ inner @ outer / len(ROWS) ** 2, atol=1e-9
    )


def test_a_convolution_of_combinations_distributes():
    """T_1 (w T_2 + (1 - w) T_3) T_1*: the mean of the kernels of the single convolutions."""
    first, knn, labels = RBFContext(0.5), KNNContext(n_neighbors=6), LabelContext()
    kernels = [
        Convolution(first, each, cross_fit=None).fit(ROWS, REALS).fitted_kernel()
        for each in (knn, labels)
    ]
    fitted = Convolution(first, 0.3 * knn + 0.7 * labels, cross_fit=None).fit(ROWS, REALS)
    np.testing.assert_allclose(
        fitted.fitted_kernel(), 0.3 * kernels[0] + 0.7 * kernels[1], atol=1e-10
    )


def test_the_part_is_hidden_where_a_combination_comes_first():
    first = 0.3 * KNNContext(n_neighbors=4) + 0.7 * RBFContext(gamma=0.5)
    parts = [as_array(each.fit(ROWS).expansion_) for each in (first.left, first.right)]
    second = as_array(KNNContext(n_neighbors=6).fit(ROWS).expansion_)
    fitted = (first @ KNNContext(n_neighbors=6)).fit(ROWS)
    law = (0.3 * parts[0] + 0.7 * parts[1]) @ second
    np.testing.assert_allclose(as_array(fitted.expansion_), law, atol=1e-12)


def test_new_rows_are_led_by_the_first_context():
    first, second = KNNContext(n_neighbors=4), RBFContext(gamma=2.0)
    fitted = (first @ second).fit(ROWS)
    law = as_array(first.fit(ROWS).expand(NEW)) @ as_array(second.fit(ROWS).expand(ROWS))
    np.testing.assert_allclose(as_array(fitted.expand(NEW)), law, atol=1e-12)
    np.testing.assert_array_equal(fitted.context_values(), ROWS)


def test_sparse_factors_stay_sparse():
    X = RNG.standard_normal((3000, 2))
    fitted = (KNNContext(n_neighbors=3) @ KNNContext(n_neighbors=4)).fit(X)
    assert sparse.issparse(fitted.expansion_) and fitted.expansion_.nnz <= 12 * 3000
    back = KNNContext(n_neighbors=3).round_trip().fit(X)
    assert sparse.issparse(back.expansion_)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_a_round_trip_has_the_powers_of_the_squares(power):
    joint = random_joint(3, 12, 9)
    s = decompose(FiniteContext(joint), None, 6).singular_values
    found = decompose(FiniteContext(joint).round_trip(power), None, 6)
    np.testing.assert_allclose(found.singular_values, s ** (2 * power), atol=1e-10)
    P, chances = conditional(joint), joint.sum(1)
    law = np.linalg.matrix_power(P / joint.sum(0) @ P.T * chances, power)
    fitted = FiniteContext(joint).round_trip(power).fit()
    np.testing.assert_allclose(as_array(fitted.expansion_), law, atol=1e-12)
    np.testing.assert_allclose(fitted.context_weights_, chances, atol=1e-12)
    kernel = kernel_context(0, 12, 5)
    squares = decompose(kernel, None, 4).singular_values
    found = decompose(kernel.round_trip(power), None, 4).singular_values
    np.testing.assert_allclose(found, squares ** (2 * power), atol=1e-8)


def test_labels_return_to_a_row_of_the_class():
    classes = np.arange(80) % 2
    mix = LabelContext().round_trip() @ KNNContext(n_neighbors=3)
    law = (classes[:, None] == classes) / 40
    knn = as_array(KNNContext(n_neighbors=3).fit(ROWS).expansion_)
    np.testing.assert_allclose(as_array(mix.fit(ROWS, classes).expansion_), law @ knn, atol=1e-12)


def test_chains_are_drawn_link_by_link():
    """On the cube SCARF keeps a bit with chance 1 - c, and s multiplies along the chain."""
    X = oracles.cube(3).astype(float)
    chain = SCARFContext(0.2) @ SCARFContext(0.4)
    found = decompose(MonteCarloContext(chain, n_draws=4000), X, 3).singular_values
    np.testing.assert_allclose(found, 0.8 * 0.6, atol=0.03)
    mixed = (0.5 * SCARFContext(0.2) + 0.5 * SCARFContext(0.6)) @ SCARFContext(0.4)
    found = decompose(MonteCarloContext(mixed, n_draws=4000), X, 3).singular_values
    np.testing.assert_allclose(found, 0.6 * 0.6, atol=0.03)  # the part is hidden: s averages
    neighbours = KNNContext(n_neighbors=1) @ SCARFContext(0.4)
    found = decompose(MonteCarloContext(neighbours, n_draws=4000), X, 3).singular_values
    np.testing.assert_allclose(found, 0.6, atol=0.03)


@pytest.mark.parametrize(
    "text",
    [
        "knn:10@rbf:1",
        "(0.5*knn:3+0.5*rbf:1)@knn:4@scarf:0.2",
        "0.5*knn:3@rbf:1+0.5*rbf:2",
        "knn:3@(rbf:1@knn:4)",
        "knn:3@rbf:1|knn:2",
        "knn:3@(rbf:1|knn:2)",
        "roundtrip:2(0.5*knn:3+0.5*rbf:1)",
    ],
)
def test_short_forms_are_read_as_they_are_written(text):
    if text.startswith("0.5"):
        text = "0.5*(knn:3@rbf:1)+0.5*rbf:2"
    context = parse_context(text)
    assert short_form(context) == text
    assert repr(parse_context(text.replace("@", " @ "))) == repr(context)


def test_a_weight_stands_before_a_whole_chain():
    mix = parse_context("0.5*knn:3@rbf:1+0.5*rbf:2")
    assert repr(mix) == repr(0.5 * KNNContext(3) @ RBFContext(1.0) + 0.5 * RBFContext(2.0))
    assert short_form(mix.left) == "knn:3@rbf:1"


def test_an_encoder_is_written_with_its_convolution(tmp_path):
    made = SpectralEncoder(KNNContext(n_neighbors=5) @ LabelContext(), 2).fit(
        ROWS, np.arange(80) % 3
    )
    save_encoder(made, tmp_path)
    np.testing.assert_allclose(load_encoder(tmp_path).transform(NEW), made.transform(NEW))


class Fewer(SCARFContext):
    """Says that A lies in the space of X, and draws two columns of it."""

    def draw_views(self, X, draws, n_views):
        return super().draw_views(X, draws, n_views)[..., :2]


class Near(KNNContext):
    """The same of a transition."""

    def context_values(self):
        return super().context_values()[:, :2]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (
            lambda: (RandomMaskContext(0.3) @ KNNContext(3)).fit(ROWS),
            "space of X, .*put it last, as right @ left",
        ),
        (lambda: (Fewer() @ SCARFContext()).fit(ROWS), "has 2 columns and SCARF.* of 3 columns"),
        (lambda: (Fewer() @ KNNContext(3)).fit(ROWS), "has 2 columns and KNN.* of 3 columns"),
        (lambda: (Near() @ KNNContext(3)).fit(ROWS), "has 2 columns and KNN.* of 3 columns"),
        (lambda: (LabelContext() @ KNNContext(3)).fit(ROWS, np.arange(80) % 2), "round_trip"),
        (lambda: ((KNNContext(3) | RBFContext()) @ KNNContext(3)).fit(ROWS), "space of X"),
        (lambda: FiniteContext(random_joint(0, 5, 4)) @ FiniteContext(random_joint(0, 5, 4)), None),
        (lambda: (KNNContext(3) @ GraphContext(oracles.cycle(80))).fit(ROWS), "same X"),
        (lambda: (LabelContext() @ SCARFContext()).fit(ROWS, REALS), "given by its kernel"),
        (lambda: SCARFContext().round_trip().fit(ROWS), "only draws"),
        (lambda: KNNContext(3).round_trip(0).fit(ROWS), "power"),
        (lambda: (KNNContext(3) @ LabelContext()).fit(ROWS), "needs labels"),
        (lambda: KNNContext(3) @ (0.5 * RBFContext()), "nothing to weigh"),
    ],
)
def test_bad_convolutions_are_refused_in_a_sentence(make, told):
    if told is None:  # four values, and the second begins at five
        with pytest.raises(InputError, match="begins at 5"):
            make().fit()
        return
    with pytest.raises(InputError, match=told) as caught:
        make()
    assert "\n" not in str(caught.value)

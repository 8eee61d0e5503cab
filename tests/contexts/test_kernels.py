"""Any kernel as a context, and widths that labels choose or that no label has seen."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.base import clone
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import (
    RBF,
    CompoundKernel,
    ConstantKernel,
    DotProduct,
    ExpSineSquared,
    Matern,
    PairwiseKernel,
    RationalQuadratic,
    WhiteKernel,
)

from contextures import SpectralEncoder
from contextures.contexts import KernelContext, KNNContext, LabelContext, RBFContext
from contextures.contexts import kernels as kernel_contexts
from contextures.contexts.algebra.weighing import expected_error, pseudo_tasks
from contextures.contexts.evidence import JITTER, LEAST_NOISE
from contextures.contexts.kernel_widths import _evidence, is_round
from contextures.contexts.stored import construct, describe, describe_fitted, restore_fitted
from contextures.exceptions import ContextWarning, InputError
from contextures.selection import parse_context
from contextures.spectrum import decompose

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((120, 4))
NEW = RNG.standard_normal((9, 4))
WAVE = np.sin(2 * ROWS[:, 0]) + 0.1 * RNG.standard_normal(120)


def centred_values(gram):
    """Give the eigenvalues of a kernel's operator less its means, largest first."""
    n = len(gram)
    away = np.eye(n) - 1 / n
    return np.linalg.eigvalsh(away @ gram @ away / n)[::-1]


def test_a_walk_by_a_gaussian_is_the_gaussian_context():
    walk = KernelContext(RBF(0.7)).fit(ROWS)
    gaussian = RBFContext(gamma=1 / (2 * 0.7**2)).fit(ROWS)
    np.testing.assert_allclose(walk.transition(NEW).toarray(), gaussian.transition(NEW).toarray())
    np.testing.assert_allclose(walk.dual_kernel(NEW), gaussian.dual_kernel(NEW))
    default = KernelContext().fit(ROWS).transition(NEW)
    np.testing.assert_allclose(default.toarray(), RBFContext().fit(ROWS).transition(NEW).toarray())


@pytest.mark.parametrize(
    "kernel",
    [
        Matern(1.5, nu=1.5),
        RationalQuadratic(alpha=0.5),
        ConstantKernel(4.0) * RBF([1.0, 2.0, 3.0, 4.0]) + 0.1 * RBF(0.3),
        DotProduct(),
        PairwiseKernel(metric="laplacian"),
    ],
    ids=str,
)
def test_a_centred_kernel_has_mean_one_and_eigenvalues_in_proportion_to_its_own(kernel):
    context = KernelContext(kernel, normalization="centred").fit(ROWS)
    np.testing.assert_allclose(context.fitted_kernel().mean(axis=1), 1.0, atol=1e-8)
    values = centred_values(kernel(ROWS))
    found = decompose(KernelContext(kernel, normalization="centred"), ROWS, 3).singular_values
    np.testing.assert_allclose(found**2, values[:3] / values[0], rtol=1e-6)
    # New rows: the kernel less its means over fitted rows.
    cross, gram = kernel(NEW, ROWS), kernel(ROWS)
    means = cross.mean(axis=1, keepdims=True) + gram.mean(axis=0) - gram.mean()
    expected = 1 + (cross - means) / values[0]
    np.testing.assert_allclose(context.dual_kernel(NEW, ROWS), expected, atol=1e-6)


def test_landmarks_give_nystroems_kernel():
    kernel = RBF(2.0)
    context = KernelContext(kernel, normalization="centred", n_landmarks=15).fit(ROWS)
    cross = kernel(ROWS, context.points_)
    low = cross @ np.linalg.pinv(kernel(context.points_), rcond=1e-12) @ cross.T
    top = centred_values(low)[0]
    away = np.eye(len(ROWS)) - 1 / len(ROWS)
    np.testing.assert_allclose(context.fitted_kernel(), 1 + away @ low @ away / top, atol=1e-5)


def test_all_rows_span_the_kernel_up_to_a_limit(monkeypatch):
    monkeypatch.setattr(kernel_contexts, "MOST_EXACT", 100)
    monkeypatch.setattr(kernel_contexts, "N_LANDMARKS", 60)
    assert KernelContext().fit(ROWS[:100]).points_.shape == (100, 4)
    assert KernelContext().fit(ROWS[:101]).points_.shape == (60, 4)


def test_parameters_of_the_kernel_are_set_as_scikit_learn_does():
    context = KernelContext(ConstantKernel(2.0) * RBF(1.0))
    context.set_params(kernel__k2__length_scale=3.0)
    assert context.kernel.k2.length_scale == 3.0
    assert clone(context).get_params()["kernel__k2__length_scale"] == 3.0
    fitted = context.fit(ROWS)
    assert fitted.kernel_ is not context.kernel


@pytest.mark.parametrize(
    "context",
    [
        KernelContext(0.5 * RBF([1.0, 2.0, 0.5, 1.0]) + Matern(2.0, nu=1.5) ** 2 + WhiteKernel()),
        KernelContext(RationalQuadratic() * DotProduct(), "each", "centred"),
        KernelContext(widths="each"),
        KernelContext(PairwiseKernel(metric="rbf"), n_landmarks=20),
    ],
    ids=str,
)
def test_kernels_come_back_from_files(context):
    assert repr(construct(describe(context))) == repr(context)
    arrays = {}
    fitted = context.fit(ROWS, WAVE)
    again = restore_fitted(describe_fitted(fitted, arrays), arrays)
    np.testing.assert_array_equal(again.dual_kernel(NEW), fitted.dual_kernel(NEW))


def test_files_hold_no_kernel_of_ones_own():
    class Own(RBF):
        pass

    with pytest.raises(InputError, match="cannot be written"):
        describe(KernelContext(Own()))
    with pytest.raises(KeyError):
        construct({"kind": "KernelContext", "parameters": {"kernel": {"kernel": "Own"}}})


def test_a_row_like_no_fitted_row_goes_to_the_nearest():
    walk = KernelContext(RBF(0.01)).fit(np.arange(10.0)[:, None])
    assert walk.transition([[1e4], [2.9]]).indices.tolist() == [9, 3]


@pytest.mark.parametrize(
    ("kernel", "normalization", "message"),
    [
        (DotProduct(), "walk", "give normalization='centred'"),
        (PairwiseKernel(metric="cosine"), "walk", "chances cannot be below zero"),
        (PairwiseKernel(metric="sigmoid", gamma=2.0), "centred", "positive semidefinite"),
        (ConstantKernel(), "centred", "the same for all rows"),
        (RBF([1.0, 2.0]), "walk", "one for each column"),
        (CompoundKernel([RBF(), RBF(2.0)]), "walk", "one number for each pair"),
        ("rbf", "walk", "is not a kernel"),
        (RBF(), "rows", "normalization='rows' is not known"),
    ],
)
def test_what_is_no_context_is_refused_in_a_sentence(kernel, normalization, message):
    with pytest.raises(InputError, match=message):
        KernelContext(kernel, normalization=normalization).fit(ROWS)


@pytest.mark.parametrize("by_column", [False, True])
@pytest.mark.parametrize(
    "kernel",
    [
        RBF(),
        0.5 * Matern(nu=2.5) + RationalQuadratic() ** 2,
        RBF([1.0, 2.0, 3.0, 4.0]) + DotProduct(),
        RationalQuadratic(alpha=0.5) * RBF(2.0),
    ],
    ids=str,
)
def test_the_evidence_is_the_normal_density_and_its_slopes_are_right(kernel, by_column):
    """Against scipy's density, and differences of it."""
    begin = np.array([0.1, -0.2, 0.0, 0.3])
    given = np.concatenate([np.log([0.7, 0.1]), [0.2, -0.1, 0.3, 0.1] if by_column else [0.2]])
    rows, targets = ROWS[:30], WAVE[:30, None]

    def value(logarithms):
        scaled = rows * np.exp(begin + logarithms[2:])
        gram = 1 + np.exp(logarithms[0]) * kernel(scaled, scaled)
        gram += (np.exp(logarithms[1]) + LEAST_NOISE + JITTER) * np.eye(30)
        density = multivariate_normal(np.zeros(30), gram).logpdf(targets[:, 0])
        return -density - 15 * np.log(2 * np.pi)

    found, slopes = _evidence(kernel, given, begin, rows, targets, by_column=by_column)
    assert found == pytest.approx(value(given))
    steps = 1e-5 * np.eye(len(given))
    expected = [(value(given + step) - value(given - step)) / 2e-5 for step in steps]
    np.testing.assert_allclose(slopes, expected, rtol=1e-4, atol=1e-4)


def test_kernels_of_the_distance_alone_are_known():
    assert is_round(2.0 * RBF(3.0) + Matern() ** 2)
    assert not is_round(RBF([1.0, 2.0]))
    assert not is_round(RBF() + DotProduct())


@pytest.mark.parametrize("kernel", [None, RBF(), Matern(nu=1.5)], ids=str)
def test_widths_find_the_column_that_matters(kernel):
    context = KernelContext(kernel, "each").fit(ROWS, WAVE)
    assert context.scales_[0] > 5 * context.scales_[1:].max()
    assert LEAST_NOISE <= context.noise_ < 0.1


def test_a_shared_width_is_as_likely_as_scikit_learns():
    """The evidence at our width is that of scikit-learn's own search, but for the prior."""
    context = KernelContext(RBF(), "shared").fit(ROWS, WAVE)
    assert np.ptp(context.scales_) < 1e-12 * context.scales_[0]
    kernel = ConstantKernel() * RBF() + WhiteKernel() + ConstantKernel(1.0, "fixed")
    centred = (WAVE - WAVE.mean()) / np.std(WAVE)
    process = GaussianProcessRegressor(kernel, n_restarts_optimizer=3, random_state=0)
    width = process.fit(ROWS, centred).kernel_.k1.k1.k2.length_scale
    assert 1 / context.scales_[0] == pytest.approx(width, rel=0.15)


def test_widths_of_what_is_no_kernel_are_refused():
    class Negative(RBF):
        def __call__(self, X, Y=None, eval_gradient=False):
            return -9 * super().__call__(X, Y)

    with pytest.raises(InputError, match="is no kernel between these rows"):
        KernelContext(Negative(), "shared", "centred").fit(ROWS, WAVE)


def test_labels_that_noise_cannot_explain_do_not_take_it_below_its_floor():
    context = KernelContext(RBF(), "shared").fit(ROWS, ROWS[:, 0] * 3 + 1)
    assert LEAST_NOISE <= context.noise_ < 1e-2


def test_units_of_columns_do_not_matter_to_widths_of_their_own():
    units = np.array([1e3, 1.0, 1e-3, 50.0])
    one = KernelContext(RBF(), "each").fit(ROWS, WAVE)
    other = KernelContext(RBF(), "each").fit(ROWS * units, WAVE)
    np.testing.assert_allclose(other.scales_ * units, one.scales_, rtol=1e-4)


def test_classes_are_learned_from_as_indicators():
    words = np.array(["low", "high"])[(ROWS[:, 1] + ROWS[:, 2] > 0).astype(int)]
    context = KernelContext(RBF(), "each").fit(ROWS, words)
    assert context.scales_[1:3].min() > 3 * context.scales_[[0, 3]].max()
    again = KernelContext(RBF(), "each").fit(ROWS, words == "low")
    np.testing.assert_allclose(context.scales_, again.scales_, rtol=1e-4)


def test_rows_without_a_label_take_part_in_all_but_the_widths():
    some = np.where(np.arange(120) < 80, WAVE, np.nan)
    context = KernelContext(RBF(), "each").fit(ROWS, some)
    np.testing.assert_allclose(
        context.scales_ * ROWS.std(axis=0),
        KernelContext(RBF(), "each").fit(ROWS[:80], WAVE[:80]).scales_ * ROWS[:80].std(axis=0),
        rtol=0.2,
    )
    assert len(context.points_) == 120


@pytest.mark.parametrize("kernel", [None, RBF()], ids=str)
@pytest.mark.parametrize(("p", "cross_fit"), [(250, None), (250, 5), (5000, None)])
def test_of_many_columns_all_share_a_width_and_that_is_said_once(kernel, p, cross_fit):
    wide = np.random.default_rng(1).standard_normal((60, p))
    with pytest.warns(ContextWarning, match=f"one width for all {p:,} columns") as said:
        context = KernelContext(kernel, "each", cross_fit=cross_fit).fit(wide, wide[:, 0])
    assert len([each for each in said if "one width" in str(each.message)]) == 1
    assert np.ptp(context.scales_) < 1e-12 * context.scales_[0]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, r"call fit\(X, y\)"),
        (WAVE[:9], "one label per row"),
        (np.full(120, np.nan), "0 labels that are all alike"),
        (np.ones(120), "all alike"),
    ],
)
def test_widths_need_labels_that_differ(y, message):
    with pytest.raises(InputError, match=message):
        KernelContext(RBF(), "shared").fit(ROWS, y)


def test_widths_without_labels_see_none_and_find_the_smoothness_of_the_tasks():
    one = KernelContext(RBF(), "pseudo-tasks").fit(ROWS, WAVE)
    other = KernelContext(RBF(), "pseudo-tasks").fit(ROWS * [1e3, 1, 1, 1e-3])
    assert not one.needs_y
    np.testing.assert_allclose(other.scales_ * [1e3, 1, 1, 1e-3], one.scales_, rtol=1e-3)
    spread = ROWS.std(axis=0)
    np.testing.assert_allclose(one.scales_ * spread, one.scales_[0] * spread[0], rtol=1e-9)
    assert 0.05 < one.scales_[0] < 1.5  # neither straight lines nor rows that are all alone


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.where(WAVE > 1, np.inf, WAVE), "y holds infinite values; leave"),
        (np.array(["a", 1] * 60, dtype=object), "numbers or words, of one kind"),
        (np.array([b"a", b"b"] * 60), "numbers or words, of one kind"),
        (WAVE * 1j, "numbers or words, of one kind"),
        (np.array([["a", "b"], ["c", "d"]] * 60), r"one per row; y has shape \(120, 2\)"),
    ],
)
@pytest.mark.parametrize("context", [KernelContext(widths="each"), LabelContext()])
def test_labels_that_are_none_are_refused_in_one_sentence(context, y, message):
    with pytest.raises(InputError, match=message) as caught:
        context.fit(ROWS, y)
    assert "\n" not in str(caught.value)


def test_several_numbers_a_row_are_learned_from_whatever_their_shape():
    y = np.stack([WAVE, WAVE**2, -WAVE, ROWS[:, 1]], axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # amounts are no whole numbers in any shape
        flat, deep = (
            KernelContext(widths="shared").fit(ROWS, each) for each in (y, y.reshape(-1, 2, 2))
        )
    np.testing.assert_allclose(deep.scales_, flat.scales_)


@pytest.mark.parametrize(
    "kernel",
    [
        WhiteKernel(),  # zero between rows that differ
        RBF() * WhiteKernel(),
        ExpSineSquared(1.0, 2.0),  # no kernel in several columns, but where it is narrow
    ],
)
def test_widths_for_tasks_of_kernels_with_a_weak_place(kernel):
    scales = KernelContext(kernel, "pseudo-tasks").fit(ROWS).scales_
    assert np.isfinite(scales).all() and (scales > 0).all()


def test_no_width_makes_a_kernel_of_what_is_none():
    below = KernelContext(ConstantKernel(-1.0) * RBF(), "pseudo-tasks", "centred", n_landmarks=99)
    with pytest.raises(InputError, match="is no kernel between these rows, at no width"):
        below.fit(ROWS)
    with pytest.raises(InputError, match=r"has the eigenvalue -.*positive semidefinite") as caught:
        below.set_params(widths="fixed").fit(ROWS)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [1e-200, 1e-5, 1e100])
def test_the_size_of_a_kernel_changes_no_expected_error(size):
    """The penalty is in units of the kernel's own."""
    tasks = pseudo_tasks(ROWS)
    np.testing.assert_allclose(
        expected_error(size * RBF()(ROWS), 0.1, tasks), expected_error(RBF()(ROWS), 0.1, tasks)
    )


def test_kernels_mix_and_embed_like_other_contexts():
    mix = 0.5 * KernelContext(RBF(), "shared") + 0.5 * KNNContext(5)
    assert mix.needs_y and mix.inductive
    assert SpectralEncoder(mix, 3).fit(ROWS, WAVE).transform(NEW).shape == (9, 3)
    walk = KernelContext(RBF()) @ KNNContext(5)
    assert SpectralEncoder(walk, 3).fit(ROWS).transform(NEW).shape == (9, 3)
    with pytest.raises(InputError, match="kernel"):
        parse_context("kernel")

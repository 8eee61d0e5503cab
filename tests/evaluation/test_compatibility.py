"""Compatibility of tasks with contexts: exact, and from a few labels."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

import oracles
from contextures import RitzEncoder, SpectralEncoder
from contextures.contexts import (
    FiniteContext,
    KNNContext,
    LabelContext,
    MonteCarloContext,
    NoiseContext,
    SCARFContext,
    TeacherContext,
)
from contextures.evaluation import compatibility, estimate_compatibility
from contextures.evaluation.hsic import jackknifed_hsic
from contextures.exceptions import InputError
from contextures.spectrum import decompose, decompose_fitted

P = 0.1
CUBE = oracles.cube(5)
FLIPS = FiniteContext(oracles.flips(5, P)).fit(None)
PARITIES = {k: CUBE[:, :k].prod(axis=1).astype(float) for k in range(1, 6)}


@pytest.mark.parametrize("degree", [1, 2, 3, 5])
def test_a_parity_of_degree_k_has_compatibility_of_the_kth_power(degree):
    target = 3.0 * PARITIES[degree] + 7.0
    assert compatibility(FLIPS, target).value == pytest.approx((1 - 2 * P) ** degree)
    whole = compatibility(decompose_fitted(FLIPS, 31), target)
    assert whole.interval == pytest.approx((0.8**degree, 0.8**degree))


def test_mixtures_outputs_and_classes_average_squares_by_variance():
    mixed = 3.0 * PARITIES[1] + 4.0 * PARITIES[2]
    expected = np.sqrt((9 * 0.8**2 + 16 * 0.8**4) / 25)
    assert compatibility(FLIPS, mixed).value == pytest.approx(expected)
    both = compatibility(FLIPS, np.column_stack([3.0 * PARITIES[1], 4.0 * PARITIES[2]]))
    assert both.value == pytest.approx(expected)
    np.testing.assert_allclose(both.per_output, [0.8, 0.64])
    names = np.where(PARITIES[2] > 0, "even", "odd")
    assert compatibility(FLIPS, names).value == pytest.approx(0.64)
    assert compatibility(FLIPS, PARITIES[2], "classification").value == pytest.approx(0.64)


def test_in_any_finite_context_it_lies_between_zero_and_the_first_singular_value():
    rng = np.random.default_rng(0)
    for _ in range(50):
        n, m = rng.integers(3, 9, 2)
        joint = rng.random((n, m)) ** rng.integers(1, 6)
        context = FiniteContext(joint / joint.sum()).fit(None)
        spectrum = decompose_fitted(context, min(n, m) - 1)
        target = rng.standard_normal((n, 2))
        found = compatibility(context, target)
        assert 0 <= found.value <= spectrum.singular_values[0] + 1e-9
        again = compatibility(spectrum, target)
        assert again.interval == pytest.approx((found.value, found.value))
        best = compatibility(context, spectrum.left[:, 0])
        assert best.value == pytest.approx(spectrum.singular_values[0])


def test_a_cut_spectrum_brackets_the_truth():
    target = 3.0 * PARITIES[1] + 4.0 * PARITIES[3]
    exact = compatibility(FLIPS, target)
    cut = compatibility(decompose_fitted(FLIPS, 5), target)  # degree one alone
    assert cut.value == pytest.approx(0.6 * 0.8)
    low, high = cut.interval
    assert low < exact.value < high
    assert high == pytest.approx(0.8)


def test_weights_of_rows_count():
    joint = np.array([[0.5, 0.0, 0.1], [0.1, 0.1, 0.0], [0.0, 0.1, 0.1]])
    context = FiniteContext(joint).fit(None)
    target = np.array([1.0, 2.0, 4.0])
    weights = joint.sum(axis=1)
    centred = target - weights @ target
    means = joint.T @ centred / joint.sum(axis=0)
    expected = np.sqrt((joint.sum(axis=0) @ means**2) / (weights @ centred**2))
    assert compatibility(context, target).value == pytest.approx(expected)
    spectrum = decompose_fitted(context, 2)
    assert compatibility(spectrum, target).interval == pytest.approx((expected, expected))


def test_kernel_contexts_agree_with_their_spectrum():
    X = np.random.default_rng(0).standard_normal((200, 3))
    context = TeacherContext(PCA(3)).fit(X)
    target = X[:, 0] + np.random.default_rng(1).standard_normal(200)
    spectrum = decompose(TeacherContext(PCA(3)), X, 3)
    exact = compatibility(context, target).value
    assert compatibility(spectrum, target).interval == pytest.approx((exact, exact))


def test_labels_keep_what_lies_between_them():
    context = LabelContext().fit(np.zeros((6, 1)), list("aabbcc"))
    assert compatibility(context, list("aabbcc")).value == pytest.approx(1.0)
    assert compatibility(context, [1.0, -1.0, 2.0, -2.0, 3.0, -3.0]).value == pytest.approx(0.0)


def test_counting_draws_is_corrected_for():
    # Counts of few draws look like association: a parity of degree three has s^2 = 0.4^6 here.
    X = oracles.cube(8).astype(float)
    context = MonteCarloContext(SCARFContext(0.6), n_draws=20).fit(X)
    means = context.expansion_.T @ (X[:, :3].prod(axis=1) / 256)
    counted = (means**2 / context.context_weights_).sum()
    assert counted > 0.03
    found = compatibility(context, X[:, :3].prod(axis=1)).value
    assert found**2 == pytest.approx(0.4**6, abs=0.02)


def labelled(rng, n, noise=0.0):
    """Rows of the cube, and labels 3 chi_1 + 4 chi_2 with noise of a given standard deviation."""
    rows = rng.integers(0, 32, n)
    target = 3.0 * PARITIES[1] + 4.0 * PARITIES[2]
    return rows, target[rows] + noise * rng.standard_normal(n)


TRUTH = (9 * 0.8**2 + 16 * 0.8**4) / 25


@pytest.mark.parametrize("degree", [1, 3])
def test_few_labels_of_a_parity_are_near_its_compatibility(degree):
    rows = np.random.default_rng(0).integers(0, 32, 400)
    found = estimate_compatibility(FLIPS, PARITIES[degree][rows], rows)
    assert found.value == pytest.approx(0.8**degree, abs=0.03)
    low, high = found.interval
    assert low <= 0.8**degree <= high


@pytest.mark.parametrize("noise", [0.0, 5.0])
def test_the_estimate_has_no_bias_and_noise_lowers_it(noise):
    rng = np.random.default_rng(0)
    spectrum = decompose_fitted(FLIPS, 31)
    squares = []
    for _ in range(600):
        rows, y = labelled(rng, 40, noise)
        found, _ = jackknifed_hsic(
            spectrum.left[rows] * spectrum.singular_values, (y - y.mean())[:, None]
        )
        squares.append(found)
    # Without the division the numerator itself is unbiased: sum_i s_i^2 <f, mu_i>^2.
    error = np.std(squares) / np.sqrt(len(squares))
    assert np.mean(squares) == pytest.approx(25 * TRUTH, abs=4 * error)
    rows, y = labelled(rng, 20_000, noise)
    value = estimate_compatibility(FLIPS, y, rows).value
    assert value == pytest.approx(np.sqrt(TRUTH * 25 / (25 + noise**2)), abs=0.02)


@pytest.mark.parametrize(("n", "noise"), [(40, 0.0), (40, 5.0), (200, 5.0)])
def test_the_interval_covers_about_as_often_as_it_says(n, noise):
    rng = np.random.default_rng(1)
    truth = np.sqrt(TRUTH * 25 / (25 + noise**2))
    hits = []
    for _ in range(300):
        rows, y = labelled(rng, n, noise)
        low, high = estimate_compatibility(FLIPS, y, rows).interval
        hits.append(low <= truth <= high)
    assert 0.90 <= np.mean(hits) <= 0.99


def test_the_interval_covers_for_noisy_classes_and_heavy_tails():
    rng = np.random.default_rng(2)
    chances = 1 / (1 + np.exp(1.5 - 2 * PARITIES[1] - PARITIES[2]))
    heavy = np.exp(CUBE[:, :3].sum(axis=1))
    share = chances.mean() * (1 - chances.mean())
    truths = compatibility(FLIPS, chances).value * np.sqrt(chances.var() / share)
    hits = []
    for _ in range(200):
        rows = rng.integers(0, 32, 150)
        names = np.where(rng.random(150) < chances[rows], "yes", "no")
        for target, truth in ((names, truths), (heavy[rows], compatibility(FLIPS, heavy).value)):
            low, high = estimate_compatibility(FLIPS, target, rows).interval
            hits.append(low <= truth <= high)
    assert 0.90 <= np.mean(hits[::2]) <= 0.99
    assert 0.90 <= np.mean(hits[1::2]) <= 0.99


def test_leaving_a_row_out_is_what_it_says():
    rng = np.random.default_rng(0)
    F, G = rng.standard_normal((12, 3)) + 2.0, rng.standard_normal((12, 2))
    G -= G.mean(axis=0)
    whole, without = jackknifed_hsic(F, G)
    for i in range(12):
        kept = np.delete(G, i, axis=0)
        again, _ = jackknifed_hsic(np.delete(F, i, axis=0), kept - kept.mean(axis=0))
        assert without[i] == pytest.approx(again)
    K, L = F @ F.T, G @ G.T
    total, count = 0.0, 0
    for i, j, q, r in np.ndindex(12, 12, 12, 12):
        if len({i, j, q, r}) == 4:
            # Cov(f, g)^2 from four rows, the U-statistic by its definition.
            total += K[i, j] * L[i, j] + K[i, j] * L[q, r] - 2 * K[i, j] * L[i, q]
            count += 1
    assert whole == pytest.approx(total / count)


def test_encoders_contexts_and_arrays_agree_on_the_same_functions():
    rng = np.random.default_rng(0)
    rows, y = labelled(rng, 100)
    encoder = SpectralEncoder(FiniteContext(oracles.flips(5, P)), 31).fit(None)
    whole = estimate_compatibility(FLIPS, y, rows)
    by_encoder = estimate_compatibility(encoder, y, rows)
    by_array = estimate_compatibility(
        encoder.transform(rows), y, singular_values=encoder.singular_values_
    )
    assert by_encoder.value == pytest.approx(whole.value)
    assert by_array.interval == pytest.approx(whole.interval)


def test_it_holds_on_other_rows_where_the_exact_one_on_a_sample_takes_noise_for_signal():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(600, 2))
    noise = rng.standard_normal(600)
    context = KNNContext(5).fit(X[:300])
    assert compatibility(context, noise[:300]).value > 0.3
    assert estimate_compatibility(context, noise[300:], X[300:]).interval[0] == 0.0
    smooth = estimate_compatibility(context, X[300:, 0], X[300:])
    assert smooth.interval[0] > 0.9


def test_contexts_that_only_draw_are_judged_through_an_encoder():
    X = np.random.default_rng(0).standard_normal((8000, 2))
    encoder = RitzEncoder(NoiseContext(0.5), 9, n_functions=200).fit(X[:3000])
    found = estimate_compatibility(encoder, X[3000:, 0], X[3000:])
    assert found.value == pytest.approx(1 / np.sqrt(1 + 0.5**2), abs=0.03)
    for refuse in (compatibility, lambda c, y: estimate_compatibility(c, y, X)):
        with pytest.raises(InputError, match="only draws"):
            refuse(NoiseContext(0.5).fit(X), X[:, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: compatibility(FLIPS, np.ones(32)), "target is constant"),
        (lambda: compatibility(FLIPS, np.ones(3)), "for each of the 32 rows"),
        (lambda: compatibility(FLIPS, np.full(32, np.nan)), "missing or infinite"),
        (lambda: compatibility(FLIPS, np.ones(32), "ranking"), "kind='ranking'"),
        (lambda: compatibility(FLIPS, ["a"] * 31 + [None]), "missing labels"),
        (lambda: compatibility(FLIPS, ["a"] * 32, "regression"), "give kind='classification'"),
        (lambda: compatibility(SpectralEncoder(), np.ones(32)), "give a fitted context"),
        (lambda: estimate_compatibility(FLIPS, [1.0, 2.0], [0, 1]), "five or more"),
        (lambda: estimate_compatibility(FLIPS, np.arange(32.0)), "give them as X"),
        (lambda: estimate_compatibility(CUBE, np.arange(32.0)), "singular_values are needed"),
        (
            lambda: estimate_compatibility(CUBE, np.arange(32.0), singular_values=[0.5]),
            "must be 5 numbers",
        ),
        (lambda: estimate_compatibility(FLIPS, np.ones(9), range(9)), "constant on the labelled"),
    ],
)
def test_what_cannot_be_judged_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()

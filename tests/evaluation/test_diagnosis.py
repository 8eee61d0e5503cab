"""How much of a contexture an embedding has learned, against contexts known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

import oracles
from contextures.contexts import FiniteContext, GraphContext, KNNContext, NoiseContext, RBFContext
from contextures.contexts import TeacherContext as Teacher
from contextures.encoders import RitzEncoder, SpectralEncoder
from contextures.evaluation import cca_alignment, diagnose, learned_shares
from contextures.evaluation.jackknife import Jackknife
from contextures.evaluation.learned.diagnosis import ritz_functions
from contextures.evaluation.learned.fresh_rows import FreshRows
from contextures.exceptions import InputError
from contextures.spectrum.ritz.ratio_trace import ratio_trace

RNG = np.random.default_rng(0)
NODES = np.arange(32)
CUBE = SpectralEncoder(FiniteContext(oracles.flips(5, 0.15)), 31).fit(NODES)
DRAWN = RNG.integers(0, 32, 3000)
FIVE = SpectralEncoder(CUBE.context, 8).fit(NODES)

X = RNG.standard_normal((600, 3))
FIT, FRESH = X[:400], X[400:]
KNN = SpectralEncoder(KNNContext(40), 20).fit(FIT)


def on_the_cube(columns, exact=CUBE, **options):
    """Diagnose functions of the cube, given by their values on its 32 points."""
    return diagnose(columns, columns[DRAWN], exact, NODES, DRAWN, **options)


def test_exact_functions_are_learned_whole_and_nothing_is_left_to_optimise():
    found = diagnose(KNN.transform(FIT)[:, :8], KNN.transform(FRESH)[:, :8], KNN, FIT, FRESH,
                     closed_form=RitzEncoder(KNNContext(40), 8).fit(FIT))  # fmt: skip
    np.testing.assert_allclose(found.learned_fitted, [1.0] * 8 + [0.0] * 12, atol=1e-9)
    np.testing.assert_allclose(found.learned_fresh[:8], 1.0, atol=1e-9)
    np.testing.assert_allclose(found.ritz_values, KNN.singular_values_[:8], atol=1e-9)
    assert found.alignment == pytest.approx(1.0)
    assert found.share.value == pytest.approx(1.0)
    assert found.share.error == pytest.approx(0.0, abs=1e-9)
    assert found.parts["optimisation"].value == pytest.approx(0.0, abs=1e-9)
    assert found.gains["learning"].value == pytest.approx(0.0, abs=1e-9)
    assert "learning" not in found.helps


def test_functions_left_out_have_a_share_of_zero_and_the_others_of_one():
    mu = CUBE.spectrum_.left
    kept = np.delete(np.arange(20), [1, 4, 7])
    found = on_the_cube(mu[:, kept])
    expected = np.zeros(31)
    expected[kept] = 1.0
    np.testing.assert_allclose(found.learned_fitted, expected, atol=1e-9)
    assert found.n_components == found.n_judged == 17
    # What is missing costs exactly its squared singular values, less what came in its place.
    s = CUBE.singular_values_**2
    gap = s[:17].sum() - s[kept].sum()
    assert found.gains["learning"].value == pytest.approx(gap, abs=0.02)


def test_the_parts_are_those_of_the_closed_form_and_add_up_to_the_shortfall():
    """On the whole population there is no estimation error, and the width is known."""
    found = on_the_cube(CUBE.spectrum_.left[:, :5])
    total = (1 + 0.7**2) ** 5 - 1
    assert found.ceiling == pytest.approx(total)
    assert found.parts["width"].value == pytest.approx(total - 5 * 0.7**2)
    estimation = found.parts["estimation"]
    assert abs(estimation.value) < 3 * estimation.error
    parts = sum(part.value for part in found.parts.values())
    assert parts == pytest.approx(found.ceiling - found.encoder.value)
    # The next five functions have singular value 0.7^2.
    assert found.gains["width"].value == pytest.approx(5 * 0.7**4, abs=0.1)
    assert found.helps == ["width"]


def test_weighted_shares_add_up_to_the_ratio_trace_of_the_fitted_rows():
    star = oracles.path(8) + np.diag(np.arange(8.0))
    exact = SpectralEncoder(GraphContext(star), 7).fit(None)
    Z = RNG.standard_normal((8, 3))
    weights = exact.context_.input_weights_
    shares = learned_shares(Z, exact.spectrum_.left, weights=weights)
    attained = (ritz_functions(exact.context_, Z).singular_values ** 2).sum()
    assert attained == pytest.approx((exact.singular_values_**2 * shares).sum())


def test_noise_columns_take_up_width_and_bring_nothing_on_fresh_rows():
    """Pitfall: on the fitted rows any columns seem to have learned something."""
    plain = KNN.transform(X)[:, :5]
    noisy = np.hstack([plain, RNG.standard_normal((600, 15))])
    clean = diagnose(plain[:400], plain[400:], KNN, FIT, FRESH)
    found = diagnose(noisy[:400], noisy[400:], KNN, FIT, FRESH)
    assert found.n_judged == 20
    assert found.learned_fitted[5:].mean() > 0.02  # 15 / 400 in expectation
    assert found.learned_fresh[5:].mean() < 0.0
    assert found.share.value < clean.share.value
    assert found.encoder.value < clean.encoder.value + 3 * found.encoder.error
    assert found.helps[0] == "learning"


def test_invertible_maps_and_shifts_change_nothing():
    Z = PCA(3).fit(FIT).transform(X)
    mixed = (Z @ RNG.standard_normal((3, 3))) * [1e-4, 1.0, 1e5] + 7.0
    one = diagnose(Z[:400], Z[400:], KNN, FIT, FRESH)
    other = diagnose(mixed[:400], mixed[400:], KNN, FIT, FRESH)
    for name in ("learned_fitted", "learned_fresh", "ritz_values"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-6)
    assert other.encoder.value == pytest.approx(one.encoder.value)
    assert other.gains["learning"].error == pytest.approx(one.gains["learning"].error)
    assert other.alignment == pytest.approx(cca_alignment(Z[:400], KNN.spectrum_.left[:, :3]))


def test_the_values_are_those_of_the_functions_they_are_defined_by():
    Z = PCA(2).fit(FIT).transform(X)
    ritz = RitzEncoder(KNNContext(40), 2).fit(FIT)
    half = SpectralEncoder(KNNContext(20), 2).fit(FIT[::2])
    found = diagnose(Z[:400], Z[400:], KNN, FIT, FRESH, closed_form=ritz, half=half)
    exact, context = KNN.transform(FRESH), KNN.context_

    rows = FreshRows(context, FRESH, FIT)

    def score(functions):
        return rows.ratio_trace(functions).value

    assert found.encoder.value == pytest.approx(score(Z[400:]))
    assert found.exact.value == pytest.approx(score(exact[:, :2]))
    assert found.gains["rows"].value == pytest.approx(
        score(exact[:, :2]) - score(half.transform(FRESH))
    )
    assert found.gains["width"].value == pytest.approx(score(exact[:, :4]) - score(exact[:, :2]))
    attained = found.attained.value
    assert attained in (
        pytest.approx(score(ritz.transform(FRESH))),
        found.encoder.value,
        found.exact.value,
    )
    assert found.encoder.value <= attained <= max(found.exact.value, found.encoder.value)


def test_more_rows_are_asked_for_where_the_sample_is_small():
    """The exact functions of 60 rows are far from those of the population, and half of them more
    so; what rows would bring is seen on the same fresh rows."""
    rows, fresh = RNG.standard_normal((60, 3)), RNG.standard_normal((1500, 3))
    exact = SpectralEncoder(KNNContext(12), 15).fit(rows)
    half = SpectralEncoder(KNNContext(6), 15).fit(rows[::2])
    found = diagnose(exact.transform(rows), exact.transform(fresh), exact, rows, fresh, half=half)
    assert found.parts["estimation"].clear
    assert found.helps == ["rows"]


def test_wider_outputs_show_what_an_embedding_left_behind():
    """Coordinates picked badly from good outputs are a matter of optimisation."""
    outputs = KNN.transform(X)[:, :10]
    picked = outputs[:, 5:]
    found = diagnose(picked[:400], picked[400:], KNN, FIT, FRESH,
                     outputs=(outputs[:400], outputs[400:]))  # fmt: skip
    assert found.parts["approximation"].value == pytest.approx(0.0, abs=1e-6)
    assert found.parts["optimisation"] == pytest.approx(found.gains["learning"])
    assert found.gains["learning"].clear


def test_few_fresh_rows_judge_fewer_functions():
    Z = KNN.transform(X)
    found = diagnose(Z[:400], Z[400:440], KNN, FIT, FRESH[:40])
    assert (found.n_components, found.n_judged) == (20, 10)
    assert found.learned_fitted.shape == (20,)
    assert found.share.value == pytest.approx(1.0)
    assert "width" not in found.gains


def test_standard_errors_are_those_of_independent_repetitions():
    """The errors of paired differences, checked by drawing fresh rows again and again."""
    Z = PCA(2).fit(FIT)
    values, errors = [], []
    for seed in range(60):
        fresh = np.random.default_rng(100 + seed).standard_normal((200, 3))
        found = diagnose(Z.transform(FIT), Z.transform(fresh), KNN, FIT, fresh)
        values.append(found.gains["learning"].value)
        errors.append(found.gains["learning"].error)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.35)


def test_few_fresh_rows_hardly_bias_the_ratio_trace_of_many_functions():
    """Pitfall: 30 functions on 300 rows come out a sixth too low, five functions hardly."""
    many = RNG.standard_normal((6000, 3))
    exact = SpectralEncoder(KNNContext(40), 30).fit(FIT)
    context = exact.context_
    expected = FreshRows(context, many, FIT).ratio_trace(exact.transform(many)).value
    plain, corrected = [], []
    for seed in range(12):
        fresh = np.random.default_rng(seed).standard_normal((300, 3))
        found = FreshRows(context, fresh, FIT).ratio_trace(exact.transform(fresh))
        plain.append(found.values[0])
        corrected.append(found.value)
    assert np.mean(plain) < 0.88 * expected
    assert np.mean(corrected) == pytest.approx(expected, rel=0.08)


def test_functions_of_the_noise_of_a_support_are_worth_nothing():
    """Pitfall: under the context that they were found from they seem to be, even on fresh rows."""
    many = RNG.standard_normal((4000, 6))
    rows, fresh = many[:500], many[500:]
    exact = SpectralEncoder(KNNContext(4), 100).fit(rows)
    last = exact.transform(fresh)[:, 80:]
    own = ratio_trace(last, exact.context_, fresh)
    honest = FreshRows(exact.context_, fresh, rows).ratio_trace(last).value
    assert own > 4.0
    assert honest < 0.5 * own


def test_contexts_that_are_not_made_of_rows_are_judged_by_as_they_are():
    found = FreshRows(CUBE.context_, DRAWN, NODES).ratio_trace(CUBE.transform(DRAWN)[:, :3])
    same = ratio_trace(CUBE.transform(DRAWN)[:, :3], CUBE.context_, DRAWN)
    assert found.values[0] == pytest.approx(same)


def test_the_jackknife_of_a_mean_is_its_standard_error():
    sample = RNG.standard_normal(1000)
    groups = np.array_split(np.arange(1000), 50)
    means = [sample.mean()] + [np.delete(sample, group).mean() for group in groups]
    assert Jackknife(np.array(means)).estimate.error == pytest.approx(1000**-0.5, rel=0.25)


def test_a_kernel_is_diagnosed_like_a_transition():
    exact = SpectralEncoder(Teacher(PCA(3)), 3).fit(FIT)
    Z = PCA(2).fit(FIT).transform(X)
    found = diagnose(Z[:400], Z[400:], exact, FIT, FRESH)
    np.testing.assert_allclose(found.learned_fitted, [1, 1, 0], atol=1e-6)
    assert found.ceiling == pytest.approx((exact.singular_values_**2).sum())


def test_a_ritz_encoder_can_stand_for_the_exact_one():
    ritz = RitzEncoder(RBFContext(1.0), 5).fit(FIT)
    found = diagnose(ritz.transform(FIT), ritz.transform(FRESH), ritz, FIT, FRESH)
    assert found.share.value == pytest.approx(1.0)
    assert set(found.parts) == {"width", "estimation", "learning"}


Z = PCA(2).fit(FIT).transform(X)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: diagnose(Z[:399], Z[400:], KNN, FIT, FRESH), "has 399 rows but there are 400"),
        (lambda: diagnose(Z[:400], Z[:3], KNN, FIT, FRESH), "has 3 rows but there are 200"),
        (lambda: diagnose(Z[:400], Z[400:, :1], KNN, FIT, FRESH), "has 1 columns, but 2"),
        (lambda: diagnose(Z[:400] * 0, Z[400:], KNN, FIT, FRESH), "is constant"),
        (lambda: diagnose(Z[:400] * np.nan, Z[400:], KNN, FIT, FRESH), "missing or infinite"),
        (lambda: diagnose(Z[:400], Z[400:405], KNN, FIT, FRESH[:5]), "5 fresh rows"),
        (lambda: FreshRows(NoiseContext().fit(FIT), FRESH, FIT), "only draws"),
        (lambda: ritz_functions(KNN.context_, np.ones((400, 400))), "400 columns for 400 fitted"),
        (lambda: learned_shares(Z, X[:5]), "has 600 rows but there are 5"),
        (lambda: learned_shares(Z[:, 0], X), r"must have shape \(n, d\)"),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(InputError, match=message):
        make()

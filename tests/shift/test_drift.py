"""The drift test: its level, its power, and that its effect does not turn on the number of rows."""

from __future__ import annotations

import numpy as np
import pytest

from contextures import SpectralEncoder
from contextures.contexts import KNNContext, RBFContext
from contextures.exceptions import InputError
from contextures.shift import drift_test

RNG = np.random.default_rng(0)
LEARNED, REFERENCE = RNG.standard_normal((400, 3)), RNG.standard_normal((300, 3))
ENCODER = SpectralEncoder(KNNContext(15), n_components=8).fit(LEARNED)


def test_the_statistic_is_the_unbiased_sum_over_pairs():
    """Of the kernel sum_i s_i^2 mu_i(x) mu_i(y), pair by pair."""
    new = RNG.standard_normal((60, 3)) + 0.3
    found = drift_test(ENCODER, REFERENCE, new, n_permutations=19)
    a, b = (ENCODER.transform(each) * ENCODER.singular_values_ for each in (REFERENCE, new))
    within = [
        ((each @ each.T).sum() - np.trace(each @ each.T)) / (len(each) * (len(each) - 1))
        for each in (a, b)
    ]
    assert found.statistic == pytest.approx(sum(within) - 2 * (a @ b.T).mean(), abs=1e-12)
    assert found.per_function.sum() == pytest.approx(found.statistic, abs=1e-12)
    assert found.mean_shift == pytest.approx(
        (b.mean(0) - a.mean(0)) / ENCODER.singular_values_, abs=1e-12
    )


@pytest.mark.parametrize("fitted", [False, True])
def test_the_level_holds_also_where_the_reference_rows_were_learned_from(fitted):
    """The p-value is at most .05 in about one of twenty repeats of nothing, at 50 rows."""
    encoder = SpectralEncoder(KNNContext(10), n_components=4)
    alarms, repeats = 0, 120
    rng = np.random.default_rng(1)
    for repeat in range(repeats):
        rows = rng.standard_normal((310, 2))
        encoder.fit(rows[:130])
        reference = rows[:130] if fitted else rows[130:260]
        found = drift_test(encoder, reference, rows[260:], n_permutations=99, random_state=repeat)
        assert found.n_reference == (65 if fitted else 130)
        alarms += found.p_value <= 0.05
    assert 1 <= alarms <= 13  # all but one in a thousand, were the level .05


def test_the_power_grows_with_rows_and_the_effect_does_not():
    effects, p_values = [], []
    rng, shift = np.random.default_rng(2), np.array([0.25, 0, 0])
    for n in (40, 4000):
        found = drift_test(
            ENCODER,
            rng.standard_normal((4000, 3)),
            rng.standard_normal((n, 3)) + shift,
            n_permutations=199,
            random_state=0,
        )
        effects.append(found)
        p_values.append(found.p_value)
    few, many = effects
    assert p_values[1] < p_values[0]
    assert p_values[1] == pytest.approx(1 / 200)
    assert few.effect_interval[0] <= many.effect <= few.effect_interval[1]
    assert np.diff(many.effect_interval) < np.diff(few.effect_interval) / 4


def test_the_interval_holds_the_effect_of_the_population():
    rng = np.random.default_rng(3)
    shift = np.array([0.25, 0, 0])
    many = [rng.standard_normal((60_000, 3)) + each for each in (0 * shift, shift)]
    true = drift_test(ENCODER, *many, n_permutations=19).effect
    inside = 0
    for _ in range(60):
        samples = [rng.standard_normal((300, 3)), rng.standard_normal((80, 3)) + shift]
        low, high = drift_test(ENCODER, *samples, n_permutations=19).effect_interval
        inside += low <= true <= high
    assert inside >= 52


def test_columns_and_rows_that_moved_are_named():
    new = RNG.standard_normal((200, 3))
    new[:50, 1] += 3
    found = drift_test(ENCODER, REFERENCE, new, random_state=0)
    assert found.p_value < 0.01
    assert np.argmax(np.abs(found.per_column)) == 1
    assert found.per_row[:50].mean() > found.per_row[50:].mean()


def test_what_the_context_feels_little_of_counts_little():
    """The same distance between means, in a wide column and in one that the context hardly sees."""
    scales = np.array([1.0, 0.05])
    rows = RNG.standard_normal((900, 2)) * scales
    encoder = SpectralEncoder(RBFContext(1.0), n_components=6).fit(rows[:300])
    effects = [
        drift_test(encoder, rows[300:600], rows[600:] + scales * step, random_state=0).effect
        for step in ([1.0, 0.0], [0.0, 1.0])
    ]
    assert effects[0] > 0.5 > 0.2 > effects[1]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros((3, 3)), "new has 3 rows, too few to tell"),
        (np.zeros((30, 2)), "X has 2 features"),
    ],
)
def test_rows_that_cannot_tell_are_refused(rows, message):
    with pytest.raises(InputError, match=message):
        drift_test(ENCODER, REFERENCE, rows)


def test_too_few_rows_that_were_learned_from_are_refused():
    encoder = SpectralEncoder(KNNContext(5), n_components=3).fit(LEARNED[:30])
    with pytest.raises(InputError, match="give at least 40, or rows that it was not fitted to"):
        drift_test(encoder, LEARNED[:30], REFERENCE)

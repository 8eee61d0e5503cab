"""The learned encoder in a report's data: through JSON and back, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import math

import learned_sample
import numpy as np
import pytest
import sample
from hypothesis import given, settings
from hypothesis import strategies as st

from contextures.exceptions import InputError
from contextures.report import LearnedEncoder, ReportData, TrainingPoint
from contextures.report.learning import MOST_POINTS, learning_of

FULL = sample.sample_report()
TINY = sample.tiny(FULL)
VARIANTS = [
    learned_sample.neural,
    learned_sample.ritz,
    learned_sample.collapsed,
    learned_sample.bare,
    learned_sample.wide,
    learned_sample.hostile,
]
numbers = st.floats(allow_nan=False, allow_infinity=False)
shares = st.floats(0.0, 1.0)
encoders = st.builds(
    LearnedEncoder,
    kind=st.sampled_from(["spectral", "ritz", "neural"]),
    label=st.text(st.characters(exclude_categories=["Cs"]), max_size=20).filter(str.strip),
    exact_spectrum=st.none() | st.lists(shares, min_size=1, max_size=1),
    alignment=st.none() | shares,
    held_out=st.none() | numbers,
    held_out_exact=st.none() | numbers,
    effective_rank=st.none() | st.floats(0.0, 1e6),
    training=st.lists(
        st.builds(TrainingPoint, st.integers(0, 10**9), st.none() | numbers, st.none() | numbers),
        max_size=4,
        unique_by=lambda point: point.step,
    ).map(lambda points: sorted(points, key=lambda point: point.step)),
)


@settings(max_examples=60, deadline=None)
@given(encoders)
def test_any_encoder_survives_json(encoder):
    report = dataclasses.replace(TINY, encoder=encoder)
    assert ReportData.from_json(report.to_json()) == report


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda f: f.__name__)
def test_samples_survive_json(variant):
    report = variant(FULL)
    assert ReportData.from_json(report.to_json()) == report


def test_a_report_written_before_encoders_were_told_is_read():
    plain = json.loads(TINY.to_json())
    del plain["encoder"]
    assert ReportData.from_json(json.dumps(plain)) == TINY
    assert TINY.encoder is None


def test_numpy_values_become_plain_and_what_is_not_finite_goes_missing():
    encoder = LearnedEncoder(
        "neural",
        "a network",
        exact_spectrum=np.array([0.25], dtype=np.float32),
        alignment=np.float64(0.5),
        held_out=math.nan,
        effective_rank=np.inf,
        training=[TrainingPoint(np.int64(3), np.float32(math.inf), np.float64(0.5))],
    )
    back = ReportData.from_json(dataclasses.replace(TINY, encoder=encoder).to_json()).encoder
    assert back == LearnedEncoder(
        "neural",
        "a network",
        exact_spectrum=[0.25],
        alignment=0.5,
        training=[TrainingPoint(3, None, 0.5)],
    )


def points(*steps):
    return [TrainingPoint(step, 1.0, None) for step in steps]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "exact"}, r"encoder\.kind cannot be 'exact'; use 'spectral', 'ritz' or 'neural'"),
        ({"label": "  "}, r"encoder\.label is empty"),
        ({"label": None}, r"encoder\.label cannot be None"),
        ({"exact_spectrum": [0.5, 0.4]}, r"has 2 values but report\.spectrum 1; give one for each"),
        ({"exact_spectrum": []}, r"has 0 values but report\.spectrum 1"),
        ({"exact_spectrum": [math.nan]}, r"encoder\.exact_spectrum"),
        ({"exact_spectrum": [1.5]}, r"exact_spectrum\[0\] cannot be 1\.5; .* between 0 and 1"),
        ({"alignment": 1.01}, r"alignment cannot be 1\.01; it must be between 0 and 1"),
        ({"alignment": -0.1}, r"alignment cannot be -0\.1"),
        ({"effective_rank": -1.0}, r"effective_rank cannot be -1; it must be 0 or more"),
        ({"training": points(2, 1)}, r"training must be in order"),
        ({"training": points(1, 1)}, r"each step of 0 or more listed once"),
        ({"training": points(-1, 1)}, r"each step of 0 or more listed once"),
        ({"training": [TrainingPoint(0.5, None, None)]}, r"training\[0\]\.step"),
        ({"training": [TrainingPoint(1, "a", None)]}, r"training\[0\]\.loss"),
    ],
)
def test_refusals_say_where(changes, message):
    encoder = dataclasses.replace(LearnedEncoder("neural", "a network"), **changes)
    with pytest.raises(InputError, match=message):
        dataclasses.replace(TINY, encoder=encoder).to_json()


def test_an_encoder_is_checked_when_read_too():
    plain = json.loads(learned_sample.neural(FULL).to_json())
    plain["encoder"]["kind"] = "other"
    with pytest.raises(InputError, match="cannot be 'other'"):
        ReportData.from_json(json.dumps(plain))


def test_rounding_may_take_a_correlation_above_one():
    encoder = LearnedEncoder("ritz", "a basis", exact_spectrum=[1 + 1e-12], alignment=1 + 1e-9)
    report = dataclasses.replace(TINY, encoder=encoder)
    assert ReportData.from_json(report.to_json()) == report


def test_shares_are_of_sums_of_squares_and_of_held_out_scores():
    encoder = LearnedEncoder(
        "ritz", "a basis", exact_spectrum=[0.8, 0.6], held_out=0.7, held_out_exact=0.875
    )
    learning = learning_of(dataclasses.replace(FULL, spectrum=[0.8, 0.0], encoder=encoder))
    assert learning.fitted == pytest.approx((0.64, 1.0))
    assert learning.fitted.ratio == pytest.approx(0.64)
    assert learning.held_out.ratio == pytest.approx(0.8)


@pytest.mark.parametrize("exact", [None, 0.0, -0.2])
def test_there_is_no_share_of_nothing(exact):
    encoder = LearnedEncoder("ritz", "a basis", held_out=0.5, held_out_exact=exact)
    learning = learning_of(dataclasses.replace(FULL, encoder=encoder))
    assert learning.held_out is None
    assert learning.fitted is None


def test_only_a_network_collapses():
    for variant, expected in (
        (learned_sample.collapsed, True),
        (learned_sample.neural, False),
        (learned_sample.bare, False),
    ):
        assert learning_of(variant(FULL)).collapsed is expected
    report = learned_sample.collapsed(FULL)
    basis = dataclasses.replace(report.encoder, kind="ritz")
    assert learning_of(dataclasses.replace(report, encoder=basis)).collapsed is False


@pytest.mark.parametrize("every", [1, 7, 1000])
def test_a_long_training_is_thinned_around_its_best(every):
    curve = [
        TrainingPoint(i, float(i), None if i % every else -abs(i - 4_997.0 // every * every))
        for i in range(20_000)
    ]
    report = learned_sample.bare(FULL)
    encoder = dataclasses.replace(report.encoder, training=curve)
    learning = learning_of(dataclasses.replace(report, encoder=encoder))
    kept = learning.encoder.training
    assert MOST_POINTS / 3 < len(kept) <= MOST_POINTS + 3
    assert kept == sorted(kept, key=lambda point: point.step)
    assert learning.best in kept
    assert learning.best.score == 0
    assert kept[0] == curve[0]
    assert kept[-1] == curve[-1]
    assert (learning.n_points, learning.n_steps) == (20_000, 19_999)


def test_the_exact_encoder_has_nothing_to_tell():
    assert learning_of(FULL) is None
    exact = LearnedEncoder("spectral", "", alignment=1.0)
    assert learning_of(dataclasses.replace(FULL, encoder=exact)) is None

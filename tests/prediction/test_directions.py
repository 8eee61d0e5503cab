"""Short rows are near to all others; where such hubs arise the local member asks for angles."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import skew

from contextures import ContextureClassifier
from contextures.contexts import KNNContext
from contextures.prediction import LocalMember, Problem, load_predictor, save_predictor
from contextures.prediction.members.directions import HUBS, ByDirection, directions, hubness

RNG = np.random.default_rng(0)
TOPICS = RNG.integers(3, size=300)


def stretched_rows():
    """Directions that depend on the topic, each row stretched by a factor of its own."""
    rows = RNG.normal(size=(3, 60))[TOPICS] + 2 * RNG.normal(size=(300, 60))
    rows *= RNG.lognormal(sigma=0.5, size=(300, 1))
    return (rows - rows.mean(axis=0)) / rows.std()


STRETCHED = stretched_rows()
PLAIN = RNG.normal(size=(300, 3))
LABELLED = np.concatenate([np.flatnonzero(each == TOPICS)[:4] for each in range(3)])


def problem(rows, targets=None):
    targets = np.eye(3)[TOPICS[LABELLED]] if targets is None else targets
    return Problem(rows, LABELLED, targets, classes=True, random_state=0)


def test_hubness_is_the_skewness_of_how_often_a_row_is_a_neighbour():
    context = KNNContext(10).fit(STRETCHED)
    often = np.bincount(context.transition(STRETCHED).indices, minlength=300)
    assert hubness(context) == pytest.approx(skew(often))
    assert hubness(context) > HUBS > hubness(KNNContext(10).fit(directions(STRETCHED)))
    ring = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    even = KNNContext(3).fit(np.column_stack([np.cos(ring), np.sin(ring)]))
    assert hubness(even) == 0.0


def test_rows_are_divided_by_their_lengths_and_zeros_stay():
    given = np.array([[3.0, 4.0], [0.0, 0.0], [-1e-200, 0.0]])
    np.testing.assert_allclose(directions(given), [[0.6, 0.8], [0, 0], [-1, 0]])


def test_among_hubs_lengths_do_not_matter_elsewhere_they_do():
    found = LocalMember().fit(problem(STRETCHED))
    assert isinstance(found, ByDirection)
    values = found.values(STRETCHED)
    stretched = STRETCHED * RNG.uniform(0.1, 10, size=(300, 1))
    np.testing.assert_allclose(found.values(stretched), values, atol=1e-9)
    by_distance = LocalMember().fit(problem(PLAIN))
    assert not isinstance(by_distance, ByDirection)
    assert np.abs(by_distance.values(3 * PLAIN) - by_distance.values(PLAIN)).max() > 0.01


def test_by_direction_fewer_rows_are_missed():
    hidden = np.setdiff1d(np.arange(300), LABELLED)
    found = LocalMember().fit(problem(STRETCHED)).values(STRETCHED).argmax(axis=1)
    unturned = super(LocalMember, local_by_distance()).fit(problem(STRETCHED))
    plain = unturned.values(STRETCHED).argmax(axis=1)
    missed, plainly = (np.mean(each[hidden] != TOPICS[hidden]) for each in (found, plain))
    assert missed < 0.6 * plainly


def local_by_distance():
    member = LocalMember()
    member.contexts, member.most_rows = [KNNContext(10), KNNContext(5)], 300
    return member


def test_left_out_predictions_by_direction_never_saw_the_label():
    targets = np.eye(3)[TOPICS[LABELLED]]
    changed = targets.copy()
    changed[0] = np.roll(changed[0], 1)
    one, other = (LocalMember().fit(problem(STRETCHED, each)) for each in (targets, changed))
    np.testing.assert_allclose(other.left_out[0], one.left_out[0], atol=1e-9)
    assert np.abs(other.left_out[1:] - one.left_out[1:]).max() > 1e-3


def test_a_predictor_by_direction_predicts_alike_after_loading(tmp_path):
    known = np.full(300, -1)
    known[LABELLED] = TOPICS[LABELLED]
    predictor = ContextureClassifier(members=["local"], random_state=0).fit(STRETCHED, known)
    save_predictor(predictor, tmp_path)
    again = load_predictor(tmp_path)
    assert any(isinstance(each, ByDirection) for each in again._members)
    np.testing.assert_allclose(
        again.predict_proba(STRETCHED), predictor.predict_proba(STRETCHED), 1e-9
    )

"""Intervals of scores on rows that come in groups: rows of one group do not count as many."""

import numpy as np
import pytest

from contextures.evaluation import (
    Task,
    bootstrap_interval,
    paired_bootstrap_interval,
)
from contextures.evaluation.representations.probe import Told
from contextures.exceptions import InputError
from contextures.runs.paired_gain import gain_over_raw


def _rows(rng, n_groups=40, size=20):
    """Hits whose chance differs from group to group, .8 on average."""
    groups = np.repeat(np.arange(n_groups), size)
    chance = rng.beta(1.6, 0.4, n_groups)[groups]
    return groups, (rng.random(len(groups)) < chance).astype(int)


def test_intervals_that_draw_groups_cover_where_those_of_rows_do_not():
    rng, covered, plain = np.random.default_rng(0), [], []
    for _ in range(150):
        groups, hits = _rows(rng)
        truth = np.ones(len(hits), dtype=int)
        truth[0] = 0  # a second class, for the metric's sake
        told = np.where(hits == 1, truth, 1 - truth)
        options = {"n_resamples": 300}
        low, high = bootstrap_interval("accuracy", truth, told, groups=groups, **options)
        covered.append(low <= 0.8 <= high)
        low, high = bootstrap_interval("accuracy", truth, told, **options)
        plain.append(low <= 0.8 <= high)
    assert 0.87 <= np.mean(covered) <= 0.99
    assert np.mean(plain) < 0.7


def test_groups_of_one_row_are_rows():
    rng = np.random.default_rng(1)
    truth, first = rng.normal(size=50), rng.normal(size=50)
    second, names = truth + 1, np.arange(50)
    plain = bootstrap_interval("r2", truth, first)
    assert bootstrap_interval("r2", truth, first, groups=names) == pytest.approx(plain)
    plain = paired_bootstrap_interval("mae", truth, first, second)
    found = paired_bootstrap_interval("mae", truth, first, second, groups=names)
    assert found == pytest.approx(plain)


def test_copies_of_rows_do_not_narrow_the_interval_of_a_gain():
    rng = np.random.default_rng(2)
    truth = rng.normal(size=30)
    told = {
        "contexture": truth + rng.normal(size=30),
        "raw_linear": truth + rng.normal(size=30),
    }
    widths = []
    for copies in (1, 25):
        values = {k: Told(np.repeat(v, copies), 0.0, "") for k, v in told.items()}
        target = (truth, np.repeat(truth, copies))
        groups = np.repeat(np.arange(30), copies)
        found = gain_over_raw(Task("regression"), target, values, groups)
        widths.append(found.high - found.low)
    assert widths[0] == pytest.approx(widths[1], rel=0.05)


def test_groups_of_other_rows_are_refused():
    with pytest.raises(InputError, match="groups"):
        bootstrap_interval("accuracy", [0, 1, 1], [0, 1, 0], groups=[0, 1])

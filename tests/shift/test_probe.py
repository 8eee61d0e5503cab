"""Probes under a risk: what they guard, and how their penalty is chosen."""

from __future__ import annotations

import numpy as np
import pytest

from contextures.evaluation import Task
from contextures.evaluation.representations.probe import linear_probe
from contextures.exceptions import InputError
from contextures.shift import cvar, group_risk, robust_probe
from contextures.shift.probe import PENALTIES

RNG = np.random.default_rng(1)
N = 240
Z = RNG.standard_normal((N, 4))
FEW = np.arange(N) % 8 == 0
NUMBERS = Z @ [1.0, 0.5, 0, 0] + np.where(FEW, 2 * Z[:, 2] - Z[:, 0], 0.0)
KINDS = np.where(NUMBERS + 0.3 * RNG.standard_normal(N) > 0, "up", "down")
FRESH = RNG.standard_normal((2000, 4))


def test_the_worst_rows_and_the_worst_group_lose_less_than_under_the_mean():
    task = Task("regression")
    plain = (linear_probe(task, Z, NUMBERS).predict(Z) - NUMBERS) ** 2
    worst = (robust_probe(task, Z, NUMBERS, alpha=0.1).predict(Z) - NUMBERS) ** 2
    group = (robust_probe(task, Z, NUMBERS, "group", groups=FEW).predict(Z) - NUMBERS) ** 2
    assert cvar(worst, 0.1) < 0.9 * cvar(plain, 0.1)
    assert group_risk(group, FEW).worst < 0.8 * group_risk(plain, FEW).worst


def test_classes_under_the_mean_are_those_of_the_linear_probe():
    task = Task("classification", judged_by="log-loss")
    robust = robust_probe(task, Z, KINDS, "mean").predict_proba(FRESH)
    plain = linear_probe(task, Z, KINDS).predict_proba(FRESH)
    assert np.abs(robust - plain).mean() < 0.05


def test_noise_gets_a_large_penalty_and_a_signal_a_small_one():
    task = Task("regression")
    wide = RNG.standard_normal((60, 30))
    noise = robust_probe(task, wide, RNG.standard_normal(60), alpha=0.5)
    signal = robust_probe(task, wide, wide[:, 0], alpha=0.5)
    chosen = [each.named_steps["model"].penalty for each in (noise, signal)]
    assert chosen[0] >= 1 > chosen[1] == PENALTIES[0]


def test_a_class_that_a_fold_lacks_is_no_obstacle():
    rare = KINDS.astype(object)
    rare[:2] = "rare"
    probe = robust_probe(Task("classification"), Z, rare, alpha=0.5)
    assert set(probe.named_steps["model"].classes_) == {"up", "down", "rare"}


@pytest.mark.parametrize(
    ("risk", "more", "message"),
    [
        ("group", {}, "needs the group of each row"),
        ("cvar", {"groups": FEW}, "groups are of no use"),
        ("cvar", {"alpha": 0.0}, "alpha=0"),
        ("worst", {}, "is not known"),
    ],
)
def test_what_cannot_be_is_said(risk, more, message):
    with pytest.raises(InputError, match=message):
        robust_probe(Task("regression"), Z, NUMBERS, risk, **more)

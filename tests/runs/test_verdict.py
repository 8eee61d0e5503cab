"""One verdict of a fixed set, from what was measured: each branch, and what tips it over."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from contextures.evaluation import HeldOutScore, Task
from contextures.evaluation.representations.probe import held_out_predictions
from contextures.runs.advice import predictor_gain
from contextures.runs.next_step import rows_needed
from contextures.runs.paired_gain import Gain, gain_metric, gain_over_raw, paired_gain
from contextures.runs.verdict import (
    FEW_HELD,
    HEADINGS,
    MATTERS,
    Choice,
    Evidence,
    Judged,
    Verdict,
    judge_run,
    why_flat,
)

NUMBERS = Task("regression")
CHOICE = Choice(n_tried=36, n_judged=34, n_alike=5, error=0.7, reliable=False)


def evidence(value=0.0, low=-0.01, high=0.01, n=400, **changes):
    found = Evidence("price", 4 * n, Gain(value, low, high, n), 12, "accuracy")
    return dataclasses.replace(found, **changes)


def test_there_are_four_verdicts_and_each_has_words():
    assert {each.value for each in Verdict} == {"use", "raw", "none", "unclear"}
    assert set(HEADINGS) == set(Verdict)
    assert len(set(HEADINGS.values())) == 4


def test_a_gain_beyond_chance_says_use_it_and_how_much_of_it():
    judged = judge_run(CHOICE, evidence(0.05, 0.02, 0.08))
    assert judged.verdict is Verdict.USE
    for said in ("first 12 coordinates", "+0.050 of accuracy", "+0.020 to +0.080", "price", "400"):
        assert said in judged.why
    assert judged.stands_out


def test_a_gain_outweighs_contexts_that_are_tied_but_nothing_is_called_reliable():
    tied = dataclasses.replace(CHOICE, n_alike=33)
    judged = judge_run(tied, evidence(0.05, 0.02, 0.08))
    assert (judged.verdict, judged.stands_out) == (Verdict.USE, False)


def test_raw_features_are_as_good_only_where_a_gain_that_matters_is_ruled_out():
    assert judge_run(CHOICE, evidence(high=MATTERS - 0.001)).verdict is Verdict.RAW
    assert judge_run(CHOICE, evidence(high=MATTERS + 0.001)).verdict is Verdict.UNCLEAR
    worse = judge_run(CHOICE, evidence(-0.1, -0.2, -0.05))
    assert worse.verdict is Verdict.RAW
    assert "the raw features are better" in worse.why


def test_few_held_out_rows_on_which_both_agree_show_nothing():
    """The exact interval of no disagreement is a point, however few the rows."""
    few = judge_run(CHOICE, evidence(0.0, 0.0, 0.0, n=FEW_HELD - 1))
    assert few.verdict is Verdict.UNCLEAR
    assert "49 held-out rows are too few" in few.why
    assert judge_run(CHOICE, evidence(0.0, 0.0, 0.0, n=FEW_HELD)).verdict is Verdict.RAW


def test_an_interval_that_holds_both_leaves_both_open():
    judged = judge_run(CHOICE, evidence(0.03, -0.02, 0.08))
    assert judged.verdict is Verdict.UNCLEAR
    assert "leaves both open" in judged.why
    assert "0.030 above" in judged.why
    assert "−0.020 to +0.080" in judged.why


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (dataclasses.replace(CHOICE, error=1.0), "even the best context has an expected error of"),
        (dataclasses.replace(CHOICE, error=1.2, n_tried=1, n_judged=1), "the context given has"),
        (dataclasses.replace(CHOICE, n_alike=33), "All 34 contexts that could be judged are tied"),
        (dataclasses.replace(CHOICE, error=None), "reads the spectrum alone"),
    ],
)
def test_no_context_stands_out(choice, said):
    for found in (Evidence(), evidence(), evidence(0.03, -0.02, 0.08)):
        judged = judge_run(choice, found)
        assert judged.verdict is Verdict.NONE
        assert not judged.stands_out
        assert said in judged.why
    assert "price" in judged.why, "what was measured is said too"


@pytest.mark.parametrize(
    "choice",
    [
        CHOICE,
        dataclasses.replace(CHOICE, error=0.999),
        dataclasses.replace(CHOICE, n_alike=32),
        dataclasses.replace(CHOICE, n_judged=1, n_alike=0),
        dataclasses.replace(CHOICE, error=None, reliable=True),
    ],
)
def test_a_context_that_stands_out_is_not_said_to_be_tied(choice):
    assert why_flat(choice) is None


def test_without_labels_it_cannot_be_told_and_why_is_said():
    unnamed = judge_run(CHOICE, Evidence())
    assert unnamed.verdict is Verdict.UNCLEAR
    assert "No target was named" in unnamed.why
    few = judge_run(CHOICE, Evidence("price", 20))
    assert few.verdict is Verdict.UNCLEAR
    assert "Only 20 rows have a value of price, too few labels" in few.why


def test_the_gain_is_of_the_same_rows():
    """McNemar's exact test by hand: 9 rows for, 1 against, of 100; p = 22 / 1024 < .05."""
    truth = np.array(["a"] * 100)
    ours, theirs = truth.copy(), truth.copy()
    ours[0], theirs[1:10] = "b", "b"
    gain = paired_gain("classification", truth, ours, theirs)
    assert gain.value == pytest.approx(0.08)
    assert 0 < gain.low < gain.value < gain.high < 0.1 + 1e-12
    theirs[9] = "a"  # 8 for, 1 against: p = 20 / 512 < .05
    theirs[8] = "a"  # 7 for, 1 against: p = 18 / 256 > .05
    assert paired_gain("classification", truth, ours, theirs).low < 0


def test_the_gain_of_numbers_is_the_difference_of_r2():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=300)
    ours, theirs = truth + 0.3 * rng.normal(size=300), truth + 0.6 * rng.normal(size=300)

    def r2(told):
        return 1 - ((truth - told) ** 2).mean() / truth.var()

    gain = paired_gain("regression", truth, ours, theirs)
    assert gain.value == pytest.approx(r2(ours) - r2(theirs))
    assert 0 < gain.low < gain.value < gain.high
    swapped = paired_gain("regression", truth, theirs, ours)
    assert (swapped.low, swapped.high) == pytest.approx((-gain.high, -gain.low))


def test_the_gain_is_of_the_metric_that_judges():
    """Ranks that only the coordinates know, where accuracy sees no difference."""
    rng = np.random.default_rng(0)
    signal = rng.normal(size=600)
    labels = (signal + 0.7 * rng.normal(size=600) > 2.2).astype(int)
    ours, theirs = signal[:, None], rng.normal(size=(600, 1))
    parts = [(rows[:300], rows[300:]) for rows in (ours, theirs, labels)]
    usual, ranked = (
        gain_over_raw(task, parts[2], held_out_predictions(task, *parts))
        for task in (Task("classification"), Task("classification", judged_by="roc-auc"))
    )
    assert usual.low <= 0
    assert ranked.low > 0
    models = [LogisticRegression().fit(train, parts[2][0]) for train, _ in parts[:2]]
    scores = [
        roc_auc_score(parts[2][1], model.decision_function(held))
        for model, (_, held) in zip(models, parts[:2], strict=True)
    ]
    assert ranked.value == pytest.approx(scores[0] - scores[1], abs=0.01)
    assert gain_metric(Task("classification", judged_by="log-loss")) == "accuracy"


def test_numbers_that_do_not_vary_tell_nothing():
    gain = paired_gain("regression", np.ones(60), np.ones(60), np.zeros(60))
    assert judge_run(CHOICE, evidence(gain=gain)).verdict is Verdict.UNCLEAR
    assert gain.to_dict()["low"] is None


def test_four_times_the_rows_halve_the_interval():
    def needed(low, high, value=0.02):
        return rows_needed(Judged(Verdict.UNCLEAR, "", True, Gain(value, low, high, 100)))

    assert needed(-0.02, 0.06) == 400
    assert needed(-0.04, 0.08) == 900
    assert needed(-0.001, 0.021) == 120  # more than there were, which did not tell
    assert needed(-0.013, 0.079, value=0.057) == 160  # exact intervals lie to one side
    assert needed(-0.06, 0.04, value=-0.01) == 280  # no gain that matters is nearer
    assert needed(-np.inf, np.inf) == FEW_HELD


def test_the_predictor_is_set_beside_the_best_rival():
    scores = {
        "predictor": HeldOutScore(0.9, (0.85, 0.95)),
        "raw_linear": HeldOutScore(0.7, (0.6, 0.8)),
        "gradient_boosting": HeldOutScore(0.8, (0.7, 0.9)),
    }
    said = predictor_gain(NUMBERS, scores)
    assert "0.900: more than gradient boosting (0.800), the best rival" in said
    del scores["gradient_boosting"]
    said = predictor_gain(NUMBERS, scores)
    assert "a linear model on the raw features (0.700), the best rival" in said
    assert predictor_gain(NUMBERS, {"predictor": scores["predictor"]}) == ""
    assert "reaches R² 0.900" in said
    assert predictor_gain(NUMBERS, {"raw_linear": scores["raw_linear"]}) == ""


@pytest.mark.parametrize(
    ("judged_by", "nothing", "shown_better"),
    [("r2", 0.1, True), ("r2", 0.5, False), ("rmse", 0.8, True), ("rmse", 0.5, False)],
)
def test_a_predictor_as_good_as_knowing_nothing_is_not_recommended(
    judged_by, nothing, shown_better
):
    """Level with rivals that learned nothing either, it would otherwise sound as good as any."""
    scores = {
        "predictor": HeldOutScore(0.5, (0.3, 0.7)),
        "raw_linear": HeldOutScore(0.55 if judged_by == "r2" else 0.45, (0.3, 0.7)),
        "baseline": HeldOutScore(nothing, (0.0, 1.0)),
    }
    said = predictor_gain(Task("regression", judged_by=judged_by), scores)
    assert ("do not show that it is better than the mean alone" in said) != shown_better

"""What a run's predictor is worth, in sentences."""

from __future__ import annotations

from contextures.evaluation import HeldOutScore
from contextures.runs.predictor import Predicted
from contextures.runs.predictor_scores import PredictorScore
from contextures.runs.wording import beside

RIVALS = {
    "raw_linear": "a linear model on the raw features",
    "gradient_boosting": "gradient boosting",
}


FEW_HELD = 50
"""Held-out rows below which a score is said to be rough, where most rows have no label."""


def predictor_sentences(
    predicted: Predicted, scores: dict[str, HeldOutScore], target: str
) -> list[str]:
    """Say how well a predictor does beside its rivals, and what it predicted.

    Parameters
    ----------
    predicted : Predicted
        What was learned and predicted.
    scores : dict of str to HeldOutScore
        Its score and its rivals' on held-out rows; empty where none is held out.
    target : str
        The column.

    Returns
    -------
    list of str
        The sentences.
    """
    found, n_predicted, n = predicted.score, predicted.n_predicted, len(predicted.frame)
    ours = found.scores["predictor"]
    rivals = found.scores if found.scored_on == "left-out" else scores
    clauses = [beside(ours, rivals[key], name) for key, name in RIVALS.items() if key in rivals]
    worth = _worth(found, ours, target)
    sentences = [f"The predictor, a pool of models, {worth}: {', and '.join(clauses)}."]
    if found.scored_on == "left-out":
        few = f"Only {found.n_scored:,} of {n:,} rows have a label, too few to hold some out; each "
        sentences[0] = f"{few}was left out in turn instead. {sentences[0]}"
    elif (
        found.n_scored < FEW_HELD
        and n_predicted > n / 2
        and (left_out := predicted.left_out_score) is not None
    ):
        k = predicted.predictor.n_labelled_
        score = f"R² {left_out:.2f}" if found.calibration_error is None else f"{left_out:.1%} right"
        sentences.append(
            f"Labels are few, and {found.n_scored:,} held-out rows tell roughly; of its {k:,} "
            f"labelled rows, each left out in turn: {score}."
        )
    if n_predicted:
        rows = "1 row" if n_predicted == 1 else f"{n_predicted:,} rows"
        sentences.append(f"It predicted the {rows} without a label.")
    return sentences


def _worth(found: PredictorScore, ours: HeldOutScore, target: str) -> str:
    where = "held-out rows" if found.scored_on == "held-out" else "left-out rows"
    if found.calibration_error is not None:
        return f"predicts {target} right for {ours.score:.1%} of the {where}"
    share = f"{ours.score:.0%}" if ours.score > 0 else "none"
    return f"explains {share} of the variance of {target} on {where}"

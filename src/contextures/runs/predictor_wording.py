"""What a run's predictor is worth, in sentences."""

from __future__ import annotations

from contextures.evaluation import HeldOutScore, Task
from contextures.runs.predictor import Predicted
from contextures.runs.wording import RIVALS as BESIDE
from contextures.runs.wording import rival_clauses, shown, worth

RIVALS = {**BESIDE, "raw_linear": ("a linear model on the raw features",) * 2}

FEW_HELD = 50
"""Held-out rows below which a score is said to be rough, where most rows have no label."""


def predictor_sentences(
    task: Task, predicted: Predicted, scores: dict[str, HeldOutScore], target: str
) -> list[str]:
    """Say how well a predictor does beside its rivals, and what it predicted.

    Parameters
    ----------
    task : Task
        What is predicted, and by what it is judged.
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
    found, n_predicted, n = predicted.score, predicted.n_predicted, predicted.n_rows
    ours = found.scores["predictor"]
    rivals = found.scores if found.scored_on == "left-out" else scores
    clauses = rival_clauses(task, ours, rivals, RIVALS)
    said = worth(task, ours, target, f"{found.scored_on} rows")
    sentences = [f"The predictor, a pool of models, {said}: {clauses}."]
    if found.scored_on == "left-out":
        few = f"Only {found.n_scored:,} of {n:,} rows have a label, too few to hold some out; each "
        sentences[0] = f"{few}was left out in turn instead. {sentences[0]}"
    elif found.n_scored < FEW_HELD and n_predicted > n / 2 and not predicted.apart:
        k = predicted.predictor.n_labelled_
        left_out = "" if predicted.left_out is None else f": {_score(task, predicted.left_out)}"
        sentences.append(
            f"Labels are few, and {found.n_scored:,} held-out rows tell roughly; of its {k:,} "
            f"labelled rows, each left out in turn{left_out}."
        )
    if n_predicted:
        rows = "1 row" if n_predicted == 1 else f"{n_predicted:,} rows"
        sentences.append(f"Predictions for the {rows} without a label are in predictions.parquet.")
    return sentences


def _score(task: Task, value: float) -> str:
    if task.metric == "accuracy":
        return f"{value:.1%} right"
    digits = f"{value:.2f}" if task.metric == "r2" else shown(task, value)
    return f"{task.measure.words} {digits}"

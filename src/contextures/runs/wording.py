"""What a run found, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from contextures.encoders import Encoder
from contextures.evaluation import HeldOutScore, Task
from contextures.evaluation.context_scores.task_priors import NOISE
from contextures.selection import ContextSearch
from contextures.selection.ranking import count_tried


def finding(search: ContextSearch, kept: int, *, given: bool) -> list[str]:
    """Say which context was chosen and how many coordinates are kept of it."""
    label = search.best_context_.label
    tried = count_tried(search.results_)
    pseudo = search.best_pseudo_ if search.score_ == "pseudo" else None
    if pseudo is None:
        what, name = f"usefulness score τ = {search.best_usefulness_.tau:.2f}", "τ"
    else:
        what = f"expected error on pseudo-tasks, {pseudo.error:.2f} of their variance"
        name = "The error"
    first = (
        f"The context you gave, {label}, has the {what}"
        if given
        else f"Of {tried} contexts, {label} has the lowest {what}, judged without labels"
    )
    if pseudo is not None:
        first += f" ({NOISE:g} is noise and 1 would be nothing learned)"
    sentences = [f"{first}."]
    if pseudo is not None and search.n_alike_ and not given:
        alike = "one other" if search.n_alike_ == 1 else f"any of {search.n_alike_} others"
        sentences.append(
            f"On a single task {alike} may do as well: they cannot be told apart without labels."
        )
    predicted = search.best_n_components_
    lowest = f"{name} is lowest with {_coordinates(predicted)}"
    sentences.append(
        f"{lowest}; {kept} are kept, in order of importance, so that any first few are the best "
        "embedding of that size."
        if kept != predicted
        else f"{lowest}, which are kept in order of importance."
    )
    return sentences


def encoder_label(kind: str, encoder: Encoder) -> str:
    """Name an encoder in words that can follow "The encoder is"."""
    if kind == "ritz":
        size = len(encoder.functions_.mean)
        return f"the closed-form solution in the span of {size:,} functions"
    if kind == "neural":
        return "a neural network trained by the ratio trace, its outputs ordered in closed form"
    return "the exact singular functions"


RIVALS = {
    "baseline": ("the commonest class alone", "the mean alone"),
    "raw_linear": ("the same model on the raw features",) * 2,
    "gradient_boosting": ("gradient boosting",) * 2,
    "random_forest": ("a random forest",) * 2,
}
"""What each rival is called beside a representation, for classes and for numbers."""


def comparison(task: Task, target: str, n_used: int, scores: dict[str, HeldOutScore]) -> str:
    """Say what the representation is worth beside its rivals."""
    ours = scores["contexture"]
    clauses = rival_clauses(task, ours, scores, RIVALS)
    return (
        f"A linear model on {_first(n_used)} "
        f"{worth(task, ours, target, 'held-out rows')}: {clauses}."
    )


def worth(task: Task, found: HeldOutScore, target: str, where: str) -> str:
    """Say how well something predicts a target, as a clause without its subject."""
    if task.metric == "accuracy":
        return f"predicts {target} right for {found.score:.1%} of the {where}"
    if task.metric == "r2":
        share = f"{found.score:.0%}" if found.score > 0 else "none"
        return f"explains {share} of the variance of {target} on {where}"
    return f"predicts {target} on {where} with {task.measure.words} {shown(task, found.score)}"


def rival_clauses(
    task: Task,
    ours: HeldOutScore,
    scores: dict[str, HeldOutScore],
    rivals: Mapping[str, tuple[str, ...]],
) -> str:
    """Say how a score stands beside each rival's; of the models of trees, the better one's."""
    place = 0 if task.kind == "classification" else 1
    sign = 1 if task.measure.larger else -1
    trees = [key for key in ("gradient_boosting", "random_forest") if key in scores]
    worse = sorted(trees, key=lambda key: -sign * scores[key].score)[1:]
    clauses = [
        beside(task, ours, scores[key], names[place])
        for key, names in rivals.items()
        if key in scores and key not in worse
    ]
    return clauses[0] if len(clauses) == 1 else f"{', '.join(clauses[:-1])}, and {clauses[-1]}"


def beside(task: Task, ours: HeldOutScore, rival: HeldOutScore, name: str) -> str:
    """Say whether a score differs from a rival's by more than its interval."""
    low, high = ours.interval
    less, more = ("less", "more") if task.measure.larger else ("better", "worse")
    if rival.score > high:
        return f"{less} than {name} ({shown(task, rival.score)})"
    if rival.score < low:
        return f"{more} than {name} ({shown(task, rival.score)})"
    return f"not distinguishable from {name} ({shown(task, rival.score)})"


def shown(task: Task, value: float) -> str:
    """Write a score: those of an error have the target's unit, and any size."""
    return f"{value:.4g}" if task.metric in ("mae", "rmse") else f"{value:.3f}"


def _first(count: int) -> str:
    return "the first coordinate" if count == 1 else f"the first {count} coordinates"


def _coordinates(count: int) -> str:
    return "1 coordinate" if count == 1 else f"{count} coordinates"

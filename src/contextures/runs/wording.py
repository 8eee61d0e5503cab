"""What a run found, in sentences."""

from __future__ import annotations

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


def comparison(task: Task, target: str, n_used: int, scores: dict[str, HeldOutScore]) -> str:
    """Say what the representation is worth beside its rivals."""
    ours = scores["contexture"]
    worth = (
        f"predicts {target} right for {ours.score:.1%} of the held-out rows"
        if task.metric == "accuracy"
        else f"explains {ours.score:.0%} of the variance of {target} on held-out rows"
        if ours.score > 0
        else f"explains none of the variance of {target} on held-out rows"
    )
    rivals = {
        "raw_linear": "the same model on the raw features",
        "gradient_boosting": "gradient boosting",
    }
    clauses = [beside(ours, scores[key], name) for key, name in rivals.items()]
    return (
        f"A linear model on the first {_coordinates(n_used)} {worth}: {clauses[0]}, and "
        f"{clauses[1]}."
    )


def beside(ours: HeldOutScore, rival: HeldOutScore, name: str) -> str:
    """Say whether a score differs from a rival's by more than its interval."""
    low, high = ours.interval
    if rival.score > high:
        return f"less than {name} ({rival.score:.3f})"
    if rival.score < low:
        return f"more than {name} ({rival.score:.3f})"
    return f"not distinguishable from {name} ({rival.score:.3f})"


def _coordinates(count: int) -> str:
    return "1 coordinate" if count == 1 else f"{count} coordinates"

"""What a run found, in sentences."""

from __future__ import annotations

from contextures.contexts import Context, KNNContext, MaskContext, RBFContext
from contextures.evaluation import HeldOutScore, Task
from contextures.runs.learn import Learned


def context_label(context: Context) -> str:
    """Name a context in plain words."""
    if isinstance(context, MaskContext) and context.base is not None:
        return f"{context_label(context.base)}, {context.mask_rate:.0%} of features hidden"
    if isinstance(context, KNNContext):
        return f"{context.n_neighbors:,} nearest neighbours"
    if isinstance(context, RBFContext):
        return (
            f"Gaussian neighbourhood, γ = {context.gamma:.3g}"
            if context.gamma
            else ("Gaussian neighbourhood of median width")
        )
    return repr(context)


def finding(learned: Learned, *, given: bool) -> list[str]:
    """Say which context was chosen and how many coordinates it has."""
    search, encoder = learned.search, learned.encoder
    label = context_label(search.best_context_)
    results = search.results_
    tried = int((results["tau"].notna() & results["inductive"]).sum())
    score = f"usefulness score τ = {search.best_usefulness_.tau:.2f}"
    first = (
        f"The context you gave, {label}, has the {score}."
        if given
        else f"Of {tried} contexts, {label} has the lowest {score}, judged without labels."
    )
    predicted, kept = search.best_n_components_, len(encoder.singular_values_)
    second = (
        f"τ is lowest with {_coordinates(predicted)}; {kept} are kept, in order of importance, so "
        "that any first few are the best embedding of that size."
        if kept != predicted
        else f"τ is lowest with {_coordinates(predicted)}, which are kept in order of importance."
    )
    return [first, second]


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
    clauses = [_beside(ours, scores[key], name) for key, name in rivals.items()]
    return (
        f"A linear model on the first {_coordinates(n_used)} {worth}: {clauses[0]}, and "
        f"{clauses[1]}."
    )


def _beside(ours: HeldOutScore, rival: HeldOutScore, name: str) -> str:
    low, high = ours.interval
    if rival.score > high:
        return f"less than {name} ({rival.score:.3f})"
    if rival.score < low:
        return f"more than {name} ({rival.score:.3f})"
    return f"not distinguishable from {name} ({rival.score:.3f})"


def _coordinates(count: int) -> str:
    return "1 coordinate" if count == 1 else f"{count} coordinates"

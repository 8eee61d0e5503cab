"""What a comparison of embeddings found, in words of a fixed set."""

from __future__ import annotations

from collections.abc import Sequence

from contextures.evaluation import EmbeddingPair, HeldFunctions
from contextures.evaluation.jackknife import CLEAR
from contextures.regression import LabelComparison, LabelledPair
from contextures.runs.compare import Compared

METRICS = {"classification": "accuracy", "regression": "R²"}

MOST_LABELS = 100_000
"""More labels than that are not worth telling."""

SAME_NEIGHBORS = 0.8
"""From this share of neighbours in common, embeddings are much the same."""


def verdict(found: Compared) -> str:
    """Say which embedding is better, or that it cannot be told.

    Only labels can say that one is better, and only if the paired interval of its difference to
    each other embedding is above zero.

    Parameters
    ----------
    found : Compared
        A comparison.

    Returns
    -------
    str
        One sentence: "NAME is better (...)" or "cannot tell: ...".
    """
    if found.labelled is not None:
        return _by_labels(found.labelled)
    pair = closest_to_best(found)
    return (
        f"cannot tell: {_agreement(pair)}, and without labels nothing says which serves your task; "
        "label a few rows and give them with --labels"
    )


def closest_to_best(found: Compared) -> EmbeddingPair:
    """Give the pair with the two lowest errors on common tasks."""
    errors = found.comparison.errors
    first, second, *_ = sorted(errors, key=lambda name: errors[name].value)
    return next(
        pair for pair in found.comparison.pairs if {pair.first, pair.second} == {first, second}
    )


def tasks_sentence(found: Compared) -> str:
    """Say how the embeddings did on common tasks, and how little that decides."""
    comparison = found.comparison
    pair = closest_to_best(found)
    better, worse = pair.first, pair.second
    difference, wins = -pair.difference.value, pair.first_wins
    if difference < 0:
        better, worse, difference, wins = worse, better, -difference, 1 - wins
    reach = CLEAR * pair.difference.error
    said = (
        f"On {comparison.n_tasks} smooth random tasks, drawn evenly from all embeddings, the "
        f"error of {better} is {_small(difference)} lower than that of {worse} "
        f"(95 % interval {_small(difference - reach)} to {_small(difference + reach)}), and it "
        f"does better on {wins:.0%} of them"
    )
    if difference <= reach:
        return f"{said}: they cannot be told apart by this."
    return f"{said}: what these tasks favour, yours need not."


def held_sentences(pair: EmbeddingPair) -> list[str]:
    """Say which leading functions of each the other lacks."""
    return [_held(held) for held in (pair.first_held, pair.second_held)]


def _by_labels(labelled: LabelComparison) -> str:
    near, n = labelled.pairs[0], f"{labelled.n_labelled:,}"
    best, other = near.best, near.other
    score, rival = (_small(labelled.scores[name]) for name in (best, other))
    metric = f"leave-one-out {METRICS[labelled.task]}"
    interval = _interval(near, labelled.level)
    told = [pair.other for pair in labelled.pairs if pair.told]
    if len(told) == len(labelled.pairs):
        return (
            f"{best} is better ({metric} {score} against {rival} of {other} on {n} labels; "
            f"{interval})"
        )
    said = (
        f"the {metric} of {best}, {score}, is {_small(near.difference)} above that of {other}"
        if near.difference
        else f"{best} and {other} have the same {metric}, {score}"
    )
    rest = f"; {_listed(told)} {'is' if len(told) == 1 else 'are'} worse" if told else ""
    return f"cannot tell: on {n} labels {said} ({interval}, which contains 0{_needed(near)}){rest}"


def _agreement(pair: EmbeddingPair) -> str:
    """Say in a clause what two embeddings share."""
    first, second = pair.first, pair.second
    lost, missed = pair.first_held, pair.second_held
    if not lost.lacking and not missed.lacking:
        much = "nearly the same" if pair.neighbors >= SAME_NEIGHBORS else "not the same"
        return (
            f"{first} and {second} hold the same leading functions, with neighbourhoods that are "
            f"{much} ({pair.neighbors:.0%} of neighbours in common)"
        )
    if lost.lacking and missed.lacking:
        return (
            f"{second} lacks {_count(lost)} of {first}, and {first} lacks {_count(missed)} of "
            f"{second}"
        )
    held = lost if lost.lacking else missed
    return (
        f"{held.by} lacks {_count(held)} of {held.of}, which holds all of {held.by}, but what is "
        "lacking may be noise"
    )


def _held(held: HeldFunctions) -> str:
    if not held.judged:
        return f"So few rows cannot show which functions of {held.of} are in {held.by}."
    if not held.lacking:
        return f"{held.by} holds all {held.judged} leading functions of {held.of} that were judged."
    places = ", ".join(str(place + 1) for place in held.lacking[:8])
    more = f" and {len(held.lacking) - 8} more" if len(held.lacking) > 8 else ""
    return (
        f"{held.by} lacks {_count(held)} of {held.of} ({places}{more}), which have "
        f"{held.lacking_variance:.0%} of its variance."
    )


def _count(held: HeldFunctions) -> str:
    return f"{len(held.lacking)} of the {held.judged} leading functions"


def _interval(pair: LabelledPair, level: float) -> str:
    low, high = (f"{end:.3f}".replace("-", "−") for end in pair.interval)
    return f"{100 * level:g} % interval of the difference {low} to {high}"


def _needed(pair: LabelledPair) -> str:
    if pair.labels_needed is None or pair.labels_needed > MOST_LABELS:
        return ""
    return f"; about {_round(pair.labels_needed):,} labels would tell a difference of that size"


def _round(count: int) -> int:
    """Give a count to two digits, upwards."""
    step = int(10 ** max(0, len(str(count)) - 2))
    return -(-count // step) * step


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]


def _small(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")

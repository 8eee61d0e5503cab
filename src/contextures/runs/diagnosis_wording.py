"""What a diagnosis found, in sentences."""

from __future__ import annotations

import numpy as np

from contextures.evaluation import Diagnosis, Estimate, HeldOutScore, Task
from contextures.evaluation.jackknife import CLEAR
from contextures.runs.context_advice import ContextAdvice
from contextures.runs.diagnosis import Diagnosed
from contextures.runs.wording import comparison
from contextures.selection import parse_context

WELL, HALF = 0.9, 0.5
"""Shares on fresh rows from which a function is learned well, and half."""

ROUNDING = 1e-3
"""A share so little above one is one."""

CHANGES = {
    "learning": "better learning",
    "width": "more coordinates",
    "rows": "more rows",
}


def findings(found: Diagnosed) -> list[str]:
    """Say what was found, the most important first.

    Parameters
    ----------
    found : Diagnosed
        A diagnosis.

    Returns
    -------
    list of str
        How much was learned, which functions are missing, what would help, and what is known of
        other contexts and of the target.
    """
    diagnosis = found.diagnosis
    sentences = [
        *([_nothing_to_learn(found)] if found.exact else []),
        _learned(found),
        _functions(diagnosis),
        _advice(found),
        *([] if found.contexts is None else [_contexts(found.contexts)]),
        *_target(found),
    ]
    return [sentence for sentence in sentences if sentence]


def _nothing_to_learn(found: Diagnosed) -> str:
    return (
        f"{_first_upper(found.label)} is exact: its functions are the spectrum of {found.asked} "
        "itself, solved for and not trained, so there is nothing to learn; what follows says how "
        "well they carry over to other rows."
    )


def _learned(found: Diagnosed) -> str:
    diagnosis, share = found.diagnosis, found.diagnosis.share
    d = diagnosis.n_judged
    functions = f"{d} {_others(found)} function{'s' if d > 1 else ''}"
    where = f"on {diagnosis.n_fresh:,} fresh rows"
    name = _first_upper(found.label)
    if share.value > 1 + max(CLEAR * share.error, ROUNDING):
        return (
            f"{name} attains {percent(share)} of what the {functions} of {found.asked} carry over, "
            f"{where}: it generalises better than they do."
        )
    return (
        f"{name} has learned {percent(share)} of what the {functions} of {found.asked} carry over, "
        f"{where}."
    )


def _others(found: Diagnosed) -> str:
    return "exact" if found.reference == "exact" else "closed-form"


def _functions(diagnosis: Diagnosis) -> str:
    d = min(diagnosis.n_components, len(diagnosis.singular_values))
    shares = diagnosis.learned_fresh[:d]
    well = int(np.count_nonzero(shares >= WELL))
    many = "all" if well == d else "none" if well == 0 else f"{well}"
    verb = "is" if well == 1 else "are"
    first = f"Of the first {d} functions, {many} {verb} learned to at least {100 * WELL:.0f} %"
    if d == 1:
        return f"Of the first function, {100 * max(shares[0], 0.0):.0f} % is learned."
    missed = np.flatnonzero(shares < HALF)
    if not len(missed):
        return first + "."
    i = int(missed[0])
    return (
        f"{first}; the first that is not half learned is number {i + 1} "
        f"(s = {diagnosis.singular_values[i]:.2f})."
    )


def _advice(found: Diagnosed) -> str:
    diagnosis = found.diagnosis
    # Of exact functions there are no better ones on these rows.
    helps = [name for name in diagnosis.helps if not (found.exact and name == "learning")]
    if not helps:
        return (
            "Neither more coordinates nor more rows would clearly help."
            if found.exact
            else "None of better learning, more coordinates and more rows would clearly help."
            if len(diagnosis.gains) == len(CHANGES)
            else "Better learning would not clearly help."
        )
    names = _listed([CHANGES[name] for name in helps])
    reasons = "; ".join(_reason(name, found) for name in helps)
    same = "" if len(helps) == 1 else ", and cannot be told apart"
    first = f"{_first_upper(names)} would help most{same}: {reasons}."
    others = {
        n: g
        for n, g in diagnosis.gains.items()
        if g.clear and n not in helps and not (found.exact and n == "learning")
    }
    ordered = sorted(others, key=lambda name: -others[name].value)
    return " ".join(
        [first, *(f"Then {CHANGES[name]}: {_reason(name, found)}." for name in ordered)]
    )


def _reason(name: str, found: Diagnosed) -> str:
    diagnosis = found.diagnosis
    gain = percent(_relative(diagnosis.gains[name], diagnosis.exact.value))
    if name == "width":
        return f"up to twice as many {_others(found)} functions attain {gain} more on fresh rows"
    if name == "rows":
        return f"the last doubling of the rows brought {gain} on fresh rows, and the next less"
    reason = f"as many functions from the same rows attain {gain} more on fresh rows"
    now = diagnosis.parts.get("optimisation")
    if now is not None and now.clear:
        at_once = percent(_relative(now, diagnosis.exact.value))
        reason += f", {at_once} of it without training (fit with --encoder ritz)"
    return reason


def _contexts(advice: ContextAdvice) -> str:
    tried = f"of {advice.n_tried} contexts"
    by_pseudo = advice.score == "pseudo"
    name = "the expected error on pseudo-tasks" if by_pseudo else "τ"
    own, best = (f"{value:.3f}" for value in (advice.own_score, advice.best_score))
    if advice.best == advice.own:
        return f"{_first_upper(tried)}, {name} finds none better than {advice.own} ({own})."
    beside = (
        f"{parse_context(advice.best).label} ({advice.best}, {best}) before {advice.own} ({own})"
    )
    if by_pseudo:
        single = "on most single tasks" if advice.clear else "but not on most single tasks"
        found = "A better context" if advice.clear else "Other contexts"
        return f"{found}: {tried}, {name} puts {beside}, {single}."
    if advice.clear:
        unsure = "" if advice.own_reliable else ", whose own τ is not reliable"
        return f"A better context: {tried}, τ puts {beside}{unsure}, in both halves of the rows."
    return f"Other contexts: {tried}, τ puts {beside}, but not in both halves of the rows."


def _target(found: Diagnosed) -> list[str]:
    """Repeat what the run measured, and say what limits it."""
    metrics = found.metrics
    if metrics is None:
        return []
    try:
        scores = {
            key: HeldOutScore(score["score"], tuple(score["interval"]))
            for key, score in metrics["scores"].items()
        }
        task = Task(metrics["task"], 0, metrics["metric"])
        sentence = comparison(task, metrics["target"], metrics["probe_n_components"], scores)
        low, high = scores["contexture"].interval
        rival = scores["gradient_boosting"].score
        behind = rival > high if task.measure.larger else rival < low
    except (KeyError, TypeError, ValueError):
        return []  # written by a release that stored them otherwise
    ours = scores["contexture"]
    nothing = metrics["metric"] == "r2" and ours.interval[0] <= 0 and not behind
    if metrics.get("context") != found.asked or nothing:
        return [sentence]
    verdict = (
        f"So {metrics['target']} is compatible with {found.asked}, as far as these rows tell."
        if not behind
        else f"So {metrics['target']} is not wholly compatible with {found.asked}: what it has "
        "beyond it needs another context."
        if found.diagnosis.share.value > WELL
        else "How compatible it is with the context shows only once more is learned."
    )
    return [sentence, verdict]


def percent(estimate: Estimate) -> str:
    """Write a share with its margin, two standard errors: 94 % (± 2)."""
    value, margin = 100 * estimate.value, 100 * CLEAR * estimate.error
    digits = 0 if margin >= 0.95 else 1
    return f"{value:.{digits}f} % (± {margin:.{digits}f})"


def _relative(estimate: Estimate, whole: float) -> Estimate:
    return Estimate(estimate.value / whole, estimate.error / whole) if whole > 0 else estimate


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]

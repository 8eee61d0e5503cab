"""A run's verdict and next step, for the terminal, the metrics and the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contextures import report
from contextures.evaluation import HeldOutScore, Task
from contextures.runs.next_step import NextStep, Place, next_step
from contextures.runs.predictor_wording import RIVALS
from contextures.runs.verdict import Choice, Evidence, Judged, judge_run
from contextures.runs.wording import beside, shown
from contextures.selection import ContextSearch
from contextures.selection.ranking import count_tried

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Advice:
    """What a run comes to and what to do then.

    Attributes
    ----------
    judged : Judged
        The verdict.
    predictor : str
        What the predictor gains over the best rival; empty where there is none.
    step : NextStep
        What to do next.
    """

    judged: Judged
    predictor: str
    step: NextStep

    @property
    def sentence(self) -> str:
        """The verdict and the reason in one line."""
        return f"{self.judged.verdict.heading}. {self.judged.why}"

    def part(self) -> report.Advice:
        """Lay it out for the report."""
        return report.Advice(
            verdict=self.judged.verdict.value,
            heading=self.judged.verdict.heading,
            why=self.judged.why,
            predictor=self.predictor,
            step=self.step.words,
            command=self.step.command,
            python=self.step.python,
        )


def advise_run(
    search: ContextSearch,
    evidence: Evidence,
    task: Task | None,
    scores: dict[str, HeldOutScore],
    place: Place,
) -> Advice:
    """Judge a run.

    Parameters
    ----------
    search : ContextSearch
        The ranking.
    evidence : Evidence
        What the labels say.
    task : Task or None
        What is predicted, and by what it is judged.
    scores : dict of str to HeldOutScore
        Scores on held-out rows, or on left-out ones where none is held out.
    place : Place
        What a next step starts from.

    Returns
    -------
    Advice
        The verdict and the next step.
    """
    judged = judge_run(choice_of(search), evidence)
    return Advice(judged, predictor_gain(task, scores), next_step(judged, place))


def choice_of(search: ContextSearch) -> Choice:
    """Say how the choice of a context came out."""
    results: pd.DataFrame = search.results_
    pseudo = search.best_pseudo_ if search.score_ == "pseudo" else None
    return Choice(
        n_tried=count_tried(results),
        n_judged=int((results["tau"].notna() & results["inductive"]).sum()),
        n_alike=search.n_alike_ or 0,
        error=None if pseudo is None else float(pseudo.error),
        reliable=bool(search.best_usefulness_.reliable),
    )


def predictor_gain(task: Task | None, scores: dict[str, HeldOutScore]) -> str:
    """Say what the predictor gains over the best rival, and if no more than over knowing nothing.

    Empty without a predictor or a rival.
    """
    rivals = {key: scores[key] for key in RIVALS if key in scores}
    if task is None or "predictor" not in scores or not rivals:
        return ""
    ours, sign = scores["predictor"], 1 if task.measure.larger else -1
    best = max(rivals, key=lambda key: sign * rivals[key].score)
    number = 0 if task.kind == "classification" else 1
    said = (
        f"The predictor, a pool of models, reaches {task.measure.words} "
        f"{shown(task, ours.score)}: {beside(task, ours, rivals[best], RIVALS[best][number])}, "
        "the best rival."
    )
    if "baseline" not in rivals or best == "baseline":
        return said
    nothing, (low, high) = scores["baseline"].score, ours.interval
    if nothing < low if task.measure.larger else nothing > high:
        return said
    # To be as good as rivals that have learned nothing is no reason to trust it.
    return (
        f"{said} These rows do not show that it is better than {RIVALS['baseline'][number]} "
        f"({shown(task, nothing)})."
    )

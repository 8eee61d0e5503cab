"""What a run's scores are judged by, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from contextures._arrays import IntArray
from contextures.data.words import counted, shortened
from contextures.evaluation import HeldOutScore, Task
from contextures.evaluation.metrics import MEASURES, USUAL, Metric, check_metric
from contextures.exceptions import InputError
from contextures.runs.checked_table import Checked
from contextures.runs.options import FitOptions
from contextures.runs.split import Split
from contextures.runs.wording import shown

RARE = 0.4
"""The share of an even share (one of the number of classes) below which a class is rare: of two
classes, below 20 % of the rows; of ten, below 4 %."""

VERY_RARE = 0.02
"""The share of rows below which, of two classes, average precision judges: ROC AUC then looks high
though most rows that are ranked first are of the other class."""

FEWEST_HELD = 10
"""Held-out rows of the rarest class below which they are said to be too few."""


@dataclass(frozen=True)
class Judged:
    """What scores are judged by.

    Attributes
    ----------
    task : Task
        What is predicted, and the metric.
    why : str
        Why that metric, in a sentence.
    classes : tuple of str
        The classes in order; empty for numbers.
    rarest : int
        The place of the class of which the fewest rows are held out.
    n_rarest, n_held : int
        How many rows of it are held out, and how many rows in all.
    """

    task: Task
    why: str
    classes: tuple[str, ...] = ()
    rarest: int = 0
    n_rarest: int = 0
    n_held: int = 0

    def few(self, of: str, found: HeldOutScore) -> str | None:
        """Say that the held-out rows of a class are too few, where they are.

        Parameters
        ----------
        of : str
            What was scored, in words.
        found : HeldOutScore
            Its score.

        Returns
        -------
        str or None
            A sentence with the interval of the score; None where there are enough.
        """
        if not self.classes or not self.n_held or self.n_rarest >= FEWEST_HELD:
            return None
        rows = counted(self.n_rarest, "row") if self.n_rarest else "No row"
        low, high = (shown(self.task, end) for end in found.interval)
        tell = "to tell" if len(self.classes) == 2 else "to tell how well these are predicted"
        rare = named(self.classes[self.rarest])
        score = f"the {self.task.measure.words} of {of}"
        return (
            f"{rows} of {rare} among the {self.n_held:,} held-out rows: too few {tell}; {score} "
            f"may be anywhere from {low} to {high}."
        )


def suited_metric(counts: IntArray) -> Metric:
    """Choose a metric for classes of so many rows each.

    Accuracy, unless a class is rare, with less than 0.4 of an even share: then of two classes
    ROC AUC, or average precision of the rarer where it has less than 2 % of the rows, and of more
    classes balanced accuracy.

    Parameters
    ----------
    counts : ndarray of int of shape (q,)
        Rows of each class.

    Returns
    -------
    Metric
        The name of a metric.
    """
    share, q = counts.min() / counts.sum(), len(counts)
    if share >= RARE / q:
        return "accuracy"
    if q > 2:
        return "balanced-accuracy"
    return "average-precision" if share < VERY_RARE else "roc-auc"


def judge(
    checked: Checked, split: Split, options: FitOptions, labels: IntArray | None = None
) -> Judged | None:
    """Decide what the scores of a run are judged by.

    Parameters
    ----------
    checked : Checked
        The table and its target.
    split : Split
        Which rows are held out.
    options : FitOptions
        What was asked for.
    labels : ndarray of int, optional
        Codes of classes of all that is split, where that is more than the table.

    Returns
    -------
    Judged or None
        The metric and why; None without a target.

    Raises
    ------
    InputError
        If the metric that was asked for does not suit the target, or the held-out rows.
    """
    info, asked = checked.target, options.metric
    labels = checked.labels if labels is None else labels
    if info is None or labels is None:
        return None
    metric = None if asked is None else check_metric(asked, info.task, "--metric")
    if info.task == "regression":
        metric = metric or USUAL["regression"]
        return Judged(Task("regression", options.seed, metric), _plainly(metric, asked))
    q = len(info.classes or ())
    counts, held, learned = (
        np.bincount(part[part >= 0], minlength=q)
        for part in (labels, labels[split.test], labels[split.train])
    )
    rarer = int(counts[::-1].argmin())
    rarer = q - 1 - rarer  # of equal ones the last, as "yes" comes after "no"
    chosen = metric or suited_metric(counts)
    ranks = MEASURES[chosen].ranks
    lacking = len(split.test) > 0 and (np.sum(held > 0) < 2 or np.sum(learned > 1) < 2)
    if ranks and lacking:
        if metric is not None:
            raise InputError(
                f"--metric {metric} needs rows of two classes both to learn from and held out, and "
                "these have too few; give balanced-accuracy, or a table with more rows of the rarer"
            )
        chosen = "balanced-accuracy"
    classes = tuple(str(each) for each in info.classes or ())
    return Judged(
        task=Task("classification", options.seed, chosen, rarer),
        why=_why(chosen, asked, classes[rarer], counts[rarer] / counts.sum(), q),
        classes=classes,
        rarest=int(held.argmin()) if held.min() < held[rarer] else rarer,
        n_rarest=int(held.min()),
        n_held=len(split.test),
    )


def named(label: str) -> str:
    """Quote a class, cut to what a sentence bears."""
    return repr(shortened(label))


def _plainly(metric: Metric, asked: str | None) -> str:
    if asked is None:
        return f"Judged by {MEASURES[metric].words}."
    kind = MEASURES[metric].kind
    beside = "" if metric == USUAL[kind] else f"; {MEASURES[USUAL[kind]].words} is listed beside it"
    return f"Judged by {MEASURES[metric].words}, as asked{beside}."


def _why(metric: Metric, asked: str | None, rarer: str, share: float, q: int) -> str:
    words = MEASURES[metric].words
    of = f" of {named(rarer)}" if metric == "average-precision" and q == 2 else ""
    if asked is not None:
        return _plainly(metric, asked).replace(words, words + of, 1)
    if metric == "accuracy":
        return "Judged by accuracy, because no class is rare."
    per_cent = f"{100 * share:.1f}" if share >= 0.01 else f"{100 * share:.2g}"
    rare = (
        f"{per_cent} % of rows are {named(rarer)}"
        if q == 2
        else f"only {per_cent} % of rows are of the rarest of {q:,} classes, {named(rarer)}"
    )
    return f"Judged by {words}{of}, because {rare}; accuracy is listed beside it."

"""Learning the predictor of a run, and what it predicts for each row of the table."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.data import class_labels
from contextures.evaluation import Task
from contextures.evaluation.representations.folds import Apart, held_groups
from contextures.exceptions import ContextWarning
from contextures.prediction import ContextureClassifier, ContextureRegressor
from contextures.runs.checked_table import Checked
from contextures.runs.predictions import Predictor, labelled_frame
from contextures.runs.predictor_scores import (
    PredictorScore,
    Scored,
    held_out_score,
    left_out_score,
)
from contextures.runs.progress import Progress
from contextures.runs.split import Split

REFIT_MOST = 1000
"""Labels up to which the predictor is fitted a second time, with those that were held out: of
more, a quarter says little, and a fit takes the better part of a minute."""

TOGETHER_MOST = 10_000
"""Labels up to which members are fitted side by side; of more each takes much memory."""


@dataclass(frozen=True)
class Predicted:
    """A predictor, what it is worth, and its predictions of the table's rows.

    Attributes
    ----------
    predictor : ContextureClassifier or ContextureRegressor
        The one that predicts: fitted to all labels, or where these are many, to those that were
        not held out.
    frame : pandas.DataFrame
        One row for each row of the table; see :func:`contextures.runs.predictions.labelled_frame`.
    score : PredictorScore
        How well it did.
    refitted : bool
        Whether it was fitted again with the labels that were held out.
    n_rows, n_predicted : int
        The rows of the table, and those of them without a label, which it predicts. Of a long
        table more than the frame has, which is of the rows that were drawn.
    left_out : float or None
        The score of its left-out predictions of labelled rows, by the task's metric; None where
        it is undefined.
    warnings : list of str
        Members that could not be fitted to these rows.
    apart : bool
        Whether rows were kept apart by a group or a time. Rows left out one by one, beside others
        of their group, then say nothing of what it is worth, and have no score.
    """

    predictor: Predictor
    frame: pd.DataFrame
    score: PredictorScore
    refitted: bool
    n_rows: int
    n_predicted: int
    left_out: float | None = None
    warnings: list[str] = field(default_factory=list)
    apart: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Give what was found as plain values."""
        board = self.predictor.leaderboard_
        return {
            **self.score.to_dict(),
            "left_out_score": self.left_out,
            "n_labelled": self.predictor.n_labelled_,
            "n_predicted": self.n_predicted,
            "refitted": self.refitted,
            # Seconds differ from run to run; the report has them.
            "members": board.drop(columns="seconds").to_dict("records"),
        }


def learn_predictor(
    features: FloatArray,
    checked: Checked,
    split: Split,
    task: Task,
    progress: Progress,
    *,
    more: NDArray[Any] | None = None,
    apart: Apart | None = None,
) -> Predicted:
    """Fit, score and fit again the predictor of a table's target.

    The score is that of a predictor which saw the held-out rows as little as its rivals did:
    neither their labels nor the rows themselves. Where too few labels are held out, it is of
    left-out predictions of all labelled rows.

    Parameters
    ----------
    features : ndarray of shape (n + m, p)
        All rows of the table, prepared, and then those of a file to be judged on.
    checked : Checked
        The table and its target.
    split : Split
        Which rows are held out.
    task : Task
        What is predicted, by what it is judged, and the seed of the forests and of random parts of
        many rows.
    progress : Progress
        Told what is being done.
    more : ndarray of shape (m,), optional
        The labels of the file's rows, as codes of classes or numbers. Nothing is then fitted to
        held-out rows afterwards: they are no part of the table.
    apart : Apart, optional
        What keeps rows apart, of all rows of the table.

    Returns
    -------
    Predicted
        What was found.
    """
    target = labels_of(checked)
    n, codes = len(target), checked.labels
    if more is not None and codes is not None:
        codes = np.concatenate([codes, more])
    known = np.asarray(~pd.isna(target), dtype=bool)
    score: PredictorScore | None = None
    seconds = 0.0
    fitted: Predictor | None = None
    fitted_to = split.train
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if len(split.test):
            with progress.stage("learn predictor"):
                rows = split.pretraining
                hidden = target[rows]
                fitted, seconds = _fitted(checked, features[rows], hidden, task.seed)
                scored = _scored(task, checked, fitted, target, features, codes, split.test)
                scored = replace(scored, groups=held_groups(apart, split.test))
                score = held_out_score(fitted, scored, seconds)
        refit = fitted is None or (more is None and int(known.sum()) <= REFIT_MOST)
        if refit:
            with progress.stage("learn predictor from all labels"):
                fitted, seconds = _fitted(checked, features[:n], target, task.seed)
                fitted_to = np.flatnonzero(known)
        assert fitted is not None
        own = _scored(task, checked, fitted, target, features, codes, fitted_to)
        own = replace(own, groups=held_groups(apart, fitted_to))
        if score is None:
            score = left_out_score(fitted, own, seconds)
        with progress.stage("predict rows"):
            frame = labelled_frame(fitted, features[:n], fitted_to, known)
    messages = [str(w.message) for w in caught if issubclass(w.category, ContextWarning)]
    return Predicted(
        predictor=fitted,
        frame=frame,
        score=score,
        refitted=refit and len(split.test) > 0,
        n_rows=len(known),
        n_predicted=int((~known).sum()),
        left_out=None if apart is not None else _left_out(fitted, own),
        warnings=list(dict.fromkeys(messages)),
        apart=apart is not None,
    )


def labels_of(checked: Checked) -> NDArray[Any]:
    """Give the target as the table has it: labels of classes, or numbers; None or NaN for none."""
    assert checked.target is not None and checked.labels is not None
    if checked.target.task == "regression":
        return checked.labels
    return class_labels(checked.table.frame[checked.target.name], checked.target)


def _fitted(
    checked: Checked, features: FloatArray, target: NDArray[Any], seed: int
) -> tuple[ContextureClassifier | ContextureRegressor, float]:
    assert checked.target is not None
    started = time.perf_counter()
    n_jobs = -1 if int((~pd.isna(target)).sum()) <= TOGETHER_MOST else None
    if checked.target.task == "classification":
        model = ContextureClassifier(unlabelled=None, random_state=seed, n_jobs=n_jobs)
    else:
        model = ContextureRegressor(random_state=seed, n_jobs=n_jobs)
    model.fit(features, target)
    return model, time.perf_counter() - started


def _scored(
    task: Task,
    checked: Checked,
    fitted: Predictor,
    target: NDArray[Any],
    features: FloatArray,
    codes: Any,
    rows: NDArray[Any],
) -> Scored:
    """Give rows with their target as places of classes, and which of them the predictor knows."""
    assert checked.target is not None and checked.labels is not None
    if not isinstance(fitted, ContextureClassifier):
        return Scored(task, features[rows], codes[rows])
    own = checked.labels
    known = np.flatnonzero(own >= 0)
    place = dict(zip(target[known].tolist(), own[known].tolist(), strict=True))
    places = np.array([place[each] for each in fitted.classes_.tolist()], dtype=np.intp)
    return Scored(task, features[rows], codes[rows], places, len(checked.target.classes or ()))


def _left_out(fitted: Predictor, own: Scored) -> float | None:
    usual = own.task.metric in ("accuracy", "r2")
    value = (
        float(fitted.left_out_score_)
        if usual
        else own.task.value(own.target, own.told(fitted.left_out_), own.classes)
    )
    return value if np.isfinite(value) else None

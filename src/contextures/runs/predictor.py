"""Learning the predictor of a run, and what it predicts for each row of the table."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.data import class_labels
from contextures.exceptions import ContextWarning
from contextures.prediction import ContextureClassifier, ContextureRegressor
from contextures.runs.checked_table import Checked
from contextures.runs.predictions import Predictor, labelled_frame
from contextures.runs.predictor_scores import PredictorScore, held_out_score, left_out_score
from contextures.runs.progress import Progress
from contextures.runs.split import Split

REFIT_MOST = 1000
"""Labels up to which the predictor is fitted a second time, with those that were held out: of
more, a quarter says little, and a fit takes the better part of a minute."""


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
    n_predicted : int
        Rows without a label, which it predicts.
    warnings : list of str
        Members that could not be fitted to these rows.
    apart : bool
        Whether rows were kept apart by a group or a time: rows left out one by one, beside others
        of their group, then say nothing of what it is worth.
    """

    predictor: Predictor
    frame: pd.DataFrame
    score: PredictorScore
    refitted: bool
    n_predicted: int
    warnings: list[str] = field(default_factory=list)
    apart: bool = False

    @property
    def left_out_score(self) -> float | None:
        """The score of left-out rows; None where they were kept apart from others."""
        return None if self.apart else self.predictor.left_out_score_

    def to_dict(self) -> dict[str, Any]:
        """Give what was found as plain values."""
        board = self.predictor.leaderboard_
        return {
            **self.score.to_dict(),
            "left_out_score": self.left_out_score,
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
    seed: int,
    progress: Progress,
    *,
    more: NDArray[Any] | None = None,
    apart: bool = False,
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
    seed : int
        Seeds the forests and random parts of many rows.
    progress : Progress
        Told what is being done.
    more : ndarray of shape (m,), optional
        The labels of the file's rows, as codes of classes or numbers. Nothing is then fitted to
        held-out rows afterwards: they are no part of the table.
    apart : bool, default=False
        Whether rows were kept apart by a group or a time.

    Returns
    -------
    Predicted
        What was found.
    """
    target = labels_of(checked)
    n = len(target)
    known = np.asarray(~pd.isna(target), dtype=bool)
    if more is not None:
        target = np.concatenate([target, _as_labels(more, checked, target)])
    score: PredictorScore | None = None
    fitted: Predictor | None = None
    fitted_to = split.train
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if len(split.test):
            with progress.stage("learn predictor"):
                rows = split.pretraining
                hidden = target[rows]
                fitted = _fitted(checked, features[rows], hidden, seed)
                score = held_out_score(fitted, features[split.test], target[split.test], seed)
        refit = fitted is None or (more is None and int(known.sum()) <= REFIT_MOST)
        if refit:
            with progress.stage("learn predictor from all labels"):
                fitted = _fitted(checked, features[:n], target[:n], seed)
                fitted_to = np.flatnonzero(known)
        assert fitted is not None
        if score is None:
            score = left_out_score(fitted, features[:n][known], target[:n][known], seed)
        with progress.stage("predict rows"):
            frame = labelled_frame(fitted, features[:n], fitted_to, known)
    messages = [str(w.message) for w in caught if issubclass(w.category, ContextWarning)]
    return Predicted(
        predictor=fitted,
        frame=frame,
        score=score,
        refitted=refit and len(split.test) > 0,
        n_predicted=int((~known).sum()),
        warnings=list(dict.fromkeys(messages)),
        apart=apart,
    )


def labels_of(checked: Checked) -> NDArray[Any]:
    """Give the target as the table has it: labels of classes, or numbers; None or NaN for none."""
    assert checked.target is not None and checked.labels is not None
    if checked.target.task == "regression":
        return checked.labels
    return class_labels(checked.table.frame[checked.target.name], checked.target)


def _as_labels(codes: NDArray[Any], checked: Checked, target: NDArray[Any]) -> NDArray[Any]:
    """Give codes of classes as the labels that the table has for them; numbers as they are."""
    assert checked.target is not None and checked.labels is not None
    if checked.target.task == "regression":
        return codes
    known, first = np.unique(checked.labels, return_index=True)
    of = dict(zip(known.tolist(), target[first], strict=True))
    labels = np.empty(len(codes), dtype=object)
    labels[:] = [of[code] for code in codes.tolist()]
    return labels


def _fitted(
    checked: Checked, features: FloatArray, target: NDArray[Any], seed: int
) -> ContextureClassifier | ContextureRegressor:
    assert checked.target is not None
    if checked.target.task == "classification":
        return ContextureClassifier(unlabelled=None, random_state=seed).fit(features, target)
    return ContextureRegressor(random_state=seed).fit(features, target)

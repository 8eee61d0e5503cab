"""What a predictor loses on new rows: by their labels, or by what tells losses of held-out rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta, norm

from contextures._arrays import FloatArray
from contextures._files import read_json
from contextures.data.kinds import Hints, kind_of
from contextures.data.values import numbers_of, same_words, words_of
from contextures.data.words import listed
from contextures.exceptions import InputError
from contextures.runs.carried import CHANCE
from contextures.runs.new_rows import how_read
from contextures.runs.predict import predictor_of, run_options
from contextures.runs.predictions import predicted_frame
from contextures.runs.shift_reference import Reference
from contextures.runs.shift_rows import NewSample
from contextures.runs.shift_source import OwnRows, predictions_of
from contextures.shift.coordinates import FEWEST
from contextures.shift.density import DensityRatio
from contextures.shift.elsewhere import predicted_loss

SURE = 1.96


@dataclass(frozen=True)
class MeanLoss:
    """An expected loss: the share of wrong classes, or the mean squared error.

    Attributes
    ----------
    value : float
        The mean.
    interval : tuple of float
        Its 95 % interval.
    n_rows : int
        Of so many rows.
    """

    value: float
    interval: tuple[float, float]
    n_rows: int

    @property
    def error(self) -> float:
        """The standard error that the interval stands for."""
        return (self.interval[1] - self.interval[0]) / (2 * SURE)


@dataclass(frozen=True)
class Losses:
    """A predictor's expected losses here and there.

    Attributes
    ----------
    loss : str
        What the loss is.
    held_out : MeanLoss or None
        On the run's rows, by predictions that did not see their labels.
    expected : MeanLoss or None
        On new rows, by what tells the losses of the run's rows.
    weighted : MeanLoss or None
        On the run's rows, weighted to be like the new ones; None where too few are.
    new : MeanLoss or None
        On new rows, by their labels.
    n_labels : int
        How many labels there are; more than `new` was told by where they were drawn from.
    """

    loss: str
    held_out: MeanLoss | None = None
    expected: MeanLoss | None = None
    weighted: MeanLoss | None = None
    new: MeanLoss | None = None
    n_labels: int = 0


def compare_losses(
    folder: Path,
    sample: NewSample,
    held: Reference,
    own: OwnRows,
    ratio: DensityRatio | None,
    notes: list[str],
    seed: int,
) -> Losses:
    """Compare a predictor's losses on new rows with those on the run's.

    Parameters
    ----------
    folder : pathlib.Path
        The run, which has a predictor.
    sample : NewSample
        The new rows, prepared, and their labels.
    held : Reference
        What they are compared with.
    own : OwnRows
        What is left of the run's rows.
    ratio : DensityRatio or None
        Weights that make the run's rows like the new ones; None where they stand for nothing.
    notes : list of str
        What limits the meaning is added here.
    seed : int
        Deals the parts of the run's rows that are left out in turn.

    Returns
    -------
    Losses
        What there is.
    """
    metrics = read_json(folder / "metrics.json")
    task = str(metrics["task"])
    sharp = task == "classification"
    target = run_options(folder).get("target")
    found = Losses("share of wrong classes" if sharp else "mean squared error")
    stored = None
    each = None
    if own.table is not None and target in own.table.frame.columns:
        stored = predictions_of(folder, own.rows[held.rows])
        told = stored["prediction"].to_numpy()
        each = losses_of(folder, own.table.frame[target].iloc[held.rows], told, task)
        there = ~np.isnan(each)
        if there.sum() >= FEWEST:
            mean = mean_interval(each[there], sharp)
            found = replace(found, held_out=MeanLoss(*mean, int(there.sum())))
        else:
            each = None
    elif sharp and "predictor" in metrics["predictor"]["scores"]:
        score = metrics["predictor"]["scores"]["predictor"]
        low, high = score["interval"]
        n_scored = metrics["predictor"]["n_scored"]
        known = MeanLoss(1 - score["score"], (1 - high, 1 - low), n_scored)
        found = replace(found, held_out=known)
    if each is None:
        notes.append(
            "the table that the run was fitted to is no more where it was, has changed or has too "
            "few labels, "
            "so the loss on the new rows cannot be expected from its rows"
        )
    predicted = None
    labels = sample.labels
    if labels is not None or each is not None:
        predicted = predicted_frame(predictor_of(folder), sample.features)
    if labels is not None and predicted is not None:
        if sharp:
            notes += unseen_classes(labels[sample.labelled], _chances(predicted))
        new = losses_of(folder, labels, predicted["prediction"].to_numpy(), task)
        new = new[sample.labelled & ~np.isnan(new)]
        if len(new) >= 2:
            mean = mean_interval(new, sharp)
            # Of labels that were not drawn it is not known whether they can be read.
            some = int(sample.labelled.sum()) < sample.n_labels
            n_labels = sample.n_labels if some else len(new)
            found = replace(found, new=MeanLoss(*mean, len(new)), n_labels=n_labels)
        else:
            notes.append(f"the column {labels.name!r} has too few labels to say anything")
    if each is not None:
        there = ~np.isnan(each)
        old = each[there]
        if ratio is not None:
            found = replace(found, weighted=_weighted(old, ratio.reference[there]))
        if stored is not None and held.features is not None and predicted is not None:
            rows = _telling(held.features, stored, predicted)[there]
            moved = _telling(sample.features, predicted, predicted)[sample.drawn]
            told_loss = predicted_loss(old, rows, moved, random_state=seed)
            low, high = told_loss.interval
            ends = low, min(high, 1.0) if sharp else high
            found = replace(found, expected=MeanLoss(told_loss.value, ends, len(old)))
    if found.new is not None and found.held_out is None:
        notes.append("without a held-out loss, that on the new rows has nothing to stand beside")
    return found


def _telling(features: FloatArray, own: pd.DataFrame, like: pd.DataFrame) -> FloatArray:
    """Give what tells the loss of a row: its columns, and the chances or number predicted."""
    names = [f"{CHANCE}{name}" for name in _chances(like)] or ["prediction"]
    return np.hstack([features, own[names].to_numpy(dtype=np.float64)])


def _chances(predicted: pd.DataFrame) -> list[str]:
    """Name the classes that were given chances, none where numbers were predicted."""
    names = (str(name) for name in predicted.columns)
    return [name.removeprefix(CHANCE) for name in names if name.startswith(CHANCE)]


def unseen_classes(series: pd.Series, classes: list[str]) -> list[str]:
    """Say which labels are of no class that was learned, so that no prediction can be right.

    Parameters
    ----------
    series : pandas.Series
        The labels.
    classes : list of str
        What can be predicted.

    Returns
    -------
    list of str
        A note, or none.

    Raises
    ------
    InputError
        If that is so of all of them: then they are most likely of another column.
    """
    words = [word for word in words_of(series) if word is not None]
    learned = {word for word in words_of(pd.Series(classes, dtype=object)) if word is not None}
    known = {*learned, *same_words(set(words), learned)}
    unseen = [word for word in words if word not in known]
    if not unseen:
        return []
    which = list(dict.fromkeys(unseen))
    if len(unseen) == len(words):
        raise InputError(
            f"--target {str(series.name)!r} holds {which[0]!r}, and no label that the run can "
            f"predict ({listed(sorted(classes))}); name the column that holds them"
        )
    return [
        f"{len(unseen):,} of the {len(words):,} labels in {str(series.name)!r} are of no class "
        f"that the run learned ({listed(which)}): every prediction of them counts as wrong"
    ]


def _weighted(old: FloatArray, r: FloatArray) -> MeanLoss:
    mean = float(r @ old / r.sum())
    error = float(np.std(r / r.mean() * (old - mean)) / np.sqrt(len(old)))
    return MeanLoss(mean, (max(mean - SURE * error, 0.0), mean + SURE * error), len(old))


def losses_of(run: Path, series: pd.Series, told: NDArray[Any], task: str) -> FloatArray:
    """Give the loss of each prediction: 1 for a wrong class, or the squared error.

    Parameters
    ----------
    run : pathlib.Path
        The run, which knows how numbers are written.
    series : pandas.Series
        The labels.
    told : ndarray of shape (n,)
        What was predicted.
    task : {"classification", "regression"}
        What the labels are.

    Returns
    -------
    ndarray of shape (n,)
        Losses, NaN where there is no label.

    Raises
    ------
    InputError
        If numbers were predicted and a label is none.
    """
    if task == "regression":
        found = kind_of(series, Hints(how_read(run).decimal))
        numbers = numbers_of(series, found.number_form)
        bad = np.flatnonzero(np.isnan(numbers) & ~pd.isna(series).to_numpy())
        if len(bad) and len(bad) == len(series) - int(pd.isna(series).sum()):
            raise InputError(
                f"--target {str(series.name)!r} holds {str(series.iloc[bad[0]])!r}, which is not a "
                "number as the run predicts; name the column that holds them"
            )
        losses: FloatArray = (numbers - told.astype(np.float64)) ** 2
        return losses
    words, said = words_of(series), words_of(pd.Series(told))
    alike = same_words({word for word in words if word is not None}, set(said))
    wrong = [
        np.nan if w is None else float(alike.get(w, w) != t)
        for w, t in zip(words, said, strict=True)
    ]
    return np.array(wrong, dtype=np.float64)


def mean_interval(losses: FloatArray, zero_one: bool) -> tuple[float, tuple[float, float]]:
    """Give the mean of losses and its 95 % interval: exact for shares, normal otherwise."""
    n, mean = len(losses), float(losses.mean())
    if zero_one:
        wrong = round(float(losses.sum()))
        low = float(beta.ppf(0.025, wrong, n - wrong + 1)) if wrong else 0.0
        high = float(beta.ppf(0.975, wrong + 1, n - wrong)) if wrong < n else 1.0
        return mean, (low, high)
    half = float(norm.ppf(0.975) * losses.std(ddof=1) / np.sqrt(n)) if n > 1 else float("inf")
    return mean, (max(mean - half, 0.0), mean + half)

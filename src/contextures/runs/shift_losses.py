"""What a predictor loses on new rows: by their labels, or by held-out rows that are like them."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta, norm

from contextures._arrays import FloatArray
from contextures._files import read_json, read_regular
from contextures.data import Table
from contextures.data.kinds import Hints, kind_of
from contextures.data.values import numbers_of, same_words, words_of
from contextures.exceptions import InputError
from contextures.runs.new_rows import how_read
from contextures.runs.predict import predictor_of, run_options
from contextures.runs.shift_reference import Reference
from contextures.shift.coordinates import FEWEST
from contextures.shift.density import DensityRatio

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


def compare_losses(
    folder: Path,
    features: FloatArray,
    labels: pd.Series | None,
    held: Reference,
    source: Table | None,
    ratio: DensityRatio | None,
    notes: list[str],
) -> tuple[dict[str, Any], bool | None, int, str]:
    """Compare a predictor's losses on new rows with those on the run's.

    Parameters
    ----------
    folder : pathlib.Path
        The run, which has a predictor.
    features : ndarray of shape (m, p)
        The new rows, prepared.
    labels : pandas.Series or None
        Their labels.
    held : Reference
        What they are compared with.
    source : Table or None
        The run's table.
    ratio : DensityRatio or None
        Weights that make the run's rows like the new ones.
    notes : list of str
        What limits the meaning is added here.

    Returns
    -------
    tuple
        The losses "held_out", "new" and "weighted"; whether the new one is surely larger, None
        where nothing says; how many labels there are; and what the loss is.
    """
    metrics = read_json(folder / "metrics.json")
    task = str(metrics["task"])
    sharp = task == "classification"
    own = run_options(folder).get("target")
    losses: dict[str, Any] = {"held_out": None, "new": None, "weighted": None}
    each = None
    if source is not None and own in source.frame.columns:
        stored = pd.read_parquet(BytesIO(read_regular(folder / "predictions.parquet")))
        told = stored["prediction"].to_numpy()[held.rows]
        each = losses_of(folder, source.frame[own].iloc[held.rows], told, task)
        there = ~np.isnan(each)
        if there.sum() >= FEWEST:
            losses["held_out"] = MeanLoss(*mean_interval(each[there], sharp), int(there.sum()))
        else:
            each = None
    elif sharp and "predictor" in metrics["predictor"]["scores"]:
        score = metrics["predictor"]["scores"]["predictor"]
        low, high = score["interval"]
        losses["held_out"] = MeanLoss(
            1 - score["score"], (1 - high, 1 - low), metrics["predictor"]["n_scored"]
        )
    if each is None:
        notes.append(
            "the table that the run was fitted to is no more where it was or has too few labels, "
            "so held-out losses cannot be weighted to be like the new rows"
        )
    worse = None
    n_labels = 0
    if labels is not None:
        told = np.asarray(predictor_of(folder).predict(features))
        new = losses_of(folder, labels, told, task)
        new = new[~np.isnan(new)]
        n_labels = len(new)
        if n_labels >= 2:
            losses["new"] = MeanLoss(*mean_interval(new, sharp), n_labels)
        else:
            notes.append(f"the column {labels.name!r} has too few labels to say anything")
            n_labels = 0
    if each is not None and ratio is not None:
        there = ~np.isnan(each)
        old, r = each[there], ratio.reference[there]
        mean = float(r @ old / r.sum())
        error = float(np.std(r / r.mean() * (old - mean)) / np.sqrt(len(old)))
        ends = (max(mean - SURE * error, 0.0), mean + SURE * error)
        losses["weighted"] = MeanLoss(mean, ends, len(old))
        more = (r / r.mean() - 1) * (old - old.mean())
        worse = bool(more.mean() > SURE * more.std() / np.sqrt(len(old)))
    if losses["new"] is not None and losses["held_out"] is not None:
        gained = losses["new"].value - losses["held_out"].value
        worse = bool(gained > SURE * np.hypot(losses["new"].error, losses["held_out"].error))
    elif losses["new"] is not None:
        notes.append("without a held-out loss, that on the new rows has nothing to stand beside")
    said = "share of wrong classes" if sharp else "mean squared error"
    return losses, worse, n_labels, said


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

"""What a predictor loses on new rows: by their labels, or by what tells losses of held-out rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.stats import beta, norm

from contextures._arrays import FloatArray
from contextures._files import read_json
from contextures.runs.predict import predictor_of, run_options
from contextures.runs.predictions import predicted_frame
from contextures.runs.shift_expected import ToldRows, classes_of, expected_loss
from contextures.runs.shift_labels import losses_of, unseen_classes
from contextures.runs.shift_reference import Reference
from contextures.runs.shift_rows import NewSample
from contextures.runs.shift_source import OwnRows, predictions_of
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
    stored = each = own_labels = None
    if own.table is not None and target in own.table.frame.columns:
        stored = predictions_of(folder, own.rows[held.rows])
        told = stored["prediction"].to_numpy()
        own_labels = own.table.frame[target].iloc[held.rows]
        each = losses_of(folder, own_labels, told, task)
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
            notes += unseen_classes(labels[sample.labelled], classes_of(predicted))
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
        if own_labels is not None and held.features is not None and predicted is not None:
            assert stored is not None
            labelled = ToldRows(held.features[there], stored[there])
            moved = ToldRows(sample.features[sample.drawn], predicted[sample.drawn])
            told_loss = expected_loss(folder, old, own_labels[there], labelled, moved, seed)
            most = 1.0 if sharp else np.inf
            value, low, high = (min(x, most) for x in (told_loss.value, *told_loss.interval))
            found = replace(found, expected=MeanLoss(value, (low, high), len(old)))
    if found.new is not None and found.held_out is None:
        notes.append("without a held-out loss, that on the new rows has nothing to stand beside")
    return found


def _weighted(old: FloatArray, r: FloatArray) -> MeanLoss:
    mean = float(r @ old / r.sum())
    error = float(np.std(r / r.mean() * (old - mean)) / np.sqrt(len(old)))
    return MeanLoss(mean, (max(mean - SURE * error, 0.0), mean + SURE * error), len(old))


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

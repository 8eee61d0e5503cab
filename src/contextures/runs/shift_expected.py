"""What a predictor is expected to lose on new rows, by the losses of a run's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from contextures._arrays import FloatArray
from contextures.runs.carried import CHANCE
from contextures.runs.shift_labels import labels_as_told, words_as_told
from contextures.shift.elsewhere import PredictedLoss, predicted_loss
from contextures.shift.rivals import rival_disagreement


@dataclass(frozen=True)
class ToldRows:
    """Rows with what a predictor says of them.

    Attributes
    ----------
    features : ndarray of shape (n, p)
        The rows, prepared.
    predicted : pandas.DataFrame of n rows
        "prediction", and the chances of classes.
    """

    features: FloatArray
    predicted: pd.DataFrame


def classes_of(predicted: pd.DataFrame) -> list[str]:
    """Name the classes that were given chances, none where numbers were predicted."""
    names = (str(name) for name in predicted.columns)
    return [name.removeprefix(CHANCE) for name in names if name.startswith(CHANCE)]


def expected_loss(
    run: Path, losses: FloatArray, labels: pd.Series, held: ToldRows, new: ToldRows, seed: int
) -> PredictedLoss:
    """Predict the mean loss of new rows, by what tells those of held-out rows and by a rival.

    Parameters
    ----------
    run : pathlib.Path
        The run.
    losses : ndarray of shape (n,)
        Of held-out rows.
    labels : pandas.Series of length n
        Their labels.
    held, new : ToldRows
        These n rows, and the new ones.
    seed : int
        Deals the parts of the held-out rows that are left out in turn.

    Returns
    -------
    PredictedLoss
        See :func:`contextures.shift.predicted_loss`.
    """
    classes = classes_of(new.predicted)
    said, said_new = (each.predicted["prediction"].to_numpy() for each in (held, new))
    known = labels_as_told(run, labels, said, "classification" if classes else "regression")
    if classes:
        said, said_new = (np.array(words_as_told(each), dtype=object) for each in (said, said_new))
    apart = rival_disagreement(
        known,
        held.features,
        said,
        new.features,
        said_new,
        kind="classification" if classes else "regression",
        random_state=seed,
    )
    # By its columns, and by the chances or the number that was predicted.
    names = [f"{CHANCE}{name}" for name in classes] or ["prediction"]
    rows, moved = (
        np.hstack([each.features, each.predicted[names].to_numpy(dtype=np.float64)])
        for each in (held, new)
    )
    return predicted_loss(losses, rows, moved, apart=apart, random_state=seed)

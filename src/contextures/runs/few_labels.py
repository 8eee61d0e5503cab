"""The demonstration of few labels: the main job on digits of which twenty have a label."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from contextures.data import demo_table
from contextures.runs.fit import FitResult, fit_table
from contextures.runs.options import FitOptions
from contextures.runs.progress import Progress


@dataclass(frozen=True)
class FewLabels:
    """What few labels came to.

    Attributes
    ----------
    result : FitResult
        The run, which was given the few labels alone.
    n_labelled, n_hidden : int
        Rows with a label, and rows whose label was hidden from the run.
    accuracy, plain : float
        The share of the hidden labels that the run predicted right, and that logistic regression
        on the prepared columns does from the same labels.
    """

    result: FitResult
    n_labelled: int
    n_hidden: int
    accuracy: float
    plain: float

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return {
            "n_labelled": self.n_labelled,
            "n_hidden": self.n_hidden,
            "accuracy": self.accuracy,
            "logistic_regression": self.plain,
        }

    @property
    def sentence(self) -> str:
        """What was gained."""
        return (
            f"The labels of {self.n_hidden:,} rows were hidden, so they can be compared with what "
            f"was predicted from {self.n_labelled}: {self.accuracy:.1%} are right; of logistic "
            f"regression on the same columns and labels, {self.plain:.1%}."
        )


def demo_few_labels(
    out: str | Path, options: FitOptions, progress: Progress | None = None
) -> FewLabels:
    """Do the main job on scikit-learn's digits with two labels a digit, and look what it is worth.

    Parameters
    ----------
    out : str or pathlib.Path
        The folder to make.
    options : FitOptions
        What to do; the target is the table's.
    progress : Progress, optional
        Told how far the work is.

    Returns
    -------
    FewLabels
        The run, and how many of the hidden labels it predicted right.
    """
    table, truth = demo_table("few_labels"), demo_table("digits")
    result = fit_table(table, out, options, progress)
    run = result.run
    assert table.target is not None and run.predicted is not None
    labels = truth.frame[table.target].to_numpy()[: len(table.frame)]
    hidden = table.frame[table.target].isna().to_numpy()
    features = run.preparation.transform(run.checked.features)
    plain = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    plain.fit(features[~hidden], labels[~hidden])
    told = run.predicted.frame["prediction"].to_numpy()
    return FewLabels(
        result=result,
        n_labelled=int((~hidden).sum()),
        n_hidden=int(hidden.sum()),
        accuracy=float(np.mean(told[hidden] == labels[hidden])),
        plain=float(plain.score(features[hidden], labels[hidden])),
    )

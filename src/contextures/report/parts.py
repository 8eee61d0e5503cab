"""The parts of a report, as plain data: what :class:`contextures.report.ReportData` is made of.

Those about the choice of a context are in :mod:`contextures.report.choice`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from contextures._repr import short_repr

SCORE_LABELS = {
    "predictor": "Predictor, pool of models",
    "contexture": "Contexture, linear model",
    "raw_linear": "Raw features, linear model",
    "gradient_boosting": "Raw features, gradient boosting",
    "random_forest": "Raw features, random forest",
    "contexture_plus_raw": "Contexture and raw features, linear model",
    "baseline": "Baseline, the commonest class or the mean",
}
"""The words for each key of a :class:`Score` that a fit writes."""

Cell: TypeAlias = bool | int | float | str | None
"""One value of a colouring column; ``None`` where it is missing."""


@dataclass(frozen=True)
class TableInfo:
    """The table the report is about.

    Attributes
    ----------
    name : str
        What the table is called.
    n_rows, n_columns : int
        Its size.
    n_train, n_test, n_unlabelled : int
        The rows that were used, by what for.
    target : str or None
        The target's column; None when no target was named.
    task : str or None
        ``"classification"`` or ``"regression"``; None without a target.
    digest : str
        What identifies the file's bytes.
    n_drawn : int or None
        The rows of a long table that were used; None where all were.
    """

    name: str
    n_rows: int
    n_columns: int
    n_train: int
    n_test: int
    n_unlabelled: int
    target: str | None
    task: str | None
    digest: str
    n_drawn: int | None = None


@dataclass(frozen=True)
class TrainingPoint:
    """Where training stood after some updates; None marks what was not measured there.

    Attributes
    ----------
    step : int
        The number of updates.
    loss : float or None
        What training lowers.
    score : float or None
        The held-out operator score: the sum of squared singular values that the encoder
        attains on rows held out inside the fit.
    """

    step: int
    loss: float | None
    score: float | None


@dataclass(frozen=True)
class LearnedEncoder:
    """The encoder behind the coordinates, and how much of the contexture it has learned.

    None marks what was not computed.

    Attributes
    ----------
    kind : str
        ``"spectral"`` (exact: the page says nothing of the rest), ``"ritz"`` or
        ``"neural"``.
    label : str
        Names the encoder in words that can follow "The encoder is".
    exact_spectrum : list of float or None
        The exact encoder's singular values, one for each of the report's ``spectrum`` (0
        beyond the context's rank) and on the same rows.
    alignment : float or None
        The mean squared canonical correlation with the exact functions on the training
        rows.
    held_out, held_out_exact : float or None
        The operator score on rows outside the fit, and that of the exact encoder extended
        to the same rows.
    effective_rank : float or None
        Along how many directions the outputs vary before they are made uncorrelated (the
        exponential of the entropy of their covariance's eigenvalues).
    training : list of TrainingPoint
        In order of its steps, and empty for an encoder that is not trained.
    """

    __repr__ = short_repr

    kind: str
    label: str
    exact_spectrum: list[float] | None = None
    alignment: float | None = None
    held_out: float | None = None
    held_out_exact: float | None = None
    effective_rank: float | None = None
    training: list[TrainingPoint] = field(default_factory=list)


@dataclass(frozen=True)
class OtherScore:
    """The same predictions by another metric.

    Attributes
    ----------
    metric : str
        The metric.
    score : float
        The score.
    low, high : float
        The ends of its interval.
    """

    metric: str
    score: float
    low: float
    high: float


@dataclass(frozen=True)
class Score:
    """A held-out score with its 95 % interval.

    Attributes
    ----------
    key : str
        One of :data:`SCORE_LABELS` or the caller's own; the page emphasises the first of
        ``predictor`` and ``contexture``, the learnt representation.
    label : str
        Words for it; when empty, the key's entry there.
    score : float
        The score.
    low, high : float
        The ends of its interval.
    also : list of OtherScore
        Accuracy or R² where the report's metric is another.
    seconds : float or None
        How long fitting took, choices included.
    model : str
        What was fitted, in words.
    """

    key: str
    label: str
    score: float
    low: float
    high: float
    also: list[OtherScore] = field(default_factory=list)
    seconds: float | None = None
    model: str = ""


@dataclass(frozen=True)
class Scatter:
    """The rows of the map: everything here has one entry per row, in one order.

    Attributes
    ----------
    row_ids : list of int or str
        What the rows are called.
    coordinates : dict of str to list of float
        What the select of axes offers, and its values.
    colours : dict of str to list
        What the select of colours offers, and its values.
    details : list of str
        What hovering a row shows.
    note : str
        Which rows of the table these are.
    """

    __repr__ = short_repr

    row_ids: list[int | str]
    coordinates: dict[str, list[float]]
    colours: dict[str, list[Cell]] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True)
class ColumnAccount:
    """What was done with one column of the table.

    Attributes
    ----------
    column : str
        The column's name.
    kind : str
        What its values are.
    action : str
        What was done, in words.
    missing : int
        How many of its cells were empty.
    """

    column: str
    kind: str
    action: str
    missing: int


@dataclass(frozen=True)
class DataWarning:
    """Something in the data a reader should look at.

    Attributes
    ----------
    column : str or None
        The column; None for the whole table.
    code : str
        What it is, in one word.
    message : str
        What it is and what was done, in a sentence.
    """

    column: str | None
    code: str
    message: str


@dataclass(frozen=True)
class Repeat:
    """What it takes to run this again.

    Attributes
    ----------
    command : str
        The command that does it.
    seed : int
        The seed of all draws.
    version : str
        The release of this library.
    python : str
        The same as lines of Python.
    timings : dict of str to float
        The seconds of each stage.
    """

    command: str
    seed: int
    version: str
    python: str
    timings: dict[str, float] = field(default_factory=dict)

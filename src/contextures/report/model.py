"""What one report says, as plain data that survives a round trip through JSON.

The page is drawn from :class:`ReportData` alone, so a saved report can be drawn again without the
table or the fitted objects.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import TypeAlias

from contextures.exceptions import InputError
from contextures.report._checks import check
from contextures.report._decode import build, to_plain

REPORT_VERSION = 1
"""The layout of the JSON written by this release."""

LABEL_FAMILY = "label"
"""The family of a context built from the target itself."""

SCORE_LABELS = {
    "contexture": "Contexture, linear model",
    "raw_linear": "Raw features, linear model",
    "gradient_boosting": "Raw features, gradient boosting",
    "contexture_plus_raw": "Contexture and raw features, linear model",
}
"""The words for each key of a :class:`Score` that a fit writes."""

Cell: TypeAlias = bool | int | float | str | None
"""One value of a colouring column; ``None`` where it is missing."""


@dataclass(frozen=True)
class TableInfo:
    """The table the report is about.

    ``n_train + n_test + n_unlabelled`` rows were used; ``target`` and ``task``
    (``"classification"`` or ``"regression"``) are ``None`` when no target was named. ``digest``
    identifies the file's bytes.
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


@dataclass(frozen=True)
class Answer:
    """The context that was chosen, and how far the choice can be trusted.

    ``context`` is the expression that builds it, ``context_label`` its plain words, ``sentences``
    the finding in full sentences, most important first. ``score`` is what the choice followed,
    ``"tau"`` or ``"pseudo"`` (the expected error on pseudo-tasks, with its standard error
    ``pseudo_se``). ``n_components`` coordinates are kept; ``predicted_n_components`` is where that
    score is lowest. ``n_alike`` other candidates cannot be told apart from the chosen one on
    pseudo-tasks.
    """

    context: str
    context_label: str
    n_components: int
    tau: float
    reliable: bool
    predicted_n_components: int | None = None
    beta: float = 1.0
    sentences: list[str] = field(default_factory=list)
    score: str = "tau"
    pseudo: float | None = None
    pseudo_se: float | None = None
    n_alike: int | None = None


@dataclass(frozen=True)
class Candidate:
    """One context that was tried.

    ``level`` orders a family by how strong the association is, the larger the stronger, in any
    unit that is the same throughout the family; ``None`` where the context has no such level.
    Elsewhere ``None`` marks what could not be computed, and ``error`` says why. A candidate of
    the family :data:`LABEL_FAMILY` reads the target: it is listed to compare with, never chosen.
    ``pseudo`` is the expected error on pseudo-tasks; ``told_apart`` says whether the chosen one has
    the lower error on most single ones of them. ``n_components`` is where the score that the choice
    followed is lowest.
    """

    name: str
    family: str
    params: str
    level: float | None
    tau: float | None
    n_components: int | None
    reliable: bool | None
    decay: float | None
    kernel_deviation: float | None
    seconds: float
    error: str | None = None
    chosen: bool = False
    pseudo: float | None = None
    told_apart: bool | None = None


@dataclass(frozen=True)
class TauPoint:
    """The usefulness score with ``d`` coordinates kept."""

    d: int
    tau: float


@dataclass(frozen=True)
class PseudoPoint:
    """The expected error on pseudo-tasks with ``d`` coordinates kept."""

    d: int
    error: float


@dataclass(frozen=True)
class ProbePoint:
    """The cross-validated score of a linear probe on the first ``d`` coordinates."""

    d: int
    score: float
    low: float
    high: float


@dataclass(frozen=True)
class TrainingPoint:
    """Where training stood after ``step`` updates; ``None`` marks what was not measured there.

    ``loss`` is what training lowers. ``score`` is the held-out operator score: the sum of squared
    singular values that the encoder attains on rows held out inside the fit.
    """

    step: int
    loss: float | None
    score: float | None


@dataclass(frozen=True)
class LearnedEncoder:
    """The encoder behind the coordinates, and how much of the contexture it has learned.

    ``kind`` is ``"spectral"`` (exact: the page says nothing of the rest), ``"ritz"`` or
    ``"neural"``; ``label`` names the encoder in words that can follow "The encoder is". The other
    fields are ``None`` where they were not computed:

    - ``exact_spectrum``: the exact encoder's singular values, one for each of the report's
      ``spectrum`` (0 beyond the context's rank) and on the same rows;
    - ``alignment``: the mean squared canonical correlation with the exact functions on the
      training rows;
    - ``held_out`` and ``held_out_exact``: the operator score on rows outside the fit, and that of
      the exact encoder extended to the same rows;
    - ``effective_rank``: along how many directions the outputs vary before they are made
      uncorrelated (the exponential of the entropy of their covariance's eigenvalues).

    ``training`` is in order of its steps, and empty for an encoder that is not trained.
    """

    kind: str
    label: str
    exact_spectrum: list[float] | None = None
    alignment: float | None = None
    held_out: float | None = None
    held_out_exact: float | None = None
    effective_rank: float | None = None
    training: list[TrainingPoint] = field(default_factory=list)


@dataclass(frozen=True)
class Score:
    """A held-out score with its 95 % interval.

    ``key`` is one of :data:`SCORE_LABELS` or the caller's own; the page emphasises
    ``contexture``, the learnt representation. An empty ``label`` stands for the key's entry there.
    """

    key: str
    label: str
    score: float
    low: float
    high: float


@dataclass(frozen=True)
class Scatter:
    """The rows of the map: everything here has one entry per row, in one order.

    ``coordinates`` and ``colours`` map what a select offers to its values; ``details`` is what
    hovering a row shows; ``note`` says which rows of the table these are.
    """

    row_ids: list[int | str]
    coordinates: dict[str, list[float]]
    colours: dict[str, list[Cell]] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True)
class ColumnAccount:
    """What was done with one column of the table; ``missing`` counts its empty cells."""

    column: str
    kind: str
    action: str
    missing: int


@dataclass(frozen=True)
class DataWarning:
    """Something in the data a reader should look at; ``column`` is ``None`` for the whole table."""

    column: str | None
    code: str
    message: str


@dataclass(frozen=True)
class Repeat:
    """What it takes to run this again; ``timings`` maps a stage to its seconds."""

    command: str
    seed: int
    version: str
    python: str
    timings: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportData:
    """Everything a report shows.

    ``spectrum`` holds the chosen context's singular values without the trivial ``s_0 = 1``, as
    the encoder attains them. ``encoder`` may be ``None`` for the spectral one.
    ``metric`` (``"accuracy"`` or ``"r2"``) is what ``scores`` and ``probe_curve`` are in; without a
    target it and ``probe_curve`` are ``None`` and ``scores`` is empty.
    """

    title: str
    created: str
    table: TableInfo
    answer: Answer
    ranking: list[Candidate]
    spectrum: list[float]
    tau_curve: list[TauPoint]
    scatter: Scatter
    repeat: Repeat
    probe_curve: list[ProbePoint] | None = None
    scores: list[Score] = field(default_factory=list)
    metric: str | None = None
    columns: list[ColumnAccount] = field(default_factory=list)
    warnings: list[DataWarning] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    encoder: LearnedEncoder | None = None
    pseudo_curve: list[PseudoPoint] = field(default_factory=list)
    version: int = REPORT_VERSION

    def to_json(self) -> str:
        """Return the report as a JSON object.

        NumPy scalars become plain numbers, and a number that is not finite becomes ``null``.

        Returns
        -------
        str
            Text that :meth:`from_json` reads back.

        Raises
        ------
        InputError
            If a field holds something its type does not allow, by the field's path.
        """
        plain = to_plain(dataclasses.asdict(self))
        check(build(ReportData, plain, "report"))
        return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> ReportData:
        """Read a report that :meth:`to_json` wrote.

        Parameters
        ----------
        text : str
            The JSON object.

        Returns
        -------
        ReportData
            The report, checked.

        Raises
        ------
        InputError
            If the text is not JSON, is of another version, or a field is missing, unknown or of
            the wrong type.
        """
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(f"The report is not valid JSON ({error}); write it again.") from error
        if not isinstance(raw, dict):
            raise InputError("The report must be a JSON object; write it again.")
        if raw.get("version") != REPORT_VERSION:
            raise InputError(
                f"The report has version {raw.get('version')!r} but this release reads version "
                f"{REPORT_VERSION}; write it again with this release."
            )
        report: ReportData = build(cls, raw, "report")
        check(report)
        return report

"""What one report says, as plain data that survives a round trip through JSON.

The page is drawn from :class:`ReportData` alone, so a saved report can be drawn again without the
table or the fitted objects.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from itertools import pairwise

from contextures._repr import short_repr
from contextures.evaluation.metrics import MEASURES
from contextures.exceptions import InputError
from contextures.report._decode import build, to_plain
from contextures.report.advice import Advice, CoordinateAccount
from contextures.report.choice import Answer, Candidate, ProbePoint, PseudoPoint, TauPoint
from contextures.report.parts import (
    ColumnAccount,
    DataWarning,
    LearnedEncoder,
    Repeat,
    Scatter,
    Score,
    TableInfo,
)
from contextures.report.predictor import Predictor

REPORT_VERSION = 1
"""The layout of the JSON written by this release."""

ENCODER_KINDS = ("spectral", "ritz", "neural")
"""The kinds of a learned encoder; all but the first approximate the exact functions."""

SCORED_ON = ("held-out", "left-out")
"""What a predictor can be scored on."""

VERDICTS = ("use", "raw", "none", "unclear")
"""What a run can come to."""

SCORES = ("tau", "pseudo")
"""What the choice of a context can follow."""

COLUMNS_PAGE = "columns.html"
"""The only file beside a report that it links to."""

ROUNDING = 1e-6
"""How far above 1 rounding may take a correlation."""


@dataclass(frozen=True)
class ReportData:
    """Everything a report shows.

    Attributes
    ----------
    title : str
        The page's title.
    created : str
        When it was made.
    table : TableInfo
        The table.
    answer : Answer
        What was chosen.
    ranking : list of Candidate
        Every context that was tried.
    spectrum : list of float
        The chosen context's singular values without the trivial s_0 = 1, as the encoder
        attains them.
    tau_curve : list of TauPoint
        The usefulness score over dimensions.
    scatter : Scatter
        The map of rows.
    repeat : Repeat
        How to run this again.
    probe_curve : list of ProbePoint or None
        The probe's score over dimensions; None without a target.
    scores : list of Score
        Held-out scores; empty without a target.
    metric : str or None
        What ``scores`` and ``probe_curve`` are in, one of
        ``contextures.evaluation.metrics.MEASURES``; None without a target.
    columns : list of ColumnAccount
        What was done with each column.
    warnings : list of DataWarning
        What looks wrong in the data.
    notes : list of str
        What else a reader should know, in sentences.
    encoder : LearnedEncoder or None
        How it was learned; may be None for the spectral encoder.
    pseudo_curve : list of PseudoPoint
        The expected error on pseudo-tasks over dimensions; may be empty.
    predictor : Predictor or None
        What predicts the target; None where nothing was predicted.
    why : str or None
        Why that metric, in a sentence.
    advice : Advice or None
        The verdict and the next step; None in reports of earlier releases.
    about : list of CoordinateAccount
        What the first coordinates are about; may be empty.
    columns_page : str
        The file beside the report that sums up the columns; empty where there is none.
    version : int
        The layout of the JSON.
    """

    __repr__ = short_repr

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
    predictor: Predictor | None = None
    why: str | None = None
    advice: Advice | None = None
    about: list[CoordinateAccount] = field(default_factory=list)
    columns_page: str = ""
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
        _check(build(ReportData, plain, "report"))
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
        _check(report)
        return report


def _check(report: ReportData) -> None:
    """Raise :class:`InputError` where the parts of a report contradict each other."""
    scatter = report.scatter
    n_rows = len(scatter.row_ids)
    lengths = {name: len(values) for name, values in scatter.coordinates.items()}
    lengths |= {f"colours[{name!r}]": len(values) for name, values in scatter.colours.items()}
    if scatter.details:
        lengths["details"] = len(scatter.details)
    for name, length in lengths.items():
        if length != n_rows:
            raise InputError(
                f"report.scatter has {n_rows} row_ids but {length} values of {name}; "
                "give one value per row."
            )
    if (report.scores or report.probe_curve or report.predictor) and report.metric not in MEASURES:
        raise InputError(
            f"report.metric cannot be {report.metric!r} with scores; use {', '.join(MEASURES)}."
        )
    for i, score in enumerate(report.scores):
        for other in score.also:
            if other.metric not in MEASURES:
                raise InputError(
                    f"report.scores[{i}].also cannot be of {other.metric!r}; use "
                    f"{', '.join(MEASURES)}."
                )
    if report.advice is not None and report.advice.verdict not in VERDICTS:
        raise InputError(
            f"report.advice.verdict cannot be {report.advice.verdict!r}; use 'use', 'raw', 'none' "
            "or 'unclear'."
        )
    if report.columns_page not in ("", COLUMNS_PAGE):
        raise InputError(
            f"report.columns_page cannot be {report.columns_page!r}; use {COLUMNS_PAGE!r} or ''."
        )
    if report.answer.score not in SCORES:
        raise InputError(
            f"report.answer.score cannot be {report.answer.score!r}; use 'tau' or 'pseudo'."
        )
    if report.answer.score == "pseudo" and report.answer.pseudo is None:
        raise InputError("report.answer.pseudo is missing, though the choice followed it.")
    if report.predictor is not None and report.predictor.scored_on not in SCORED_ON:
        raise InputError(
            f"report.predictor.scored_on cannot be {report.predictor.scored_on!r}; use 'held-out' "
            "or 'left-out'."
        )
    if report.encoder is not None:
        _check_encoder(report.encoder, len(report.spectrum))


def _check_encoder(encoder: LearnedEncoder, n_values: int) -> None:
    """Raise :class:`InputError` where an encoder does not fit its report's singular values."""
    if encoder.kind not in ENCODER_KINDS:
        raise InputError(
            f"report.encoder.kind cannot be {encoder.kind!r}; use 'spectral', 'ritz' or 'neural'."
        )
    if encoder.kind != "spectral" and not encoder.label.strip():
        raise InputError("report.encoder.label is empty; say in plain words what the encoder is.")
    exact = encoder.exact_spectrum
    if exact is not None and len(exact) != n_values:
        raise InputError(
            f"report.encoder.exact_spectrum has {len(exact)} values but report.spectrum "
            f"{n_values}; give one for each."
        )
    for i, value in enumerate(exact or []):
        _check_range(f"exact_spectrum[{i}]", value, 1.0)
    _check_range("alignment", encoder.alignment, 1.0)
    _check_range("effective_rank", encoder.effective_rank, None)
    steps = [point.step for point in encoder.training]
    if any(step < 0 for step in steps[:1]) or any(a >= b for a, b in pairwise(steps)):
        raise InputError(
            "report.encoder.training must be in order, each step of 0 or more listed once; "
            "sort the points by step."
        )


def _check_range(name: str, value: float | None, most: float | None) -> None:
    """Raise :class:`InputError` for a value below 0 or above ``most``."""
    if value is None:
        return
    if value < 0 or (most is not None and value > most + ROUNDING):
        span = "0 or more" if most is None else f"between 0 and {most:g}"
        raise InputError(f"report.encoder.{name} cannot be {value:g}; it must be {span}.")

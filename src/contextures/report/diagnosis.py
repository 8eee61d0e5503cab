"""The page of a diagnosis: how much an encoder has learned, and what would help it."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field

from contextures._repr import short_repr
from contextures.exceptions import InputError
from contextures.report.dots import score_axis
from contextures.report.frame import draw_page, embed
from contextures.report.glossary import DIAGNOSIS_GLOSSARY
from contextures.report.parts import Repeat, Score

__all__ = [
    "CHANGE_LABELS",
    "PART_LABELS",
    "DiagnosisData",
    "LearnedFunction",
    "Part",
    "render_diagnosis",
]

SCRIPTS = ("diagnosis.js",)

PART_LABELS = {
    "optimisation": "Optimisation",
    "approximation": "Approximation",
    "learning": "Learning",
    "estimation": "Estimation",
    "width": "Width",
}
"""The words for what lies between an encoder and all that its context holds."""

CHANGE_LABELS = {
    "learning": "Better learning",
    "width": "More coordinates",
    "rows": "More rows",
}
"""The words for what could be changed."""


@dataclass(frozen=True)
class LearnedFunction:
    """One singular function: its value s, and the shares of it that were learned.

    Attributes
    ----------
    value : float
        s.
    fresh : float
        The share on fresh rows, below 0 where the encoder does worse than a constant.
    fitted : float
        The share on the fitted rows.
    """

    value: float
    fresh: float
    fitted: float


@dataclass(frozen=True)
class Part:
    """One part of the shortfall, with its margin.

    Attributes
    ----------
    key : str
        What it is: ``"optimisation"``, ``"approximation"``, ``"learning"``,
        ``"estimation"`` or ``"width"``.
    value : float
        How large it is.
    margin : float
        Two standard errors of it.
    """

    key: str
    value: float
    margin: float


@dataclass(frozen=True)
class DiagnosisData:
    """Everything that the page of a diagnosis shows.

    Attributes
    ----------
    title : str
        The page's title.
    created : str
        When it was made.
    of : str
        What was diagnosed.
    table : str
        The table that it was diagnosed on.
    context : str
        The context in short form.
    context_label : str
        The context in plain words.
    share : float
        What was learned of ``d`` exact functions on fresh rows.
    margin : float
        Two standard errors of it.
    d : int
        How many exact functions it is held against.
    n_components : int
        How many coordinates the encoder has.
    n_fitted, n_fresh : int
        The numbers of rows.
    alignment : float
        The mean squared canonical correlation with the exact functions.
    encoder : float
        The sum of squared singular values that the encoder attains on fresh rows.
    encoder_margin : float
        Two standard errors of it.
    exact : float
        What the exact functions attain there.
    ceiling : float
        The sum over all functions.
    functions : list of LearnedFunction
        The shares of single functions.
    parts : list of Part
        The parts of the shortfall.
    gains : list of Score
        What changes would bring, in per cent of ``exact``, by the keys ``"learning"``,
        ``"width"`` and ``"rows"``.
    helps : list of str
        The keys of the changes that help.
    repeat : Repeat
        How to run this again.
    sentences : list of str
        The finding in full sentences, most important first.
    notes : list of str
        What else a reader should know, in sentences.
    is_exact : bool
        False where a closed-form solution stands for the exact one.
    """

    __repr__ = short_repr

    title: str
    created: str
    of: str
    table: str
    context: str
    context_label: str
    share: float
    margin: float
    d: int
    n_components: int
    n_fitted: int
    n_fresh: int
    alignment: float
    encoder: float
    encoder_margin: float
    exact: float
    ceiling: float
    functions: list[LearnedFunction]
    parts: list[Part]
    gains: list[Score]
    helps: list[str]
    repeat: Repeat
    sentences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_exact: bool = True


def render_diagnosis(data: DiagnosisData) -> str:
    """Draw the page of a diagnosis as one HTML file that needs nothing else, and no network.

    Parameters
    ----------
    data : DiagnosisData
        What the page says.

    Returns
    -------
    str
        The page, to be written as UTF-8.

    Raises
    ------
    InputError
        If there are no functions, a part or change has no words, or a number is not finite.

    Examples
    --------
    >>> from contextures.report import (
    ...     DiagnosisData, LearnedFunction, Part, Repeat, Score, render_diagnosis
    ... )
    >>> data = DiagnosisData(
    ...     title="What a network has learned", created="2026-01-01", of="a network",
    ...     table="iris", context="knn:10", context_label="10 nearest neighbours",
    ...     share=0.9, margin=0.02, d=1, n_components=1, n_fitted=100, n_fresh=50, alignment=0.9,
    ...     encoder=0.72, encoder_margin=0.02, exact=0.8, ceiling=3.0,
    ...     functions=[LearnedFunction(value=0.9, fresh=0.9, fitted=0.95)],
    ...     parts=[Part("optimisation", 0.08, 0.02)],
    ...     gains=[Score("learning", "", 10.0, 8.0, 12.0)], helps=["learning"],
    ...     repeat=Repeat("contextures diagnose e.parquet iris.csv", 0, "0.1.0", "3.11"),
    ... )
    >>> render_diagnosis(data)[:15]
    '<!DOCTYPE html>'
    """
    _check(data)
    page = draw_page(
        "diagnosis.html.j2",
        SCRIPTS,
        data=data,
        axis=score_axis(data.gains),
        part_labels=PART_LABELS,
        change_labels=CHANGE_LABELS,
        glossary=DIAGNOSIS_GLOSSARY,
        payload=embed(_drawn(data)),
    )
    return page.encode("utf-8", "replace").decode("utf-8")


def _drawn(data: DiagnosisData) -> dict[str, object]:
    """Give what the charts are drawn from."""
    return {
        "d": data.d,
        "is_exact": data.is_exact,
        "functions": [dataclasses.asdict(function) for function in data.functions],
        "encoder": data.encoder,
        "encoder_margin": data.encoder_margin,
        "ceiling": data.ceiling,
        "parts": [
            {**dataclasses.asdict(part), "label": PART_LABELS[part.key]} for part in data.parts
        ],
    }


def _check(data: DiagnosisData) -> None:
    if not data.functions:
        raise InputError("The diagnosis has no functions; give at least one.")
    for keys, labels, name in (
        ([part.key for part in data.parts], PART_LABELS, "parts"),
        ([gain.key for gain in data.gains], CHANGE_LABELS, "gains"),
    ):
        for key in keys:
            if key not in labels:
                raise InputError(
                    f"diagnosis.{name} has the unknown key {key!r}; use {', '.join(labels)}."
                )
    numbers = [data.share, data.margin, data.alignment, data.encoder, data.exact, data.ceiling]
    numbers += [part.value for part in data.parts] + [gain.score for gain in data.gains]
    numbers += [v for f in data.functions for v in (f.value, f.fresh, f.fitted)]
    if not all(map(math.isfinite, numbers)):
        raise InputError("The diagnosis holds a number that is not finite; compute it again.")

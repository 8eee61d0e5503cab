"""The page of a diagnosis: how much an encoder has learned, and what would help it."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field

from contextures.exceptions import InputError
from contextures.report.dots import score_axis
from contextures.report.frame import draw_page, embed
from contextures.report.glossary import DIAGNOSIS_GLOSSARY
from contextures.report.model import Repeat, Score

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

    ``fresh`` is below 0 where the encoder does worse than a constant on fresh rows.
    """

    value: float
    fresh: float
    fitted: float


@dataclass(frozen=True)
class Part:
    """One part of the shortfall, by a key of :data:`PART_LABELS`, with its margin."""

    key: str
    value: float
    margin: float


@dataclass(frozen=True)
class DiagnosisData:
    """Everything that the page of a diagnosis shows.

    ``of`` names what was diagnosed, ``context`` the context in short form, ``sentences`` the
    finding in full sentences, most important first. ``share`` is what was learned of ``d`` exact
    functions on fresh rows; ``encoder`` and ``exact`` are the sums of squared singular values
    attained there, ``ceiling`` the sum over all functions. Margins are two standard errors.
    ``gains`` are by the keys of :data:`CHANGE_LABELS`, in per cent of ``exact``. ``is_exact`` is
    false where a closed-form solution stands for the exact one.
    """

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

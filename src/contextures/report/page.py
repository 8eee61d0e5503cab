"""The report as one self-contained page."""

from __future__ import annotations

import dataclasses

from markupsafe import Markup

from contextures.evaluation.metrics import MEASURES, USUAL
from contextures.report.choice import LABEL_FAMILY, Candidate
from contextures.report.dots import score_axis
from contextures.report.frame import draw_page, embed
from contextures.report.glossary import GLOSSARY, LEARNING_GLOSSARY, PREDICTOR_GLOSSARY
from contextures.report.learning import Learning, learning_of
from contextures.report.model import ReportData
from contextures.report.parts import SCORE_LABELS, Scatter

__all__ = ["render_report"]

SCRIPTS = ("charts.js", "training.js", "map.js", "report.js")
"""The parts of the page's script that other pages do not have."""

MOST_BYTES = 5_900_000
"""The size of a page beyond which it draws fewer rows."""

MOST_COLUMNS = 1000
"""Columns and warnings that are listed one by one."""

THINNED = "Only some of the rows are drawn, to keep this page small."
DETAIL_BUDGET = 600_000
"""Characters that the hover texts of all rows may take together."""


def render_report(data: ReportData) -> str:
    """Draw a report as one HTML page that needs nothing else, and no network.

    Parameters
    ----------
    data : ReportData
        What the report says.

    Returns
    -------
    str
        The page, to be written as UTF-8.

    Raises
    ------
    InputError
        If ``data`` holds something its types do not allow.

    Examples
    --------
    >>> import tempfile
    >>> from contextures.data import demo_table
    >>> from contextures.report import ReportData, render_report
    >>> from contextures.runs import FitOptions, fit_table
    >>> table = demo_table("wine")
    >>> options = FitOptions(context="knn:20", n_components=4)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = fit_table(table, f"{folder}/run", options).folder
    ...     data = ReportData.from_json((run / "report.json").read_text())
    >>> render_report(data)[:15]
    '<!DOCTYPE html>'
    """
    data = ReportData.from_json(data.to_json())
    learning = learning_of(data)
    data = dataclasses.replace(data, encoder=learning.encoder if learning else None)
    page = _draw(data, learning)
    while len(page.encode("utf-8", "replace")) > MOST_BYTES and len(data.scatter.row_ids) > 100:
        data = dataclasses.replace(data, scatter=_thinned(data.scatter))
        page = _draw(data, learning)
    return page.encode("utf-8", "replace").decode("utf-8")


def _thinned(scatter: Scatter) -> Scatter:
    """Return every second row of a map, and say so in its note."""
    note = scatter.note.removesuffix(THINNED).rstrip()
    return dataclasses.replace(
        scatter,
        row_ids=scatter.row_ids[::2],
        coordinates={name: values[::2] for name, values in scatter.coordinates.items()},
        colours={name: values[::2] for name, values in scatter.colours.items()},
        details=scatter.details[::2],
        note=f"{note} {THINNED}".lstrip(),
    )


def _draw(data: ReportData, learning: Learning | None) -> str:
    """Return the page of a report whose parts are plain."""
    metric = MEASURES.get(data.metric or "")
    return draw_page(
        "report.html.j2",
        SCRIPTS,
        data=data,
        ranking=sorted(data.ranking, key=lambda c: _rank_key(c, data.answer.score)),
        n_tried=sum(candidate.family != LABEL_FAMILY for candidate in data.ranking),
        n_failed=sum(candidate.tau is None for candidate in data.ranking),
        drawn=sum(c.tau is not None and c.level is not None for c in data.ranking) > 1,
        some_unreliable=any(candidate.reliable is False for candidate in data.ranking),
        label_family=LABEL_FAMILY,
        score_labels=SCORE_LABELS,
        axis=score_axis(data.scores or (data.predictor.scores if data.predictor else [])),
        metric=metric.title if metric else "",
        metric_titles={name: each.title for name, each in MEASURES.items()},
        usual=MEASURES[USUAL.get(data.table.task or "", "accuracy")].title,
        better="Right" if metric is None or metric.larger else "Left",
        glossary=GLOSSARY
        | (LEARNING_GLOSSARY if learning else {})
        | (PREDICTOR_GLOSSARY if data.predictor else {}),
        learning=learning,
        payload=_embed(data),
        most_columns=MOST_COLUMNS,
    )


def _rank_key(candidate: Candidate, score: str) -> tuple[bool, float, float, str]:
    """Return the place of a candidate in the table: by its score, those without one last."""
    followed = candidate.pseudo if score == "pseudo" else candidate.tau
    by_tau = float("inf") if candidate.tau is None else candidate.tau
    return followed is None, followed or 0.0, by_tau, candidate.name


def _embed(data: ReportData) -> Markup:
    """Return the report as JSON that can stand inside a script element, shortened for drawing."""
    plain = dataclasses.asdict(data)
    metric = MEASURES.get(data.metric or "")
    plain["metric_words"] = metric.words if metric else "score"
    scatter = plain["scatter"]
    scatter["coordinates"] = {
        name: [float(f"{value:.5g}") for value in values]
        for name, values in scatter["coordinates"].items()
    }
    most = max(60, DETAIL_BUDGET // max(1, len(scatter["details"])))
    scatter["details"] = [
        text if len(text) <= most else text[: most - 1] + "…" for text in scatter["details"]
    ]
    for name in ("columns", "warnings", "notes", "repeat", "advice", "about", "columns_page"):
        del plain[name]
    for name in ("encoder", "predictor"):
        if plain[name] is None:
            del plain[name]
    return embed(plain)

"""The report as one self-contained page."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import math
import re
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from contextures.report.glossary import GLOSSARY
from contextures.report.model import (
    LABEL_FAMILY,
    SCORE_LABELS,
    Candidate,
    ReportData,
    Scatter,
    Score,
)

__all__ = ["render_report"]

METRICS = {"accuracy": "Accuracy", "r2": "R²"}
MOST_BYTES = 5_900_000
"""The size of a page beyond which it draws fewer rows."""

MOST_COLUMNS = 1000
"""Columns and warnings that are listed one by one."""

THINNED = "Only some of the rows are drawn, to keep this page small."
DETAIL_BUDGET = 600_000
"""Characters that the hover texts of all rows may take together."""

EARLY_SCRIPT = (
    "try{var t=localStorage.getItem('contextures-theme');"
    "if(t==='dark'||t==='light')document.documentElement.dataset.theme=t}catch(e){}"
)
"""Applies a remembered theme before the first paint."""


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
    """
    data = ReportData.from_json(data.to_json())
    page = _draw(data)
    while len(page.encode("utf-8", "replace")) > MOST_BYTES and len(data.scatter.row_ids) > 100:
        data = dataclasses.replace(data, scatter=_thinned(data.scatter))
        page = _draw(data)
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


def _draw(data: ReportData) -> str:
    """Return the page of a report whose parts are plain."""
    scripts = {"early": EARLY_SCRIPT, "plotly": _plotly(), "app": _read("app.js")}
    page: str = _template().render(
        data=data,
        ranking=sorted(data.ranking, key=_rank_key),
        n_tried=sum(candidate.family != LABEL_FAMILY for candidate in data.ranking),
        n_failed=sum(candidate.tau is None for candidate in data.ranking),
        drawn=sum(c.tau is not None and c.level is not None for c in data.ranking) > 1,
        some_unreliable=any(candidate.reliable is False for candidate in data.ranking),
        label_family=LABEL_FAMILY,
        score_labels=SCORE_LABELS,
        axis=score_axis(data.scores),
        metric=METRICS.get(data.metric or "", ""),
        glossary=GLOSSARY,
        policy=_policy(scripts.values()),
        style=Markup(_read("style.css")),
        scripts={name: Markup(text) for name, text in scripts.items()},
        payload=_embed(data),
        most_columns=MOST_COLUMNS,
    )
    return page


def score_axis(scores: list[Score]) -> dict[str, list[dict[str, Any]]]:
    """Return where scores, their intervals and round ticks lie, in per cent of a common axis."""
    if not scores:
        return {"rows": [], "ticks": []}
    low = min(min(score.low, score.score) for score in scores)
    high = max(max(score.high, score.score) for score in scores)
    step = _round_step((high - low) or 0.1)
    first, last = math.floor(low / step), math.ceil(high / step)
    if first == last:
        first, last = first - 1, last + 1

    def place(value: float) -> float:
        return round(100 * (value / step - first) / (last - first), 3)

    rows = [
        {
            "score": score,
            "low": place(score.low),
            "width": round(place(score.high) - place(score.low), 3),
            "dot": place(score.score),
        }
        for score in scores
    ]
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    ticks = [
        {"at": place(i * step), "label": f"{i * step:.{digits}f}"} for i in range(first, last + 1)
    ]
    return {"rows": rows, "ticks": ticks}


def _round_step(span: float) -> float:
    """Return the smallest 1, 2 or 5 times a power of ten that divides ``span`` in four or fewer."""
    power = float(10.0 ** math.floor(math.log10(span / 4)))
    return next(power * m for m in (1, 2, 5, 10) if span / (power * m) <= 4)


def _rank_key(candidate: Candidate) -> tuple[bool, float, str]:
    """Return the place of a candidate in the table: by its score, the failed ones last."""
    return candidate.tau is None, candidate.tau or 0.0, candidate.name


def _embed(data: ReportData) -> Markup:
    """Return the report as JSON that can stand inside a script element, shortened for drawing."""
    plain = dataclasses.asdict(data)
    scatter = plain["scatter"]
    scatter["coordinates"] = {
        name: [float(f"{value:.5g}") for value in values]
        for name, values in scatter["coordinates"].items()
    }
    most = max(60, DETAIL_BUDGET // max(1, len(scatter["details"])))
    scatter["details"] = [
        text if len(text) <= most else text[: most - 1] + "…" for text in scatter["details"]
    ]
    for name in ("columns", "warnings", "notes", "repeat"):
        del plain[name]
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    # Safe as markup: no character left in it can end the element.
    return Markup(text)


def _policy(scripts: Any) -> str:
    """Return a Content-Security-Policy that runs ``scripts`` alone and fetches nothing."""
    digests = (hashlib.sha256(text.encode()).digest() for text in scripts)
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


@lru_cache(maxsize=1)
def _plotly() -> str:
    """Return plotly.js as a script element can hold it."""
    text: str = get_plotlyjs()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


@lru_cache(maxsize=4)
def _read(name: str) -> str:
    """Return a text file of this package."""
    text = files("contextures.report").joinpath(name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


@lru_cache(maxsize=1)
def _template() -> Any:
    """Return the page's template, with its filters."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        breakable=_breakable,
        num=_number,
        duration=_duration,
        count=_count,
        first_upper=_first_upper,
        key=_sort_key,
        when=_when,
    )
    return environment.from_string(_read("template.html.j2"))


def _number(value: float | None, digits: int = 3) -> str:
    """Return ``value`` with ``digits`` decimals, a dash where there is none."""
    if value is None:
        return "–"
    if value and (abs(value) < 0.5 * 10.0**-digits or abs(value) >= 1e6):
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", "−")
    return f"{value:,.{digits}f}".replace("-", "−")


def _duration(seconds: float) -> str:
    """Return seconds to the hundredth, which is as well as they are known."""
    return f"{seconds:,.2f}"


def _count(value: int) -> str:
    """Return a count with its thousands apart."""
    return f"{value:,}"


def _when(created: str) -> str:
    """Return an ISO time as people write it, or the text itself where it is none."""
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return created
    return f"{moment:%Y-%m-%d %H:%M}{f' {moment:%Z}' if moment.tzinfo else ''}"


def _breakable(expression: str) -> Markup:
    """Return an expression as markup that a narrow column may break where it reads best."""
    return Markup(re.sub(r"([(/])", r"\1<wbr>", str(escape(expression))))


def _first_upper(text: str) -> str:
    """Return ``text`` with its first character upper case and the rest as it is."""
    return text[:1].upper() + text[1:]


def _sort_key(value: float | None) -> str:
    """Return what the sortable table compares, empty where there is no value."""
    return "" if value is None else repr(float(value))

"""What every page is made of: one file that needs nothing else, and no network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

__all__ = ["draw_page", "embed"]

EARLY_SCRIPT = (
    "try{var t=localStorage.getItem('contextures-theme');"
    "if(t==='dark'||t==='light')document.documentElement.dataset.theme=t}catch(e){}"
)
"""Applies a remembered theme before the first paint."""


def draw_page(template: str, scripts: tuple[str, ...], **values: Any) -> str:
    """Draw a page.

    Parameters
    ----------
    template : str
        The name of a template that extends ``frame.html.j2``.
    scripts : tuple of str
        The names of the page's own scripts, which share one scope with those of all pages. They
        must give ``charts``, from the id of an element to a function that draws it, and
        ``setUps``, functions that set up controls.
    **values : dict
        What the template shows; ``data`` with a ``title`` and ``repeat``, ``glossary`` and
        ``payload`` are for the frame.

    Returns
    -------
    str
        The page.
    """
    texts = {"early": EARLY_SCRIPT, "plotly": _plotly(), "app": _app(scripts)}
    page: str = _template(template).render(
        policy=_policy(texts.values()),
        style=Markup(_read("style.css")),
        scripts={name: Markup(text) for name, text in texts.items()},
        **values,
    )
    return page


def embed(plain: Any) -> Markup:
    """Give plain values as JSON that can stand inside a script element."""
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


@cache
def _plotly() -> str:
    """Return plotly.js as a script element can hold it."""
    text: str = get_plotlyjs()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


@cache
def _app(scripts: tuple[str, ...]) -> str:
    """Return a page's own script, its parts in one function so that no name of theirs leaks."""
    parts = "\n".join(map(_read, ("look.js", *scripts, "app.js")))
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


@cache
def _read(name: str) -> str:
    """Return a text file of this package."""
    text = files("contextures.report").joinpath(name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


@cache
def _template(name: str) -> Any:
    """Return a page's template, with its filters and the templates it includes."""
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        breakable=_breakable,
        num=_number,
        percent=_percent,
        duration=_duration,
        count=_count,
        first_upper=_first_upper,
        key=_sort_key,
        when=_when,
    )
    return environment.get_template(name)


def _number(value: float | None, digits: int = 3) -> str:
    """Return ``value`` with ``digits`` decimals, a dash where there is none."""
    if value is None:
        return "–"
    if value and (abs(value) < 0.5 * 10.0**-digits or abs(value) >= 1e6):
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", "−")
    return f"{value:,.{digits}f}".replace("-", "−")


def _percent(share: float) -> str:
    """Return a share in per cent."""
    return f"{100 * share:.1f}\u00a0%".replace("-", "−")


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

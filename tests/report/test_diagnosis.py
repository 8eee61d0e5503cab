"""The page of a diagnosis, as text and in a real browser."""

from __future__ import annotations

import dataclasses

import pytest
from page_reading import OVERFLOW, PHONE, assert_quiet, outline

from contextures.exceptions import InputError
from contextures.report import (
    DiagnosisData,
    LearnedFunction,
    Part,
    Repeat,
    Score,
    render_diagnosis,
)

DATA = DiagnosisData(
    title="farm: how much was learned of knn:30",
    created="2026-01-02T03:04+00:00",
    of="the embedding e.parquet",
    table="farm </script><b>",
    context="knn:30",
    context_label="30 nearest neighbours",
    share=0.81,
    margin=0.04,
    d=4,
    n_components=5,
    n_fitted=300,
    n_fresh=100,
    alignment=0.7,
    encoder=2.5,
    encoder_margin=0.2,
    exact=3.1,
    ceiling=40.0,
    functions=[LearnedFunction(0.9 - 0.1 * i, 0.95 - 0.2 * i, 0.97 - 0.15 * i) for i in range(8)],
    parts=[
        Part("optimisation", 0.4, 0.1),
        Part("approximation", 0.2, 0.1),
        Part("estimation", -0.1, 0.2),
        Part("width", 37.0, 0.0),
    ],
    gains=[
        Score("width", "", 60.0, 55.0, 65.0),
        Score("learning", "", 19.0, 15.0, 23.0),
        Score("rows", "", 0.0, -1.0, 1.0),
    ],
    helps=["width"],
    repeat=Repeat("contextures diagnose e.parquet farm.csv", 0, "9.9", "diagnose_table(...)"),
    sentences=["It has learned 81 % (± 4).", "More coordinates would help most."],
    notes=["ignored 1 column"],
)
ONE = dataclasses.replace(
    DATA,
    d=1,
    n_components=1,
    functions=DATA.functions[:1],
    parts=[Part("learning", 0.0, 0.0), Part("estimation", 0.0, 0.0), Part("width", 0.0, 0.0)],
    gains=[Score("learning", "", 0.0, 0.0, 0.0)],
    helps=[],
    notes=[],
    is_exact=False,
)


def test_the_page_says_what_was_found_and_holds_every_number():
    text = outline(render_diagnosis(DATA)).text
    for said in (*DATA.sentences, "81.0\u00a0% learned", "More coordinates", "the best 4 judged"):
        assert said.replace("\u00a0", " ") in text.replace("\u00a0", " ")
    assert "More coordinates 60.0, with two standard errors 55.0 to 65.0" in text
    assert "Optimisation0.400.10" in text.replace(" ", "")
    assert "farm </script><b>" in text  # as text, not as markup


def test_every_term_on_the_page_is_explained():
    found = outline(render_diagnosis(DATA))
    ids = {attrs.get("id") for _, attrs in found.elements}
    used = {attrs["aria-describedby"] for tag, attrs in found.elements if "data-term" in attrs}
    assert used and used <= ids


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"functions": []}, "no functions"),
        ({"parts": [Part("luck", 1.0, 0.0)]}, "unknown key 'luck'"),
        ({"gains": [Score("luck", "", 1.0, 0.0, 2.0)]}, "unknown key 'luck'"),
        ({"share": float("nan")}, "not finite"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changed, message):
    with pytest.raises(InputError, match=message):
        render_diagnosis(dataclasses.replace(DATA, **changed))


@pytest.mark.browser
@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark", **PHONE}], ids=["desk", "phone"])
@pytest.mark.parametrize("data", [DATA, ONE], ids=["full", "one function"])
def test_it_is_drawn_without_errors_and_fits(open_page, data, options):
    opened = open_page(render_diagnosis(data), **options)
    assert_quiet(opened)
    page = opened.page
    assert page.locator(".chart .main-svg").count() >= 2
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert page.evaluate(OVERFLOW) <= 0
    assert page.evaluate("document.documentElement.dataset.failed ?? ''") == ""
    shares = page.evaluate("() => [...document.getElementById('chart-shares').data[2].y]")
    assert shares == [max(f.fresh, 0.0) for f in data.functions]
    bases = page.evaluate("() => [...document.getElementById('chart-parts').data[0].base]")
    ends, end = [0.0], data.encoder
    for part in data.parts:
        ends.append(end)
        end += part.value
    assert bases == pytest.approx(ends)


@pytest.mark.browser
def test_its_theme_and_terms_work_like_those_of_a_report(open_page):
    page = open_page(render_diagnosis(DATA)).page
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.locator("[data-term='part-estimation']").first.hover()
    page.wait_for_selector("#tip:not([hidden])")
    assert "More rows make it smaller" in page.locator("#tip").text_content()

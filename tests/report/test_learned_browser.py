"""The page of a learned encoder in a real browser: its two charts, its terms and its print."""

from __future__ import annotations

import dataclasses

import learned_sample
import pytest
import sample
from page_reading import OVERFLOW, PHONE, assert_quiet

from contextures.report import render_report

pytestmark = pytest.mark.browser

FULL = dataclasses.replace(sample.sample_report(), scatter=sample.sample_scatter(60))
NEURAL = learned_sample.neural(FULL)
ODD = {
    f.__name__: f(FULL) for f in (learned_sample.ritz, learned_sample.one_step, learned_sample.wide)
}
SPECTRUM = """() => document.getElementById('chart-spectrum').data
    .map(t => ({ name: t.name, y: [...t.y], mode: t.mode, symbol: t.marker?.symbol ?? null }))"""
TRAINING = """() => document.getElementById('chart-training').data
    .map(t => ({ name: t.name, axis: t.yaxis ?? 'y', x: [...t.x], y: [...t.y] }))"""


@pytest.fixture(scope="module")
def neural_page():
    return render_report(NEURAL)


@pytest.fixture(scope="module")
def desk(open_shared, neural_page):
    """One desktop page for the tests that set whatever they rely on."""
    return open_shared(neural_page)


@pytest.fixture(scope="module")
def phone(open_shared, neural_page):
    """One page on a phone in the dark."""
    return open_shared(neural_page, color_scheme="dark", **PHONE)


def drawn(opened):
    return set(
        opened.page.locator(".chart .main-svg").evaluate_all(
            "nodes => nodes.map(n => n.closest('.chart').id)"
        )
    )


def test_it_is_drawn_without_errors_on_a_desk_and_on_a_phone(desk, phone):
    for opened in (desk, phone):
        assert_quiet(opened)
        assert {"chart-spectrum", "chart-training", "chart-map"} <= drawn(opened)
        opened.page.evaluate(
            "document.querySelectorAll('details').forEach(d => { d.open = true; })"
        )
        assert opened.page.evaluate(OVERFLOW) <= 0
    assert phone.page.evaluate("innerWidth") == 390
    colour = "document.getElementById('chart-training').layout.font.color"
    assert [opened.page.evaluate(colour) for opened in (desk, phone)] == ["#17191c", "#e9ebec"]


@pytest.mark.parametrize("name", ODD)
def test_odd_encoders_are_drawn_without_errors(open_page, name):
    opened = open_page(render_report(ODD[name]))
    assert_quiet(opened)
    assert ("chart-training" in drawn(opened)) is (name != "ritz")
    exact, learned = opened.page.evaluate(SPECTRUM)
    assert exact["y"] == ODD[name].encoder.exact_spectrum
    assert learned["y"] == ODD[name].spectrum
    # Told apart by shape, so that a print without colour shows both.
    assert (exact["mode"], exact["symbol"]) != (learned["mode"], learned["symbol"])


def test_the_spectrum_has_two_series_and_a_legend(desk):
    page = desk.page
    exact, learned = page.evaluate(SPECTRUM)
    assert (exact["name"], exact["symbol"]) == ("exact", "circle-open")
    assert (learned["name"], learned["symbol"]) == ("learned", None)
    assert exact["y"] == NEURAL.encoder.exact_spectrum
    assert learned["y"] == NEURAL.spectrum
    legend = page.locator("#chart-spectrum .legendtext").all_text_contents()
    assert legend == ["learned", "exact"]
    assert page.locator("#chart-spectrum .points path").count() == 2 * len(NEURAL.spectrum)


def test_pointing_at_the_spectrum_shows_both_values(desk):
    page = desk.page
    page.locator("#chart-spectrum").scroll_into_view_if_needed()
    box = page.locator("#chart-spectrum .points path").nth(2).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#chart-spectrum .hoverlayer .legendtext")
    shown = page.locator("#chart-spectrum .hoverlayer").text_content()
    assert f"exact {NEURAL.encoder.exact_spectrum[2]:.4f}" in shown
    assert f"learned {NEURAL.spectrum[2]:.4f}" in shown


def test_both_series_follow_the_scale_and_the_map_its_axes(desk):
    page = desk.page
    for name, kind in (("Logarithmic", "log"), ("Linear", "linear")):
        page.get_by_role("button", name=name).press("Enter")
        page.wait_for_function(
            "kind => document.getElementById('chart-spectrum').layout.yaxis.type === kind",
            arg=kind,
        )
        assert len(page.evaluate(SPECTRUM)) == 2
    page.locator("#map-x").select_option("coordinate 3")
    page.wait_for_function(
        "() => document.getElementById('chart-map').layout.xaxis.title.text === 'coordinate 3'"
    )


def test_the_training_is_drawn_in_two_panels(desk):
    page = desk.page
    score, best, loss = page.evaluate(TRAINING)
    points = NEURAL.encoder.training
    assert score["x"] == [p.step for p in points if p.score is not None]
    assert score["y"] == [p.score for p in points if p.score is not None]
    assert (loss["name"], loss["axis"]) == ("loss", "y2")
    assert loss["y"] == [p.loss for p in points]
    assert best["y"] == [max(score["y"])]
    assert page.locator("#chart-training .scatterlayer .js-line").count() == 2
    titles = page.locator("#chart-training").text_content()
    assert "training step" in titles
    assert f"highest: {best['y'][0]:.3f} at step {best['x'][0]}" in titles


@pytest.mark.parametrize("how", ["hover", "focus", "tap"])
def test_every_number_of_the_section_is_explained(desk, phone, how):
    page = phone.page if how == "tap" else desk.page
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    terms = page.locator("#learned .term, .by .term, [data-term='exact-spectrum']")
    keys = set(terms.evaluate_all("all => all.map(t => t.dataset.term)"))
    assert keys == {
        "encoder",
        "exact-spectrum",
        "fitted-share",
        "held-out-share",
        "operator-score",
        "alignment",
        "effective-rank",
        "loss",
        "step",
    }
    for i in range(terms.count()):
        page.keyboard.press("Escape")
        page.mouse.move(0, 0)
        getattr(terms.nth(i), how)()
        meaning = page.locator(f"#def-{terms.nth(i).get_attribute('data-term')}").text_content()
        page.wait_for_function(
            "text => { const t = document.getElementById('tip');"
            " return !t.hidden && t.textContent.endsWith(text); }",
            arg=meaning,
        )
    page.keyboard.press("Escape")


def test_each_figure_has_its_meaning(desk):
    figures = desk.page.locator("#learned .figures > div")
    assert figures.count() == 4
    assert figures.locator("dt .term").count() == 4
    heads = desk.page.locator("#learned thead th")
    assert heads.count() == heads.locator(".term").count() == 3


def test_the_first_screen_has_the_encoder_and_the_answer(desk, phone):
    for opened, selectors in (
        (desk, ["h1", ".by", ".lead", ".dots .own", "#next-cmd"]),
        (phone, ["h1", ".lead", "#next-cmd"]),
    ):
        page = opened.page
        page.evaluate("() => scrollTo({ top: 0, behavior: 'instant' })")
        height = page.evaluate("innerHeight")
        for selector in selectors:
            box = page.locator(selector).first.bounding_box()
            assert box["y"] + box["height"] <= height, selector


def test_the_section_is_reached_with_the_keyboard(open_page, neural_page):
    page = open_page(neural_page).page
    reached = []
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => { const a = document.activeElement;
                    return a.id || a.dataset.term || a.getAttribute('href')
                        || a.closest('#learned') && a.tagName || ''; }"""
            )
        )
        if reached[-1] == "map-x":
            break
    for wanted in ("#learned", "encoder", "fitted-share", "alignment", "step", "SUMMARY"):
        assert wanted in reached, wanted
    assert reached.index("#learned") < reached.index("fitted-share") < reached.index("map-x")


def test_a_dark_page_is_printed_light(open_page, neural_page):
    page = open_page(neural_page, color_scheme="dark").page
    colour = "document.getElementById('chart-training').layout.font.color"
    assert page.evaluate(colour) == "#e9ebec"
    seen = "() => { window.seen = []; addEventListener('beforeprint', () => window.seen.push("
    page.evaluate(f"{seen}{colour})); }}")
    page.pdf()
    assert page.evaluate("window.seen") == ["#17191c"]
    page.wait_for_function(f"() => {colour} === '#e9ebec'")
    assert page.evaluate("document.documentElement.dataset.theme ?? null") is None

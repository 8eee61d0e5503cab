"""The page in a real browser: drawn, quiet, and usable by mouse, keyboard and thumb."""

from __future__ import annotations

import dataclasses

import pytest
import sample
from page_reading import OVERFLOW, PHONE, assert_quiet

from contextures.report import render_report

pytestmark = pytest.mark.browser

FULL = dataclasses.replace(sample.sample_report(), scatter=sample.sample_scatter(250))
VARIANTS = {
    "full": FULL,
    "by_pseudo": sample.by_pseudo(FULL),
    "unsupervised": sample.unsupervised(FULL),
    "tied": sample.tied(FULL),
    "unclear": sample.unclear(FULL),
    "tiny": sample.tiny(FULL),
    "explicit": sample.explicit(FULL),
    "failed": sample.all_but_chosen_failed(FULL),
}
POINTS = """() => document.getElementById('chart-map').data
    .flatMap(trace => trace.x.map((x, i) => [x, trace.y[i]]))"""
COLOURS = "() => document.getElementById('chart-map').data.map(t => t.name || t.marker.color)"
SORTED = """() => [...document.querySelectorAll('#ranking-table tbody tr')]
    .map(row => row.cells[5].dataset.v)"""


@pytest.fixture(scope="module")
def full_page():
    return render_report(FULL)


@pytest.fixture(scope="module")
def desk(open_shared, full_page):
    """One desktop page for the tests that set whatever they rely on."""
    return open_shared(full_page, permissions=["clipboard-read", "clipboard-write"])


@pytest.fixture(scope="module")
def phone(open_shared, full_page):
    """One page on a phone in the dark for the tests that set whatever they rely on."""
    return open_shared(full_page, color_scheme="dark", **PHONE)


def short(value):
    """A coordinate as the page holds it."""
    return float(f"{value:.5g}")


@pytest.mark.parametrize("name", VARIANTS)
def test_it_is_drawn_without_errors_or_requests(open_page, desk, name):
    opened = desk if name == "full" else open_page(render_report(VARIANTS[name]))
    assert_quiet(opened)
    drawn = opened.page.locator(".chart .main-svg").evaluate_all(
        "nodes => [...new Set(nodes.map(n => n.closest('.chart').id))]"
    )
    expected = {"chart-spectrum", "chart-dimensions", "chart-map"}
    if name not in ("tiny", "explicit", "failed"):
        expected.add("chart-ranking")
    assert set(drawn) == expected
    assert opened.page.evaluate(OVERFLOW) <= 0


def test_the_answer_is_in_the_first_screen(desk, phone):
    for opened, selectors in (
        (desk, ["h1", ".lead", "#next-cmd", ".dots .own", ".figures"]),
        (phone, ["h1", ".lead", "#next-cmd"]),
    ):
        page = opened.page
        page.evaluate("() => scrollTo({ top: 0, behavior: 'instant' })")
        height = page.evaluate("innerHeight")
        for selector in selectors:
            box = page.locator(selector).bounding_box()
            assert box["y"] + box["height"] <= height, selector


def test_the_points_are_the_rows_and_the_axes_can_be_switched(desk):
    page = desk.page
    coordinates = FULL.scatter.coordinates
    before = page.evaluate(POINTS)
    first = sorted(zip(*(map(short, coordinates[f"coordinate {j}"]) for j in (1, 2)), strict=True))
    assert len(before) == len(first)
    for point, row in zip(sorted(before), first, strict=True):
        assert point == pytest.approx(row)
    dots = page.locator("#chart-map .points path")
    place = dots.first.get_attribute("transform")
    page.locator("#map-x").select_option("coordinate 3")
    page.wait_for_function(
        "() => document.getElementById('chart-map').layout.xaxis.title.text === 'coordinate 3'"
    )
    after = page.evaluate(POINTS)
    assert sorted(x for x, _ in after) == pytest.approx(
        sorted(map(short, coordinates["coordinate 3"]))
    )
    assert dots.first.get_attribute("transform") != place
    page.locator("#map-y").select_option("rings")
    page.wait_for_function(
        "() => document.getElementById('chart-map').layout.yaxis.title.text === 'rings'"
    )
    assert sorted(y for _, y in page.evaluate(POINTS)) == sorted(FULL.scatter.colours["rings"])


def test_the_colours_can_be_switched(desk):
    opened = desk
    page = opened.page
    assert page.locator("#map-colour").input_value() == "rings"
    assert len(set(page.evaluate(COLOURS)[0])) > 5
    page.locator("#map-colour").select_option("sex")
    page.wait_for_function("() => document.getElementById('chart-map').data.length === 4")
    assert page.evaluate(COLOURS) == ["F", "I", "M", "missing"]
    legend = page.locator("#chart-map .legendtext").all_text_contents()
    assert legend == ["F", "I", "M", "missing"]
    page.locator("#map-colour").select_option("(none)")
    page.wait_for_function("() => document.getElementById('chart-map').data.length === 1")
    assert_quiet(opened)


def test_hovering_a_row_shows_its_details(desk):
    page = desk.page
    page.locator("#chart-map").scroll_into_view_if_needed()
    box = page.locator("#chart-map .points path").nth(5).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#chart-map .hoverlayer .hovertext")
    shown = page.locator("#chart-map .hovertext").first.text_content()
    assert "Row " in shown
    assert "rings: " in shown


def test_the_theme_is_switched_and_remembered(open_page, full_page):
    page = open_page(full_page).page
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    button = page.get_by_role("button", name="Dark theme")
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    dark = page.evaluate(background)
    assert dark != light
    assert button.get_attribute("aria-pressed") == "true"
    page.wait_for_function(
        "() => document.getElementById('chart-map').layout.font.color === '#e9ebec'"
    )
    page.reload()
    page.wait_for_function("() => document.documentElement.dataset.ready === 'true'")
    assert page.evaluate(background) == dark
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_system_theme_is_followed(desk, phone):
    assert desk.page.evaluate("document.getElementById('chart-map').layout.font.color") == "#17191c"
    page = phone.page
    assert page.get_by_role("button", name="Dark theme").get_attribute("aria-pressed") == "true"
    assert page.evaluate("document.getElementById('chart-map').layout.font.color") == "#e9ebec"


def test_everything_is_reached_with_the_keyboard(open_page, full_page):
    page = open_page(full_page).page
    reached = []
    for _ in range(140):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => { const a = document.activeElement;
                return a.id || a.dataset.scale || a.dataset.term || a.dataset.copy
                    || a.getAttribute('href') || a.textContent.trim().slice(0, 40); }"""
        )
        if seen in reached and seen == "#main":
            break
        reached.append(seen)
    for wanted in ("#main", "#map", "theme", "tau", "interval", "Seconds↕", "more", "log"):
        assert wanted.removesuffix("↕") in reached, wanted
    for wanted in ("map-x", "map-y", "map-colour", "cmd", "py"):
        assert wanted in reached, wanted
    assert reached.index("theme") < reached.index("more") < reached.index("map-x")


def test_the_table_is_sorted_with_the_keyboard(desk):
    page = desk.page
    head = page.locator("#ranking-table th", has_text="λ")
    head.locator("button.sort").focus()
    for key, direction in (("Enter", "ascending"), ("Space", "descending")):
        page.keyboard.press(key)
        assert head.get_attribute("aria-sort") == direction
        values = page.evaluate(SORTED)
        known = [float(value) for value in values if value]
        assert known == sorted(known, reverse=direction == "descending")
        assert values[len(known) :] == [""] * (len(values) - len(known))
        assert page.locator("#ranking-table [aria-sort]").count() == 1


def test_contexts_are_drawn_by_either_score(open_page):
    opened = open_page(render_report(VARIANTS["by_pseudo"]))
    page = opened.page
    title = "document.getElementById('chart-ranking').layout.yaxis.title.text"
    lowest = "Math.min(...document.getElementById('chart-ranking').data.flatMap(t => t.y))"
    ranking = [c for c in VARIANTS["by_pseudo"].ranking if c.pseudo is not None]
    assert page.evaluate(title) == "expected error on pseudo-tasks"
    assert page.evaluate(lowest) == pytest.approx(min(c.pseudo for c in ranking))
    page.locator("[data-ranked=tau]").press("Enter")
    page.wait_for_function(f"() => {title} === 'usefulness score τ'")
    assert page.evaluate(lowest) == pytest.approx(min(c.tau for c in ranking))
    assert page.locator("[data-ranked=tau]").get_attribute("aria-pressed") == "true"
    assert page.locator("[data-ranked=pseudo]").get_attribute("aria-pressed") == "false"
    assert_quiet(opened)


def test_the_long_table_unfolds(desk):
    page = desk.page
    head = page.locator("#ranking-table th", has_text="τ")
    if head.get_attribute("aria-sort") != "ascending":
        head.locator("button.sort").press("Enter")
    rows = page.locator("#ranking-table tbody tr:visible")
    assert rows.count() == 10
    assert page.locator("#ranking-table tr.chosen").is_visible()
    page.get_by_role("button", name="Show all 36 contexts").press("Enter")
    assert rows.count() == 37
    assert page.get_by_text("The kernel underflows").first.is_visible()


@pytest.mark.parametrize("how", ["hover", "focus", "tap"])
def test_every_term_is_explained(desk, phone, how):
    page = phone.page if how == "tap" else desk.page
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    tip = page.locator("#tip")
    keys = page.locator("main .term").evaluate_all(
        "all => [...new Set(all.map(t => t.dataset.term))]"
    )
    assert {"tau", "dimension", "level", "interval", "r2", "decay", "seconds"} <= set(keys)
    for key in keys:
        page.keyboard.press("Escape")
        page.mouse.move(0, 0)
        getattr(page.locator(f"main .term[data-term='{key}']").first, how)()
        meaning = page.locator(f"#def-{key}").text_content()
        page.wait_for_function(
            "text => { const t = document.getElementById('tip');"
            " return !t.hidden && t.textContent.endsWith(text); }",
            arg=meaning,
        )
        box, wide = tip.bounding_box(), page.evaluate("document.documentElement.clientWidth")
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= wide
    page.keyboard.press("Escape")
    assert tip.is_hidden()


def test_the_spectrum_can_be_logarithmic(desk):
    page = desk.page
    page.get_by_role("button", name="Logarithmic").press("Enter")
    page.wait_for_function(
        "() => document.getElementById('chart-spectrum').layout.yaxis.type === 'log'"
    )


def test_the_command_is_copied(desk):
    page = desk.page
    page.get_by_role("button", name="Copy the command").click()
    page.get_by_text("Copied").first.wait_for()
    assert page.evaluate("() => navigator.clipboard.readText()") == FULL.repeat.command


@pytest.mark.parametrize("name", ["full", "hostile"])
def test_a_phone_scrolls_one_way(open_page, phone, name):
    hostile = name == "hostile"
    opened = open_page(render_report(sample.hostile(FULL)), **PHONE) if hostile else phone
    opened.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert opened.page.evaluate(OVERFLOW) <= 0
    assert opened.page.evaluate("innerWidth") == 390
    assert_quiet(opened)


def test_a_turned_phone_is_drawn_anew(phone):
    page = phone.page
    page.set_viewport_size({"width": 844, "height": 390})
    page.wait_for_function("() => document.getElementById('chart-map').layout.width > 700")
    assert page.evaluate(OVERFLOW) <= 0
    page.set_viewport_size(PHONE["viewport"])
    page.wait_for_function("() => document.getElementById('chart-map').layout.width < 390")


def test_hostile_text_does_not_run(open_page):
    report = sample.hostile(FULL)
    scatter = dataclasses.replace(
        report.scatter,
        coordinates={
            f"{sample.HOSTILE}{name}": values for name, values in report.scatter.coordinates.items()
        },
    )
    opened = open_page(render_report(dataclasses.replace(report, scatter=scatter)))
    page = opened.page
    page.locator("#map-colour").select_option(index=1)
    page.locator("#map-x").select_option(index=2)
    page.locator("#chart-map").scroll_into_view_if_needed()
    box = page.locator("#chart-map .points path").nth(5).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#chart-map .hoverlayer .hovertext")
    shown = page.locator("#chart-map .hovertext").first.text_content()
    assert "<script>window.hacked=1" in shown
    assert "&lt" not in shown
    titles = page.locator("#chart-ranking .annotation").all_text_contents()
    assert any("<script>" in title for title in titles)
    assert not any("&l" in title for title in titles)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    assert_quiet(opened)

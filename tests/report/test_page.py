"""The page as text: self-contained, small, escaped, and complete."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import html
import json
import re

import numpy as np
import pytest
import sample
from page_reading import outline

from contextures.exceptions import InputError
from contextures.report import SCORE_LABELS, Candidate, ColumnAccount, Score, render_report
from contextures.report.dots import score_axis
from contextures.report.glossary import GLOSSARY

FULL = sample.sample_report()
VARIANTS = {
    "full": FULL,
    "by_pseudo": sample.by_pseudo(FULL),
    "unsupervised": sample.unsupervised(FULL),
    "tied": sample.tied(FULL),
    "unclear": sample.unclear(FULL),
    "before": sample.before_verdicts(FULL),
    "hostile": sample.hostile(FULL),
    "tiny": sample.tiny(FULL),
    "explicit": sample.explicit(FULL),
    "failed": sample.all_but_chosen_failed(FULL),
}


@pytest.fixture(scope="module")
def pages():
    return {name: render_report(report) for name, report in VARIANTS.items()}


@pytest.fixture(scope="module")
def outlines(pages):
    return {name: outline(text) for name, text in pages.items()}


@pytest.mark.parametrize("name", VARIANTS)
def test_nothing_is_loaded(outlines, name):
    for tag, attributes in outlines[name].elements:
        for key in ("src", "href", "srcset", "action", "data", "poster"):
            value = attributes.get(key)
            fine = value is None or value.startswith("#") or value in ("data:,", "columns.html")
            assert fine, (tag, key, value)
        assert tag not in ("iframe", "object", "embed", "base", "form", "img")
    styles = [text for tag, _, text in outlines[name].raw if tag == "style"]
    assert styles
    assert not any(word in text for text in styles for word in ("url(", "@import"))


@pytest.mark.parametrize("name", VARIANTS)
def test_size(pages, name):
    assert len(pages[name].encode("utf-8")) < 6_000_000


def test_a_large_report_is_drawn_small_and_says_so():
    scatter = sample.sample_scatter(n_rows=6000, n_coordinates=16)
    scatter = dataclasses.replace(scatter, details=["ein größeres Detail, " * 100] * 6000)
    columns = [ColumnAccount(f"column {i}", "number", "standardised", 0) for i in range(5000)]
    page = render_report(dataclasses.replace(FULL, scatter=scatter, columns=columns))
    assert len(page.encode("utf-8")) < 6_000_000
    assert outline(page).text.count("Only some of the rows are drawn") == 1
    assert "column 999<" in page
    assert "column 1000<" not in page


def test_numpy_values_are_drawn():
    report = dataclasses.replace(FULL, spectrum=np.linspace(0.9, 0.1, 64))
    assert "0.9000" in outline(render_report(report)).text


def test_what_a_report_cannot_hold_is_refused():
    with pytest.raises(InputError, match=r"report\.answer\.tau"):
        render_report(dataclasses.replace(FULL, answer=dataclasses.replace(FULL.answer, tau=None)))


@pytest.mark.parametrize("name", VARIANTS)
def test_policy_allows_exactly_the_scripts_on_the_page(outlines, name):
    page = outlines[name]
    policy = next(a["content"] for t, a in page.elements if a.get("http-equiv"))
    assert "default-src 'none'" in policy
    scripts = [text for tag, a, text in page.raw if tag == "script" and "type" not in a]
    digests = {
        "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
        for text in scripts
    }
    assert len(scripts) == 3
    assert digests == set(re.findall(r"'sha256-[^']+'", policy))
    assert not any(key.startswith("on") for _, attributes in page.elements for key in attributes)


@pytest.mark.parametrize("name", VARIANTS)
def test_ids_are_unique_and_every_reference_is_met(outlines, name):
    elements = outlines[name].elements
    ids = [a["id"] for _, a in elements if "id" in a]
    assert len(ids) == len(set(ids))
    for _, attributes in elements:
        for key in ("aria-describedby", "aria-labelledby", "aria-controls"):
            assert attributes.get(key) is None or attributes[key] in ids
        if attributes.get("href", "").startswith("#"):
            assert attributes["href"][1:] in ids
        assert attributes.get("data-term", "tau") in GLOSSARY


KNOWN = ("metric", "task", "key", "score", "verdict", "columns_page")
"""Texts that are one of a few, all others being refused."""


def hostile_everywhere(value, name=""):
    """The report with every text in it hostile, but for the few that choose among known words."""
    if dataclasses.is_dataclass(value):
        return dataclasses.replace(
            value,
            **{
                field.name: hostile_everywhere(getattr(value, field.name), field.name)
                for field in dataclasses.fields(value)
            },
        )
    if isinstance(value, dict):
        return {f"{sample.HOSTILE}{k}": hostile_everywhere(v) for k, v in value.items()}
    if isinstance(value, list):
        return [hostile_everywhere(item) for item in value]
    if isinstance(value, str) and name not in KNOWN:
        return f"{sample.HOSTILE}{name}"
    return value


def test_every_text_is_escaped():
    report = hostile_everywhere(FULL)
    page = render_report(report)
    assert sample.HOSTILE not in page
    assert "<img" not in page[: page.index('id="report-data"')]
    own, plain = outline(page), outline(render_report(FULL))
    assert [tag for tag, _ in own.elements if tag in ("script", "img", "style")] == [
        tag for tag, _ in plain.elements if tag in ("script", "img", "style")
    ]
    assert "{{7*7}}" in own.text
    for field in ("title", "name", "target", "digest", "context_label", "context", "error"):
        assert sample.HOSTILE + field in own.text or html.escape(sample.HOSTILE + field) in page
    payload = next(text for tag, a, text in own.raw if a.get("type") == "application/json")
    assert json.loads(payload)["title"] == sample.HOSTILE + "title"


@pytest.mark.parametrize("odd", ["\u2028", "\x00", "\ud800", "]]>", "<!--", "${1}", "\\u003c"])
def test_odd_characters_leave_a_page(odd):
    page = render_report(dataclasses.replace(FULL, title=odd, notes=[odd]))
    payload = next(t for _, a, t in outline(page).raw if a.get("type") == "application/json")
    assert json.loads(payload)["spectrum"]


def test_the_answer_and_what_it_rests_on_are_said(outlines):
    text = outlines["full"].text
    answer = FULL.answer
    assert "120 nearest neighbours" in text
    assert all(sentence in text for sentence in answer.sentences)
    advice = FULL.advice
    for said in (advice.heading, advice.why, advice.predictor, advice.step, advice.command):
        assert said in text
    assert answer.meaning in text
    assert answer.law in text
    assert text.index(advice.heading) < text.index(advice.command) < text.index(answer.meaning)
    assert f"{answer.tau:.3f}" in text
    assert "36 contexts, 2 failed" in text
    assert "4,177 rows × 9 columns" in text
    assert "The kernel underflows at gamma=30.0; use a smaller gamma." in text
    assert "one-hot encoded, 3 levels" in text
    assert FULL.warnings[0].message in text
    assert FULL.repeat.command in text
    assert "2025-06-02 14:31 UTC" in text


def test_both_scores_are_shown_and_told_what_they_see(pages, outlines):
    text = outlines["by_pseudo"].text
    answer = VARIANTS["by_pseudo"].answer
    assert "0.580 ± 0.020" in " ".join(text.split())
    assert f"{answer.tau:.3f}" in text
    assert "takes tasks to be smooth" in text
    assert "cannot tell contexts of similar spectra apart. The choice followed the first" in text
    assert "The error on pseudo-tasks with d coordinates kept" in text
    # That tau is not reliable is no matter where the choice did not follow it.
    assert "Read this with care" not in text
    marked = pages["by_pseudo"].count('title="cannot be told apart from the chosen one"')
    assert marked == answer.n_alike > 0
    for old in ("full", "unsupervised"):
        assert "pseudo-tasks" not in outlines[old].text.split("What every number means")[0]


def test_scores_are_named_and_the_representation_stands_out(pages, outlines):
    text = outlines["full"].text
    assert SCORE_LABELS["contexture"] in text
    assert "0.503 to 0.594" in text
    assert pages["full"].count('<li class="own">') == 1
    unknown = dataclasses.replace(FULL, scores=[Score("other", "", 0.5, 0.4, 0.6)])
    assert "other" in outline(render_report(unknown)).text


def test_the_label_context_is_listed_and_not_counted(outlines):
    assert "LabelContext()" in outlines["full"].text
    assert "uses the target" in outlines["full"].text
    assert "uses the target" not in outlines["unsupervised"].text


def test_nothing_is_called_reliable_where_no_context_stands_out(pages, outlines):
    for name in ("tied",):
        assert 'badge good"' not in pages[name]
        assert "does not stand out" in outlines[name].text
    assert 'badge good"' in pages["full"]


def test_reports_of_before_there_were_verdicts_are_drawn_as_they_were(outlines):
    text = outlines["before"].text
    assert "Next step" not in text
    assert "120 nearest neighbours" in text
    assert all(sentence in text for sentence in FULL.answer.sentences)


def test_coordinates_are_told_by_their_columns(outlines):
    text = outlines["full"].text
    assert "shell_weight 90.0 % rises with it" in " ".join(text.split()).replace("\u00a0", " ")
    assert "no single column explains" in text
    assert text.count("row 12: length: 0.09, sex: I") == 6


def test_without_a_target_nothing_is_claimed_about_one(outlines):
    page = outlines["unsupervised"]
    assert "No target was named" in page.text
    assert "held-out rows. Nothing was fitted" not in page.text
    assert "0 held out" not in page.text
    assert "probe" not in page.text.lower().split("what every number means")[0]


def test_one_context_is_not_called_a_choice(outlines):
    for name in ("explicit", "tiny"):
        text = outlines[name].text
        assert "Only one context was scored" in text
        assert "Chosen from" not in text
        assert "chart-ranking" not in [a.get("id") for _, a in outlines[name].elements]


def test_an_unreliable_answer_says_so(outlines):
    assert "Read this with care" in outlines["tiny"].text
    assert "Read this with care" not in outlines["full"].text


def test_short_times_are_not_written_as_powers_of_ten():
    repeat = dataclasses.replace(FULL.repeat, timings={"fit encoder": 0.03, "rank": 1234.5})
    page = render_report(dataclasses.replace(FULL, repeat=repeat))
    assert ">0.03</td>" in page
    assert ">1,234.50</td>" in page


def test_candidates_without_a_level_or_score_are_listed_last():
    ranking = [
        Candidate("B()", "b", "", None, None, None, None, None, None, 0.1, error="No rows."),
        Candidate("A()", "a", "", None, 1.5, 2, True, None, None, 0.1, chosen=True),
    ]
    text = outline(render_report(dataclasses.replace(FULL, ranking=ranking))).text
    assert text.index("A()") < text.index("B()") < text.index("No rows.")


@pytest.mark.parametrize(
    "scores",
    [
        [Score("contexture", "", 0.5, 0.5, 0.5)],
        [Score("contexture", "", 0.0, 0.0, 0.0)],
        [Score("contexture", "", 1.0, 0.99, 1.0), Score("raw_linear", "", -3.2, -9.0, 0.1)],
        [Score("contexture", "", 0.91234, 0.91233, 0.91235)],
    ],
)
def test_the_axis_holds_every_interval(scores):
    axis = score_axis(scores)
    for row in axis["rows"]:
        assert 0 <= row["low"] <= row["dot"] <= row["low"] + row["width"] + 1e-6
        assert row["low"] + row["width"] <= 100.001
    labels = [tick["label"] for tick in axis["ticks"]]
    assert 2 <= len(labels) == len(set(labels)) <= 7


def test_rendering_twice_gives_the_same_page(pages):
    assert render_report(FULL) == pages["full"]

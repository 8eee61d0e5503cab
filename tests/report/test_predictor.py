"""The predictor on the page: as text, in a browser, and where labels are few."""

from __future__ import annotations

import dataclasses
import json

import pytest
import sample
from page_reading import OVERFLOW, PHONE, assert_quiet, outline

from contextures.exceptions import InputError
from contextures.report import PoolMember, Predictor, ReportData, Score, render_report
from contextures.report.glossary import GLOSSARY, PREDICTOR_GLOSSARY

BARE = dataclasses.replace(sample.sample_report(), scatter=sample.sample_scatter(60))
MEMBERS = [
    PoolMember("contexts^2", 0.61, 0.3124, 0.6871, 1.25),
    PoolMember("forest", 0.39, 0.4, 0.6, 0.5),
    PoolMember("mean", 0.0, 1.004, -0.004, 0.0),
]
NUMBERS = Predictor(
    members=MEMBERS,
    n_labelled=1200,
    n_predicted=3456,
    scored_on="held-out",
    n_scored=300,
    scores=[Score("predictor", "", 0.571, 0.51, 0.63)],
    left_out_score=0.562,
    refitted=True,
    coverage=0.887,
    level=0.9,
)
HELD = dataclasses.replace(BARE, scores=[*NUMBERS.scores, *BARE.scores], predictor=NUMBERS)
FEW = dataclasses.replace(
    BARE,
    scores=[],
    probe_curve=None,
    metric="accuracy",
    table=dataclasses.replace(BARE.table, n_test=0, n_train=20),
    predictor=dataclasses.replace(
        NUMBERS,
        n_labelled=20,
        scored_on="left-out",
        n_scored=20,
        scores=[Score("predictor", "", 0.85, 0.7, 1.0), Score("raw_linear", "", 0.6, 0.4, 0.8)],
        refitted=False,
        coverage=None,
        level=None,
        calibration_error=0.123,
    ),
)
HOSTILE = dataclasses.replace(
    HELD,
    predictor=dataclasses.replace(
        NUMBERS, members=[dataclasses.replace(MEMBERS[0], name=sample.HOSTILE)]
    ),
)


def section(page):
    return page.text.split("The predictor", 1)[1].split("The table it was given", 1)[0]


@pytest.mark.parametrize("report", [HELD, FEW, HOSTILE], ids=["held out", "few", "hostile"])
def test_every_reference_is_met_and_every_term_explained(report):
    elements = outline(render_report(report)).elements
    ids = [a["id"] for _, a in elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert "#predictor" in [a.get("href") for _, a in elements]
    for _, attributes in elements:
        for key in ("aria-describedby", "aria-labelledby"):
            assert attributes.get(key) is None or attributes[key] in ids
        assert attributes.get("data-term", "tau") in GLOSSARY | PREDICTOR_GLOSSARY


def test_the_pool_and_its_worth_are_told():
    page = outline(render_report(HELD))
    text = section(page)
    for member in MEMBERS:
        assert member.name in text
        for number in (member.weight, member.error, member.score):
            assert f"{number:.3f}".replace("-", "−") in text
    assert "88.7 %" in text
    assert "for 90.0 %" in text
    assert "predicted the 3,456 rows without a label" in text
    assert "fitted again, with their labels" in text
    assert "Calibration error" not in text
    # Its score stands beside those of its rivals, and is the one that is marked.
    scores = page.text.split("What it predicts", 1)[1]
    assert scores.index("Predictor, pool of models") < scores.index("Raw features, linear model")
    assert "0.571" in scores


def test_few_labels_are_spoken_of():
    page = outline(render_report(FEW))
    first = page.text.split("Which contexts suit the table")[0]
    assert "on 20 left-out rows" in first
    assert "too few to hold some out" in first
    assert "No target was named" not in page.text
    text = section(page)
    assert "Left-out Accuracy, with 95 % intervals" in text
    assert "0.123" in text
    assert "Within the interval" not in text
    without = dataclasses.replace(FEW, predictor=None)
    assert "Too few labels to score" in outline(render_report(without)).text


def test_a_page_without_a_predictor_says_nothing_of_it():
    page = outline(render_report(BARE))
    assert "predictor" not in [a.get("id") for _, a in page.elements]
    payload = next(t for _, a, t in page.raw if a.get("type") == "application/json")
    assert "predictor" not in json.loads(payload)


def test_the_predictor_survives_json_and_contradictions_are_refused():
    assert ReportData.from_json(HELD.to_json()) == HELD
    plain = json.loads(BARE.to_json())
    del plain["predictor"]  # as releases before it wrote
    assert ReportData.from_json(json.dumps(plain)) == BARE
    wrong = dataclasses.replace(
        HELD, predictor=dataclasses.replace(NUMBERS, scored_on="training rows")
    )
    with pytest.raises(InputError, match=r"report\.predictor\.scored_on cannot be 'training rows'"):
        wrong.to_json()


@pytest.mark.browser
@pytest.mark.parametrize("report", [HELD, FEW, HOSTILE], ids=["held out", "few", "hostile"])
def test_it_is_drawn_without_errors_on_a_desk_and_on_a_phone(open_page, report):
    page = render_report(report)
    for opened in (open_page(page), open_page(page, color_scheme="dark", **PHONE)):
        assert_quiet(opened)
        assert opened.page.evaluate(OVERFLOW) <= 0
        assert not opened.page.evaluate("'hacked' in window")
        opened.page.locator("#predictor .term").first.scroll_into_view_if_needed()
        assert opened.page.locator("#predictor").is_visible()


@pytest.mark.browser
def test_its_numbers_are_explained_where_they_stand(open_page):
    opened = open_page(render_report(HELD))
    opened.page.locator("#predictor [data-term='weight']").first.hover()
    opened.page.get_by_text("A model's share in the average").last.wait_for(state="visible")

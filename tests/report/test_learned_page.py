"""The page of a learned encoder as text: what it says, and that an exact one adds nothing."""

from __future__ import annotations

import dataclasses
import json

import learned_sample
import pytest
import sample
from page_reading import outline

from contextures.report import LearnedEncoder, TrainingPoint, render_report
from contextures.report.glossary import GLOSSARY, LEARNING_GLOSSARY

FULL = dataclasses.replace(sample.sample_report(), scatter=sample.sample_scatter(60))
VARIANTS = {
    f.__name__: f(FULL)
    for f in (
        learned_sample.neural,
        learned_sample.ritz,
        learned_sample.collapsed,
        learned_sample.bare,
        learned_sample.one_step,
        learned_sample.wide,
        learned_sample.hostile,
    )
}


@pytest.fixture(scope="module")
def pages():
    return {name: render_report(report) for name, report in VARIANTS.items()}


@pytest.fixture(scope="module")
def outlines(pages):
    return {name: outline(text) for name, text in pages.items()}


def section(page, start="How well it was learned", end="Map of the rows"):
    return page.text.split(start, 1)[1].split(end, 1)[0]


def test_the_exact_encoder_draws_the_page_without_one():
    plain = render_report(FULL)
    exact = LearnedEncoder("spectral", "exact", [0.5] * len(FULL.spectrum), 1.0)
    assert render_report(dataclasses.replace(FULL, encoder=exact)) == plain
    page = outline(plain)
    assert "learned" not in [a.get("id") for _, a in page.elements]
    assert "#learned" not in [a.get("href") for _, a in page.elements]
    assert "Encoder:" not in page.text
    payload = next(t for _, a, t in page.raw if a.get("type") == "application/json")
    assert "encoder" not in json.loads(payload)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_reference_is_met_and_every_term_explained(outlines, name):
    elements = outlines[name].elements
    ids = [a["id"] for _, a in elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert "#learned" in [a.get("href") for _, a in elements]
    for _, attributes in elements:
        for key in ("aria-describedby", "aria-labelledby"):
            assert attributes.get(key) is None or attributes[key] in ids
        assert attributes.get("data-term", "tau") in GLOSSARY | LEARNING_GLOSSARY


@pytest.mark.parametrize("name", VARIANTS)
def test_the_first_screen_names_the_encoder(outlines, name):
    first = outlines[name].text.split("Which contexts suit the table")[0]
    assert f"Encoder: {VARIANTS[name].encoder.label}" in first


def test_what_is_known_of_a_network_is_said(outlines):
    text = section(outlines["neural"])
    report = VARIANTS["neural"]
    assert report.encoder.label in text
    attained = sum(s * s for s in report.spectrum)
    exact = sum(s * s for s in report.encoder.exact_spectrum)
    assert f"{100 * attained / exact:.1f} %" in text
    assert f"{attained:.3f} of {exact:.3f}" in text
    assert f"{100 * 3.08 / 3.21:.1f} %" in text
    assert "3.080 of 3.210" in text
    assert "0.961" in text
    assert "41.3" in text
    assert "Dimension collapse" not in text
    best = max((p for p in report.encoder.training if p.score is not None), key=lambda p: p.score)
    assert f"The highest score, {best.score:.3f}, was reached at step {best.step} of 300" in text


def test_the_exact_values_stand_beside_the_learned_ones(outlines):
    report = VARIANTS["neural"]
    text = section(outlines["neural"], "Singular values and τ", "Probe, cross-validated")
    assert "sᵢ learned" in text
    assert "sᵢ exact" in text
    for learned, exact in zip(report.spectrum, report.encoder.exact_spectrum, strict=True):
        assert f"{learned:.4f}" in text
        assert f"{exact:.4f}" in text
    assert "sᵢ exact" not in outlines["bare"].text


def test_every_training_point_is_in_the_table(outlines):
    text = section(outlines["neural"], "Training, step by step", "Map of the rows")
    for point in VARIANTS["neural"].encoder.training:
        assert f"{point.loss:.4f}".replace("-", "−") in text
        assert point.score is None or f"{point.score:.3f}" in text


def test_a_collapsed_network_is_marked(outlines):
    text = section(outlines["collapsed"])
    assert "Dimension collapse." in text
    assert "vary along only 4.2 directions, fewer than the 6 coordinates kept" in text


def test_a_basis_has_no_training_and_does_not_collapse(outlines):
    page = outlines["ritz"]
    assert "chart-training" not in [a.get("id") for _, a in page.elements]
    assert "Training, step by step" not in page.text
    low = dataclasses.replace(VARIANTS["ritz"].encoder, effective_rank=1.5)
    text = section(outline(render_report(dataclasses.replace(VARIANTS["ritz"], encoder=low))))
    assert "1.5" in text
    assert "collapse" not in text


def test_what_is_not_known_is_not_claimed(outlines):
    text = section(outlines["bare"])
    assert "how much it misses is not known" in text
    assert "%" not in text
    assert "figures" not in [a.get("class") for t, a in outlines["bare"].elements if t == "dl"][1:]


@pytest.mark.parametrize(
    ("known", "said", "unsaid"),
    [
        ({"held_out": 0.5}, "0.500", "%"),
        ({"held_out": 0.5, "held_out_exact": 0.8}, "62.5 % of the exact encoder's held-out", "sum"),
        ({"alignment": 0.25}, "Its alignment with the exact functions is 0.250", "%"),
        ({"exact_spectrum": FULL.spectrum}, "100.0 % of the exact encoder's sum of", "held-out"),
    ],
)
def test_each_measure_can_stand_alone(known, said, unsaid):
    encoder = LearnedEncoder("ritz", "a basis", **known)
    text = section(outline(render_report(dataclasses.replace(FULL, encoder=encoder))))
    assert said in text.replace("\u00a0", " ")
    assert unsaid not in text


@pytest.mark.parametrize(
    ("point", "said", "unsaid"),
    [
        (TrainingPoint(1, None, 0.5), "The held-out score after each step", "below it the loss"),
        (TrainingPoint(1, 0.5, None), "The loss after each step", "highest"),
    ],
)
def test_a_curve_can_stand_alone(point, said, unsaid):
    encoder = LearnedEncoder("neural", "a network", training=[point])
    text = section(outline(render_report(dataclasses.replace(FULL, encoder=encoder))))
    assert said in text
    assert unsaid not in text


def test_a_long_training_is_drawn_in_part_and_says_so(pages, outlines):
    assert len(pages["wide"].encode()) < 6_000_000
    assert "of 12,001 recorded points are shown" in outlines["wide"].text
    payload = next(t for _, a, t in outlines["wide"].raw if a.get("type") == "application/json")
    assert len(json.loads(payload)["encoder"]["training"]) < 410
    assert "recorded points are shown" not in outlines["neural"].text


def test_the_label_is_escaped(pages):
    assert sample.HOSTILE not in pages["hostile"]
    assert "<img" not in pages["hostile"][: pages["hostile"].index('id="report-data"')]

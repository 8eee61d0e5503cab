"""The report's data: through JSON and back, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
import sample
from hypothesis import given, settings
from hypothesis import strategies as st

from contextures.exceptions import InputError
from contextures.report import (
    LABEL_FAMILY,
    SCORE_LABELS,
    Candidate,
    ColumnAccount,
    DataWarning,
    ReportData,
    Scatter,
    Score,
    TauPoint,
)

REPORT = sample.tiny(sample.sample_report())
FULL = sample.sample_report()
VARIANTS = [
    sample.by_pseudo,
    sample.unsupervised,
    sample.hostile,
    sample.tiny,
    sample.explicit,
    sample.all_but_chosen_failed,
]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False)
cells = st.none() | st.booleans() | st.integers() | numbers | texts


@st.composite
def scatters(draw):
    n = draw(st.integers(0, 5))
    rows = lambda kind: st.lists(kind, min_size=n, max_size=n)  # noqa: E731
    return Scatter(
        row_ids=draw(rows(st.integers() | texts)),
        coordinates=draw(st.dictionaries(texts, rows(numbers), max_size=3)),
        colours=draw(st.dictionaries(texts, rows(cells), max_size=3)),
        details=draw(rows(texts)),
        note=draw(texts),
    )


candidates = st.builds(
    Candidate,
    name=texts,
    family=texts | st.just(LABEL_FAMILY),
    params=texts,
    level=st.none() | numbers,
    tau=st.none() | numbers,
    n_components=st.none() | st.integers(),
    reliable=st.none() | st.booleans(),
    decay=st.none() | numbers,
    kernel_deviation=st.none() | numbers,
    seconds=numbers,
    error=st.none() | texts,
    chosen=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(
    scatter=scatters(),
    ranking=st.lists(candidates, max_size=3),
    scores=st.lists(st.builds(Score, texts, texts, numbers, numbers, numbers), max_size=3),
    columns=st.lists(st.builds(ColumnAccount, texts, texts, texts, st.integers()), max_size=2),
    warnings=st.lists(st.builds(DataWarning, st.none() | texts, texts, texts), max_size=2),
    notes=st.lists(texts, max_size=2),
)
def test_any_report_survives_json(scatter, ranking, scores, columns, warnings, notes):
    report = dataclasses.replace(
        REPORT,
        scatter=scatter,
        ranking=ranking,
        scores=scores,
        metric="accuracy",
        columns=columns,
        warnings=warnings,
        notes=notes,
    )
    assert ReportData.from_json(report.to_json()) == report


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda f: f.__name__)
def test_samples_survive_json(variant):
    report = variant(FULL)
    text = report.to_json()
    assert ReportData.from_json(text) == report
    assert ReportData.from_json(text).to_json() == text


def test_numpy_values_become_plain():
    report = dataclasses.replace(
        REPORT,
        spectrum=np.array([0.5, 0.25]),
        tau_curve=[TauPoint(np.int64(1), np.float64(1.5))],
        scatter=Scatter(
            list(np.arange(2)),
            {"coordinate 1": np.array([0.5, 1.5], dtype=np.float32)},
            {"ok": np.array([True, False]), "kind": [np.str_("a"), np.nan]},
        ),
    )
    back = ReportData.from_json(report.to_json())
    assert back.spectrum == [0.5, 0.25]
    assert back.tau_curve == [TauPoint(1, 1.5)]
    assert back.scatter.colours == {"ok": [True, False], "kind": ["a", None]}
    assert back.scatter.row_ids == [0, 1]


def test_a_number_that_is_not_finite_becomes_missing_where_it_may():
    candidate = dataclasses.replace(REPORT.ranking[0], decay=math.inf, level=math.nan)
    back = ReportData.from_json(dataclasses.replace(REPORT, ranking=[candidate]).to_json())
    assert back.ranking[0].decay is None
    assert back.ranking[0].level is None


def test_a_number_that_is_not_finite_is_refused_where_it_matters():
    with pytest.raises(InputError, match=r"report\.spectrum\[0\]"):
        dataclasses.replace(REPORT, spectrum=[math.nan]).to_json()


def test_integers_are_accepted_as_numbers():
    assert ReportData.from_json(dataclasses.replace(REPORT, spectrum=[1]).to_json()).spectrum == [1]


def broken(**changes):
    plain = json.loads(REPORT.to_json())
    for path, value in changes.items():
        *parents, last = path.split("__")
        part = plain
        for parent in parents:
            part = part[int(parent) if parent.isdigit() else parent]
        if value is ...:
            del part[last]
        else:
            part[last] = value
    return json.dumps(plain)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ("[" * 200_000, "not valid JSON"),
        ("[]", "JSON object"),
        ("{}", "version None"),
        (broken(version=2), "version 2"),
        (broken(title=...), "lacks the field 'title'"),
        (broken(title=3), r"report\.title cannot be 3; it must be of type str"),
        (broken(extra=1), "unknown field 'extra'"),
        (broken(table__n_rows=1.5), r"report\.table\.n_rows"),
        (broken(table__n_rows=True), r"report\.table\.n_rows"),
        (broken(table=[]), r"report\.table .* TableInfo"),
        (broken(answer__score="auto"), r"answer\.score cannot be 'auto'; use 'tau' or 'pseudo'"),
        (broken(answer__score="pseudo"), r"answer\.pseudo is missing"),
        (broken(answer__tau="low"), r"report\.answer\.tau"),
        (broken(answer__reliable=1), r"report\.answer\.reliable"),
        (broken(ranking={}), r"report\.ranking .* list"),
        (broken(ranking__0__seconds=None), r"report\.ranking\[0\]\.seconds"),
        (broken(ranking__0__error=1), r"report\.ranking\[0\]\.error"),
        (broken(spectrum=["a"]), r"report\.spectrum\[0\]"),
        (broken(scatter__coordinates={"x": [1.0]}), r"3 row_ids but 1 values of x"),
        (broken(scatter__colours={"x": [1, 2, [3]]}), r"colours\['x'\]\[2\]"),
        (broken(scatter__colours={"x": [1, 2]}), r"2 values of colours\['x'\]"),
        (broken(scatter__details=["a"]), "1 values of details"),
        (broken(scores=[["a"]]), r"report\.scores\[0\]"),
        (
            broken(scores=[{"key": "a", "label": "", "score": 1, "low": 0, "high": 1}]),
            "metric cannot be None",
        ),
        (broken(metric="auc", probe_curve=[{"d": 1, "score": 1, "low": 0, "high": 1}]), "'auc'"),
    ],
)
def test_refusals_say_where(text, message):
    with pytest.raises(InputError, match=message):
        ReportData.from_json(text)


def test_a_contradiction_is_refused_when_written_too():
    with pytest.raises(InputError, match="metric"):
        dataclasses.replace(FULL, metric=None).to_json()


def test_every_score_of_a_fit_has_words():
    assert {
        "predictor",
        "contexture",
        "raw_linear",
        "gradient_boosting",
        "random_forest",
        "contexture_plus_raw",
        "baseline",
    } == set(SCORE_LABELS)


def test_reports_of_before_there_was_another_score_are_read():
    plain = json.loads(FULL.to_json())
    del plain["pseudo_curve"]
    for name in ("score", "pseudo", "pseudo_se", "n_alike"):
        del plain["answer"][name]
    for candidate in plain["ranking"]:
        del candidate["pseudo"], candidate["told_apart"]
    assert ReportData.from_json(json.dumps(plain)) == FULL

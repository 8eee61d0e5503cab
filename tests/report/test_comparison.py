"""The page of a comparison, as text and in a real browser."""

from __future__ import annotations

import dataclasses

import pytest
from page_reading import OVERFLOW, PHONE, assert_quiet, outline

from contextures.exceptions import InputError
from contextures.report import ComparisonData, PlainTable, Repeat, render_comparison

TABLE = PlainTable("The embeddings", ["embedding", "coordinates"], [["<b>", "16"]], "A note.")
DATA = ComparisonData(
    title="a and b: which embedding is better?",
    created="2026-01-02T03:04+00:00",
    of="a and b, embeddings of the same 500 rows",
    verdict="a is better (leave-one-out accuracy 0.9 against 0.7 of b on 60 labels)",
    sentences=["b lacks 2 of the 9 leading functions of a."],
    tables=[TABLE, dataclasses.replace(TABLE, caption="Agreement", note="")],
    repeat=Repeat("contextures compare a.npy b.npy", 0, "9.9", "compare_files(...)"),
    notes=["few rows"],
)


def test_the_page_says_what_was_found_and_holds_every_cell():
    text = outline(render_comparison(DATA)).text
    said = (DATA.verdict[1:], *DATA.sentences, "The embeddings", "Agreement", "A note.", "few rows")
    for each in said:
        assert each in text
    assert "<b>" in text  # as text, not as markup
    assert "compare_files(...)" in text


def test_a_row_that_does_not_fit_its_header_is_refused():
    broken = dataclasses.replace(TABLE, rows=[["a"]])
    with pytest.raises(InputError, match="'The embeddings' has not 2 cells"):
        render_comparison(dataclasses.replace(DATA, tables=[broken]))


@pytest.mark.browser
@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark", **PHONE}], ids=["desk", "phone"])
def test_it_is_drawn_without_errors_and_fits(open_page, options):
    opened = open_page(render_comparison(DATA), **options)
    assert_quiet(opened)
    assert opened.page.evaluate(OVERFLOW) <= 0
    assert opened.page.evaluate("document.documentElement.dataset.failed ?? ''") == ""

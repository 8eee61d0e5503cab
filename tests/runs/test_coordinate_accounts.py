"""Coordinates are told by the columns that explain them, and the columns by skrub."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_selection import f_classif

from contextures.data import demo_table
from contextures.runs.columns_page import columns_page
from contextures.runs.coordinate_accounts import (
    GROUPS,
    MOST_LEVELS,
    coordinate_accounts,
    groups_of,
    share_explained,
)

RNG = np.random.default_rng(0)
N = 2000


def table():
    size = RNG.normal(size=N)
    colour = RNG.choice(["red", "green", "blue"], size=N)
    return pd.DataFrame(
        {
            "size": size,
            "colour": colour,
            "noise": RNG.normal(size=N),
            "day": pd.to_datetime("2024-01-01") + pd.to_timedelta(RNG.integers(0, 900, N), "D"),
            "flag": RNG.random(N) < 0.5,
            "name": [f"row {i}" for i in range(N)],
        }
    )


def test_the_share_is_that_of_the_analysis_of_variance():
    """An independent computation: F = (between / (k - 1)) / (within / (n - k))."""
    groups = RNG.integers(0, 4, 300)
    values = RNG.normal(size=300) + 0.5 * groups
    f = f_classif(values[:, None], groups)[0][0]
    eta = 3 * f / (3 * f + 296)
    expected = 1 - (1 - eta) * 299 / 296
    assert share_explained(values, groups) == pytest.approx(expected)


def test_unrelated_columns_explain_nothing_however_many_their_values():
    found = [share_explained(RNG.normal(size=400), RNG.integers(0, 30, 400)) for _ in range(40)]
    assert np.mean(found) < 0.02


def test_a_column_without_groups_or_of_single_rows_explains_nothing():
    values = RNG.normal(size=50)
    assert share_explained(values, np.zeros(50, dtype=int)) == 0
    assert share_explained(values, np.arange(50)) == 0
    assert share_explained(np.ones(50), np.arange(50) % 2) == 0


def test_a_bent_relation_is_seen_as_well_as_a_straight_one():
    frame = table()
    bent = frame["size"].to_numpy() ** 2
    accounts = coordinate_accounts(bent[:, None], frame, list(frame), 0)
    assert accounts[0].drivers[0].column == "size"
    assert accounts[0].drivers[0].share > 0.6
    assert accounts[0].drivers[0].direction == ""


def test_what_a_coordinate_was_made_of_is_named_first():
    frame = table()
    level = frame["colour"].map({"red": -1.0, "green": 0.0, "blue": 2.0}).to_numpy()
    days = frame["day"].astype("int64").to_numpy().astype(float)
    coordinates = np.column_stack([-frame["size"], level, days, RNG.normal(size=N), frame["flag"]])
    accounts = coordinate_accounts(coordinates.astype(float), frame, list(frame), 0)
    assert [each.name for each in accounts] == ["c1", "c2", "c3", "c4", "c5"]
    first = [each.drivers[0].column if each.drivers else None for each in accounts]
    assert first == ["size", "colour", "day", None, "flag"]
    assert accounts[0].drivers[0].direction == "falls with it"
    assert accounts[2].drivers[0].direction == "rises with it"
    assert accounts[1].drivers[0].share == pytest.approx(1.0)


def test_rows_at_the_ends_are_those_of_the_table():
    frame = table()
    accounts = coordinate_accounts(frame[["size", "noise", "size"]].to_numpy(), frame, ["size"], 0)
    lowest = int(frame["size"].argmin())
    assert accounts[0].low[0] == f"row {lowest}: size: {frame['size'].min():.6g}"
    assert len(accounts[1].high) == 3
    assert accounts[2].low == []


def test_columns_of_any_kind_are_cut():
    frame = table()
    gaps = frame["size"].where(frame["noise"] > 0)
    assert len(np.unique(groups_of(gaps))) == GROUPS + 1
    assert len(np.unique(groups_of(frame["name"]))) == MOST_LEVELS + 1
    assert len(np.unique(groups_of(pd.Series([1, "a", None, 1.5] * 5, dtype=object)))) == 4
    assert len(np.unique(groups_of(pd.Series([np.inf, 1.0, np.nan] * 9)))) >= 2


HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"


@pytest.fixture(scope="module")
def page():
    frame = demo_table("wine").frame.assign(**{HOSTILE: [HOSTILE, "b"] * 89})
    return columns_page(frame, HOSTILE, 0)


def test_the_page_of_the_columns_runs_nothing_that_it_was_given(page):
    assert "<script>window" not in page
    assert "<img src=x" not in page
    assert "default-src 'none'" in page
    assert len(page) < 1_000_000


def test_the_page_of_the_columns_shows_no_row_but_the_first():
    frame = demo_table("wine").frame.assign(who=[f"person-{i:03d}" for i in range(178)])
    page = columns_page(frame, "wine", 0)
    shown = {i for i in range(178) if f"person-{i:03d}" in page}
    assert len(shown) <= 12, "of words that are all different only a few are examples"


def test_a_table_that_cannot_be_summed_up_costs_no_run(monkeypatch):
    import contextures.runs.columns_page as module

    def refuse():
        raise OSError("no fonts")

    monkeypatch.setattr(module, "load_skrub", refuse)
    assert columns_page(demo_table("wine").frame, "wine", 0) is None


@pytest.mark.browser
def test_the_page_of_the_columns_is_drawn_and_fetches_nothing(page, browser, tmp_path):
    file = tmp_path / "columns.html"
    file.write_text(page, encoding="utf-8")
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    requests, errors = [], []
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    tab.goto(file.as_uri())
    tab.get_by_text("Distributions").first.click()
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert errors == []
    assert tab.evaluate("window.hacked") is None
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.close()

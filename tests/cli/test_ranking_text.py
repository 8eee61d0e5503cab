"""A ranking in print: columns stay under their heads, and each has a word of explanation."""

from __future__ import annotations

import pytest

from contextures.cli.text import ranking_lines

LONG = "0.5*rbf:0.003467+0.5*mask:0.2(rbf:0.003467)"


def row(name, **other):
    plain = {
        "name": name,
        "pseudo": 0.6,
        "labels": 0.7,
        "tau": 1.5,
        "d": 8,
        "n_components": 8,
        "pseudo_n_components": 8,
        "reliable": True,
        "decay": 0.25,
        "seconds": 1.5,
        "told_apart": None,
        "chosen": False,
        "error": None,
    }
    return {**plain, **other}


@pytest.mark.parametrize("score", ["pseudo", "labels", "tau"])
def test_names_of_any_length_leave_the_columns_where_their_heads_are(score):
    failed = row("knn:3", tau=None, error="no rows")
    lines = ranking_lines([row("knn:30", chosen=True), row(LONG), failed], score, None)
    for line in lines[1:3]:
        assert line.index("yes") == lines[0].index("reliable")
    assert lines[3].index("failed") > len(LONG)
    assert "failed: no rows" in lines[3]


@pytest.mark.parametrize("score", ["pseudo", "labels", "tau"])
def test_what_the_columns_are_is_said_below(score):
    lines = ranking_lines([row("knn:30", chosen=True)], score, None)
    below = " ".join(lines[lines.index("") :])
    for name in ("tau:", "d:", "reliable:", "decay:", "--context"):
        assert name in below
    assert ("error:" in below) == (score != "tau")

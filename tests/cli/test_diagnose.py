"""The command that diagnoses, as a person types it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from commands import run
from contextures.data import demo_table


@pytest.fixture
def files(tmp_path):
    """A small CSV and an embedding of its rows from elsewhere."""
    frame = demo_table("iris").frame
    frame.to_csv(tmp_path / "iris.csv", index=False)
    values = PCA(2).fit_transform(frame.drop(columns="species"))
    pd.DataFrame(values, columns=["a", "b"]).to_parquet(tmp_path / "pca.parquet")
    return tmp_path / "pca.parquet", tmp_path / "iris.csv"


OPTIONS = ("--context", "knn:20", "--target", "species")


def test_it_says_what_was_learned_and_writes_a_page(monkeypatch, capsys, tmp_path, files):
    out = tmp_path / "new" / "page.html"
    assert run(monkeypatch, "diagnose", *files, *OPTIONS, "--out", out) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    first, *rest = shown.out.splitlines()
    assert first.startswith("The embedding pca.parquet has learned")
    assert any(line.startswith("  this encoder") for line in rest)
    assert rest[-1] == f"page: {out}"
    page = out.read_text(encoding="utf-8")
    assert first in page.replace("\u00a0", " ")
    assert "--context knn:20" in page
    assert sorted(path.name for path in out.parent.iterdir()) == ["page.html"]


def test_it_is_read_by_programs(monkeypatch, capsys, files):
    assert run(monkeypatch, "diagnose", *files, *OPTIONS, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["context"] == "knn:20"
    assert found["sentences"][0].startswith("The embedding")
    assert set(found["gains"]) == {"learning", "width", "rows"}
    np.testing.assert_array_less(-1e-6, found["learned_fitted"])
    # The same seed gives the same answer.
    assert run(monkeypatch, "diagnose", *files, *OPTIONS, "--json") == 0
    assert json.loads(capsys.readouterr().out) == found


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{pca}", "{iris}"), "no context of its own"),
        (("{pca}", "{iris}", "--context", "scarf"), "only draws"),
        (("{pca}", "{iris}", "--context", "kn"), "'kn' is not known"),
        (("{pca}", "{iris}", *OPTIONS, "--out", "page.pdf"), "must end in .html"),
        (("absent.parquet", "{iris}", *OPTIONS), "there is no 'absent.parquet'"),
        (("{iris}", "{iris}", *OPTIONS), "column 'species' holds"),
        (("{pca}", "{pca}", "--context", "knn:900"), "n_neighbors"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    monkeypatch, capsys, tmp_path, files, arguments, message
):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    given = [str(a).format(pca=files[0], iris=files[1]) for a in arguments]
    assert run(monkeypatch, "diagnose", *given) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""
    assert sorted(tmp_path.iterdir()) == before

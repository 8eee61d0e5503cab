"""The command that compares embeddings, as a person types it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from commands import run

X, Y = load_digits(return_X_y=True)
X, Y = X[:500], Y[:500]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Raw pixels, their principal components, a poor projection, and fifty labels."""
    monkeypatch.chdir(tmp_path)
    np.save("raw.npy", X)
    frame = pd.DataFrame({"v": list(PCA(16, random_state=0).fit_transform(X))})
    frame.to_parquet("pca.parquet")
    np.savetxt("poor.csv", X @ np.random.default_rng(0).normal(size=(64, 2)), delimiter=",")
    shown = ["" if i >= 50 else str(digit) for i, digit in enumerate(Y)]
    (tmp_path / "few.txt").write_text("\n".join(shown) + "\n")
    return tmp_path


def test_it_says_which_is_better_and_writes_a_page(monkeypatch, capsys, files):
    options = ("--labels", "few.txt", "--out", "new/page.html")
    assert run(monkeypatch, "compare", "poor.csv", "pca.parquet", *options) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    first, *rest = shown.out.splitlines()
    assert first.startswith("pca is better (leave-one-out accuracy 0.")
    assert any(line.split()[:2] == ["poor", "2"] for line in rest)
    assert any(line.startswith("pca holds all 2 leading functions of poor") for line in rest)
    assert rest[-1] == "page: new/page.html"
    page = (files / "new" / "page.html").read_text(encoding="utf-8")
    assert first[1:] in page.replace("\u00a0", " ")
    assert "compare poor.csv pca.parquet --labels few.txt" in page
    assert "CompareOptions(labels=&#39;few.txt&#39;)" in page
    assert not list((files / "new").glob(".*"))


def test_it_cannot_tell_without_labels_or_where_the_interval_contains_zero(
    monkeypatch, capsys, files
):
    assert run(monkeypatch, "compare", "raw.npy", "pca.parquet") == 0
    assert capsys.readouterr().out.startswith("cannot tell: pca lacks")
    assert run(monkeypatch, "compare", "raw.npy", "pca.parquet", "--labels", "few.txt") == 0
    assert "contains 0" in capsys.readouterr().out.splitlines()[0]


def test_it_is_read_by_programs(monkeypatch, capsys, files):
    three = ("compare", "raw.npy", "pca.parquet", "poor.csv", "--labels", "few.txt", "--json")
    assert run(monkeypatch, *three) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"].endswith("poor is worse")
    assert found["dimensions"] == {"raw": 64, "pca": 16, "poor": 2}
    assert len(found["pairs"]) == 3
    assert found["labelled"]["n_labelled"] == 50
    assert run(monkeypatch, *three) == 0  # the same seed gives the same answer
    assert json.loads(capsys.readouterr().out) == found


def write(name, values):
    np.save(name, values)
    return name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (lambda: ("raw.npy",), "one embedding alone"),
        (lambda: ("raw.npy", "absent.npy"), "there is no file 'absent.npy'"),
        (lambda: ("raw.npy", write("short.npy", X[:90])), "'raw' has 500 rows but 'short' has 90"),
        (lambda: ("raw.npy", write("nan.npy", np.where(X > 15, np.nan, X))), "has no value in"),
        (lambda: ("raw.npy", write("inf.npy", np.where(X > 15, np.inf, X))), "infinite"),
        (lambda: ("raw.npy", write("same.npy", np.ones((500, 3)))), "'same' is the same for all"),
        (lambda: ("raw.npy", write("flat.npy", X[:, 0])), "shape (500,)"),
        (lambda: ("raw.npy", "few.txt"), "'few' has 50"),
        (lambda: ("raw.npy", "."), "is not a run"),
        (lambda: ("raw.npy", "poor.csv", "--out", "page.pdf"), "must end in .html"),
        (lambda: ("raw.npy", "poor.csv", "--task", "regression"), "give them with --labels"),
        (lambda: ("raw.npy", "poor.csv", "--labels", "none.txt"), "no file 'none.txt'"),
        (
            lambda: ("raw.npy", "poor.csv", "--labels", write("l.npy", Y[:90])),
            "90 labels in 'l.npy' but the embeddings have 500 rows",
        ),
        (
            lambda: ("raw.npy", "poor.csv", "--labels", write("l.npy", np.full(500, np.nan))),
            "none of the 500 rows has a label",
        ),
        (
            lambda: ("raw.npy", "poor.csv", "--labels", write("l.npy", np.ones(500))),
            "of one class",
        ),
        (
            lambda: ("raw.npy", "poor.csv", "--labels", "few.txt", "--task", "ranking"),
            "'ranking' is not known",
        ),
    ],
)
def test_bad_input_is_one_sentence(monkeypatch, capsys, files, arguments, message):
    given = arguments()
    assert run(monkeypatch, "compare", *given) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""


def test_its_help_has_examples(monkeypatch, capsys):
    assert run(monkeypatch, "compare", "--help") == 0
    shown = capsys.readouterr().out
    assert "contextures compare mine.npy theirs.npy" in shown

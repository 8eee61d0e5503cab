"""A folder of files, or a pattern, wherever the command line takes a table."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from sklearn.datasets import load_iris

from commands import run
from contextures import load_run

FRAME = load_iris(as_frame=True).frame.sample(frac=1, random_state=0, ignore_index=True)


@pytest.fixture
def parts(tmp_path, monkeypatch):
    folder = tmp_path / "parts"
    folder.mkdir()
    for place in range(3):
        part = FRAME[50 * place : 50 * (place + 1)]
        part.to_csv(folder / f"flowers-{place}.csv", index=False)
    FRAME.to_csv(tmp_path / "whole.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_ranking_of_parts_is_that_of_the_whole(parts, monkeypatch, capsys):
    found = {}
    for given in ("whole.csv", "parts", "parts/flowers-*.csv"):
        assert run(monkeypatch, "rank", given, "--target", "target", "--json") == 0
        shown = capsys.readouterr()
        ranked = json.loads(shown.out)["contexts"]
        found[given] = [(each["name"], each["pseudo"]) for each in ranked]
        assert ("3 files read as one table" in shown.err) == (given != "whole.csv")
    assert found["parts"] == found["parts/flowers-*.csv"] == found["whole.csv"]


def test_a_run_of_a_pattern_can_be_repeated_and_used_on_it(parts, monkeypatch, capsys):
    pattern = "parts/flowers-*.csv"
    options = ("--target", "target", "--task", "classification", "--context", "knn:20")
    assert run(monkeypatch, "fit", pattern, *options, "--dim", "4") == 0
    record = json.loads((parts.parent / "flowers-run" / "run.json").read_text())
    assert record["table"]["source"] == pattern
    capsys.readouterr()
    assert run(monkeypatch, "predict", "flowers-run", "parts", "--out", "all.parquet") == 0
    assert len(pd.read_parquet("all.parquet")) == len(FRAME)


def test_a_part_that_differs_is_one_sentence(parts, monkeypatch, capsys):
    FRAME[:50].drop(columns="target").to_csv(parts / "flowers-3.csv", index=False)
    assert run(monkeypatch, "fit", "parts", "--target", "target") == 2
    shown = capsys.readouterr().err
    assert "flowers-3.csv" in shown and "lacks 'target'" in shown and shown.count("\n") == 1
    assert not (parts.parent / "parts-run").exists()


def test_files_one_by_one_as_a_shell_spreads_a_pattern(parts, monkeypatch, capsys):
    files = sorted(str(file.relative_to(parts.parent)) for file in parts.iterdir())
    options = ("--target", "target", "--task", "classification", "--context", "knn:20")
    assert run(monkeypatch, "fit", *files, *options, "--dim", "4", "--no-predict") == 0
    made = parts.parent / "flowers-run"
    assert f"read_tables({files!r})" in (made / "report.html").read_text().replace("&#39;", "'")
    capsys.readouterr()
    assert run(monkeypatch, "embed", "flowers-run", *files[:2], "--out", "two.parquet") == 0
    assert len(pd.read_parquet("two.parquet")) == 100
    loaded = load_run(made)
    assert loaded.transform(files).shape == (150, 4)


def test_files_given_with_others_that_cannot_be_are_refused(parts, monkeypatch, capsys):
    file = "parts/flowers-0.csv"
    for others, why in (([file], "given twice"), (["parts"], "is a directory")):
        assert run(monkeypatch, "fit", file, *others) == 2
        shown = capsys.readouterr().err
        assert why in shown and shown.count("\n") == 1

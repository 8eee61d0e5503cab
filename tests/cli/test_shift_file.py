"""The data that a page about new rows lies beside."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from commands import run
from contextures.data import read_table
from contextures.runs import FitOptions, fit_table
from contextures.runs.output_file import SHIFT_MADE
from contextures.runs.shift_file import SHIFT_FILE


def rows(seed, n, at=0.0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal([0.0, at, 0.0], size=(n, 3)), columns=["a", "b", "c"])
    return frame.assign(amount=10 + 2 * frame["a"] + rng.normal(size=n) * (1 + frame["b"] ** 2))


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shift")
    rows(0, 300).to_csv(folder / "table.csv", index=False)
    options = FitOptions(target="amount", context="knn:20", n_components=4)
    fit_table(read_table(folder / "table.csv"), folder / "run", options)
    return folder / "run"


@pytest.fixture
def here(fitted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows(1, 150, 1.3).to_csv("moved.csv", index=False)
    return str(fitted)


def texts(value):
    """Give every text in what JSON holds."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return [text for part in parts for text in texts(part)]
    return [value] if isinstance(value, str) else []


def test_the_data_hold_the_numbers_and_all_that_the_page_says(monkeypatch, capsys, here):
    """What another program reads must be neither less nor other than what a person does."""
    call = ("shift", here, "moved.csv", "--target", "amount")
    assert run(monkeypatch, *call, "--out", "out/page.html", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    data = json.loads(Path("out", SHIFT_FILE).read_text(encoding="utf-8"))
    assert {key: data[key] for key in printed} == printed
    assert data["format"] == 1 and data["page"] == "page.html" and data["seed"] == 0
    assert data["command"].endswith("moved.csv --target amount --out out/page.html --json")
    page = unescape(Path("out/page.html").read_text(encoding="utf-8"))
    said = [data[key] for key in ("title", "of", "sentences", "tables", "notes")]
    assert len(texts(said)) > 30
    # The page parts the verdict from its reason, and begins either with a capital.
    words = texts([*said, data["verdict"].split(": ", 1), data["command"], data["python"]])
    assert [text for text in words if text.casefold() not in page.casefold()] == []
    # The words are of these numbers.
    loss = data["new"]["value"]
    assert any(f"{loss:.3g}" in sentence for sentence in data["sentences"])


def test_too_few_rows_leave_data_that_can_be_read(monkeypatch, here):
    rows(1, 19).to_csv("few.csv", index=False)
    assert run(monkeypatch, "shift", here, "few.csv", "--out", "page.html") == 0
    data = json.loads(Path(SHIFT_FILE).read_text(encoding="utf-8"))
    assert data["advice"] == "too few" and data["effect"] is None and data["tables"] == []


@pytest.mark.parametrize("content", ["{}", "[1]", "not JSON", '{"made_by": "me"}', ""])
def test_a_file_of_that_name_that_is_not_ours_is_left_alone(monkeypatch, capsys, here, content):
    """A short fixed name is one that a user's own file may have."""
    Path(SHIFT_FILE).write_text(content, encoding="utf-8")
    assert run(monkeypatch, "shift", here, "moved.csv", "--out", "page.html") == 2
    assert "'shift.json', the data beside the page, exists and is no" in capsys.readouterr().err
    assert Path(SHIFT_FILE).read_text(encoding="utf-8") == content
    assert not Path("page.html").exists()


def test_a_page_replaces_its_own_data_and_no_other_pages(monkeypatch, capsys, here):
    """Whoever writes a second page into a folder must not lose what the first one says."""
    call = ("shift", here, "moved.csv")
    assert run(monkeypatch, *call, "--out", "page.html") == 0
    first = Path(SHIFT_FILE).read_bytes()
    capsys.readouterr()
    for seed in (1, 2):
        assert run(monkeypatch, *call, "--out", "next.html", "--seed", str(seed)) == 0
        assert capsys.readouterr().out.splitlines()[-2:] == ["data: next.json", "page: next.html"]
        data = json.loads(Path("next.json").read_text(encoding="utf-8"))
        assert (data["page"], data["seed"]) == ("next.html", seed)
    assert Path(SHIFT_FILE).read_bytes() == first
    assert run(monkeypatch, *call, "--out", "page.html", "--seed", "3") == 0
    data = json.loads(Path(SHIFT_FILE).read_text(encoding="utf-8"))
    assert (data["page"], data["seed"]) == ("page.html", 3)


@pytest.mark.parametrize("name", ["shift.html", "page.htm"])
def test_data_that_only_fit_where_another_pages_are_are_refused(monkeypatch, capsys, here, name):
    for own, page in ((SHIFT_FILE, "page.html"), ("page.json", "page.html")):
        found = json.dumps({"made_by": SHIFT_MADE, "page": page})
        Path(own).write_text(found, encoding="utf-8")
    assert run(monkeypatch, "shift", here, "moved.csv", "--out", name) == 2
    assert "is of the page 'page.html'; choose another name" in capsys.readouterr().err
    assert Path(SHIFT_FILE).read_text(encoding="utf-8") == found and not Path(name).exists()


def test_neither_a_folder_nor_what_is_read_is_written_to(monkeypatch, capsys, here):
    Path(SHIFT_FILE).mkdir()
    assert run(monkeypatch, "shift", here, "moved.csv", "--out", "page.html") == 2
    assert "is a folder" in capsys.readouterr().err
    Path(SHIFT_FILE).rmdir()
    rows(1, 60).to_json(SHIFT_FILE, orient="records", lines=True)
    kept = Path(SHIFT_FILE).read_bytes()
    assert run(monkeypatch, "shift", here, SHIFT_FILE, "--out", "page.html") == 2
    assert "is read as well" in capsys.readouterr().err
    assert Path(SHIFT_FILE).read_bytes() == kept

"""The command that says whether a run survives a move, as a person types it."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from commands import run
from contextures.data import load_preparation, long_table, read_table
from contextures.data import parts as parts_module
from contextures.runs import FitOptions, fit_table
from contextures.runs.progress import Progress
from contextures.runs.shift_advice import (
    WORDS,
    Evidence,
    advise,
    moved_by,
    stands,
    unsure_of,
    worse_by,
)
from contextures.runs.shift_losses import Losses, MeanLoss
from contextures.runs.shift_rows import sample_of

QUICK = {"context": "knn:20", "n_components": 6}


def rows(seed, n, at=0.0):
    """Rows whose amount is noisy where b is large."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])
    frame["b"] += at
    noise = rng.normal(size=n) * np.where(frame["b"] > 1, 4.0, 0.3)
    return frame.assign(amount=10 + 2 * frame["a"] + frame["b"] + noise)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run with a target and one without, of the same table."""
    folder = tmp_path_factory.mktemp("shift")
    rows(0, 700).to_csv(folder / "table.csv", index=False)
    rows(0, 700).drop(columns="amount").to_csv(folder / "bare.csv", index=False)
    table = read_table(folder / "table.csv")
    fit_table(table, folder / "run", FitOptions(target="amount", **QUICK))
    fit_table(read_table(folder / "bare.csv"), folder / "plain", FitOptions(**QUICK))
    return folder


@pytest.fixture
def files(runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows(1, 300).to_csv("same.csv", index=False)
    rows(2, 300, 1.3).to_csv("moved.csv", index=False)
    return runs


def told(monkeypatch, capsys, *arguments):
    assert run(monkeypatch, "shift", *map(str, arguments), "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_rows_of_the_same_law_need_nothing(monkeypatch, capsys, files):
    found = told(monkeypatch, capsys, files / "run", "same.csv")
    assert found["verdict"] == "do nothing: no difference that matters was found"
    assert found["moved"] == "not shown" and found["p_value"] > 0.05
    assert found["reference"] == "held-out" and found["n_reference"] == 175
    low, high = found["held_out"]["interval"]
    assert low < found["weighted"]["value"] < high
    assert low < found["expected"]["value"] < high
    assert found["outside"] < 0.05
    assert told(monkeypatch, capsys, files / "run", "same.csv") == found


def test_a_move_into_noise_is_found_named_and_priced_without_labels(monkeypatch, capsys, files):
    found = told(monkeypatch, capsys, files / "run", "moved.csv")
    assert found["moved"] == "moved" and found["effect_interval"][0] > 0.1
    assert found["columns"][0]["column"] == "b" and found["columns"][0]["correlation"] > 0.3
    assert found["advice"] == "reweight"
    assert found["expected"]["interval"][0] > found["held_out"]["value"]
    assert found["weighted"]["value"] > 1.5 * found["held_out"]["value"]
    assert 30 < found["effective_size"] < 175
    named = rows(2, 300, 1.3).loc[found["rows"], "b"]
    assert named.min() > 0.5
    labelled = told(monkeypatch, capsys, files / "run", "moved.csv", "--target", "amount")
    # What was promised without labels is what they say.
    (low, high), expected = labelled["new"]["interval"], labelled["expected"]
    assert expected == found["expected"]
    assert expected["interval"][0] < high and low < expected["interval"][1]
    assert low * 0.6 < labelled["weighted"]["value"] < high * 1.4
    assert labelled["advice"] == "refit" and labelled["n_labels"] == 300


def test_few_labels_ask_for_more(monkeypatch, capsys, files):
    frame = rows(2, 300, 1.3)
    frame.loc[60:, "amount"] = np.nan
    frame.to_csv("some.csv", index=False)
    found = told(monkeypatch, capsys, files / "run", "some.csv", "--target", "amount")
    assert found["n_labels"] == 60 and found["advice"] == "collect"


def test_rows_beyond_everything_are_not_vouched_for(monkeypatch, capsys, files):
    """Their neighbours are at the border, so that in coordinates they may look ordinary."""
    rows(1, 300).assign(c=lambda t: t["c"] * 100).to_csv("units.csv", index=False)
    found = told(monkeypatch, capsys, files / "run", "units.csv")
    assert found["advice"] == "collect" and found["outside"] > 0.9


def test_it_writes_a_page(monkeypatch, capsys, files, tmp_path):
    assert run(monkeypatch, "shift", str(files / "run"), "moved.csv", "--out", "page.html") == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("reweight: ")
    assert shown[-2:] == ["data: shift.json", "page: page.html"]
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "The columns that the drift goes with" in page and "shift_table(" in page


def test_a_run_without_held_out_rows_halves_its_table(monkeypatch, capsys, files):
    found = told(monkeypatch, capsys, files / "plain", "same.csv")
    assert found["reference"] == "halved" and found["n_reference"] == 350
    # One law in twenty gives a p-value below .05; none a difference that matters.
    assert found["moved"] != "moved" and found["advice"] == "nothing" and found["loss"] is None
    assert any("holds no rows out" in note for note in found["notes"])
    assert told(monkeypatch, capsys, files / "plain", "moved.csv")["moved"] == "moved"
    table = files / "bare.csv"
    kept = table.read_bytes()
    try:
        table.write_bytes(kept + b"1,2,3\n")  # another table by the same name
        assert run(monkeypatch, "shift", str(files / "plain"), "same.csv") == 2
        assert "nothing to compare with; fit again with --target" in capsys.readouterr().err
    finally:
        table.write_bytes(kept)


def test_too_few_rows_tell_nothing(monkeypatch, capsys, files):
    rows(1, 19).to_csv("few.csv", index=False)
    found = told(monkeypatch, capsys, files / "run", "few.csv")
    assert found["verdict"] == "cannot tell: too few rows: 19 new rows, and at least 20 are needed"
    assert found["effect"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "lack.csv"), "the table lacks the column 'b'"),
        (("run", "same.csv", "--target", "price"), "the target 'price' is not a column"),
        (("plain", "same.csv", "--target", "amount"), "has no predictor"),
        (("run", "same.csv", "--out", "page.txt"), "must end in .html"),
        (("run", "same.csv", "--sample", "10"), "--sample 10 is not possible"),
        (("absent", "same.csv"), "there is no run"),
        (("run", "words.csv", "--target", "amount"), "is not a number as the run predicts"),
    ],
)
def test_what_cannot_be_is_said(monkeypatch, capsys, files, arguments, message):
    rows(1, 50).drop(columns="b").to_csv("lack.csv", index=False)
    rows(1, 50).assign(amount="much").to_csv("words.csv", index=False)
    name, *rest = arguments
    assert run(monkeypatch, "shift", str(files / name), *rest) == 2
    assert message in capsys.readouterr().err


def test_labels_of_classes_that_were_never_learned(monkeypatch, capsys, tmp_path):
    """No prediction of them can be right: some are told of, and all are another column's."""
    monkeypatch.chdir(tmp_path)
    frames = [rows(seed, n) for seed, n in ((0, 300), (1, 100))]
    old, new = (each.assign(amount=np.where(each["a"] > 0, "yes", "no")) for each in frames)
    fit_table(old, "run", FitOptions(target="amount", **QUICK))
    new.loc[:9, "amount"] = "perhaps"
    new.assign(other="blue", truth=frames[1]["a"] > 0).to_csv("new.csv", index=False)
    found = told(monkeypatch, capsys, "run", "new.csv", "--target", "amount")
    unseen = "10 of the 100 labels in 'amount' are of no class that the run learned ('perhaps')"
    assert any(note.startswith(unseen) for note in found["notes"])
    assert 0.1 <= found["new"]["value"] < 0.3
    # Words that say the same as those learned are of their classes.
    found = told(monkeypatch, capsys, "run", "new.csv", "--target", "truth")
    assert not any("no class" in note for note in found["notes"]) and found["new"]["value"] < 0.2
    assert run(monkeypatch, "shift", "run", "new.csv", "--target", "other") == 2
    said = capsys.readouterr().err
    assert "'other' holds 'blue', and no label that the run can predict ('no' and 'yes')" in said


def in_parts(frame, folder, ends, ending):
    folder.mkdir()
    for place, (start, end) in enumerate(pairwise(ends)):
        part, file = frame.iloc[start:end], folder / f"part-{place}.{ending}"
        part.to_parquet(file) if ending == "parquet" else part.to_csv(file, index=False)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_a_long_table_is_told_by_a_sample_and_counted_whole(
    monkeypatch, capsys, files, tmp_path, ending
):
    """The sample is the same however the rows lie in files, and the rows keep their numbers."""
    frame = rows(2, 1500, 1.3)
    frame.loc[40:, "amount"] = np.nan  # a sample would hold two thirds of the labels
    frame["other"] = 1.0
    in_parts(frame, tmp_path / "new", (0, 100, 101, 900, 1500), ending)
    frame.to_csv("whole.csv", index=False)
    sampled = ("--target", "amount", "--sample", "1000")
    whole = told(monkeypatch, capsys, files / "run", "whole.csv", *sampled)
    for module, name, value in ((parts_module, "LARGE", 10), (parts_module, "BATCH", 10)):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setitem(parts_module.long_table.__kwdefaults__, "rows", 10)
    found = told(monkeypatch, capsys, files / "run", "new", *sampled)
    assert (found["n_new"], found["n_drawn"], found["n_labels"]) == (1500, 1000, 40)
    assert found["new"]["n_rows"] == 40
    assert frame.loc[found["rows"], "b"].min() > 0.5  # by their numbers in the whole table
    assert found["notes"][-1:] == whole["notes"] == ["ignored 1 column 'other'"]
    for key in ("effect", "p_value", "rows", "outside"):
        assert found[key] == pytest.approx(whole[key])
    assert found["expected"]["value"] == pytest.approx(whole["expected"]["value"])
    assert run(monkeypatch, "shift", str(files / "run"), "new", "--sample", "1000") == 0
    assert "1,000 of the 1,500 new rows" in capsys.readouterr().out


@pytest.mark.parametrize("embeddings", ["all", "sample"])
def test_new_rows_are_compared_with_a_run_on_a_long_table(
    monkeypatch, capsys, files, tmp_path, embeddings
):
    """Of the run's table only the drawn rows are read, and joined by their numbers."""
    frame = rows(5, 1300)
    in_parts(frame, tmp_path / "old", (0, 500, 501, 1300), "parquet")
    options = FitOptions(target="amount", sample=1000, embeddings=embeddings, **QUICK)
    made = fit_table(long_table("old", rows=1000), tmp_path / "long", options).folder
    monkeypatch.setitem(parts_module.long_table.__kwdefaults__, "rows", 1000)
    found = told(monkeypatch, capsys, made, "moved.csv")
    split = pd.read_parquet(made / "embeddings.parquet").set_index("row_id")["split"]
    test = split.index[split == "test"]
    predicted = pd.read_parquet(made / "predictions.parquet")["prediction"]
    loss = ((predicted - frame["amount"])[test] ** 2).mean()
    assert found["held_out"]["value"] == pytest.approx(loss)
    assert found["n_reference"] == len(test) == 250 and found["outside"] < 0.2
    assert found["advice"] == "reweight" and found["notes"] == [
        "the labels in 'amount' were not looked at; give --target amount to use them"
    ]
    frame.iloc[:500].assign(a=0.0).to_parquet(tmp_path / "old" / "part-0.parquet")
    changed = told(monkeypatch, capsys, made, "moved.csv")
    assert changed["expected"] is None and changed["advice"] == "collect"
    assert any("or has changed" in note for note in changed["notes"])


def test_more_labels_than_the_sample_are_counted_and_drawn(files):
    """Labels and rows are drawn apart, so that rows with a label do not stand for all rows."""
    frame = rows(2, 2600, 1.3)
    frame.loc[frame["b"] < 1.3, "amount"] = np.nan
    n_labels = int(frame["amount"].notna().sum())
    kept = sample_of(
        files / "run",
        load_preparation(files / "run"),
        frame,
        "amount",
        1000,
        0,
        Progress(),
    )
    assert n_labels > 1000 and kept.n_labels == n_labels
    assert kept.labelled.sum() == kept.drawn.sum() == 1000
    assert kept.labels[kept.labelled].notna().all()
    assert 0.4 < kept.labels[kept.drawn].notna().mean() < 0.6
    np.testing.assert_array_equal(kept.labels, frame["amount"].iloc[kept.rows])
    expected = load_preparation(files / "run").transform(frame.iloc[kept.rows][["a", "b", "c"]])
    np.testing.assert_allclose(kept.features, expected)


BASE = Evidence("moved", None, False, 0, True, 0.05, True, 0.01)


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({}, "collect"),
        ({"worse": True}, "reweight"),
        ({"worse": False}, "nothing"),
        ({"worse": False, "unsure": True}, "collect"),
        ({"worse": False, "unsure": True, "moved": "slightly"}, "nothing"),
        ({"worse": True, "stands": False}, "collect"),
        ({"worse": False, "stands": False}, "collect"),
        ({"worse": True, "moved": "slightly"}, "reweight"),
        ({"worse": True, "moved": "not shown"}, "collect"),
        ({"worse": False, "moved": "not shown", "stands": False}, "nothing"),
        ({"worse": False, "outside": 0.5}, "collect"),
        ({"predicts": False}, "nothing"),
        ({"predicts": False, "lost": 0.4}, "refit"),
        ({"predicts": False, "outside": 0.4}, "refit"),
        ({"worse": True, "n_labels": 300}, "refit"),
        ({"worse": True, "n_labels": 300, "moved": "not shown"}, "refit"),
        ({"worse": True, "n_labels": 30}, "collect"),
        ({"worse": False, "n_labels": 30, "outside": 0.5}, "nothing"),
    ],
)
def test_the_advice_follows_from_the_evidence(change, advice):
    found, reason = advise(BASE._replace(**change))
    assert found == advice and found in WORDS and reason


def loss(value, low, high):
    return MeanLoss(value, (low, high), 100)


@pytest.mark.parametrize(
    ("losses", "worse", "unsure"),
    [
        ({}, None, False),
        ({"held_out": loss(1, 0.9, 1.1)}, None, False),
        ({"held_out": loss(1, 0.9, 1.1), "expected": loss(1.5, 1.2, 1.8)}, True, False),
        ({"held_out": loss(1, 0.9, 1.1), "expected": loss(1.08, 1.04, 1.12)}, False, False),
        ({"held_out": loss(1, 0.9, 1.1), "expected": loss(1.5, 0.9, 2.1)}, False, True),
        # Labels overrule what was expected.
        (
            {
                "held_out": loss(1, 0.9, 1.1),
                "expected": loss(1.5, 1.2, 1.8),
                "new": loss(1.1, 0.9, 1.3),
            },
            False,
            False,
        ),
        ({"held_out": loss(1, 0.9, 1.1), "new": loss(1.6, 1.4, 1.8)}, True, False),
    ],
)
def test_a_loss_is_larger_if_surely_and_by_a_tenth(losses, worse, unsure):
    found = Losses("mean squared error", **losses)
    assert worse_by(found) is worse and unsure_of(found) is unsure


@pytest.mark.parametrize(
    ("size", "n", "expected"), [(100, 200, True), (29, 40, False), (31, 400, False)]
)
def test_weights_that_few_rows_bear_say_nothing(size, n, expected):
    assert stands(size, n) is expected


@pytest.mark.parametrize(
    ("effect", "p_value", "expected"),
    [(0.5, 0.001, "moved"), (0.05, 0.001, "slightly"), (0.5, 0.2, "not shown")],
)
def test_the_effect_comes_first(effect, p_value, expected):
    """Of many rows, a move that no task feels has a small p-value too."""
    assert moved_by(effect, p_value) == expected

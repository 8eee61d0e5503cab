"""Held-out rows that are asked for: whole groups, the latest rows, the rows of a file."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from contextures.data import demo_table, table_from_frame
from contextures.evaluation.representations.folds import Apart
from contextures.exceptions import InputError
from contextures.report import ReportData
from contextures.runs import FitOptions, fit_table
from contextures.runs.asked_split import apart_of, split_apart

RNG = np.random.default_rng(0)
N_MACHINES, N_EACH = 24, 8
N = N_MACHINES * N_EACH


def sensors():
    """Readings of machines; whether one is faulty is drawn by machine, whatever it reads."""
    machine = RNG.permutation(np.repeat(np.arange(N_MACHINES), N_EACH))
    centres = 3 * RNG.standard_normal((N_MACHINES, 3))
    faulty = RNG.permutation(np.repeat([0, 1], N_MACHINES // 2))
    readings = centres[machine] + 0.2 * RNG.standard_normal((N, 3))
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.integers(0, 60, N), "D")
    return pd.DataFrame(readings, columns=["a", "b", "c"]).assign(
        machine=[f"M{i}" for i in machine],
        day=days,
        fault=np.where(faulty[machine], "yes", "no"),
    )


FRAME = sensors()


def fitted(frame, folder, **options):
    asked = FitOptions(target="fault", context="knn:10", n_components=8, **options)
    return fit_table(table_from_frame(frame), folder, asked)


@pytest.fixture(scope="module")
def by_machine(tmp_path_factory):
    return fitted(FRAME, tmp_path_factory.mktemp("runs") / "run", group="machine")


def test_no_machine_is_learned_from_and_judged(by_machine):
    split = pd.read_parquet(by_machine.folder / "embeddings.parquet")["split"]
    held = set(FRAME["machine"][split == "test"])
    assert not held & set(FRAME["machine"][split != "test"])
    assert 4 <= len(held) <= 8
    assert by_machine.metrics["n_test"] == (split == "test").sum()


def test_the_split_is_recorded_and_said(by_machine):
    said = by_machine.metrics["split"]
    n, k = said["n_rows"], said["n_values"]
    assert (said["by"], said["name"], said["n_aside"]) == ("group", "machine", 0)
    assert k + said["n_learned"] == N_MACHINES and n == k * N_EACH
    sentence = (
        f"Judged on {n} rows of {k} values of 'machine' never learned from; {N_MACHINES - k} "
        "others were learned from."
    )
    report = ReportData.from_json((by_machine.folder / "report.json").read_text())
    assert sentence in by_machine.sentences and sentence in report.answer.sentences
    assert "never learned from" in (by_machine.folder / "report.html").read_text()
    record = json.loads((by_machine.folder / "run.json").read_text())
    assert record["options"]["group"] == "machine"
    assert "group='machine'" in report.repeat.python


def test_what_belongs_to_a_machine_is_not_told_as_knowledge_of_new_ones(by_machine, tmp_path):
    """Rows at random are recognised by their machine; of new machines nothing can be known."""
    random = fitted(FRAME, tmp_path / "random", predict=False)
    assert random.metrics["scores"]["gradient_boosting"]["score"] > 0.9
    # It is said, on the first screen and in the report; not where it is heeded.
    said = [s for s in random.sentences if "says nothing on new values of 'machine'" in s]
    assert len(said) == 1 and "--group machine" in said[0]
    assert any("'machine' all have the same target" in note for note in random.run.checked.notes)
    report = ReportData.from_json((random.folder / "report.json").read_text())
    assert ("machine", "entity") in {(w.column, w.code) for w in report.warnings}
    assert said[0] in report.answer.sentences
    assert not any("same target" in note for note in by_machine.run.checked.notes)
    assert all(found["score"] < 0.8 for found in by_machine.metrics["scores"].values())
    assert by_machine.metrics["predictor"]["left_out_score"] is None


def test_the_column_is_no_feature_unless_it_is_kept(by_machine, tmp_path):
    actions = {line.column: line.action for line in by_machine.run.preparation.account_}
    assert actions["machine"] == "left out: rows are held out by it"
    assert "machine" not in by_machine.run.preparation.kinds_
    kept = fitted(FRAME, tmp_path / "kept", time="day", keep_column=True, predict=False)
    assert kept.run.preparation.kinds_["day"] == "date"


def test_rows_without_a_label_of_a_held_out_machine_leave_no_trace(tmp_path):
    """They are neither learned from nor judged: changing them changes no training coordinate."""
    frame = FRAME.copy()
    frame.loc[RNG.permutation(N)[: N // 3], "fault"] = None
    first = fitted(frame, tmp_path / "first", group="machine", predict=False)
    aside = first.run.split.aside
    assert len(aside) == first.metrics["split"]["n_aside"] > 0
    assert any("left aside" in note for note in first.run.checked.notes)
    changed = frame.copy()
    changed.loc[aside, ["a", "b", "c"]] = 100.0
    second = fitted(changed, tmp_path / "second", group="machine", predict=False)
    pretraining = first.run.split.pretraining
    np.testing.assert_allclose(
        first.run.coordinates[pretraining], second.run.coordinates[pretraining], atol=1e-9
    )
    split = pd.read_parquet(tmp_path / "first" / "embeddings.parquet")["split"]
    assert set(split[aside]) == {"test"}


def test_what_is_judged_is_later_than_what_is_learned_and_no_day_is_parted(tmp_path):
    result = fitted(FRAME, tmp_path / "run", time="day", predict=False)
    split = pd.read_parquet(tmp_path / "run" / "embeddings.parquet")["split"]
    assert FRAME["day"][split == "train"].max() < FRAME["day"][split == "test"].min()
    assert 0.15 < (split == "test").mean() < 0.35
    since = str(FRAME["day"][split == "test"].min())
    assert result.metrics["split"]["since"] == since
    assert any(f"whose 'day' is {since} or later" in said for said in result.sentences)


@pytest.mark.parametrize(
    "values",
    [
        np.arange(40) // 4,
        [f"{1 + i // 4}/2/2023" for i in range(40)],
        pd.date_range("2020-03-01", periods=40).astype(str),
        2**62 + np.arange(40),
        np.where(np.arange(40) < 20, 1.5, -2.0),
    ],
    ids=["numbers", "day-first", "text", "huge", "two"],
)
def test_times_of_any_kind_are_ordered(values):
    frame = pd.DataFrame({"t": values, "x": RNG.standard_normal(40), "y": [0, 1] * 20})
    table = table_from_frame(frame.sample(frac=1, random_state=0))
    if isinstance(values, list):  # the months of which a month-first reading knows nothing
        order = np.array([int(v.split("/")[0]) for v in table.frame["t"]])
    elif values.dtype == object or str(values.dtype).startswith("str"):
        order = pd.to_datetime(table.frame["t"]).astype("int64").to_numpy()
    else:
        order = table.frame["t"].to_numpy()
    table.how_read.options["dates"] = "day-first"
    apart = apart_of(FitOptions(target="y", time="t"), table)
    np.testing.assert_array_equal(apart.codes, np.unique(order, return_inverse=True)[1])
    target = table.frame["y"].to_numpy()
    split = split_apart(apart, target, classes=True, seed=0, column="t")
    assert order[split.train].max() < order[split.test].min()


def test_held_out_groups_have_classes_in_proportion():
    """Of many draws the nearest to a quarter of each class is taken, however groups differ."""
    sizes = RNG.integers(1, 40, 60)
    groups = np.repeat(np.arange(60), sizes)
    target = (RNG.random(60) < 0.2).astype(int)[groups]
    split = split_apart(Apart("group", groups), target, classes=True, seed=1, column="g")
    assert abs(len(split.test) / len(groups) - 0.25) < 0.05
    assert abs(target[split.test].sum() / target.sum() - 0.25) < 0.08


def test_a_file_of_its_own_is_judged_on_and_all_of_the_table_learned_from(tmp_path):
    iris = demo_table("iris").frame.sample(frac=1, random_state=0)
    held = iris.iloc[110:].assign(colour="blue")
    held.iloc[0, held.columns.get_loc("species")] = None
    held.iloc[::-1].to_csv(tmp_path / "test.csv", index=False)
    options = FitOptions(target="species", context="knn:20", test=str(tmp_path / "test.csv"))
    result = fit_table(table_from_frame(iris.iloc[:110]), tmp_path / "run", options)
    metrics = result.metrics
    assert (metrics["n_train"], metrics["n_test"]) == (110, 39)
    assert metrics["split"]["by"] == "file"
    learned = {key: found for key, found in metrics["scores"].items() if key != "baseline"}
    assert all(found["score"] > 0.85 for found in learned.values())
    assert "Judged on 39 rows of 'test.csv', none of which was learned from." in result.sentences
    notes = " ".join(result.run.checked.notes)
    assert "ignored 1 column 'colour'" in notes and "1 row without a label" in notes
    for name in ("embeddings.parquet", "predictions.parquet"):
        assert len(pd.read_parquet(tmp_path / "run" / name)) == 110
    # Nothing is fitted to rows that are no part of the table, not even afterwards.
    assert result.run.predicted.predictor.n_labelled_ == 110
    assert metrics["predictor"]["refitted"] is False


def test_the_rows_of_a_file_are_scored_as_the_same_rows_held_out_of_one_table(tmp_path):
    """Numbers to predict: R^2 by hand from the run's own predictor on the file's rows."""
    table = demo_table("diabetes")
    frame = table.frame.sample(frac=1, random_state=1).reset_index(drop=True)
    learned, held = frame.iloc[:300], frame.iloc[300:]
    held.to_csv(tmp_path / "test.csv", index=False)
    options = FitOptions(target=table.target, context="knn:20", test=str(tmp_path / "test.csv"))
    result = fit_table(table_from_frame(learned), tmp_path / "run", options)
    rows = result.run.preparation.transform(held.drop(columns=table.target))
    told = result.run.predicted.predictor.predict(rows)
    truth = held[table.target].to_numpy()
    r2 = 1 - np.sum((truth - told) ** 2) / np.sum((truth - truth.mean()) ** 2)
    assert result.metrics["scores"]["predictor"]["score"] == pytest.approx(r2, abs=1e-6)


def test_rows_that_are_both_learned_from_and_judged_are_said(tmp_path):
    wine = demo_table("wine").frame.sample(frac=1, random_state=0)
    wine.iloc[100:].to_csv(tmp_path / "test.csv", index=False)
    options = FitOptions(
        target="cultivar", context="knn:20", test=str(tmp_path / "test.csv"), predict=False
    )
    result = fit_table(table_from_frame(wine.iloc[:110]), tmp_path / "run", options)
    assert any("10 of the 78 rows" in note for note in result.run.checked.notes)


GAPS = FRAME.assign(machine=FRAME["machine"].where(np.arange(N) != 4))
ODD = FRAME.assign(day=FRAME["day"].astype(str).where(np.arange(N) != 4, "2024-13-41"))
TWO = FRAME.assign(machine=np.where(np.arange(N) < 90, "x", "y"))
HALF = np.where((np.arange(N) < 90) & (FRAME["fault"] == "yes"), "x", "y")
PURE = FRAME.assign(machine=FRAME["fault"] + HALF)


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (FRAME, {"group": "machin"}, "--group 'machin' is not a column.*did you mean 'machine'"),
        (FRAME, {"time": "when"}, "--time 'when' is not a column"),
        (FRAME, {"group": "machine", "time": "day"}, "--group and --time each say which rows"),
        (FRAME, {"time": "day", "test": "x.csv"}, "--time and --test each say which rows"),
        (FRAME, {"group": "fault"}, "--group 'fault' is the target"),
        (FRAME, {"group": "machine", "target": None}, "name the target with --target"),
        (FRAME, {"keep_column": True}, "give one of them"),
        (FRAME.assign(machine="M"), {"group": "machine"}, "has 1 value .* at least 3 are needed"),
        (TWO, {"group": "machine"}, "has 2 values .* at least 3 are needed"),
        (PURE, {"group": "machine"}, "cannot be parted"),
        (GAPS, {"group": "machine"}, r"is empty in 1 row \(first in row 5\)"),
        (FRAME.assign(day=7), {"time": "day"}, "has one value among the rows with a label"),
        (FRAME, {"time": "machine"}, "holds 'M.*' in row 1, which is neither a number nor a date"),
        (ODD, {"time": "day"}, "holds '2024-13-41' in row 5, which is neither"),
        (FRAME, {"test": "absent.csv"}, "absent.csv"),
    ],
)
def test_splits_that_cannot_be_are_refused_and_nothing_is_written(
    tmp_path, frame, options, message
):
    asked = FitOptions(**{"target": "fault", "context": "knn:10", **options})
    with pytest.raises(InputError, match=message):
        fit_table(table_from_frame(frame), tmp_path / "run", asked)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (FRAME.drop(columns="fault"), "lacks the target 'fault'"),
        (FRAME.drop(columns="b"), "lacks the column 'b'"),
        (FRAME.assign(fault="maybe"), "holds 'maybe', which is none of its classes"),
        (FRAME.assign(fault=None), "no row with a label"),
        (FRAME.assign(a="high"), "'a' holds 'high' at row 1"),
    ],
)
def test_files_that_cannot_be_judged_on_are_refused_by_name(tmp_path, held, message):
    file = tmp_path / "test.csv"
    held.to_csv(file, index=False)
    with pytest.raises(InputError, match=f"--test .*test.csv.*{message}"):
        fitted(FRAME, tmp_path / "run", test=str(file))
    assert [path.name for path in tmp_path.iterdir()] == ["test.csv"]


def test_classes_that_are_held_out_only_are_said(tmp_path):
    frame = FRAME.sort_values("day").reset_index(drop=True)
    frame.loc[N - 12 :, "fault"] = "burnt"
    notes = fitted(frame, tmp_path / "run", time="day", predict=False).run.checked.notes
    assert any("no row of the class 'burnt' is learned from" in note for note in notes)

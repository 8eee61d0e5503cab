"""The predictor of a run: scored fairly, written for every row, read again, honest about labels."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score

import contextures
from contextures.data import table_from_frame
from contextures.exceptions import InputError
from contextures.prediction import ContextureClassifier
from contextures.report import ReportData
from contextures.runs import FitOptions, embed_table, fit_table, predict_table
from contextures.runs.predictions import level_for
from contextures.runs.split import split_rows

RNG = np.random.default_rng(0)
N = 240
FEATURES = pd.DataFrame(RNG.normal(size=(N, 3)), columns=["a", "b", "c"])
AMOUNTS = 50 + 10 * (np.sin(2 * FEATURES["a"]) + FEATURES["b"] + 0.3 * RNG.normal(size=N))
QUICK = {"context": "knn:20", "n_components": 4}


def amounts(n_labelled):
    frame = FEATURES.assign(amount=AMOUNTS.where(np.arange(N) < n_labelled))
    return table_from_frame(frame)


def words(n_labelled):
    label = pd.Series(np.where(AMOUNTS > 55, "high", np.where(AMOUNTS < 45, "low", "middle")))
    return table_from_frame(FEATURES.assign(amount=label.where(np.arange(N) < n_labelled)))


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    out = tmp_path_factory.mktemp("numbers") / "run"
    return fit_table(amounts(100), out, FitOptions(target="amount", **QUICK))


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    out = tmp_path_factory.mktemp("few") / "run"
    return fit_table(words(12), out, FitOptions(target="amount", **QUICK))


def test_every_row_is_predicted_in_the_table_s_own_labels(wine):
    table, result = wine
    found = pd.read_parquet(result.folder / "predictions.parquet")
    classes = sorted(table.frame[table.target].unique())
    assert list(found.columns) == [
        "row_id",
        "labelled",
        "prediction",
        *(f"p_{each}" for each in classes),
    ]
    assert found["row_id"].tolist() == list(range(178))
    assert found["labelled"].all()
    chances = found[[f"p_{each}" for each in classes]].to_numpy()
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    assert found["prediction"].tolist() == [classes[i] for i in chances.argmax(axis=1)]
    assert accuracy_score(table.frame[table.target], found["prediction"]) > 0.9


def test_amounts_have_an_interval_whose_level_is_named(numbers):
    found = pd.read_parquet(numbers.folder / "predictions.parquet")
    assert list(found.columns) == ["row_id", "labelled", "prediction", "low_90", "high_90"]
    assert found["labelled"].sum() == 100
    within = (found["low_90"] <= AMOUNTS) & (found["high_90"] >= AMOUNTS)
    assert within[100:].mean() > 0.75  # rows that it never saw a label of
    assert np.corrcoef(found["prediction"][100:], AMOUNTS[100:])[0, 1] > 0.85
    predictor = numbers.metrics["predictor"]
    assert (predictor["level"], predictor["n_scored"]) == (0.9, 25)
    assert 0.5 < predictor["coverage"] <= 1


def test_the_score_is_of_a_predictor_that_saw_nothing_of_the_held_out_rows(numbers):
    """Neither labels nor rows: whatever they hold, what predicts them is the same."""
    run = numbers.run
    split, features = run.split, run.preparation.transform(run.checked.features)
    rows = split.pretraining
    hidden = np.where(np.isin(np.arange(N), split.train), AMOUNTS, np.nan)
    model = contextures.ContextureRegressor(random_state=0).fit(features[rows], hidden[rows])
    residual = AMOUNTS[split.test] - model.predict(features[split.test])
    score = 1 - np.mean(residual**2) / np.var(AMOUNTS[split.test])
    assert numbers.metrics["scores"]["predictor"]["score"] == pytest.approx(score)
    assert next(iter(numbers.metrics["scores"])) == "predictor"
    assert len(numbers.metrics["scores"]) == 7
    assert numbers.metrics["predictor"]["refitted"] is True
    assert numbers.metrics["predictor"]["n_labelled"] == 100


def test_a_prediction_of_a_labelled_row_never_saw_its_label(numbers, tmp_path):
    """Move one label far away: a prediction that had seen it would follow by a good part.

    Members are exact here (see the tests of members). What is left are the weights, which are
    fitted without the row, but to other rows' predictions, and those saw its label.
    """
    frame = amounts(100).frame
    row = int(numbers.run.split.train[7])
    shift = 3 * frame["amount"].std()
    frame.loc[row, "amount"] += shift
    options = FitOptions(target="amount", **QUICK)
    changed = fit_table(table_from_frame(frame), tmp_path / "run", options)
    before, after = (
        pd.read_parquet(each.folder / "predictions.parquet")["prediction"][row]
        for each in (numbers, changed)
    )
    assert abs(after - before) < 0.04 * shift
    seen = [contextures.load_run(each.folder).predict(FEATURES)[row] for each in (numbers, changed)]
    assert seen[1] - seen[0] > 0.2 * shift


def test_a_prediction_of_a_labelled_class_never_saw_its_label():
    labels = np.where(np.arange(N) < 18, np.where(AMOUNTS > 50, "high", "low"), None)
    row = 5
    other = labels.copy()
    other[row] = "low" if labels[row] == "high" else "high"
    one = ContextureClassifier(random_state=0).fit(FEATURES, labels)
    two = ContextureClassifier(random_state=0).fit(FEATURES, other)
    moved = np.abs(one.left_out_[row] - two.left_out_[row]).max()
    # The label is among those that other rows, and with them weights and powers, are fitted to.
    assert moved < 0.15
    seen = np.abs(one.predict_proba(FEATURES) - two.predict_proba(FEATURES))[row].max()
    assert seen > 0.2 and seen > 2 * moved


def test_intervals_of_labelled_rows_are_of_the_other_rows_residuals():
    labels = AMOUNTS.where(np.arange(N) < 40).to_numpy()
    model = contextures.ContextureRegressor(["linear"]).fit(FEATURES, labels)
    found = model.left_out_interval(0.8)
    residuals = np.abs(labels[:40] - model.left_out_)
    for i in range(40):
        others = np.sort(np.delete(residuals, i))
        half = others[int(np.ceil(0.8 * 40)) - 1]
        np.testing.assert_allclose(found[i], model.left_out_[i] + half * np.array([-1, 1]))


@pytest.mark.parametrize(
    ("k", "level"), [(2, 0.5), (4, 0.5), (5, 0.8), (9, 0.8), (10, 0.9), (1, None)]
)
def test_intervals_cover_as_much_as_labels_allow(k, level):
    assert level_for(k) == level


def test_many_labels_are_not_fitted_to_twice(monkeypatch, tmp_path):
    """Held-out rows then keep the predictions of the pool that did not see them."""
    monkeypatch.setattr("contextures.runs.predictor.REFIT_MOST", 50)
    result = fit_table(amounts(100), tmp_path / "run", FitOptions(target="amount", **QUICK))
    predictor = result.metrics["predictor"]
    assert (predictor["refitted"], predictor["n_labelled"]) == (False, 75)
    found = pd.read_parquet(result.folder / "predictions.parquet")
    assert found["labelled"].sum() == 100
    test = result.run.split.test
    score = 1 - np.mean((AMOUNTS - found["prediction"])[test] ** 2) / np.var(AMOUNTS[test])
    assert predictor["scores"]["predictor"]["score"] == pytest.approx(score)


def test_a_score_on_few_rows_is_said_to_be_rough(numbers):
    assert any("Labels are few, and 25 held-out rows tell roughly" in s for s in numbers.sentences)
    left_out = numbers.metrics["predictor"]["left_out_score"]
    assert any(s.endswith(f"left out in turn: R² {left_out:.2f}.") for s in numbers.sentences)


def test_few_labels_are_all_learnt_from_and_said_to_be_few(few):
    metrics = few.metrics
    assert (metrics["n_train"], metrics["n_test"], metrics["n_unlabelled"]) == (12, 0, 228)
    assert metrics["scores"] == {}
    assert (metrics["task"], metrics["metric"]) == ("classification", "accuracy")
    predictor = metrics["predictor"]
    assert (predictor["scored_on"], predictor["n_scored"]) == ("left-out", 12)
    assert set(predictor["scores"]) == {"predictor", "raw_linear", "baseline"}
    assert (predictor["n_predicted"], predictor["refitted"]) == (228, False)
    assert any(s.startswith("Only 12 of 240 rows have a label") for s in few.sentences)
    report = ReportData.from_json((few.folder / "report.json").read_text())
    assert report.predictor.scored_on == "left-out"
    assert any("too few to hold some out" in note for note in report.notes)
    parts = pd.read_parquet(few.folder / "embeddings.parquet")["split"]
    assert parts.value_counts().to_dict() == {"unlabelled": 228, "train": 12}
    found = pd.read_parquet(few.folder / "predictions.parquet")
    truth = words(N).frame["amount"]
    assert np.mean(found["prediction"] == truth) > truth.value_counts(normalize=True).max()


@pytest.mark.parametrize("labels", [["x", "y"], ["x", "y", "z"], [1.5, 2.5], [0.5, 1.5, 7.25]])
def test_however_few_labels_are_no_error(labels, tmp_path):
    column = pd.Series(labels + [None] * (N - len(labels)))
    table = table_from_frame(FEATURES.assign(amount=column))
    result = fit_table(table, tmp_path / "run", FitOptions(target="amount", **QUICK))
    found = pd.read_parquet(result.folder / "predictions.parquet")
    assert len(found) == N
    assert not found.isna().any(axis=None)


def test_a_class_of_one_row_among_many_without_a_label_is_learnt_and_not_held_out():
    labels = np.r_[np.repeat([0, 1], 30), 2, np.full(100, -1)]
    split = split_rows(161, labels, classes=True, seed=0)
    assert len(split.test) == 15
    assert 60 in split.train
    alone = np.r_[np.arange(50), np.full(60, -1)]
    assert len(split_rows(110, alone, classes=True, seed=0).test) == 0


def test_new_rows_are_predicted_as_in_the_run_and_in_a_fresh_process(numbers, tmp_path):
    frame = FEATURES.iloc[::-1]
    frame.to_csv(tmp_path / "new.csv", index=False)
    found = predict_table(numbers.folder, table_from_frame(frame), tmp_path / "out.parquet")
    written = pd.read_parquet(tmp_path / "out.parquet")
    assert list(written.columns) == ["row_id", "prediction", "low_90", "high_90"]
    pd.testing.assert_frame_equal(written, found.frame)
    run = pd.read_parquet(numbers.folder / "predictions.parquet")["prediction"].to_numpy()
    np.testing.assert_allclose(written["prediction"][: N - 100], run[:99:-1], atol=1e-6)
    script = (
        "import contextures, numpy, sys; run = contextures.load_run(sys.argv[1]); "
        "numpy.save('told.npy', run.predict('new.csv'))"
    )
    arguments = [sys.executable, "-c", script, str(numbers.folder)]
    subprocess.run(arguments, check=True, cwd=tmp_path)
    np.testing.assert_allclose(np.load(tmp_path / "told.npy"), written["prediction"], atol=1e-9)


def test_a_loaded_run_embeds_and_predicts(numbers, few):
    loaded = contextures.load_run(numbers.folder)
    told = loaded.predict(FEATURES.head(3))
    ends = loaded.predict_interval(FEATURES.head(3), 0.8)
    assert np.all((ends[:, 0] < told) & (told < ends[:, 1]))
    assert loaded.metrics == numbers.metrics
    assert loaded.target == "amount"
    np.testing.assert_allclose(loaded.transform(FEATURES), numbers.run.coordinates, atol=1e-6)
    assert repr(loaded) == f"LoadedRun({str(numbers.folder)!r}, context='knn:20', target='amount')"
    assert "<td>knn:20</td>" in loaded._repr_html_()
    assert "r2, predictor" in loaded._repr_html_()
    with pytest.raises(InputError, match="use predict_interval"):
        loaded.predict_proba(FEATURES)
    with pytest.raises(InputError, match="lacks the column 'b'"):
        loaded.predict(FEATURES[["a", "c"]])
    classes = contextures.load_run(few.folder)
    chances = classes.predict_proba(FEATURES.head(2))
    assert chances.columns.tolist() == ["high", "low", "middle"]
    assert chances.idxmax(axis=1).tolist() == classes.predict(FEATURES.head(2)).tolist()
    with pytest.raises(InputError, match="use predict_proba"):
        classes.predict_interval(FEATURES)


def test_rows_of_a_frame_are_predicted_as_those_of_a_table(numbers, tmp_path):
    found = predict_table(numbers.folder, FEATURES.head(3), tmp_path / "out.csv")
    told = contextures.load_run(numbers.folder).predict(FEATURES.head(3))
    np.testing.assert_array_equal(found.frame["prediction"], told)


def test_runs_without_a_predictor_embed_and_say_why_they_do_not_predict(numbers, tmp_path):
    plain = fit_table(amounts(100), tmp_path / "plain", FitOptions(**QUICK)).folder
    told_not = FitOptions(target="amount", predict=False, **QUICK)
    without = fit_table(amounts(100), tmp_path / "without", told_not)
    assert without.metrics["predictor"] is None
    assert "predictor" not in without.metrics["scores"]
    assert "predict=False" in without.run.python
    old = tmp_path / "old"
    old.mkdir()
    for file in numbers.folder.iterdir():
        if not file.name.startswith("predict"):
            (old / file.name).write_bytes(file.read_bytes())
    record = json.loads((old / "run.json").read_text())
    del record["options"]["predict"]  # as releases before it wrote
    (old / "run.json").write_text(json.dumps(record))
    reasons = {plain: "without a target", without.folder: "--no-predict", old: "earlier release"}
    for folder, reason in reasons.items():
        embed_table(folder, amounts(100), tmp_path / "embedded.csv")
        with pytest.raises(InputError, match=f"has no predictor: .*{reason}"):
            predict_table(folder, amounts(100), tmp_path / "out.csv")
        with pytest.raises(InputError, match="has no predictor"):
            contextures.load_run(folder).predict(FEATURES)


def test_the_report_shows_the_pool(numbers):
    report = ReportData.from_json((numbers.folder / "report.json").read_text())
    page = (numbers.folder / "report.html").read_text()
    assert report.scores[0].key == "predictor"
    board = numbers.run.predicted.predictor.leaderboard_
    assert [member.name for member in report.predictor.members] == board["member"].tolist()
    assert report.predictor.members[0].weight == board["weight"].max()
    assert 'id="predictor"' in page
    assert "140 rows" in page.replace("\n", " ")

"""What scores are judged by: the rule, what overrides it, and what is said."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

from contextures.cli.text import result_lines
from contextures.data import demo_table, table_from_frame
from contextures.exceptions import InputError
from contextures.report import ReportData
from contextures.runs import FitOptions, fit_table
from contextures.runs.checked_table import look_over
from contextures.runs.judging import judge, suited_metric
from contextures.runs.split import split_rows

QUICK = {"context": "knn:20", "n_components": 4}


@pytest.mark.parametrize(
    ("counts", "metric"),
    [
        ((50, 50), "accuracy"),
        ((80, 20), "accuracy"),
        ((81, 19), "roc-auc"),
        ((19, 81), "roc-auc"),
        ((98, 2), "roc-auc"),
        ((985, 15), "average-precision"),
        ((10,) * 10, "accuracy"),
        ((10,) * 99 + (5,), "accuracy"),
        ((90, 5, 5), "balanced-accuracy"),
        ((40, 40, 20), "accuracy"),
        ((100,) * 9 + (30,), "balanced-accuracy"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)}",
)
def test_the_metric_follows_how_rare_the_rarest_class_is(counts, metric):
    """Rare is below 0.4 of an even share, so that many even classes are no reason to leave."""
    assert suited_metric(np.array(counts)) == metric


def churn(n=320, share=0.06):
    """A rare class that the first column tells something of."""
    rng = np.random.default_rng(0)
    rare = np.arange(n) < share * n
    X = rng.standard_normal((n, 3))
    X[:, 0] += 1.5 * rare
    return pd.DataFrame(X, columns=["a", "b", "c"]).assign(left=np.where(rare, "yes", "no"))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    options = FitOptions(target="left", **QUICK)
    folder = tmp_path_factory.mktemp("judged") / "run"
    return fit_table(table_from_frame(churn()), folder, options)


def test_a_rare_class_is_judged_by_ranks_and_it_is_said_why(run):
    metrics = json.loads((run.folder / "metrics.json").read_text())
    why = "Judged by ROC AUC, because 6.2 % of rows are 'yes'; accuracy is listed beside it."
    assert (metrics["metric"], metrics["metric_reason"]) == ("roc-auc", why)
    assert why in run.sentences
    page = (run.folder / "report.html").read_text()
    assert "because 6.2 % of rows are" in page and "Baseline" in page
    report = ReportData.from_json((run.folder / "report.json").read_text())
    assert [each.metric for each in report.scores[0].also] == ["accuracy"]
    text = "\n".join(result_lines(run))
    assert "ROC AUC, and accuracy on 80 held-out rows" in text and "  baseline  " in text
    assert all("ROC AUC" in s for s in run.sentences if "predicts left" in s)


def test_scores_are_scikit_learns_of_the_predictions_written(run):
    """The predictor's on held-out rows, with both metrics; the baseline says "no" always."""
    predictor, split = run.run.predicted.predictor, run.run.split
    truth = churn()["left"].to_numpy()[split.test]
    assert run.metrics["predictor"]["refitted"]
    fresh = run.run.scores["predictor"]
    assert 0.5 < fresh.score <= 1
    left_out = roc_auc_score(churn()["left"] == "yes", predictor.left_out_[:, 1])
    assert run.metrics["predictor"]["left_out_score"] == pytest.approx(left_out)
    baseline = run.metrics["scores"]["baseline"]
    assert baseline["score"] == 0.5
    most = accuracy_score(truth, np.full(len(truth), "no"))
    assert baseline["also"]["accuracy"]["score"] == pytest.approx(most)


def test_too_few_held_out_rows_of_a_class_are_said_with_the_interval(run):
    low, high = run.metrics["scores"]["predictor"]["interval"]
    said = [s for s in run.sentences if "too few to tell" in s]
    assert said == [
        "5 rows of 'yes' among the 80 held-out rows: too few to tell; the ROC AUC of the predictor "
        f"may be anywhere from {low:.3f} to {high:.3f}."
    ]


def judged(frame, target, **options):
    checked = look_over(table_from_frame(frame), target)
    given = FitOptions(target=target, **options)
    classes = checked.target.task == "classification"
    split = split_rows(len(frame), checked.labels, classes=classes, seed=0)
    return judge(checked, split, given)


def test_enough_held_out_rows_are_not_said_to_be_few():
    found = judged(churn(2000), "left")
    assert found.few("it", None) is None
    assert (found.n_rarest, found.n_held) == (30, 500)


def test_a_metric_that_is_asked_for_is_taken(tmp_path):
    options = FitOptions(target="left", metric="balanced-accuracy", **QUICK, predict=False)
    result = fit_table(table_from_frame(churn()), tmp_path / "run", options)
    assert result.metrics["metric"] == "balanced-accuracy"
    assert "Judged by balanced accuracy, as asked; accuracy is listed beside it." in (
        result.sentences
    )
    assert result.metrics["scores"]["baseline"]["score"] == 0.5
    assert "metric='balanced-accuracy'" in result.run.python


def test_errors_are_in_the_targets_unit_and_lower_is_better(tmp_path):
    table = demo_table("diabetes")
    options = FitOptions(target=table.target, metric="mae", **QUICK)
    result = fit_table(table, tmp_path / "run", options)
    scores = result.metrics["scores"]
    assert scores["contexture"]["score"] < scores["baseline"]["score"]
    assert set(scores["contexture"]["also"]) == {"r2"}
    assert any("better than the mean alone" in s for s in result.sentences)
    page = (tmp_path / "run" / "report.html").read_text()
    assert "Left is better" in page and "Mean absolute error" in page


def test_ranks_need_both_classes_held_out():
    """A class of two rows has one held out at best, and none to choose settings by."""
    frame = churn(200)
    frame["left"] = np.where(np.arange(200) < 2, "yes", "no")
    assert judged(frame, "left").task.metric == "balanced-accuracy"
    with pytest.raises(InputError, match="needs rows of two classes both to learn from and held"):
        judged(frame, "left", metric="roc-auc")


def test_average_precision_is_of_the_rarer_class_whatever_its_name():
    frame = churn(2000, 0.01)
    frame["left"] = np.where(frame["left"] == "yes", "a rare one", "no")
    found = judged(frame, "left")
    assert found.task.metric == "average-precision"
    assert found.classes[found.task.positive] == "a rare one"
    assert found.why.startswith("Judged by average precision of 'a rare one', because 1.0 %")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (FitOptions(target="left", metric="auc"), "--metric 'auc' is not known; give accuracy"),
        (FitOptions(target="left", metric="r2"), "--metric 'r2' is for numbers, and the target"),
        (FitOptions(target="a", metric="accuracy"), "is for classes, .* give r2, mae or rmse"),
        (FitOptions(metric="accuracy"), "name the target with --target"),
    ],
)
def test_metrics_that_do_not_suit_are_refused_and_nothing_is_written(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        fit_table(table_from_frame(churn()), tmp_path / "run", options)
    assert list(tmp_path.iterdir()) == []

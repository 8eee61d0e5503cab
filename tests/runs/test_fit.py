"""The main job from a table to a run folder."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from contextures import usefulness
from contextures.cli.text import result_lines
from contextures.contexts import KNNContext, MaskContext, RBFContext, SCARFContext
from contextures.data import demo_table, table_from_frame
from contextures.encoders import load_encoder
from contextures.exceptions import InputError
from contextures.report import ReportData
from contextures.runs import FitOptions, Progress, embed_table, fit_table, rank_table
from contextures.runs.encoder_choice import affordable_rows
from contextures.runs.split import split_rows

RNG = np.random.default_rng(0)


def test_the_folder_holds_what_was_promised(wine):
    _, result = wine
    assert sorted(path.name for path in result.folder.iterdir()) == [
        "columns.html",
        "contexts.parquet",
        "embeddings.parquet",
        "encoder.json",
        "encoder.safetensors",
        "metrics.json",
        "predictions.parquet",
        "predictor.json",
        "predictor.safetensors",
        "preparation.json",
        "preparation.skops",
        "report.html",
        "report.json",
        "run.json",
    ]


def test_metrics_say_what_was_measured(wine):
    _, result = wine
    metrics = json.loads((result.folder / "metrics.json").read_text())
    assert metrics == result.metrics
    assert metrics["task"] == "classification"
    assert metrics["metric"] == "accuracy"
    assert metrics["n_train"] + metrics["n_test"] == 178
    assert metrics["reliable"] is True
    assert set(metrics["scores"]) == {
        "predictor",
        "contexture",
        "raw_linear",
        "gradient_boosting",
        "random_forest",
        "contexture_plus_raw",
        "baseline",
    }
    for key, found in metrics["scores"].items():
        assert found["interval"][0] <= found["score"] <= found["interval"][1] <= 1
        # wine is easy; anything less is a defect
        assert found["score"] > 0.9 or key == "baseline"
        assert found["seconds"] >= 0 and found["model"]


def test_the_ranking_and_the_record_agree_with_the_metrics(wine):
    table, result = wine
    ranking = pd.read_parquet(result.folder / "contexts.parquet")
    assert len(ranking) == 37
    chosen = ranking[ranking["chosen"]].iloc[0]
    assert chosen["name"] == result.metrics["context"]
    assert chosen["tau"] == pytest.approx(result.metrics["tau"])
    assert result.metrics["score"] == "pseudo"
    assert chosen["pseudo"] == pytest.approx(result.metrics["pseudo"])
    assert chosen["pseudo_n_components"] == result.metrics["predicted_n_components"]
    assert isinstance(json.loads(chosen["parameters"]), dict)
    assert not ranking.loc[ranking["family"] == "labels", "chosen"].any()
    record = json.loads((result.folder / "run.json").read_text())
    assert record["table"]["sha256"] == table.digest
    assert record["seed"] == 0
    assert record["command"] == "contextures fit wine.csv"
    assert "rank contexts" in record["seconds"]
    report = ReportData.from_json((result.folder / "report.json").read_text())
    assert report.answer.n_components == result.metrics["n_components"]
    assert report.answer.score == "pseudo"
    alike = [c for c in report.ranking if c.told_apart is False and not c.chosen]
    assert len(alike) == report.answer.n_alike == result.metrics["n_alike"]
    assert "178" in report.scatter.note


def test_metrics_report_record_and_terminal_tell_one_finding(wine):
    _, result = wine
    metrics, run = result.metrics, result.run
    report = ReportData.from_json((result.folder / "report.json").read_text())
    record = json.loads((result.folder / "run.json").read_text())
    assert report.answer.sentences == result.sentences == result_lines(result)[6:-12]
    assert result_lines(result)[0] == f"{report.advice.heading}. {report.advice.why}"
    assert result_lines(result)[3:5] == [report.advice.step, f"  {report.advice.command}"]
    assert metrics["verdict"] == report.advice.verdict
    for name in ("n_train", "n_test", "n_unlabelled", "target", "task"):
        assert getattr(report.table, name) == metrics[name]
    assert {score.key: score.score for score in report.scores} == {
        key: found["score"] for key, found in metrics["scores"].items()
    }
    assert report.metric == metrics["metric"]
    assert [report.answer.context, record["context"]] == [metrics["context"]] * 2
    assert [report.encoder.kind, record["encoder"]] == [metrics["encoder"]] * 2
    assert record["n_fitted"] == metrics["n_fitted"] == metrics["n_train"]
    assert report.repeat.command == record["command"]
    assert report.created[:16] == record["created"][:16]
    assert list(report.repeat.timings) == list(record["seconds"])
    assert repr(run) == f"Run(context={run.context!r}, n_components={run.n_components})"
    assert result.ranking["name"].iloc[0] == metrics["context"]


def test_coordinates_are_unit_variance_where_fitted_and_reproduced_by_embed(wine, tmp_path):
    table, result = wine
    embedding = pd.read_parquet(result.folder / "embeddings.parquet")
    names = [f"c{j + 1}" for j in range(result.metrics["n_components"])]
    assert list(embedding.columns) == ["row_id", "split", *names]
    train = embedding.loc[embedding["split"] == "train", names].to_numpy(dtype=np.float64)
    np.testing.assert_allclose(train.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose((train**2).mean(0), 1, atol=1e-6)
    # The same rows from another file type, without the target, some of them, in another order.
    some = table.frame.drop(columns=table.target).iloc[::-3]
    some.to_csv(tmp_path / "new.csv", index=False)
    new = table_from_frame(pd.read_csv(tmp_path / "new.csv"), min_rows=1)
    assert embed_table(result.folder, new, tmp_path / "out.parquet") == []
    again = pd.read_parquet(tmp_path / "out.parquet")
    np.testing.assert_allclose(
        again[names].to_numpy(), embedding[names].to_numpy()[::-3], atol=1e-6
    )


def test_the_saved_encoder_is_the_one_that_embedded(wine):
    _, result = wine
    encoder = load_encoder(result.folder)
    assert len(encoder.singular_values_) == result.metrics["n_components"]
    assert usefulness(encoder.singular_values_).tau > 1


def test_embed_refuses_tables_that_do_not_fit_by_name(wine, tmp_path):
    table, result = wine
    lacking = table_from_frame(table.frame.drop(columns=["alcohol", "hue"]))
    with pytest.raises(InputError, match="lacks the columns 'alcohol' and 'hue'"):
        embed_table(result.folder, lacking, tmp_path / "out.csv")
    words = table_from_frame(table.frame.assign(alcohol="strong"))
    with pytest.raises(InputError, match="'alcohol' holds 'strong' at row 1"):
        embed_table(result.folder, words, tmp_path / "out.csv")
    with pytest.raises(InputError, match="no run"):
        embed_table(tmp_path / "absent", table, tmp_path / "out.csv")
    with pytest.raises(InputError, match="is not a run"):
        embed_table(tmp_path, table, tmp_path / "out.csv")
    with pytest.raises(InputError, match=r"must end in \.parquet or \.csv"):
        embed_table(result.folder, table, tmp_path / "out.xlsx")
    assert list(tmp_path.iterdir()) == []


def untimed(found):
    """Give metrics without what the clock said."""
    if not isinstance(found, dict):
        return found
    return {key: untimed(value) for key, value in found.items() if key != "seconds"}


def test_repeated_runs_are_equal(wine, tmp_path):
    table, result = wine
    again = fit_table(table, tmp_path / "again", FitOptions(target=table.target))
    assert untimed(again.metrics) == untimed(result.metrics)
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "again" / "embeddings.parquet"),
        pd.read_parquet(result.folder / "embeddings.parquet"),
    )


def test_test_rows_and_labels_leave_no_trace_in_what_is_learnt(tmp_path):
    """Split before fitting: changing every test row and label changes no training coordinate."""
    table = demo_table("wine")
    labels = pd.factorize(table.frame[table.target])[0]
    split = split_rows(178, labels, classes=True, seed=0)
    changed = table.frame.copy()
    numbers = changed.columns[changed.columns != table.target]
    for name in numbers:
        changed.loc[split.test, name] = RNG.permutation(changed.loc[split.test, name]) * 1.01
    options = FitOptions(target=table.target, dtype="float64")
    first = fit_table(table, tmp_path / "first", options)
    second = fit_table(table_from_frame(changed), tmp_path / "second", options)
    assert first.metrics["context"] == second.metrics["context"]
    read = [pd.read_parquet(tmp_path / run / "embeddings.parquet") for run in ("first", "second")]
    np.testing.assert_allclose(
        read[0].iloc[split.train, 2:], read[1].iloc[split.train, 2:], atol=1e-9
    )


def test_without_a_target_everything_is_learnt_from_and_nothing_scored(tmp_path):
    frame = demo_table("iris").frame.drop(columns="species")
    result = fit_table(table_from_frame(frame), tmp_path / "run", FitOptions(context="knn:20"))
    assert result.metrics["scores"] == {}
    assert result.metrics["task"] is None
    assert (result.metrics["n_train"], result.metrics["n_test"]) == (150, 0)
    split = pd.read_parquet(tmp_path / "run" / "embeddings.parquet")["split"]
    assert set(split) == {"train"}
    assert "<html" in (tmp_path / "run" / "report.html").read_text()[:200]


def test_rows_without_a_label_are_learnt_from_but_not_scored(tmp_path):
    table = demo_table("iris")
    frame = table.frame.copy()
    frame.loc[::3, "species"] = None
    result = fit_table(
        table_from_frame(frame), tmp_path / "run", FitOptions(target="species", context="knn:20")
    )
    assert result.metrics["n_unlabelled"] == 50
    split = pd.read_parquet(tmp_path / "run" / "embeddings.parquet")["split"]
    assert (split[::3] == "unlabelled").all()
    assert result.metrics["n_train"] + result.metrics["n_test"] == 100


def test_a_given_context_and_dimension_are_used(tmp_path):
    table = demo_table("diabetes")
    options = FitOptions(target=table.target, context="mask(knn:25)", n_components=5)
    result = fit_table(table, tmp_path / "run", options)
    assert result.metrics["context"] == "mask:0.2(knn:25)"
    assert result.metrics["n_components"] == result.metrics["probe_n_components"] == 5
    assert result.metrics["metric"] == "r2"
    assert len(pd.read_parquet(tmp_path / "run" / "contexts.parquet")) == 1


def test_disconnected_neighbours_are_said_and_handled(tmp_path):
    apart = np.concatenate([RNG.standard_normal((60, 3)) + 100 * i for i in range(3)])
    frame = pd.DataFrame(apart, columns=["a", "b", "c"])
    fit_table(table_from_frame(frame), tmp_path / "run", FitOptions(context="knn:5"))
    report = ReportData.from_json((tmp_path / "run" / "report.json").read_text())
    said = [warning.message for warning in report.warnings if warning.code == "context"]
    assert "3 unconnected parts" in said[0]
    assert json.loads((tmp_path / "run" / "run.json").read_text())["warnings"] == said


WINE = demo_table("wine")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (FitOptions(target="colour"), "'colour' is not a column"),
        (FitOptions(context="knn:133", target="cultivar"), "give n_neighbors=132 or less"),
        (FitOptions(context="knn:0"), "n_neighbors=0"),
        (FitOptions(context="rbf:0"), "gamma=0"),
        (FitOptions(context="rbf:-1"), "gamma=-1"),
        (FitOptions(context="circle"), "the context 'circle' is not known"),
        (FitOptions(context="label"), "label context cannot embed new rows"),
        (FitOptions(task="regression"), "name the target with --target"),
        (FitOptions(n_components=0), "--dim 0 is not possible"),
        (FitOptions(n_components=178), "--dim 178 is above the largest possible rank, 177"),
        (FitOptions(context="rbf:1e-9", n_components=100), "is above the rank of the context"),
        (FitOptions(target="alcohol", task="classification"), "use --task regression"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_options_that_cannot_be_are_refused_and_nothing_is_written(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        fit_table(WINE, tmp_path / "run", options)
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("contextures.runs.record.render_report", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fit_table(WINE, tmp_path / "run", FitOptions(context="knn:20"))
    assert list(tmp_path.iterdir()) == []


def test_ranking_needs_no_target_and_tells_its_progress():
    told = []

    class Told(Progress):
        def advance(self, done, total):
            told.append((done, total))

    search = rank_table(WINE, target="cultivar", progress=Told())
    assert len(search.results_) == 37
    assert told[-1] == (37, 37)


def test_identifiers_and_copies_of_the_target_are_left_out_and_said(tmp_path):
    frame = WINE.frame.assign(id=np.arange(178) + 5000, answer=WINE.frame["cultivar"])
    result = fit_table(
        table_from_frame(frame),
        tmp_path / "run",
        FitOptions(target="cultivar", context="knn:20"),
    )
    report = ReportData.from_json((result.folder / "report.json").read_text())
    account = {line.column: line.action for line in report.columns}
    assert "identifier" in account["id"]
    assert "copy of the target" in account["answer"]
    found = {(w.column, w.code) for w in report.warnings}
    assert found >= {("id", "identifier"), ("answer", "target-copy")}


def test_classes_are_held_out_in_proportion():
    labels = np.r_[np.zeros(80), np.ones(20), [-1] * 10].astype(int)
    split = split_rows(110, labels, classes=True, seed=3)
    assert len(split.test) == 25
    assert labels[split.test].sum() == 5
    assert set(split.unlabelled) == set(range(100, 110))
    parts = np.concatenate([split.train, split.test, split.unlabelled])
    assert sorted(parts) == list(range(110))


def test_more_classes_than_held_out_rows_are_split_anyhow():
    split = split_rows(24, np.repeat(np.arange(12), 2), classes=True, seed=0)
    assert len(split.test) == 6


@pytest.mark.parametrize(
    ("context", "n", "exact", "learned"),
    [
        (KNNContext(30), 5_000, 5_000, 5_000),
        (KNNContext(30), 1_000_000, 20_000, 1_000_000),
        (KNNContext(50_000), 100_000, 3_000, 7_071),
        (KNNContext(10_000), 100_000, 9_485, 22_361),
        (RBFContext(1.0), 100_000, 3_000, 100_000),
        (MaskContext(KNNContext(30)), 100_000, 20_000, 20_000),
        (MaskContext(RBFContext(1.0)), 100_000, 3_000, 100_000),
        (SCARFContext(), 1_000_000, 1_000_000, 1_000_000),
    ],
)
def test_large_tables_are_fitted_on_as_many_rows_as_a_context_affords(context, n, exact, learned):
    assert affordable_rows(context, n, "spectral") == exact
    assert affordable_rows(context, n, "ritz") == learned

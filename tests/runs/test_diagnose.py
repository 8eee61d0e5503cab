"""Diagnosing runs, saved encoders and embeddings from elsewhere."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import scale

from contextures.contexts import KNNContext, SCARFContext
from contextures.data import demo_table, table_from_frame
from contextures.encoders import RitzEncoder, SpectralEncoder, save_encoder
from contextures.exceptions import InputError
from contextures.runs import DiagnoseOptions, FitOptions, diagnose_table, fit_table
from contextures.runs import encoder_choice as costs
from contextures.runs.context_advice import ContextAdvice
from contextures.runs.diagnosis_wording import findings
from contextures.selection import short_form

CANCER = demo_table("breast_cancer")
FEATURES = CANCER.frame.drop(columns=CANCER.target)
KNN = DiagnoseOptions(context="knn:30", target=CANCER.target)


@pytest.fixture(scope="module")
def coordinates():
    return PCA(4).fit_transform(scale(FEATURES))


def write(folder, coordinates, **columns):
    frame = pd.DataFrame(coordinates, columns=[f"e{i}" for i in range(coordinates.shape[1])])
    path = folder / "embedding.parquet"
    frame.assign(**columns).to_parquet(path)
    return path


def test_a_run_of_exact_functions_has_learned_all_of_them(wine):
    table, result = wine
    found = diagnose_table(result.folder, table)
    diagnosis = found.diagnosis
    assert diagnosis.share.value == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(diagnosis.learned_fitted[: diagnosis.n_components], 1.0, atol=1e-4)
    assert (diagnosis.n_fitted, diagnosis.n_fresh) == (133, 45)
    # Its own context, ranking and scores are used.
    assert found.asked == result.metrics["context"]
    assert found.contexts.best == found.asked
    assert found.contexts.n_tried == 36
    sentences = findings(found)
    assert "is exact: its functions are the spectrum of" in sentences[0]
    assert "nothing to learn" in sentences[0]
    assert "has learned 100.0 % (± 0.0)" in sentences[1]
    assert not any("etter learning" in sentence for sentence in sentences)
    assert found.to_dict()["nothing_to_learn"] is True
    assert any(f"compatible with {found.asked}" in sentence for sentence in sentences)


def test_the_same_rows_are_known_again_from_another_file(wine):
    """The digest of the file does not matter: the rows' coordinates tell the split."""
    table, result = wine
    copy = table_from_frame(table.frame.copy(), digest="another")
    assert diagnose_table(result.folder, copy).diagnosis.n_fresh == 45
    other = table_from_frame(table.frame.sample(frac=1.0, random_state=0))
    found = diagnose_table(result.folder, other)
    assert any("not the one that the run was fitted to" in note for note in found.notes)


def test_a_run_that_learned_from_all_rows_is_said_to_have_seen_them(tmp_path):
    table = demo_table("iris")
    frame = table_from_frame(table.frame.drop(columns=table.target))
    fit_table(frame, tmp_path / "run", FitOptions(context="knn:30", n_components=3))
    found = diagnose_table(tmp_path / "run", frame)
    assert any("fitted to all rows of this table" in note for note in found.notes)
    assert found.contexts is None  # one context is no ranking
    assert found.metrics is None


def test_old_runs_lack_files_and_are_diagnosed_all_the_same(wine, tmp_path):
    table, result = wine
    old = tmp_path / "old"
    shutil.copytree(result.folder, old)
    for name in ("metrics.json", "contexts.parquet", "embeddings.parquet", "report.json"):
        (old / name).unlink()
    record = json.loads((old / "run.json").read_text())
    for name in ("encoder", "fitted_context", "n_fitted"):
        del record[name]
    (old / "run.json").write_text(json.dumps(record))
    found = diagnose_table(old, table)
    share = found.diagnosis.share
    assert share.value + 2 * share.error > 0.95
    assert (found.contexts, found.metrics) == (None, None)
    del record["context"]
    (old / "run.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match="no context of its own that could be read; give one"):
        diagnose_table(old, table)


def test_an_embedding_from_elsewhere_is_judged_on_rows_it_calls_test(tmp_path, coordinates):
    parts = np.where(np.arange(len(FEATURES)) % 3 == 0, "test", "train")
    path = write(tmp_path, coordinates, split=parts)
    found = diagnose_table(path, CANCER, KNN)
    assert found.diagnosis.n_fresh == (parts == "test").sum()
    assert found.notes == []
    assert 0.1 < found.diagnosis.share.value < 0.9
    assert found.diagnosis.helps


def test_the_order_of_an_embeddings_rows_is_read_from_row_id(tmp_path, coordinates):
    n = len(coordinates)
    order = np.random.default_rng(0).permutation(n)
    parts = np.where(np.arange(n) % 4 == 0, "test", "train")
    straight = diagnose_table(write(tmp_path, coordinates, split=parts), CANCER, KNN)
    path = write(tmp_path, coordinates[order], split=parts[order], row_id=order)
    shuffled = diagnose_table(path, CANCER, KNN)
    np.testing.assert_allclose(
        straight.diagnosis.learned_fresh, shuffled.diagnosis.learned_fresh, atol=1e-9
    )


def test_noise_is_not_mistaken_for_learning(tmp_path):
    noise = np.random.default_rng(0).standard_normal((len(FEATURES), 5))
    found = diagnose_table(write(tmp_path, noise), CANCER, KNN)
    assert abs(found.diagnosis.share.value) < 0.1
    assert "half of the rows" not in " ".join(findings(found))
    assert "learning" in found.diagnosis.gains
    assert any("nothing says which rows" in note for note in found.notes)


def test_a_saved_encoder_takes_rows_of_numbers(tmp_path):
    X = FEATURES.to_numpy()
    encoder = SpectralEncoder(KNNContext(30), 6).fit(X)
    save_encoder(encoder, tmp_path)
    found = diagnose_table(tmp_path, CANCER, DiagnoseOptions(target=CANCER.target))
    assert found.asked == "knn:30"
    assert found.diagnosis.n_components == 6
    with pytest.raises(InputError, match="has 31 columns but the encoder was fitted to 30"):
        diagnose_table(tmp_path, table_from_frame(FEATURES.assign(extra=X[:, 0])))


def test_a_neural_encoder_is_compared_with_its_own_outputs(tmp_path):
    pytest.importorskip("torch")
    from contextures.encoders import NeuralEncoder

    X = FEATURES.to_numpy()
    options = {"network_options": {"width": 32, "depth": 2}, "max_steps": 5}
    save_encoder(NeuralEncoder(KNNContext(30), 3, n_outputs=20, **options).fit(scale(X)), tmp_path)
    table = table_from_frame(pd.DataFrame(scale(X), columns=FEATURES.columns))
    found = diagnose_table(tmp_path, table)
    assert set(found.diagnosis.parts) == {
        "width", "estimation", "approximation", "optimisation"
    }  # fmt: skip
    assert found.diagnosis.attained.value >= found.diagnosis.encoder.value


def test_where_exact_functions_cost_too_much_closed_form_ones_take_their_place(
    tmp_path, coordinates, monkeypatch
):
    monkeypatch.setattr(costs, "MOST_ENTRIES", 10_000)
    found = diagnose_table(write(tmp_path, coordinates), CANCER, KNN)
    assert found.reference == "ritz"
    assert "learning" in found.diagnosis.parts
    assert any("take too long" in note for note in found.notes)
    assert "closed-form functions" in findings(found)[0]


def test_exact_functions_of_a_part_are_taken_where_no_solution_can_have_more(
    tmp_path, coordinates, monkeypatch
):
    monkeypatch.setattr(costs, "MOST_ENTRIES", 40_000)
    monkeypatch.setattr(costs, "MOST_STORED", 40_000)
    options = DiagnoseOptions(context="mask:0.2(knn:60)", target=CANCER.target)
    found = diagnose_table(write(tmp_path, coordinates), CANCER, options)
    assert (found.reference, found.diagnosis.n_fitted) == ("exact", 200)
    assert short_form(found.context) == "mask:0.2(knn:28)"
    assert any("fitted to 200 of 427 rows" in note for note in found.notes)


def test_other_contexts_are_ranked_where_that_is_asked_for(tmp_path, coordinates):
    table = table_from_frame(CANCER.frame.iloc[:200])
    path = write(tmp_path, coordinates[:200])
    options = DiagnoseOptions(context="knn:2", target=CANCER.target, rank=True)
    found = diagnose_table(path, table, options)
    assert found.contexts.own == "knn:2"
    assert found.contexts.score == "pseudo"
    assert found.contexts.best_score <= found.contexts.own_score
    assert any("error on pseudo-tasks" in sentence for sentence in findings(found))


def test_a_ranking_that_knows_tau_alone_is_followed_by_tau(wine, tmp_path):
    """Runs of before there was another score stay readable."""
    table, result = wine
    old = tmp_path / "old"
    shutil.copytree(result.folder, old)
    ranking = pd.read_parquet(old / "contexts.parquet")
    later = ["pseudo", "pseudo_se", "pseudo_n_components", "told_apart"]
    ranking.drop(columns=later).to_parquet(old / "contexts.parquet", index=False)
    advice = diagnose_table(old, table).contexts
    assert advice.score == "tau"
    assert advice.own == result.metrics["context"]
    reliable = ranking[ranking["reliable"] & ranking["inductive"]]
    assert advice.best in (advice.own, reliable.sort_values("tau")["name"].iloc[0])


def test_what_is_found_can_be_written_as_json(wine):
    table, result = wine
    found = diagnose_table(result.folder, table)
    again = json.loads(json.dumps(found.to_dict()))
    assert again["share"] == {"value": found.diagnosis.share.value,
                              "error": found.diagnosis.share.error}  # fmt: skip
    assert len(again["learned_fresh"]) == len(again["singular_values"])
    assert "diagnose_table(" in found.python()


@pytest.mark.parametrize(
    ("advice", "said"),
    [
        (("knn:30", "knn:30", "tau", 1.4, 1.4, True, False, 36), "none better than knn:30 (1.400)"),
        (("knn:30", "rbf:0.5", "tau", 1.9, 1.4, False, True, 36), "A better context: of 36 cont"),
        (("knn:30", "rbf:0.5", "tau", 1.5, 1.4, True, False, 36), "but not in both halves"),
        (("knn:30", "rbf:0.5", "pseudo", 0.8, 0.6, True, True, 36), "on most single tasks"),
        (("knn:30", "rbf:0.5", "pseudo", 0.8, 0.7, True, False, 36), "but not on most single tas"),
    ],
)
def test_a_better_context_is_named_only_where_it_is_clearly_better(wine, advice, said):
    import dataclasses

    table, result = wine
    found = diagnose_table(result.folder, table)
    told = findings(dataclasses.replace(found, contexts=ContextAdvice(*advice)))
    assert any(said in sentence for sentence in told)


def bad_embeddings(folder, good):
    n = len(good)
    holes = good.copy()
    holes[7, 1] = np.nan
    everything = {
        "short": (good[:-1], {}),
        "words": (good, {"name": ["x"] * n}),
        "holes": (holes, {}),
        "numbered": (good, {"row_id": [0] * n}),
        "parts": (good, {"split": ["validation"] * n}),
        "tests": (good, {"split": ["test"] * n}),
        "constant": (np.ones((n, 2)), {}),
        "wide": (np.random.default_rng(0).standard_normal((n, n)), {}),
    }
    paths = {}
    for name, (values, columns) in everything.items():
        (folder / name).mkdir()
        paths[name] = write(folder / name, values, **columns)
    return paths


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("short", "the embedding has 568 rows but the table 569"),
        ("words", "the embedding's column 'name' holds"),
        ("holes", r"column 'e1' has no value in 1 of 569 rows \(first in row 8\)"),
        ("numbered", "must number the rows of the table from 0 to 568, each once"),
        ("parts", "column 'split' holds 'validation'"),
        ("tests", "calls every row 'test'"),
        ("constant", "the embedding is constant"),
        ("wide", "has 569 columns for 427 fitted rows"),
    ],
)
def test_embeddings_that_do_not_fit_the_table_are_refused(tmp_path, coordinates, name, message):
    paths = bad_embeddings(tmp_path, coordinates)
    with pytest.raises(InputError, match=message):
        diagnose_table(paths[name], CANCER, KNN)


def test_what_cannot_be_diagnosed_is_refused(tmp_path, coordinates):
    path = write(tmp_path, coordinates)
    for options, message in (
        (DiagnoseOptions(), "no context of its own"),
        (DiagnoseOptions(context="knots:3"), "'knots:3' is not known"),
        (DiagnoseOptions(context="scarf:0.6"), "only draws"),
        (DiagnoseOptions(context="auto"), "--context auto is for fit"),
        (DiagnoseOptions(context="knn:30", target="z"), "'z' is not a column"),
        (DiagnoseOptions(context="knn:900"), "n_neighbors"),
    ):
        with pytest.raises(InputError, match=message):
            diagnose_table(path, CANCER, options)
    with pytest.raises(InputError, match="there is no"):
        diagnose_table(tmp_path / "absent", CANCER, KNN)
    with pytest.raises(InputError, match=r"neither a run .* nor a saved encoder"):
        diagnose_table(tmp_path, CANCER, KNN)
    words = table_from_frame(pd.DataFrame({"a": ["x", "y"] * 20, "b": np.arange(40.0)}))
    drawn = RitzEncoder(SCARFContext(), 2, basis="landmarks", n_functions=20).fit(
        np.random.default_rng(0).standard_normal((300, 2))
    )
    save_encoder(drawn, tmp_path)
    with pytest.raises(InputError, match="column 'a' holds"):
        diagnose_table(tmp_path, words)
    numbers = table_from_frame(pd.DataFrame(np.random.default_rng(1).random((40, 2))))
    with pytest.raises(InputError, match=r"scarf:0\.6 only draws"):
        diagnose_table(tmp_path, numbers)


def test_only_exact_functions_of_their_own_context_and_rows_leave_nothing_to_learn(wine, tmp_path):
    table, result = wine
    other = diagnose_table(result.folder, table, DiagnoseOptions(context="knn:40"))
    assert not other.exact
    assert not any("nothing to learn" in sentence for sentence in findings(other))
    options = FitOptions(target=table.target, context="knn:20", encoder="ritz", predict=False)
    fit_table(table, tmp_path / "ritz", options)
    assert not diagnose_table(tmp_path / "ritz", table).exact

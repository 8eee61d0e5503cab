"""The neural encoder as a scikit-learn transformer."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from lightning_fabric.loggers import CSVLogger
from sklearn.base import clone
from sklearn.datasets import load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from contextures.contexts import KNNContext, NoiseContext
from contextures.encoders import NeuralEncoder, SpectralEncoder
from contextures.exceptions import ContextWarning, InputError, RankError

X, Y = load_iris(return_X_y=True)
TINY = {"width": 8, "depth": 2}
SMALL = {"width": 32, "depth": 2}


def encoder(n_components=3, *, context=None, **parameters):
    """A quick one."""
    options = {"max_steps": 15, "network_options": SMALL, **parameters}
    return NeuralEncoder(context or KNNContext(15), n_components, **options)


# No check is expected to fail.
@parametrize_with_checks(
    [NeuralEncoder(KNNContext(n_neighbors=3), 2, max_steps=3, network_options=TINY)]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_importing_encoders_does_not_import_torch():
    code = "import sys, contextures.encoders; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_coordinates_are_ordered_centred_and_of_unit_variance():
    fitted = encoder()
    coordinates = fitted.fit_transform(X)
    np.testing.assert_allclose(coordinates.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(coordinates.T @ coordinates / len(X), np.eye(3), atol=1e-5)
    assert (np.diff(fitted.singular_values_) <= 0).all()
    np.testing.assert_array_equal(fitted.transform(X), coordinates)


def test_it_finds_what_the_exact_solution_is():
    fitted = encoder(max_steps=150, validation_fraction=0).fit(X)
    with pytest.warns(ContextWarning, match="2 unconnected parts"):
        exact = SpectralEncoder(KNNContext(15), 3).fit(X)
    np.testing.assert_allclose(fitted.singular_values_, exact.singular_values_, atol=0.01)
    cosines = np.linalg.svd(fitted.transform(X).T @ exact.transform(X) / len(X))[1]
    assert cosines.min() > 0.98


def test_equal_seeds_give_equal_numbers_and_others_do_not():
    one, same, other = (encoder(random_state=seed).fit(X) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.transform(X), same.transform(X))
    assert one.history_ == same.history_
    assert np.abs(one.singular_values_ - other.singular_values_).max() > 1e-6


def test_the_callers_process_is_left_as_it_was():
    """Neither torch's generator nor its threads are changed."""
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    before = torch.get_num_threads()
    encoder(n_threads=before + 1).fit(X)
    assert torch.get_num_threads() == before
    assert torch.equal(torch.rand(2), expected)


def test_training_stops_once_held_out_rows_get_worse():
    """A network that learns rows by heart is stopped early, and its best weights are kept."""
    rows = np.random.default_rng(0).standard_normal((200, 20))
    fitted = encoder(10, context=KNNContext(5), max_steps=300, patience=2, refit=False).fit(rows)
    scores = [line["score"] for line in fitted.history_]
    best = int(np.argmax(scores))
    assert len(scores) == best + 1 + 2
    assert fitted.history_[-1]["step"] < 300
    again = encoder(
        10, context=KNNContext(5), max_steps=300, patience=2, refit=False, ridge=1e-3
    ).fit(rows)
    assert again.score_ == pytest.approx(scores[best], abs=1e-9)


def test_held_out_rows_are_learned_from_in_the_end():
    fitted = encoder(max_steps=30).fit(X)
    phases = [line["phase"] for line in fitted.history_]
    assert phases == sorted(phases, reverse=True)
    assert set(phases) == {"search", "refit"}
    assert [line["score"] is None for line in fitted.history_] == [p == "refit" for p in phases]
    steps = [line["step"] for line in fitted.history_]
    assert steps == sorted(set(steps))
    assert np.isnan(encoder(validation_fraction=0.0).fit(X).score_)


def test_loggers_and_progress_are_told(tmp_path):
    told = []
    logger = CSVLogger(tmp_path, name="run")
    fitted = encoder(loggers=logger, progress=lambda *what: told.append(what)).fit(X)
    assert len(told) == len(fitted.history_)
    assert told[-1][2] == fitted.history_[-1]
    (written,) = tmp_path.rglob("metrics.csv")
    lines = written.read_text().splitlines()
    assert len(lines) == 1 + len(fitted.history_)
    assert "score" in lines[0]


def test_the_bar_shows_the_score_on_a_terminal_and_is_silent_elsewhere(capsys, monkeypatch):
    encoder().fit(X)
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("FORCE_COLOR", "1")  # what makes rich take a file for a terminal
    encoder().fit(X)
    assert "held-out score" in capsys.readouterr().err


def test_collapse_is_warned_of_where_scales_mean_something():
    """VICReg with hardly any weight on variances collapses; whitening losses have no scale."""
    options = {"invariance": 25.0, "variance": 0.1, "covariance": 0.0}
    collapsed = encoder(8, objective="vicreg", objective_options=options, max_steps=60)
    with pytest.warns(ContextWarning, match="collapsed to an effective rank of"):
        collapsed.fit(X)
    assert collapsed.effective_rank_ < 4


def test_it_works_in_pipelines_and_searches():
    pipeline = make_pipeline(StandardScaler(), encoder(4), LogisticRegression())
    search = GridSearchCV(pipeline, {"neuralencoder__n_components": [2, 4]}, cv=3).fit(X, Y)
    assert search.best_score_ > 0.8
    frame = clone(encoder(2)).set_output(transform="pandas").fit_transform(X)
    assert list(frame.columns) == ["neuralencoder0", "neuralencoder1"]


def test_fewer_coordinates_are_the_first_of_more():
    fitted = encoder(4).fit(X)
    kept = fitted.truncated(2)
    np.testing.assert_allclose(kept.transform(X), fitted.transform(X)[:, :2], atol=1e-12)
    assert len(kept.singular_values_) == 2
    with pytest.raises(InputError, match="the encoder has 4"):
        fitted.truncated(5)


def test_coordinates_are_combined_of_the_outputs():
    fitted = encoder(n_outputs=40).fit(X)
    outputs = fitted.outputs(X)
    assert outputs.shape == (150, 40)
    np.testing.assert_array_equal(fitted.functions_.left(outputs), fitted.transform(X))


def test_mixed_precision_is_passed_through():
    full, mixed = (encoder(precision=p, accelerator="cpu").fit(X) for p in ("32", "bf16-mixed"))
    np.testing.assert_allclose(full.singular_values_, mixed.singular_values_, atol=0.05)
    assert np.abs(full.transform(X) - mixed.transform(X)).max() > 0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": 0}, "n_components=0"),
        ({"objective": "vigreg"}, "objective='vigreg' is unknown"),
        ({"objective": 3}, "objective=3 is not possible"),
        ({"objective_options": {"walk": "lazy"}}, "cannot be made"),
        ({"network": "cnn"}, "network='cnn' is unknown"),
        ({"network": 7}, "network=7 is not possible"),
        ({"network_options": {"wide": 3}}, "no such options"),
        ({"network": "categorical", "network_options": None}, "which columns are categories"),
        ({"network": "conv", "network_options": None}, "shape of an image"),
        ({"network": torch.nn.Linear(4, 9)}, "for a network that is chosen by name"),
        ({"n_outputs": 2}, "n_outputs=2 is below n_components=3"),
        ({"validation_fraction": 1.0}, "validation_fraction=1.0"),
        ({"learning_rate": -1}, "learning_rate=-1"),
        ({"ridge": "none"}, "ridge='none'"),
        ({"patience": 0}, "patience=0"),
        ({"progress": "yes"}, "progress='yes'"),
        ({"loggers": [print]}, "has no method log_metrics"),
        ({"accelerator": "abacus"}, "Lightning Fabric refuses"),
        ({"n_threads": 0}, "n_threads=0"),
        ({"context": "knn"}, "context='knn' is not a context"),
        ({"context": NoiseContext(1.0), "objective": "kise"}, "needs the dual kernel"),
    ],
)
def test_bad_parameters_are_named(parameters, message):
    with pytest.raises(InputError, match=message):
        encoder().set_params(**parameters).fit(X)


def test_a_diverging_training_is_stopped():
    with pytest.raises(InputError, match=r"learning.rate"):
        encoder(objective="low_rank", learning_rate=1e8, max_steps=60).fit(1e3 * load_wine().data)


def test_too_many_components_for_a_context_are_refused():
    from contextures.contexts import LabelContext

    with pytest.raises(RankError, match="above what the network learned"):
        encoder(5, context=LabelContext()).fit(X, Y)

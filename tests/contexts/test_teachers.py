"""Models as contexts: torch modules and boosted trees."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.decomposition import PCA

from contextures.contexts import BoostedTreesContext, TeacherContext
from contextures.exceptions import InputError
from contextures.spectrum import decompose

IRIS, CLASSES = load_iris(return_X_y=True)


def test_a_torch_module_teaches_its_outputs():
    """A linear module with a PCA's weights has the spectrum of that PCA."""
    torch = pytest.importorskip("torch")
    pca = PCA(3).fit(IRIS)
    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Dropout(0.5)).double()
    module[0].weight.data = torch.as_tensor(pca.components_)
    module.train()
    spectrum = decompose(TeacherContext(module), IRIS, 3)
    expected = decompose(TeacherContext(pca), IRIS, 3)
    np.testing.assert_allclose(spectrum.singular_values, expected.singular_values, atol=1e-12)
    assert module.training  # as it was, and yet dropout was off
    context = TeacherContext(module).fit(IRIS)
    assert context.teacher_ is module
    assert clone(context).estimator is module
    np.testing.assert_allclose(context.expand(IRIS[:5]), context.expansion_[:5], atol=1e-12)


def test_modules_take_the_precision_of_their_weights_and_give_one_tensor():
    torch = pytest.importorskip("torch")
    single = torch.nn.Linear(4, 2)
    assert TeacherContext(single).fit(IRIS).expansion_.dtype == np.float64
    tokens = torch.nn.EmbeddingBag(10, 3)
    assert TeacherContext(tokens).fit(np.arange(40).reshape(20, 2) % 10).expansion_.shape == (20, 3)
    with pytest.raises(InputError, match="gives tuple, not a tensor"):
        TeacherContext(torch.nn.LSTM(4, 2)).fit(IRIS)
    with pytest.raises(InputError, match="no method transform"):
        TeacherContext(single, output="transform").fit(IRIS)


@pytest.mark.parametrize("task", ["classes", "numbers"])
def test_leaves_are_where_the_trees_send_rows(task):
    pytest.importorskip("lightgbm")
    X, y = (IRIS, CLASSES) if task == "classes" else load_diabetes(return_X_y=True)
    task = "classification" if task == "classes" else "regression"
    context = BoostedTreesContext(task=task, n_estimators=6, cross_fit=None).fit(X, y)
    leaves = context.model_.booster_.predict(X, pred_leaf=True)
    law = context.transition(X)
    n_trees = leaves.shape[1]
    assert n_trees == (18 if task == "classification" else 6)
    values = context.context_values()
    for row in (0, 70, 149):
        columns = law[[row]].indices
        np.testing.assert_array_equal(values[columns, 0], np.arange(n_trees))
        np.testing.assert_array_equal(values[columns, 1], leaves[row])
    np.testing.assert_allclose(law.data, 1 / n_trees)
    drawn = context.sample(X[:3], np.random.default_rng(0), 5)
    assert drawn.shape == (5, 3, 2)


def test_single_predictions_add_up_to_the_models():
    pytest.importorskip("lightgbm")
    X, y = load_diabetes(return_X_y=True)
    context = BoostedTreesContext("predictions", "regression", n_estimators=9).fit(X, y)
    single = context._trees.predictions(X, 9)
    np.testing.assert_allclose(single.sum(axis=1), context.model_.predict(X), rtol=1e-9)
    assert decompose(clone(context), X, 3, y=y).singular_values[0] == pytest.approx(1)


def test_trees_refuse_what_they_cannot_learn_from(monkeypatch):
    pytest.importorskip("lightgbm")
    for context, y, message in [
        (BoostedTreesContext("leaf"), CLASSES, "output='leaf'"),
        (BoostedTreesContext(task="rank"), CLASSES, "task='rank'"),
        (BoostedTreesContext(n_estimators=0), CLASSES, "n_estimators=0"),
        (BoostedTreesContext(num_leaves=1), CLASSES, "num_leaves=1"),
        (BoostedTreesContext(learning_rate=0), CLASSES, "learning_rate=0"),
        (BoostedTreesContext(threshold=2), CLASSES, "threshold=2"),
        (BoostedTreesContext(), None, r"call fit\(X, y\)"),
        (BoostedTreesContext(), CLASSES[:9], "one label per row"),
        (BoostedTreesContext(min_child_samples=100), CLASSES, "no tree found a split"),
    ]:
        with pytest.raises(InputError, match=message):
            context.fit(IRIS, y)
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(InputError, match=r"contextures\[boosting\]"):
        BoostedTreesContext().fit(IRIS, CLASSES)

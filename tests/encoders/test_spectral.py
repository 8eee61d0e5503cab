"""The spectral encoder as a scikit-learn transformer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import oracles
from contextures import SpectralEncoder
from contextures.contexts import (
    FiniteContext,
    GraphContext,
    KNNContext,
    LabelContext,
    MaskContext,
    PairContext,
    RBFContext,
    TeacherContext,
)
from contextures.exceptions import InputError

X, Y = load_iris(return_X_y=True)


@parametrize_with_checks(
    [
        SpectralEncoder(KNNContext(n_neighbors=3), n_components=2),
        SpectralEncoder(RBFContext(), n_components=1),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "context",
    [
        KNNContext(20),
        RBFContext(1.0),
        MaskContext(KNNContext(20)),
        TeacherContext(StandardScaler()),
    ],
    ids=repr,
)
def test_coordinates_are_ordered_centred_and_of_unit_variance(context, kind):
    encoder = SpectralEncoder(context, n_components=3)
    coordinates = kind.taken(encoder.fit_transform(kind.given(X)))
    np.testing.assert_allclose(coordinates.mean(0), 0, atol=1e-7)
    np.testing.assert_allclose(coordinates.T @ coordinates / len(X), np.eye(3), atol=1e-7)
    assert (np.diff(encoder.singular_values_) <= 0).all()
    found = kind.taken(encoder.transform(kind.given(X)))
    np.testing.assert_allclose(found, coordinates, atol=1e-6)


def test_new_rows_follow_the_formula(kind):
    """mu(x) = sum_j P+(a_j|x) nu(a_j) / s."""
    encoder = SpectralEncoder(KNNContext(15), n_components=4).fit(kind.given(X[::2]))
    P = encoder.context_.transition(X[1::2]).toarray()
    expected = P @ encoder.spectrum_.right / encoder.singular_values_
    found = kind.taken(encoder.transform(kind.given(X[1::2])))
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_fewer_components_are_the_first_of_more():
    few = SpectralEncoder(KNNContext(15), n_components=2).fit_transform(X)
    many = SpectralEncoder(KNNContext(15), n_components=6).fit_transform(X)
    np.testing.assert_allclose(few, many[:, :2], atol=1e-6)


def test_changing_the_result_does_not_change_the_encoder():
    encoder = SpectralEncoder(KNNContext(15), n_components=2)
    coordinates = encoder.fit_transform(X)
    before = encoder.transform(X[:5])
    coordinates *= 0
    np.testing.assert_array_equal(encoder.transform(X[:5]), before)
    assert np.abs(encoder.spectrum_.left).max() > 0


def test_it_works_in_pipelines_and_searches():
    pipeline = make_pipeline(
        StandardScaler(), SpectralEncoder(KNNContext(), n_components=4), LogisticRegression()
    )
    grid = {
        "spectralencoder__context__n_neighbors": [10, 30],
        "spectralencoder__n_components": [2, 8],
    }
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, Y)
    assert search.best_score_ > 0.9


def test_it_works_in_a_column_transformer_and_names_its_frames():
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"]).assign(kind=Y.astype(str))
    columns = ColumnTransformer(
        [
            ("embed", SpectralEncoder(KNNContext(20), n_components=2), ["a", "b", "c", "d"]),
            ("kind", OneHotEncoder(sparse_output=False), ["kind"]),
        ]
    ).set_output(transform="pandas")
    out = columns.fit_transform(frame)
    assert list(out.columns[:2]) == ["embed__spectralencoder0", "embed__spectralencoder1"]
    assert columns.transform(frame.iloc[:3]).shape == (3, 5)


def test_graph_and_finite_contexts_take_indices_or_nothing():
    graph = SpectralEncoder(GraphContext(oracles.path(9)), n_components=2)
    everything = graph.fit_transform(None)
    np.testing.assert_allclose(graph.transform([4, 0]), everything[[4, 0]], atol=1e-10)
    finite = SpectralEncoder(FiniteContext(oracles.flips(3, 0.1)), n_components=3).fit()
    assert finite.transform(None).shape == (8, 3)


def test_pairs_are_fitted_as_x_and_a():
    encoder = SpectralEncoder(PairContext(), n_components=1)
    coordinates = encoder.fit_transform(["cat", "cat", "dog", "dog"], [0, 0, 1, 0])
    assert coordinates[0] == pytest.approx(coordinates[1])
    np.testing.assert_allclose(encoder.transform(["never seen"]), 0, atol=1e-12)


def test_labels_embed_the_fitted_rows_only():
    encoder = SpectralEncoder(LabelContext(), n_components=2)
    coordinates = encoder.fit_transform(X, Y)
    assert len(np.unique(coordinates.round(8), axis=0)) == 3  # one point a class
    with pytest.raises(InputError, match="fit time only"):
        encoder.transform(X)


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        (SpectralEncoder("knn"), "context='knn' is not a context"),
        (SpectralEncoder(KNNContext(5), n_components=-1), "n_components=-1"),
        (SpectralEncoder(KNNContext(5), n_components=150), "above the largest possible rank, 149"),
        (SpectralEncoder(KNNContext(150)), "give n_neighbors=149 or less"),
    ],
)
def test_bad_parameters_are_named(encoder, message):
    with pytest.raises(InputError, match=message):
        encoder.fit(X)

"""The encoder in closed form as a scikit-learn transformer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import oracles
from contextures.contexts import (
    FiniteContext,
    GraphContext,
    KNNContext,
    LabelContext,
    MaskContext,
    NoiseContext,
    PairContext,
    RBFContext,
    TeacherContext,
)
from contextures.encoders import RitzEncoder, SpectralEncoder, gather, sources
from contextures.encoders.bases import FourierBasis, LandmarkBasis, PolynomialBasis
from contextures.encoders.ritz import learner
from contextures.exceptions import InputError, RankError
from contextures.spectrum.ritz.ratio_trace import ratio_trace

X, Y = load_iris(return_X_y=True)
RNG = np.random.default_rng(0)
CURVE = RNG.random((1200, 1)) * 6
ROWS = np.hstack([np.cos(CURVE), np.sin(CURVE), CURVE / 3]) + 0.05 * RNG.standard_normal((1200, 3))


@parametrize_with_checks(
    [
        RitzEncoder(KNNContext(n_neighbors=3), n_components=2),
        RitzEncoder(RBFContext(), n_components=1),
        RitzEncoder(NoiseContext(), n_components=1, n_functions=20),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


CASES = {
    "knn": (KNNContext(20), None),
    "rbf": (RBFContext(1.0), None),
    "masked": (MaskContext(KNNContext(20)), None),
    "kernel": (TeacherContext(PCA(3)), None),
    "sampler": (NoiseContext(), None),
    "classes": (LabelContext(), Y),
    "real targets": (LabelContext(), X[:, :2] + 0.001),
    "pairs": (PairContext(), X[:, ::-1] + 0.5),
}


@pytest.mark.parametrize("case", CASES)
def test_coordinates_are_ordered_centred_and_of_unit_variance(case, kind):
    context, y = CASES[case]
    encoder = RitzEncoder(context, n_components=2, n_functions=40)
    rows = kind.given(X)
    coordinates = kind.taken(encoder.fit_transform(rows, y))
    np.testing.assert_allclose(coordinates.mean(0), 0, atol=1e-7)
    np.testing.assert_allclose(coordinates.T @ coordinates / len(X), np.eye(2), atol=1e-6)
    assert (np.diff(encoder.singular_values_) <= 0).all()
    assert encoder.singular_values_.min() >= 0 and encoder.singular_values_.max() <= 1
    again = RitzEncoder(context, n_components=2, n_functions=40).fit(rows, y)
    np.testing.assert_array_equal(kind.taken(again.transform(rows)), coordinates)


def test_all_functions_of_a_finite_context_are_the_exact_ones():
    for context, d in (
        (GraphContext(oracles.block_graph(6, 4, 0.9, 0.1)), 3),
        (FiniteContext(oracles.flips(5, 0.15)), 5),
    ):
        exact = SpectralEncoder(context, n_components=d)
        coordinates = exact.fit_transform(None)
        encoder = RitzEncoder(context, n_components=d).fit()
        np.testing.assert_allclose(encoder.singular_values_, exact.singular_values_, atol=1e-9)
        found = encoder.transform(None)
        np.testing.assert_allclose(found @ found.T, coordinates @ coordinates.T, atol=1e-6)


def test_weights_of_nodes_are_heeded():
    """P_X of a graph is proportional to degree: coordinates are centred under it."""
    context = GraphContext(oracles.path(9) + np.eye(9))
    encoder = RitzEncoder(context, n_components=3).fit()
    weights = encoder.context_.input_weights_
    coordinates = encoder.transform(None)
    np.testing.assert_allclose(weights @ coordinates, 0, atol=1e-10)
    gram = coordinates.T @ (coordinates * weights[:, None])
    np.testing.assert_allclose(gram, np.eye(3), atol=1e-8)


@pytest.mark.parametrize("context", [KNNContext(30), RBFContext(8.0)], ids=repr)
def test_fresh_rows_are_embedded_nearly_as_well_as_by_the_exact_functions(context):
    exact = SpectralEncoder(context, n_components=12).fit(ROWS[:800])
    encoder = RitzEncoder(context, n_components=12, n_functions=300).fit(ROWS[:800])
    fresh = ROWS[800:]
    best = ratio_trace(exact.transform(fresh), exact.context_, fresh)
    assert ratio_trace(encoder.transform(fresh), exact.context_, fresh) > 0.97 * best
    np.testing.assert_allclose(encoder.singular_values_, exact.singular_values_, atol=0.03)


def test_the_ridge_is_chosen_on_held_out_rows():
    """Pitfall: a rough basis fits the training rows best without a ridge, and fresh rows worst."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((900, 8))
    context, fresh = KNNContext(30).fit(rows[:600]), rows[600:]
    rough = FourierBasis(500, n_widths=1)
    scores = {}
    for ridge in ("auto", 0.0):
        encoder = RitzEncoder(KNNContext(30), 10, basis=rough, ridge=ridge).fit(rows[:600])
        scores[ridge] = ratio_trace(encoder.transform(fresh), context, fresh)
        if ridge == "auto":
            assert encoder.ridge_ > 0
            assert encoder.score_ == pytest.approx(scores["auto"], rel=0.3)
        else:
            assert (encoder.singular_values_**2).sum() > 1.5 * scores[ridge]
    assert scores["auto"] > 1.2 * scores[0.0]


def test_labels_embed_new_rows():
    """The best functions of X for its class are those of linear discriminant analysis."""
    encoder = RitzEncoder(LabelContext(), 2, basis=FunctionTransformer(), ridge=0.0)
    found = encoder.fit(X[::2], Y[::2]).transform(X[1::2])
    theirs = LinearDiscriminantAnalysis().fit(X[::2], Y[::2]).transform(X[1::2])
    for i in range(2):
        assert abs(np.corrcoef(found[:, i], theirs[:, i])[0, 1]) > 1 - 1e-9


def test_two_modalities_share_their_functions():
    rng = np.random.default_rng(0)
    t = rng.random(3000) * 2 * np.pi
    one = np.c_[np.cos(t), np.sin(t)] + 0.05 * rng.standard_normal((3000, 2))
    other = np.c_[np.sin(t), np.cos(t), t] + 0.05 * rng.standard_normal((3000, 3))
    encoder = RitzEncoder(PairContext(), 2, n_functions=100).fit(one[:2000], other[:2000])
    F = encoder.transform(one[2000:])
    G = encoder.functions_.right(encoder.context_basis_.transform(other[2000:]))
    for i in range(2):
        assert np.corrcoef(F[:, i], G[:, i])[0, 1] > 0.95
    assert encoder.score_ == pytest.approx((encoder.singular_values_**2).sum(), abs=0.05)


def test_streaming_learns_what_one_pass_over_all_rows_does():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((40_000, 2))
    basis = PolynomialBasis(degree=3)
    parts = RitzEncoder(NoiseContext(0.75), 5, basis=basis)
    for chunk in np.array_split(rows, 8):
        parts.partial_fit(chunk)
    np.testing.assert_allclose(parts.singular_values_, [0.8, 0.8, 0.64, 0.64, 0.64], atol=0.02)
    whole = RitzEncoder(NoiseContext(0.75), 5, basis=basis).fit(rows)
    np.testing.assert_allclose(parts.singular_values_, whole.singular_values_, atol=0.02)
    before = parts.transform(rows[:5])
    parts.partial_fit(rng.standard_normal((5000, 2)))
    assert not np.array_equal(parts.transform(rows[:5]), before)
    # A fit begins anew.
    np.testing.assert_array_equal(parts.fit(rows).transform(rows[:5]), whole.transform(rows[:5]))


@pytest.mark.parametrize("seed", [0, 1])
def test_draws_do_not_repeat_the_numbers_that_made_the_rows(seed):
    """Pitfall: default_rng((0, 0)) is default_rng(0), whose noise would be the rows again."""
    rows = np.random.default_rng(seed).standard_normal((4000, 2))
    encoder = RitzEncoder(
        NoiseContext(0.75), 2, basis=PolynomialBasis(1), n_views=1, random_state=None if seed else 0
    )
    whole = encoder.fit(rows).singular_values_
    streamed = encoder.partial_fit(rows).singular_values_
    np.testing.assert_allclose([whole, streamed], 0.8, atol=0.03)


def test_pairs_and_labels_stream_with_what_was_observed():
    pairs = RitzEncoder(PairContext(), 1, n_functions=50)
    labels = RitzEncoder(LabelContext(), 2, n_functions=20)
    order = np.random.default_rng(0).permutation(150)
    for part in np.array_split(order, 3):
        pairs.partial_fit(X[part, :2], X[part, 2:])
        labels.partial_fit(X[part], Y[part])
    assert pairs.singular_values_[0] > 0.9
    assert LogisticRegression().fit(labels.transform(X), Y).score(labels.transform(X), Y) > 0.9


def test_threads_and_chunks_do_not_change_what_is_learned(monkeypatch):
    rows = np.random.default_rng(0).standard_normal((4000, 3))
    monkeypatch.setattr(learner, "SELECTION_ROWS", 500)
    monkeypatch.setattr(gather, "CHUNK_VALUES", 20_000)
    made = [
        RitzEncoder(NoiseContext(), 3, n_functions=40, n_views=1, n_jobs=jobs).fit(rows)
        for jobs in (None, 2, 3)
    ]
    for encoder in made[1:]:
        np.testing.assert_allclose(
            encoder.transform(rows[:50]), made[0].transform(rows[:50]), atol=1e-6
        )


def test_single_precision_is_close_to_double():
    made = [
        RitzEncoder(KNNContext(30), 5, n_functions=100, precision=precision, ridge=1e-3).fit(ROWS)
        for precision in ("double", "single")
    ]
    np.testing.assert_allclose(made[0].singular_values_, made[1].singular_values_, atol=1e-4)


def test_transitions_too_large_to_hold_are_drawn_from(monkeypatch):
    exact = RitzEncoder(KNNContext(30), 6, n_functions=100).fit(ROWS)
    monkeypatch.setattr(sources, "EXACT_VALUES", 0)
    drawn = RitzEncoder(KNNContext(30), 6, n_functions=100).fit(ROWS)
    assert exact.context_basis_ is None
    assert isinstance(drawn.context_basis_, LandmarkBasis)
    np.testing.assert_allclose(drawn.singular_values_, exact.singular_values_, atol=0.05)
    overlap = drawn.transform(ROWS).T @ exact.transform(ROWS) / len(ROWS)
    assert (np.linalg.svd(overlap)[1] ** 2).mean() > 0.95


@pytest.mark.parametrize(
    "basis",
    ["landmarks", "fourier", "nystroem", "polynomial", "trees", PCA(3), ["fourier", PCA(2)]],
    ids=str,
)
def test_every_basis_works(basis):
    encoder = RitzEncoder(KNNContext(30), 3, basis=basis, n_functions=60).fit(ROWS[:600])
    assert encoder.transform(ROWS[600:]).shape == (600, 3)
    assert encoder.singular_values_[0] > 0.8
    assert encoder.functions_.rank <= len(encoder.functions_.mean)


def test_a_list_holds_at_least_what_its_parts_do():
    alone = RitzEncoder(KNNContext(30), 2, basis=PCA(3), ridge=0.0).fit(ROWS)
    both = RitzEncoder(KNNContext(30), 2, basis=[PCA(3), "fourier"], ridge=0.0).fit(ROWS)
    assert (both.singular_values_ >= alone.singular_values_ - 1e-9).all()


def test_it_works_in_pipelines_and_searches():
    pipeline = make_pipeline(
        StandardScaler(), RitzEncoder(KNNContext(), n_components=4), LogisticRegression()
    )
    grid = {
        "ritzencoder__context__n_neighbors": [10, 30],
        "ritzencoder__n_components": [2, 8],
    }
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, Y)
    assert search.best_score_ > 0.9


def test_frames_come_out_with_names():
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    encoder = RitzEncoder(KNNContext(20), n_components=2).set_output(transform="pandas")
    assert list(encoder.fit_transform(frame).columns) == ["ritzencoder0", "ritzencoder1"]


def test_fewer_components_are_the_first_of_more():
    encoder = RitzEncoder(KNNContext(15), n_components=6, ridge=1e-3).fit(X)
    few = encoder.truncated(2)
    np.testing.assert_allclose(few.transform(X), encoder.transform(X)[:, :2], atol=1e-12)
    assert few.n_components == len(few.singular_values_) == 2
    assert encoder.n_components == 6
    with pytest.raises(InputError, match="the encoder has 6"):
        encoder.truncated(7)


def test_names_are_told_apart():
    words = np.array(["cat", "dog", "cat", "cow", "dog", "cow"] * 20)
    sounds = np.array(["meow", "woof", "meow", "moo", "woof", "woof"] * 20)
    encoder = RitzEncoder(PairContext(), 2).fit(words, sounds)
    exact = SpectralEncoder(PairContext(), 2).fit(words, sounds)
    np.testing.assert_allclose(encoder.singular_values_, exact.singular_values_, atol=1e-9)
    found, expected = (one.transform(["cat", "dog", "cow"]) for one in (encoder, exact))
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-9)


def test_more_components_than_the_basis_has_name_the_mend():
    with pytest.raises(RankError, match="independent functions in the basis, 4; give") as caught:
        RitzEncoder(KNNContext(20), 5, basis=FunctionTransformer()).fit(X)
    assert caught.value.rank == 4
    with pytest.raises(RankError, match="give n_components=2 or less"):
        RitzEncoder(LabelContext(), 3).fit(X, Y)


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        (RitzEncoder("knn"), "context='knn' is not a context"),
        (RitzEncoder(n_components=-1), "n_components=-1"),
        (RitzEncoder(n_functions=0), "n_functions=0"),
        (RitzEncoder(ridge=-1), "ridge=-1"),
        (RitzEncoder(ridge="big"), "ridge='big'"),
        (RitzEncoder(n_views=0), "n_views=0"),
        (RitzEncoder(precision="half"), "precision='half'"),
        (RitzEncoder(n_jobs=0), "n_jobs=0"),
        (RitzEncoder(basis="splines"), "basis='splines' is not known"),
        (RitzEncoder(basis=[]), "empty list"),
        (RitzEncoder(basis=LogisticRegression()), "not a scikit-learn transformer"),
        (RitzEncoder(basis=PolynomialBasis(30)), "degree=30 makes 46375 products of 4 columns"),
        (RitzEncoder(basis=LandmarkBasis(share=2.0)), "share=2.0"),
        (RitzEncoder(NoiseContext(), context_basis="splines"), "context_basis='splines'"),
        (
            RitzEncoder(basis=FunctionTransformer(lambda x: x * np.nan)),
            "gives values that are missing",
        ),
        (RitzEncoder(KNNContext(150)), "give n_neighbors=149 or less"),
    ],
)
def test_bad_parameters_are_named(encoder, message):
    with pytest.raises(InputError, match=message):
        encoder.fit(X)


def test_what_needs_the_whole_sample_does_not_stream():
    with pytest.raises(AttributeError, match="partial_fit") as caught:
        RitzEncoder(KNNContext(5)).partial_fit(X)
    assert "call fit" in str(caught.value.__cause__)
    assert not hasattr(RitzEncoder(), "partial_fit")


def test_indices_need_a_basis_that_takes_them():
    graph = GraphContext(oracles.cycle(40))
    with pytest.raises(InputError, match="needs rows of numbers"):
        RitzEncoder(graph, 2, basis="landmarks").fit()
    with pytest.raises(InputError, match="X names 40 different things, more than n_functions=10"):
        RitzEncoder(graph, 2, n_functions=10).fit()
    angle = FunctionTransformer(lambda i: np.c_[np.cos(i * np.pi / 20), np.sin(i * np.pi / 20)])
    encoder = RitzEncoder(graph, 2, basis=angle).fit()
    np.testing.assert_allclose(encoder.singular_values_, np.cos(np.pi / 20), atol=1e-9)

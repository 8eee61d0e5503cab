"""As many functions as there are, up to d: asked for at once, and found in one fit."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.utils.estimator_checks import parametrize_with_checks

from contextures.contexts import (
    FiniteContext,
    KNNContext,
    MaskContext,
    MonteCarloContext,
    NoiseContext,
    PairContext,
    RBFContext,
    SCARFContext,
)
from contextures.encoders import RitzEncoder, SpectralEncoder, load_encoder, save_encoder
from contextures.exceptions import ContextWarning, InputError, RankError
from low_rank import TABLES, N, assert_sound

X = load_iris().data
CONTEXTS = {
    "knn": KNNContext(5),
    "masked knn": MaskContext(KNNContext(5)),
    "rbf": RBFContext(),
}
INDEPENDENT = FiniteContext(np.full((3, 4), 1 / 12))
WEAK = MonteCarloContext(SCARFContext(0.99), n_draws=400, random_state=0)
CUBE = np.array(list(itertools.product([0.0, 1.0], repeat=4)))
ENCODERS = {"spectral": SpectralEncoder, "ritz": RitzEncoder}

pytestmark = pytest.mark.filterwarnings(
    "ignore::contextures.exceptions.ContextWarning"  # of parts: few distinct rows have them
)


@parametrize_with_checks(
    [
        SpectralEncoder(KNNContext(n_neighbors=3), 50, allow_fewer=True),
        RitzEncoder(KNNContext(n_neighbors=3), 50, allow_fewer=True),
        RitzEncoder(NoiseContext(), 50, n_functions=20, allow_fewer=True),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("kind", ENCODERS)
@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("table", TABLES)
def test_whatever_d_is_as_many_come_back_as_are_sound(table, context, kind):
    """Around the rank, far above it and above the number of rows; none of them made of rounding."""
    rows = TABLES[table]
    if context == "masked knn" and rows.shape[1] < 2:
        pytest.skip("nothing to hide and see")
    fixed = {} if kind == "spectral" else {"basis": "landmarks", "ridge": 0.0}
    make, context = ENCODERS[kind], CONTEXTS[context]
    most = make(context, 10 * N, allow_fewer=True, **fixed).fit(rows)
    rank = len(most.singular_values_)
    assert 1 <= rank < len(np.unique(rows, axis=0))
    assert_sound(most, rows, 1e-5)
    for d in {max(rank - 1, 1), rank, rank + 1, N - 1, N}:
        found = make(context, d, allow_fewer=True, **fixed).fit(rows)
        assert len(found.singular_values_) == min(d, rank)
        np.testing.assert_allclose(
            found.singular_values_, most.singular_values_[:d], rtol=1e-6, atol=1e-9
        )
    h = max(rank // 2, 1)
    values = np.append(most.singular_values_, 0.0)
    if (values[:h] > 1.001 * values[1 : h + 1]).all():  # equal ones may turn into each other
        asked = make(context, h, **fixed).fit(rows)
        cut = most.truncated(h)
        np.testing.assert_allclose(cut.transform(rows), asked.transform(rows), atol=1e-5)


@pytest.mark.parametrize("make", ENCODERS.values())
def test_where_there_are_enough_the_numbers_are_the_same(make):
    one, other = (make(KNNContext(20), 5, allow_fewer=fewer).fit(X) for fewer in (False, True))
    np.testing.assert_array_equal(one.singular_values_, other.singular_values_)
    np.testing.assert_array_equal(one.transform(X), other.transform(X))


def test_it_is_found_at_once(monkeypatch):
    """The context is fitted and the basis learned once, whatever the rank."""
    calls = []
    fit = KNNContext.fit_support
    monkeypatch.setattr(
        KNNContext, "fit_support", lambda self, rows: (calls.append(1), fit(self, rows))[1]
    )
    for make in ENCODERS.values():
        make(KNNContext(5), 150, allow_fewer=True).fit(TABLES["two binary columns"])
        assert calls == [1]
        calls.clear()


@pytest.mark.parametrize("make", ENCODERS.values())
def test_without_it_more_than_there_are_is_refused(make):
    with pytest.raises(RankError, match="n_components=4 is above") as caught:
        make(KNNContext(5), 4).fit(TABLES["two binary columns"])
    assert caught.value.rank == 3


@pytest.mark.parametrize(
    ("encoder", "rows"),
    [
        (SpectralEncoder(INDEPENDENT), None),
        (RitzEncoder(INDEPENDENT), None),
        (RitzEncoder(KNNContext(5)), np.ones((40, 2))),
        (SpectralEncoder(WEAK), CUBE[[0, -1]]),
    ],
)
def test_not_one_function_is_an_error_of_one_sentence(encoder, rows):
    with pytest.raises(RankError, match=r"carry no association|carries nothing on X") as caught:
        encoder.set_params(n_components=2, allow_fewer=True).fit(rows)
    assert caught.value.rank == 0
    assert ". " not in str(caught.value) and "n_components" not in str(caught.value)


@pytest.mark.parametrize("make", ENCODERS.values())
@pytest.mark.parametrize("context", [KNNContext(5), RBFContext()])
def test_a_read_encoder_has_as_many_coordinates_as_the_written_one(tmp_path, make, context):
    rows = TABLES["sparse 0/1"]
    encoder = make(context, 90, allow_fewer=True).fit(rows)
    save_encoder(encoder, tmp_path)
    again = load_encoder(tmp_path)
    np.testing.assert_allclose(again.transform(rows), encoder.transform(rows), atol=1e-9)
    kept = len(encoder.singular_values_)
    assert again.n_components == kept < 90
    names = again.get_feature_names_out()
    assert len(names) == kept and list(names) == list(encoder.get_feature_names_out())


@pytest.mark.parametrize("make", ENCODERS.values())
def test_it_is_cloned_and_cut_like_any_other(make):
    encoder = clone(make(KNNContext(5), 90, allow_fewer=True)).fit(TABLES["one-hot"])
    assert encoder.n_components == 90 and len(encoder.singular_values_) == 5
    few = encoder.truncated(2)
    np.testing.assert_array_equal(
        few.transform(TABLES["one-hot"]), encoder.transform(TABLES["one-hot"])[:, :2]
    )
    assert few.n_components == 2 and len(few.singular_values_) == 2
    with pytest.raises(InputError, match="the encoder has 5"):
        encoder.truncated(6)


def test_learning_by_chunks_gives_what_there_is_when_asked():
    """Sampled contexts of few rows: the functions are found after the last chunk."""
    rows = TABLES["few distinct rows"]
    encoder = RitzEncoder(NoiseContext(0.2), 90, allow_fewer=True)
    for part in np.array_split(rows, 2):
        encoder.partial_fit(part)
    assert encoder.transform(rows).shape == (N, 7)
    assert len(encoder.singular_values_) == 7
    observed = RitzEncoder(PairContext(), 90, allow_fewer=True).fit(rows, rows + 0.1)
    assert len(observed.singular_values_) == 7


def test_draws_that_cannot_tell_some_functions_from_none_leave_them_out():
    """Singular values that the correction of counts takes below zero are not there."""
    encoder = SpectralEncoder(SCARFContext(0.9), 15, allow_fewer=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ContextWarning)
        encoder.fit(CUBE)
    counted = encoder.spectrum_.counted_values
    assert 4 <= len(encoder.singular_values_) < 15
    assert len(counted) == len(encoder.singular_values_) == encoder.transform(CUBE).shape[1]
    assert (encoder.singular_values_ > 0).all()
    # Independent columns, each kept with chance 0.1: s of a function of one column is 0.1.
    np.testing.assert_allclose(encoder.singular_values_[:4], 0.1, atol=0.02)

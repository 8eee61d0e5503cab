"""What workers learn from parts of the rows adds up to the same, however the rows are parted."""

from __future__ import annotations

import pickle
from copy import deepcopy
from itertools import pairwise
from threading import Lock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import FunctionTransformer

from contextures.contexts import LabelContext, NoiseContext, PairContext, RandomMaskContext
from contextures.encoders import RitzEncoder
from contextures.encoders.bases import LandmarkBasis, PolynomialBasis
from contextures.encoders.ritz import by_row, streamed
from contextures.encoders.ritz.alike import alike
from contextures.encoders.sources import DrawnSource
from contextures.exceptions import InputError
from contextures.spectrum.ritz import PairMoments

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3000, 3))
Y = (X[:, 0] + 0.5 * RNG.standard_normal(len(X)) > 0).astype(int)
A = X[:, :1] + 0.5 * RNG.standard_normal((len(X), 1))

BEGUN = {
    "drawn": (RitzEncoder(NoiseContext(), 4, n_functions=40, n_views=2, random_state=3), None),
    "masked": (RitzEncoder(RandomMaskContext(0.3), 3, basis="polynomial"), None),
    "no row held out": (RitzEncoder(NoiseContext(), 3, n_functions=30, ridge=1e-3), None),
    "classes": (RitzEncoder(LabelContext(), 1, n_functions=30), Y),
    "pairs": (RitzEncoder(PairContext(), 2, n_functions=30), A),
}
BEGUN = {
    name: (made.fit_bases(X[:800], None if y is None else y[:800]), y)
    for name, (made, y) in BEGUN.items()
}
FRESH = RNG.standard_normal((50, 3))


def learn(name, cuts, order=None):
    """Let one worker learn from each part; merge them in an order, by twos at random places."""
    begun, y = BEGUN[name]
    workers = []
    for first, last in pairwise([0, *cuts, len(X)]):
        # Sent as to another process.
        worker = pickle.loads(pickle.dumps(begun))
        if last > first:
            labels = None if y is None else y[first:last]
            worker.partial_fit(X[first:last], labels, start=first)
        workers.append(worker)
    rng = np.random.default_rng(order)
    while len(workers) > 1:
        i, j = rng.permutation(len(workers))[:2]
        other = workers[j]
        workers[i].merge(other)
        del workers[j]
    return workers[0]


def same(one, other):
    assert one.ridge_ == other.ridge_
    np.testing.assert_allclose(one.score_, other.score_, atol=1e-9)
    np.testing.assert_allclose(one.singular_values_, other.singular_values_, atol=1e-9)
    np.testing.assert_allclose(one.transform(FRESH), other.transform(FRESH), atol=1e-9)


@pytest.fixture(scope="module")
def whole():
    return {name: learn(name, []) for name in BEGUN}


@pytest.mark.parametrize("name", BEGUN)
@pytest.mark.parametrize("n_parts", [3, 17])
def test_parts_add_up_to_the_whole(whole, name, n_parts):
    cuts = np.linspace(0, len(X), n_parts + 1).astype(int)[1:-1]
    same(learn(name, cuts, order=n_parts), whole[name])


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(sorted(BEGUN)),
    st.lists(st.integers(0, len(X)), max_size=16).map(sorted),
    st.integers(0, 1000),
)
def test_any_parts_in_any_grouping_add_up_to_the_whole(name, cuts, order):
    same(learn(name, cuts, order), learn(name, []))


@pytest.mark.parametrize("most", [20, 100])
def test_rows_displaced_from_those_held_out_are_learned_from(monkeypatch, most):
    """So few are held out that every part displaces some: none is lost, none counts twice."""
    monkeypatch.setattr(streamed, "HELD_ROWS", most)
    one, many = learn("drawn", []), learn("drawn", list(range(150, 3000, 150)), order=0)
    for found in (one, many):
        sums = found._learner.sums
        assert len(sums.held) == most
        assert sums.moments.count == len(X) - most
        lowest = np.argsort(by_row.shares(found._learner.fixed.settings.seed, 3, 0, len(X)))
        assert set(sums.held.numbers) == set(lowest[:most])
    same(one, many)


def test_the_sums_are_those_of_every_row_with_its_own_draws():
    """Against moments of all pairs at once."""
    begun, _ = BEGUN["no row held out"]
    merged = learn("no row held out", [100, 1500, 2100], order=1)
    fixed = begun._learner.fixed
    drawn = by_row.draw(fixed.source, X, 0, streamed.DRAWS, 0)
    phi, psi = begun.basis_.transform(X), begun.context_basis_.transform(drawn[0])
    expected = PairMoments.of(phi, psi).solve(3, 1e-3)
    np.testing.assert_allclose(merged.singular_values_, expected.singular_values, atol=1e-10)


def test_draws_belong_to_rows_and_differ_between_them():
    source = DrawnSource(NoiseContext(1.0).fit(X), None, 2)
    whole = by_row.draw(source, X, 7, 4, 5000)
    for first, last in ((0, 1), (119, 121), (120, 1144), (2000, 3000)):
        part = by_row.draw(source, X[first:last], 7, 4, 5000 + first)
        np.testing.assert_array_equal(part, whole[:, first:last])
    noise = whole - X
    assert len(np.unique(noise)) == noise.size
    assert noise.std() == pytest.approx(1, abs=0.03)
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.03
    shares = by_row.shares(7, 3, 100, 5000)
    np.testing.assert_array_equal(by_row.shares(7, 3, 1100, 30), shares[1000:1030])
    assert np.histogram(shares, 4, (0, 1))[0] == pytest.approx(1250, abs=150)


def test_merging_leaves_the_other_as_it_is():
    begun, _ = BEGUN["drawn"]
    one, other = (
        deepcopy(begun).partial_fit(X[part], start=part.start)
        for part in (slice(0, 1000), slice(1000, 2000))
    )
    before = other.transform(FRESH)
    one.merge(other)
    one.partial_fit(X[2000:])
    np.testing.assert_array_equal(other.transform(FRESH), before)
    assert other._learner.sums.seen == [(1000, 2000)]
    assert one._learner.sums.seen == [(0, 3000)]


def test_encoders_fitted_to_the_same_sample_are_alike():
    made = [
        RitzEncoder(NoiseContext(), 3, n_functions=30, ridge=1e-3).fit_bases(X[:800])
        for _ in range(2)
    ]
    made[0].partial_fit(X[:1000]).merge(made[1].partial_fit(X[1000:], start=1000))
    same(made[0], learn("no row held out", []))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"n_functions": 31}, "other has another n_functions"),
        ({"context": NoiseContext(0.25)}, "other has another context"),
        ({"ridge": 0.0}, "other has another ridge"),
        ({"n_views": 2}, "other has another n_views"),
        ({"basis": LandmarkBasis()}, "other has another basis"),
        ({"precision": "single"}, "other has another precision"),
        ({"random_state": 5}, "other has another random_state"),
    ],
)
def test_other_parameters_are_refused_by_name(changed, named):
    made = RitzEncoder(NoiseContext(), 3, n_functions=30, ridge=1e-3)
    one = deepcopy(made).fit_bases(X[:800]).partial_fit(X[:1000])
    other = made.set_params(**changed).fit_bases(X[:800]).partial_fit(X[1000:], start=1000)
    with pytest.raises(InputError, match=named):
        one.merge(other)


def test_bases_of_other_rows_are_refused_by_name():
    made = RitzEncoder(NoiseContext(), 3, n_functions=30, ridge=1e-3)
    one = deepcopy(made).partial_fit(X[:1000])
    with pytest.raises(InputError, match="the basis of other was fitted to other rows"):
        one.merge(made.partial_fit(X[1000:], start=1000))


def test_rows_do_not_count_twice():
    begun, _ = BEGUN["drawn"]
    one = deepcopy(begun).partial_fit(X[:1000])
    before = one.transform(FRESH)
    other = deepcopy(begun).partial_fit(X[1000:2000])
    with pytest.raises(InputError, match="row 0 was learned from already; give partial_fit"):
        one.merge(other)
    with pytest.raises(InputError, match="row 999 was learned from already"):
        one.partial_fit(X[:10], start=999)
    np.testing.assert_array_equal(one.transform(FRESH), before)


def test_a_chunk_that_fails_in_the_middle_leaves_nothing_behind(monkeypatch):
    monkeypatch.setattr(streamed, "STEP", 100)
    basis = FunctionTransformer(np.sqrt)
    encoder = RitzEncoder(NoiseContext(0.1), 2, basis=basis, context_basis=PolynomialBasis(1))
    rows = np.abs(X)
    encoder.fit_bases(rows[:800]).partial_fit(rows[:800])
    wrong = rows[800:1400].copy()
    wrong[450:480] = -1.0
    before = encoder._learner.sums.moments.count
    with np.errstate(invalid="ignore"), pytest.raises(InputError, match="missing or infinite"):
        encoder.partial_fit(wrong)
    assert encoder._learner.sums.moments.count == before
    encoder.partial_fit(rows[800:1400])
    assert encoder._learner.sums.count == 1400


def test_what_did_not_learn_by_chunks_cannot_be_merged():
    one = RitzEncoder(NoiseContext(), 2, n_functions=20)
    with pytest.raises(InputError, match="this encoder has no sums to merge"):
        one.fit(X[:500]).merge(one)
    begun, _ = BEGUN["drawn"]
    with pytest.raises(InputError, match="other has no sums to merge"):
        deepcopy(begun).merge(NoiseContext())
    with pytest.raises(InputError, match="no rows were learned from yet; call partial_fit"):
        deepcopy(begun).transform(X)


def test_labels_that_are_missing_in_a_later_chunk_are_refused():
    begun, _ = BEGUN["classes"]
    labels = Y[:100].astype(float)
    labels[7] = np.nan
    with pytest.raises(InputError, match="y has no value at row 7"):
        deepcopy(begun).partial_fit(X[:100], labels)


def test_few_rows_are_all_learned_from():
    encoder = RitzEncoder(NoiseContext(), 1, basis=PolynomialBasis(1)).fit_bases(X[:100])
    encoder.partial_fit(X[:12])
    assert np.isnan(encoder.score_)
    assert encoder.singular_values_[0] > 0


def test_alike_compares_what_is_held():
    for one in (1.5, np.nan, "a", None, [1, {"a": (2.0,)}], np.array(["a", None], dtype=object)):
        assert alike(one, deepcopy(one))
    assert not alike(np.zeros(2), np.zeros(2, np.float32))
    assert not alike(1, 1.0)
    assert not alike([1], [1, 2])
    makers = [lambda k: FunctionTransformer(lambda x: x + k)] * 2
    assert alike(makers[0](1), makers[1](1))
    assert not alike(makers[0](1), makers[1](2))
    one, other = (PolynomialBasis(2).fit(X[:100]) for _ in range(2))
    assert alike(one, other)
    assert not alike(one, PolynomialBasis(3).fit(X[:100]))
    # What cannot be looked into is alike to itself only.
    assert not alike(Lock(), Lock())

"""A context is its parameters: copied, written, seeded, fitted anew, whatever ran before."""

from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

from contexts.cases import CASES, IMAGES, ROWS, TOKENS, Case, assert_alike, over, public_contexts
from contextures.contexts import (
    Context,
    KNNContext,
    LabelContext,
    MaskContext,
    MonteCarloContext,
    PairContext,
    RBFContext,
    SCARFContext,
    TeacherContext,
)
from contextures.contexts.teachers import is_fitted

every = over(lambda case: True)


@every
def test_clone_parameters_and_repr(case):
    context = CASES[case].fitted()
    again = clone(context)
    assert type(again) is type(context)
    assert again.get_params(deep=False).keys() == context.get_params(deep=False).keys()
    assert getattr(context, "sign", type(context).__name__) in repr(context)
    assert repr(again) == repr(context)
    assert not hasattr(again, "input_weights_")
    assert not again.__sklearn_is_fitted__() and not again.has_rows


@every
def test_parameters_are_set_as_they_are_given(case):
    context = CASES[case].made()
    given = context.get_params(deep=False)
    other = type(context)(**given)
    assert other.get_params(deep=False) is not given
    for name, value in given.items():
        assert getattr(other, name) is value
    assert other.set_params(**given) is other
    deep = context.get_params()
    for name, part in context.parts().items():
        assert isinstance(part, Context)
        for inner, value in part.get_params(deep=False).items():
            assert deep[f"{name}__{inner}"] is value


@every
def test_a_fit_changes_no_parameter(case):
    case = CASES[case]
    context = case.made()
    before = context.get_params(deep=False)
    written = repr(context)
    assert context.fit(case.X, case.y) is context
    assert all(value is before[name] for name, value in context.get_params(deep=False).items())
    assert repr(context) == written
    assert not any(part.__sklearn_is_fitted__() for part in context.parts().values())


@every
def test_the_repr_can_be_evaluated(case):
    context = CASES[case].made()
    written = repr(context)
    if "..." in written or "sparse" in written:
        pytest.skip("a matrix is not written in full")
    names = {**public_contexts(), "array": np.array}
    names |= {
        type(value).__name__: type(value) for value in context.get_params(deep=False).values()
    }
    assert repr(eval(written, names)) == written


@every
def test_a_pickled_context_says_the_same(case):
    case = CASES[case]
    context = case.fitted()
    if case.form != "kernel":  # with what draws keep
        context.sample_rows(case.X, np.array([0]), np.random.default_rng(0))
    assert_alike(pickle.loads(pickle.dumps(context)), context, case)


@every
def test_fits_are_repeated_whatever_numpys_global_state(case):
    """A context without a seed has a fixed one, and leaves the global generator alone."""
    case = CASES[case]
    np.random.seed(0)
    one = case.fitted()
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    other = case.fitted()
    if case.new is not None and case.form != "sampler":
        other.expand(case.new)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    assert_alike(one, other, case)


def other_rows(case):
    """Give a fit to something else of the same kind, before that of the case."""
    if case.X is None:
        return np.arange(2), None
    if len(case.X) in (len(IMAGES), len(TOKENS)) and np.ndim(case.X) == 2:
        return case.X[2:], None if case.y is None else case.y[2:]
    return case.X[::-1][:-1], None if case.y is None else np.roll(case.y[::-1][:-1], 5, axis=0)


@every
def test_a_fit_to_other_rows_leaves_nothing_of_the_first(case):
    case = CASES[case]
    context = case.made().fit(*other_rows(case))
    if case.form != "kernel":
        context.sample_rows(other_rows(case)[0], np.array([0]), np.random.default_rng(0))
    if case.form != "sampler" and case.new is not None:
        context.expand(case.new)
    context.fit(case.X, case.y)
    fresh = case.fitted()
    assert learned(context) == learned(fresh)
    assert_alike(context, fresh, case)


def learned(context):
    return {name for name in vars(context) if name.endswith("_")}


@pytest.mark.parametrize(
    ("first", "then"), [("classes", "reals"), ("reals", "classes")], ids=["to reals", "to classes"]
)
def test_a_form_that_the_data_decide_is_decided_anew(first, then):
    """Nor is anything left of the other form."""
    labels = {"classes": CASES["labels"].y, "reals": CASES["real targets"].y}
    again = LabelContext().fit(ROWS, labels[first]).fit(ROWS, labels[then])
    fresh = LabelContext().fit(ROWS, labels[then])
    assert learned(again) == learned(fresh)
    assert_alike(again, fresh, Case(LabelContext(), ROWS, labels[then], form=fresh.form))
    pairs = {"classes": CASES["pairs of rows"], "reals": CASES["continuous pairs"]}
    fresh = pairs[then].fitted()
    again = PairContext().fit(pairs[first].X, pairs[first].y).fit(pairs[then].X, pairs[then].y)
    assert learned(again) == learned(fresh)
    assert_alike(again, fresh, pairs[then])


def seeds(context):
    """Give the seeds of a context and its parts, by the path of parameters to each."""
    return {
        name: value
        for name, value in context.get_params().items()
        if name.split("__")[-1] == "random_state"
    }


@every
def test_a_seed_reaches_what_has_none_and_nothing_else(case):
    context = CASES[case].made()
    before = context.get_params()
    trained = isinstance(context, TeacherContext) and is_fitted(context.estimator)
    for seed in (7, np.int64(7), np.random.RandomState(7)):
        given = context.seeded(seed)
        assert given is not context and not given.__sklearn_is_fitted__()
        found = seeds(given)
        for name, value in seeds(context).items():
            if value is None and not trained:
                assert isinstance(found[name], int) and found[name] >= 0
                assert isinstance(seed, np.random.RandomState) or found[name] == 7
            else:
                assert found[name] == value
        assert repr(given.set_params(**seeds(context))) == repr(context)
    assert repr(context.seeded(None)) == repr(context)
    assert all(value is before[name] for name, value in context.get_params().items())


def test_a_seed_reaches_parts_of_parts():
    class Over(Context):
        def __init__(self, first, second, random_state=None):
            self.first = first
            self.second = second
            self.random_state = random_state

    made = Over(
        MaskContext(KNNContext(5, n_landmarks=9)),
        Over(RBFContext(random_state=3), MonteCarloContext(SCARFContext())),
    )
    assert set(seeds(made.seeded(7)).values()) == {7, 3}
    assert seeds(made.seeded(7))["second__first__random_state"] == 3
    assert made.seeded(7).second.second.random_state == 7


@over(lambda case: "random_state" in case.context.get_params())
def test_the_seed_given_is_the_seed_used(case):
    """A seeded context is the one that was made with that seed."""
    case = CASES[case]
    context = case.made()
    made = clone(context).set_params(
        **{name: 7 for name, value in seeds(context).items() if value is None}
    )
    assert_alike(context.seeded(7).fit(case.X, case.y), made.fit(case.X, case.y), case)


@every
def test_a_subsampled_context_is_one_of_its_kind(case):
    context = CASES[case].made()
    half = context.subsampled(0.5)
    assert type(half) is type(context) and half is not context
    assert not half.__sklearn_is_fitted__()
    for name, part in context.parts().items():
        assert repr(getattr(half, name)) == repr(part.subsampled(0.5))
    share = context.exact_share(0.61, 60)
    assert 0 < share <= 0.61
    neighbours = getattr(context, "n_neighbors", None)
    if neighbours is None:
        others = set(context.get_params(deep=False)) - set(context.parts())
        for name in others:
            one, other = getattr(half, name), getattr(context, name)
            assert repr(one) == repr(other) or sparse.issparse(other)
    else:
        assert half.n_neighbors == max(2, round(neighbours / 2))
        if neighbours * share >= 2:
            assert neighbours * share == pytest.approx(round(neighbours * share), abs=0.2)


def test_no_context_needs_torch():
    """Those over rows of numbers are used where torch is not installed."""
    code = (
        "import sys, contextures.contexts as c; [getattr(c, n) for n in c.__all__];"
        "assert 'torch' not in sys.modules and 'lightgbm' not in sys.modules"
    )
    import subprocess

    subprocess.run([sys.executable, "-c", code], check=True)

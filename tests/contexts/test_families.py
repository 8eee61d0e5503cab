"""Contexts fitted or asked together are the ones fitted and asked alone."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from contexts.cases import CASES, NEW, ROWS, Case, as_array, over
from contextures.contexts import KNNContext, MaskContext, RBFContext
from contextures.exceptions import InputError


def assert_together_as_alone(contexts, case):
    """Fit contexts in one call, and expand rows of those that could be fitted in one."""
    kind = type(contexts[0])
    together = kind.fit_family(contexts, case.X, case.y)
    assert len(together) == len(contexts)
    good = []
    for context, fitted in zip(contexts, together, strict=True):
        try:
            alone = clone(context).fit(case.X, case.y)
        except InputError as error:
            assert isinstance(fitted, InputError) and str(fitted) == str(error)
            continue
        assert type(fitted) is kind and fitted is not context
        assert fitted.n_features_in_ == alone.n_features_in_
        np.testing.assert_allclose(fitted.input_weights_, alone.input_weights_)
        np.testing.assert_allclose(
            as_array(fitted.expansion_), as_array(alone.expansion_), atol=1e-13
        )
        np.testing.assert_allclose(
            as_array(fitted.expand(case.new)), as_array(alone.expand(case.new)), atol=1e-13
        )
        good.append((fitted, alone))
    expanded = kind.expand_family([fitted for fitted, _ in good], case.new)
    for new, (_, alone) in zip(expanded, good, strict=True):
        np.testing.assert_allclose(as_array(new), as_array(alone.expand(case.new)), atol=1e-13)
    return together


TABLE = Case(KNNContext(), ROWS, None, NEW)


def test_families_fitted_together_equal_contexts_fitted_alone():
    for contexts in (
        [KNNContext(n_neighbors=k) for k in (2, 5, 20)],
        [RBFContext(gamma=g) for g in (0.01, 1.0, 80.0)],
        [MaskContext(KNNContext(n_neighbors=k)) for k in (3, 9)],
        [MaskContext(RBFContext(gamma=g), mask_rate=0.5) for g in (0.1, 30.0)],
    ):
        assert len({context.family() for context in contexts}) == 1
        assert_together_as_alone(contexts, TABLE)


KNNS = [KNNContext(n_neighbors=k, n_landmarks=20, random_state=1) for k in (3, 12)]
MIXED = {
    "knn": [
        KNNContext(5),
        *KNNS,
        KNNContext(5, n_landmarks=20, random_state=2),
        KNNContext(25, n_landmarks=20),
        KNNContext(7, algorithm="brute"),
        KNNContext(40),
    ],
    "rbf": [
        RBFContext(),
        RBFContext(0.3, n_landmarks=20, random_state=1),
        RBFContext(0.3, n_landmarks=20, random_state=2),
        RBFContext(2.4),
        RBFContext(-1.0),
        RBFContext(2.4, n_landmarks=30),
        RBFContext(0.6),
    ],
    "masked": [
        MaskContext(KNNContext(5), n_masks=2, random_state=0),
        MaskContext(RBFContext(0.5), n_masks=2, random_state=0),
        MaskContext(KNNContext(9), n_masks=2, random_state=0),
        MaskContext(KNNContext(5), n_masks=1, random_state=5),
        MaskContext(KNNContext(5, n_landmarks=20), n_masks=2, random_state=0),
        MaskContext(KNNContext(5, n_landmarks=20), n_masks=2, random_state=7),
        MaskContext(RBFContext(n_landmarks=20), 0.6, n_masks=3),
        MaskContext(KNNContext(90), n_masks=2, random_state=0),
        MaskContext(KNNContext(5), mask_rate=2.0),
        MaskContext(),
    ],
}


@pytest.mark.parametrize("name", MIXED)
def test_what_differs_in_landmarks_seeds_masks_and_bases_is_kept_apart(name):
    """One call for all of them, some of which cannot be fitted."""
    contexts = MIXED[name]
    together = assert_together_as_alone(contexts, TABLE)
    failed = [fitted for fitted in together if isinstance(fitted, Exception)]
    assert failed and len(failed) < len(contexts)
    # And in another order, by which none may be told.
    assert_together_as_alone(contexts[::-1], TABLE)


def test_a_failing_member_of_a_family_does_not_stop_the_others():
    fitted = KNNContext.fit_family([KNNContext(5), KNNContext(60), KNNContext(-1)], ROWS)
    assert fitted[0].expansion_.shape == (60, 60)
    assert isinstance(fitted[1], InputError)
    assert isinstance(fitted[2], InputError)


@over(lambda case: case.form != "sampler")
def test_every_context_can_be_fitted_in_a_family(case):
    case = CASES[case]
    context = case.made()
    one, other = type(context).fit_family([context, context], case.X, case.y)
    alone = case.fitted()
    for fitted in (one, other):
        np.testing.assert_array_equal(as_array(fitted.expansion_), as_array(alone.expansion_))
    if case.new is not None:
        for new in type(context).expand_family([one, other], case.new):
            np.testing.assert_allclose(as_array(new), as_array(alone.expand(case.new)), atol=1e-13)
    assert isinstance(hash(context.family()), int)
    assert not context.__sklearn_is_fitted__()


@over(lambda case: case.form == "sampler")
def test_contexts_that_only_draw_can_be_fitted_in_a_family(case):
    case = CASES[case]
    context = case.made()
    for fitted in type(context).fit_family([context, context], case.X, case.y):
        np.testing.assert_array_equal(fitted.input_weights_, case.fitted().input_weights_)

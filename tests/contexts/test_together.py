"""Parts of a mix that are fitted together, held against parts fitted alone."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from contexts.cases import as_array
from contextures.contexts import KNNContext, LabelContext, MaskContext, RBFContext
from contextures.contexts.algebra import concatenation
from contextures.contexts.algebra.mix import Mix
from contextures.contexts.algebra.together import Together
from contextures.contexts.neighbor_search import NeighborSearch
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
ROWS, NEW = RNG.standard_normal((120, 4)), RNG.standard_normal((9, 4))
Y = ROWS[:, 0] > 0
A, B, C = KNNContext(4), KNNContext(9), KNNContext(15)
NEIGHBOURS = [
    A | B,
    0.3 * A + 0.7 * B,
    A @ B,
    (A | B) | C,
    0.2 * (A | C) + 0.8 * (B @ A),
    A @ (B @ C),
    A | A,
]
OTHERS = [
    0.5 * RBFContext(0.3) + 0.5 * (A @ RBFContext(1.0)),
    KNNContext(5, n_landmarks=60, random_state=0) | KNNContext(8, n_landmarks=60, random_state=1),
    0.5 * MaskContext(A, 0.4, n_masks=3, random_state=0)
    + 0.5 * MaskContext(B, 0.4, n_masks=3, random_state=0),
    0.5 * A + 0.5 * (B @ LabelContext()),
]


def alone(self, part, X, y):
    """Fit a part as though there were no others."""
    return clone(part).fit(X, y)


@pytest.mark.parametrize("mix", NEIGHBOURS + OTHERS, ids=str)
def test_parts_fitted_together_are_those_fitted_alone(mix, monkeypatch):
    together = clone(mix).fit(ROWS, Y)
    with monkeypatch.context() as patch:
        patch.setattr(Together, "__init__", lambda self, parts, X, y: None)
        patch.setattr(Together, "fit", alone)
        expected = clone(mix).fit(ROWS, Y)
    for found, wanted in (
        (together.describe().entries, expected.describe().entries),
        (together.describe().scales, expected.describe().scales),
        (together.expand(NEW), expected.expand(NEW)),
    ):
        np.testing.assert_allclose(as_array(found), as_array(wanted), atol=1e-14)
    assert repr(together) == repr(mix)


@pytest.mark.parametrize("mix", NEIGHBOURS, ids=str)
def test_neighbours_are_searched_for_once(mix, monkeypatch):
    """However deep they stand in the mix; and nothing of it stays behind."""
    asked = []
    query = NeighborSearch.query
    monkeypatch.setattr(
        NeighborSearch, "query", lambda self, rows, k: asked.append(k) or query(self, rows, k)
    )
    monkeypatch.setattr(NeighborSearch, "query_any_order", NeighborSearch.query)
    fitted = clone(mix).fit(ROWS)
    assert len(asked) == 1
    inner = [fitted]
    while inner:
        part = inner.pop()
        assert "_together" not in vars(part)
        inner += [part.left_, part.right_] if isinstance(part, Mix) else []
    np.testing.assert_array_equal(
        as_array(pickle.loads(pickle.dumps(fitted)).expand(NEW)), as_array(fitted.expand(NEW))
    )
    assert fitted.left_ is not fitted.right_


def test_what_a_part_refuses_is_said_by_the_mix():
    with pytest.raises(InputError, match="n_neighbors=500"):
        (KNNContext(3) | KNNContext(500)).fit(ROWS)


@pytest.mark.parametrize("largest", [1, 50, 2**40, 2**62])
def test_keys_are_numbered_as_by_numpy(largest):
    """Those that fit into one number with their place, and those that do not."""
    keys = RNG.integers(0, largest, 3000)
    for each in (keys, keys[:1]):
        found, codes = concatenation._numbered(each)
        expected, numbers = np.unique(each, return_inverse=True)
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(codes, numbers)

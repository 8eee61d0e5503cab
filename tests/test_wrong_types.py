"""What is no input is refused in one sentence, wherever it is given."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from contextures import ContextSearch, SpectralEncoder
from contextures.contexts import KNNContext, PairContext
from contextures.contexts.tokens import TextTokenizer
from contextures.evaluation import (
    Task,
    bootstrap_interval,
    cannot_tell,
    compare,
    expected_kernel_deviation,
    lidar,
    usefulness,
)
from contextures.exceptions import InputError
from contextures.regression import check_admissible, default_context
from contextures.selection import default_candidates, parse_context

X = np.random.default_rng(0).normal(size=(40, 3))
KNN = KNNContext(5)

CASES = {
    "one dimension": lambda: SpectralEncoder(KNN, 2).fit(X[:, 0]),
    "complex": lambda: KNN.fit(X * 1j),
    "a gap": lambda: SpectralEncoder(KNN, 2).fit(np.where(X > 2, np.nan, X)),
    "too large": lambda: SpectralEncoder(KNN, 2).fit(X * 1e160),
    "too small": lambda: SpectralEncoder(KNN, 2).fit(X * 1e-200),
    "nothing": lambda: ContextSearch([KNN]).fit(None),
    "words": lambda: ContextSearch().fit([["a", "b"]] * 40),
    "rows of several lengths": lambda: ContextSearch().fit([[1.0, 2.0], [3.0]] * 20),
    "a gap, searched": lambda: ContextSearch([KNN]).fit(np.where(X > 2, np.nan, X)),
    "one dimension, searched": lambda: ContextSearch().fit(X[:, 0]),
    "labels too few": lambda: ContextSearch([KNN]).fit(X, ["a", "b"]),
    "a word for a list": lambda: usefulness("abc"),
    "no text": lambda: TextTokenizer().fit(3),
    "dicts as names": lambda: PairContext().fit(np.array([{}] * 40), X),
    "no context name": lambda: parse_context(None),
    "candidates of a list": lambda: default_candidates([1, 2, 3]),
    "no function": lambda: check_admissible([1], np.array([0.5])),
    "no eigenvalues": lambda: check_admissible(np.square, []),
    "rows for a number": lambda: default_context(X),
    "no metric": lambda: bootstrap_interval(X, [0], [1]),
    "unequal lists": lambda: bootstrap_interval("accuracy", [0, 1], [1]),
    "no scores": lambda: cannot_tell([1, 2]),
    "no views": lambda: lidar(None),
    "not fitted": lambda: expected_kernel_deviation(X),
    "no pair": lambda: compare(Task("regression"), X, X, X[:, 0]),
}


@pytest.mark.parametrize("name", CASES)
def test_wrong_input_is_one_sentence(name):
    with pytest.raises(InputError) as caught:
        CASES[name]()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_tables_of_arrow_are_rows_of_numbers_too():
    table = pa.table({name: X[:, i] for i, name in enumerate("abc")})
    ours = SpectralEncoder(KNN, 2).fit_transform(table)
    np.testing.assert_array_equal(ours, SpectralEncoder(KNN, 2).fit_transform(X))

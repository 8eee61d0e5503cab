"""Candidates that are the same context on the rows looked at are judged once."""

from __future__ import annotations

import numpy as np
import pytest

from contextures import ContextSearch
from contextures.contexts import KNNContext, MaskContext, RBFContext
from contextures.selection import search as searching
from contextures.selection.candidates import as_candidate, first_alike

X = np.random.default_rng(0).normal(size=(600, 3))


def test_only_contexts_that_are_the_same_are_taken_for_it():
    contexts = [
        KNNContext(5),
        KNNContext(9),  # both are of two neighbours on a fifth of the rows
        KNNContext(50),
        KNNContext(5, n_landmarks=100),
        RBFContext(1.0),
        RBFContext(1.0),
        RBFContext(2.0),
        MaskContext(KNNContext(5)),
        MaskContext(KNNContext(9)),
        MaskContext(KNNContext(9), mask_rate=0.5),
        MaskContext(RBFContext(1.0)),
        KNNContext(5, random_state=np.random.RandomState(0)),
        KNNContext(5, random_state=np.random.RandomState(0)),
    ]
    found = first_alike([as_candidate(context) for context in contexts], 0.2)
    assert found == [0, 0, 2, 3, 4, 4, 6, 7, 7, 9, 10, 11, 12]


@pytest.mark.parametrize("criterion", ["label-free", "tau"])
def test_each_gets_the_numbers_that_it_gets_alone(criterion, monkeypatch):
    judged = []

    def counted(contexts, *rest):
        judged.extend(contexts)
        return judge_group(contexts, *rest)

    judge_group = searching.judge_group
    monkeypatch.setattr(searching, "judge_group", counted)
    contexts = [KNNContext(5), KNNContext(8), KNNContext(60), MaskContext(KNNContext(5))]
    done = []
    options = {"criterion": criterion, "max_samples": 140}
    search = ContextSearch(contexts, **options).fit(X, progress=lambda k, n: done.append((k, n)))
    assert len(judged) == 3 and done[-1] == (4, 4)
    for context in contexts:
        alone = ContextSearch([context], **options).fit(X).results_.iloc[0]
        row = search.results_[search.results_["context"].map(repr) == repr(context)].iloc[0]
        for name in ("tau", "decay", "strength") + ("pseudo",) * (criterion != "tau"):
            np.testing.assert_allclose(row[name], alone[name], rtol=1e-9)

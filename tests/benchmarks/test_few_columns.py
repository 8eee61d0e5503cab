"""Where few of many columns matter, kernels whose columns have widths of their own must tell."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

from contextures import ContextureClassifier, ContextureRegressor

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("classes", [False, True], ids=["numbers", "classes"])
def test_three_columns_of_32_tell_at_least_as_much_as_to_tuned_boosting(classes, monkeypatch):
    pytest.importorskip("lightgbm")
    monkeypatch.syspath_prepend(str(ROOT))
    tables, boosting = (
        importlib.import_module(f"benchmarks.{name}") for name in ("all_labels", "tuned_boosting")
    )
    split = tables.three_of_32(0, 2000, classes=classes)
    X, y = split.X[: split.n_fit], split.y[: split.n_fit]
    kind = ContextureClassifier if classes else ContextureRegressor
    ours = tables._asked(kind(random_state=0).fit(X, y), split)
    theirs, _ = boosting.tuned(split)
    truth = split.y[split.n_fit :]
    score, rival = (np.mean(split.scores(each, truth)) for each in (ours, theirs))
    loss, other = (np.mean(split.losses(each, truth)) for each in (ours, theirs))
    assert score >= rival
    assert loss <= other

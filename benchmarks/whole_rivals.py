"""Rivals of ``all_labels`` that are taken as they come: CatBoost's defaults, and AutoGluon's stack.

AutoGluon asks for versions of its own, so that it runs by another Python, given as
``--autogluon PYTHON``: that of an environment with ``autogluon.tabular[all]`` in it.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tuned_boosting import Split, Values

SCRIPT = Path(__file__).with_name("autogluon_stack.py")


def catboost(split: Split) -> Values:
    """Fit CatBoost at its defaults to the rows to train and to validate; predict the others."""
    import catboost as library

    kind = library.CatBoostClassifier if split.classes else library.CatBoostRegressor
    model = kind(verbose=0, random_seed=0, thread_count=1, allow_writing_files=False)
    model.fit(split.X[: split.n_fit], split.y[: split.n_fit])
    new = split.X[split.n_fit :]
    if not split.classes:
        return np.asarray(model.predict(new))
    found = np.zeros((len(new), split.n_classes))
    found[:, np.asarray(model.classes_, dtype=np.intp)] = model.predict_proba(new)
    return found


def autogluon(split: Split, python: Path) -> Values:
    """Let AutoGluon bag and stack what it has, by another Python."""
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder, "split.npz"), Path(folder, "values.npy")
        np.savez(given, X=split.X, y=split.y, n_fit=split.n_fit, classes=split.classes)
        command = [str(python), str(SCRIPT), str(given), str(found), str(Path(folder, "models"))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"AutoGluon failed: {done.stderr[-2000:]}")
        values = np.load(found)
    if not split.classes:
        return np.asarray(values)
    every = np.zeros((len(values), split.n_classes))
    every[:, np.unique(split.y[: split.n_fit])] = values
    return every


def measured(rival: Any, drawn: Any) -> dict[str, Any]:
    """Give a rival's values of the test rows, and the seconds by the clock that it took."""
    split: Split = drawn()
    started = time.perf_counter()
    values = rival(split)
    seconds = time.perf_counter() - started
    return {"values": np.round(values, 9).tolist(), "seconds": seconds}

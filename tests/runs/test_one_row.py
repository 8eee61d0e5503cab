"""One row of a loaded run costs little, and is what it is among others."""

from __future__ import annotations

import cProfile
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from contextures import load_run


@pytest.fixture(scope="module")
def loaded(wine):
    table, result = wine
    return table.frame.drop(columns=table.target), load_run(result.folder)


def calls(function, row):
    profile = cProfile.Profile()
    profile.runcall(function, row)
    return sum(entry.callcount for entry in profile.getstats())


def test_a_row_alone_is_as_among_others(loaded):
    frame, run = loaded
    some = frame.iloc[::9]
    for what in (run.transform, run.predict_proba):
        alone = np.vstack([what(some.iloc[[i]]) for i in range(len(some))])
        np.testing.assert_allclose(alone, what(some), rtol=1e-9, atol=1e-12)
    alone = [run.predict(some.iloc[[i]])[0] for i in range(len(some))]
    assert alone == run.predict(some).tolist()


@pytest.mark.parametrize(("what", "most"), [("transform", 8000), ("predict", 13_000)])
def test_checks_are_no_longer_than_the_work(loaded, what, most):
    """Calls, which do not depend on the machine: with all checks they were three times as many."""
    frame, run = loaded
    function = getattr(run, what)
    function(frame.iloc[[0]])
    assert calls(function, frame.iloc[[1]]) < most


def test_a_row_need_not_come_from_the_table(loaded):
    frame, run = loaded
    given = pd.DataFrame([frame.iloc[5].to_dict()])
    np.testing.assert_array_equal(run.transform(given), run.transform(frame.iloc[[5]]))


def test_embedding_loads_no_predictor():
    code = (
        "import sys, contextures.runs.embed, contextures.runs.new_rows\n"
        "print([m for m in ('contextures.prediction', 'sklearn.ensemble', 'skrub', 'plotly') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

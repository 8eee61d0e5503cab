"""AutoGluon on one split, by a Python that has it: ``autogluon_stack.py SPLIT VALUES MODELS``.

Its default models in bags of five folds, and a level of them stacked on those. It is run by
``benchmarks.whole_rivals`` and imports nothing of ours.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from autogluon.tabular import TabularPredictor

SECONDS = 600
"""What a table is given; beside other work even small ones take all of it."""


def main(given: Path, found: Path, models: Path) -> None:
    """Fit to the rows before ``n_fit``, and write the values of the others."""
    split = np.load(given)
    n_fit, classes = int(split["n_fit"]), bool(split["classes"])
    frame = pd.DataFrame(split["X"], columns=[f"x{i}" for i in range(split["X"].shape[1])])
    frame["y"] = split["y"]
    fitted = frame.iloc[:n_fit]
    kind = "regression"
    if classes:
        kind = "binary" if fitted["y"].nunique() == 2 else "multiclass"
    predictor = TabularPredictor(
        label="y",
        problem_type=kind,
        eval_metric="log_loss" if classes else "root_mean_squared_error",
        path=str(models),
        verbosity=0,
    )
    predictor.fit(
        fitted,
        time_limit=SECONDS,
        num_bag_folds=5,
        num_bag_sets=1,
        num_stack_levels=1,
        ag_args_ensemble={"fold_fitting_strategy": "sequential_local"},
    )
    print(predictor.leaderboard()[["model", "fit_time", "stack_level"]])
    new = frame.iloc[n_fit:].drop(columns="y")
    values = predictor.predict_proba(new) if classes else predictor.predict(new)
    np.save(found, np.asarray(values, dtype=np.float64))


if __name__ == "__main__":
    main(*(Path(each) for each in sys.argv[1:4]))

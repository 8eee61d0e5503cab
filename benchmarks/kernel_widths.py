"""Do learned widths make a kernel's functions better? Ridge on them, against the median width.

``python -m benchmarks.kernel_widths --data DIR``. Tables of 1,600 rows, three quarters of them to
fit; 64 singular functions, embedded without further labels, and ridge regression on them whose
penalty leave-one-out chooses. The error is the mean squared one on the other rows (of indicators
for classes), over that of the mean.
"""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.gaussian_process.kernels import RBF

from benchmarks import common
from benchmarks.all_labels import draw
from contextures import SpectralEncoder
from contextures.contexts import Context, KernelContext, RBFContext

TABLES = ("abalone", "concrete", "kin8nm", "segment", "vehicle")

CONTEXTS: dict[str, Context] = {
    "median width": RBFContext(),
    "without labels": KernelContext(RBF(), "pseudo-tasks", random_state=0),
    "one, from labels": KernelContext(RBF(), "shared", random_state=0),
    "each, from labels": KernelContext(RBF(), "each", random_state=0),
    "three levels, each": KernelContext(None, "each", random_state=0),
    "three levels, each, centred": KernelContext(None, "each", "centred", random_state=0),
}
"""What is compared: the first is what the others have to better."""

N_COMPONENTS, N_ROWS = 64, 1600
RIDGES = np.logspace(-5, 3, 25)


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "", data=True)
    arguments.add_argument("--tables", nargs="+", default=TABLES, help="names of data sets")
    arguments.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    arguments.add_argument("--results", type=Path, help="JSON lines to go on from and add to")
    options = arguments.parse_args()
    if options.data is None:
        arguments.error("--data is needed: a folder of NAME.parquet files and an index.json")
    warnings.simplefilter("ignore")
    ledger = common.Ledger(options.results)
    rows, ratios = [], []
    for name in options.tables[:1] if options.quick else options.tables:
        found = []
        for seed in options.seeds[:1] if options.quick else options.seeds:
            cell = {"table": name, "seed": seed}
            run = partial(errors, options.data, name, seed)
            found.append([ledger.once(cell, run)[what] for what in CONTEXTS])
        means = np.mean(found, axis=0)
        ratios.append(means / means[0])
        rows.append([name, *(f"{each:.3f}" for each in means)])
    rows.append(["ratio, geometric mean", *(f"{r:.2f}" for r in np.exp(np.log(ratios).mean(0)))])
    common.show(common.table(["table", *CONTEXTS], rows), options.json, ledger.runs)


def errors(data: Path, name: str, seed: int) -> dict[str, float]:
    """Give the error with each context on one draw of a table."""
    split = draw(data, name, seed, N_ROWS)
    fit, new = split.X[: split.n_fit], split.X[split.n_fit :]
    y = split.y[: split.n_fit]
    truth = (split.y[:, None] == np.arange(split.n_classes)) * 1.0 if split.classes else None
    targets = split.y[:, None] if truth is None else truth
    found = {}
    for what, context in CONTEXTS.items():
        encoder = SpectralEncoder(context, N_COMPONENTS, allow_fewer=True, random_state=0)
        known = encoder.fit_transform(fit, y)
        found[what] = ridge_error(
            known, encoder.transform(new), targets[: split.n_fit], targets[split.n_fit :]
        )
    return found


def ridge_error(known: Any, new: Any, targets: Any, truth: Any) -> float:
    """Fit ridge regression, and give its error on new rows over that of the mean."""
    from sklearn.linear_model import RidgeCV

    values = RidgeCV(RIDGES).fit(known, targets).predict(new).reshape(truth.shape)
    base = float(np.mean((truth - targets.mean(axis=0)) ** 2))
    return float(np.mean((truth - values) ** 2)) / base


if __name__ == "__main__":
    main()

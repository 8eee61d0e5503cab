"""Drift tests beside each other: level, and power against moves that tasks can and cannot feel."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import ks_2samp, mannwhitneyu
from sklearn.linear_model import LogisticRegression

from benchmarks import common
from benchmarks.common import FloatArray, Ledger

SIZES = (50, 200, 1000)
TILT, STEP = 0.3, 0.3
"""Exponent of the density, by a function of unit variance; step of the column that says nothing."""


def mmd(old: FloatArray, new: FloatArray, rng: Any, times: int = 99) -> float:
    """Give the p-value of the mean discrepancy under a Gaussian kernel of median width."""
    rows, n, m = np.vstack([old, new]), len(old), len(new)
    squares = cdist(rows, rows, "sqeuclidean")
    some = rng.permutation(n + m)[:500]
    kernel = np.exp(
        -squares / np.median(squares[np.ix_(some, some)][np.triu_indices(len(some), 1)])
    )
    np.fill_diagonal(kernel, 0)
    signs = np.zeros((times + 1, n + m))
    signs[0, :n] = 1
    for row in signs[1:]:
        row[rng.permutation(n + m)[:n]] = 1
    first = signs @ kernel
    inside = (first * signs).sum(1)
    across = first.sum(1) - inside
    other = kernel.sum() - inside - 2 * across
    found = inside / (n * (n - 1)) + other / (m * (m - 1)) - 2 * across / (n * m)
    return float((1 + (found[1:] >= found[0]).sum()) / (1 + times))


def two_sample_classifier(old: FloatArray, new: FloatArray, rng: Any) -> float:
    """Give the p-value of a logistic regression's ranks of rows that it was not fitted to."""
    rows, kind = np.vstack([old, new]), np.repeat([0, 1], [len(old), len(new)])
    order = rng.permutation(len(rows))
    half = len(rows) // 2
    model = LogisticRegression(max_iter=500).fit(rows[order[:half]], kind[order[:half]])
    held = order[half:]
    scores = model.decision_function(rows[held])
    test = mannwhitneyu(scores[kind[held] == 1], scores[kind[held] == 0], alternative="greater")
    return float(test.pvalue)


def encoder_of(rows: FloatArray) -> Any:
    """Fit the encoder whose coordinates are tested."""
    from contextures import SpectralEncoder
    from contextures.contexts import KNNContext

    return SpectralEncoder(KNNContext(30), n_components=16).fit(rows)


def levels(ledger: Ledger, data: Path, quick: bool, repeats: int) -> None:
    """Take more p-values of the drift test alone where nothing moved: a level needs many."""
    from contextures.shift import drift_test

    rows = common.real(data, "california_housing")
    n_reference = 200 if quick else 2000

    def once(repeat: int) -> dict[str, Any]:
        order = np.random.default_rng([repeat, 1]).permutation(len(rows))
        learned, held, others = np.split(order, [n_reference, 2 * n_reference])
        encoder = encoder_of(rows[learned])
        how: dict[str, Any] = {"n_permutations": 99, "random_state": repeat}
        told: dict[str, Any] = {}
        for n in (50,) if quick else SIZES:
            new, others = rows[others[:n]], others[n:]
            found = drift_test(encoder, rows[held], new, fitted=False, **how)
            again = drift_test(encoder, rows[learned], new, fitted=True, **how)
            told[f"nothing {n}"] = {"drift_test": found.p_value, "by fitted rows": again.p_value}
        return {"told": told}

    for repeat in range(2 if quick else repeats):
        key = {"repeat": repeat, "quick": quick}
        if not any({"part": "drift", **key}.items() <= run.items() for run in ledger.runs):
            ledger.once({"part": "levels", **key}, partial(once, repeat))


def drift(ledger: Ledger, data: Path, quick: bool, repeats: int) -> None:
    """Take p-values where nothing moved, where tasks feel the move, and where none can.

    The context sees a table's columns, and the other tests one more, which is noise. Tasks feel a
    tilt of the density by a random compatible function, of an encoder that was fitted apart; none
    feels a step of the noise.
    """
    from contextures.shift import drift_test

    rows = common.real(data, "california_housing")
    n_reference = 200 if quick else 2000
    apart, rest = np.split(np.random.default_rng(0).permutation(len(rows)), [2 * n_reference])
    oracle = encoder_of(rows[apart])
    functions = oracle.transform(rows) * oracle.singular_values_

    def once(repeat: int) -> dict[str, Any]:
        rng = np.random.default_rng(repeat)
        order = rng.permutation(rest)
        learned, held, others = np.split(order, [n_reference, 2 * n_reference])
        noise = rng.standard_normal(len(rows))
        encoder = encoder_of(rows[learned])
        felt = functions @ rng.standard_normal(functions.shape[1])
        felt = (felt - felt.mean()) / felt.std()
        tilt = np.exp(TILT * np.clip(felt[others], -3, 3))
        how: dict[str, Any] = {"n_permutations": 99, "random_state": repeat}
        told: dict[str, Any] = {}
        for n in (50,) if quick else SIZES:
            for moved in ("nothing", "tasks", "noise"):
                chances = tilt / tilt.sum() if moved == "tasks" else None
                new = rng.choice(others, size=n, replace=False, p=chances)
                step = STEP if moved == "noise" else 0.0
                old_all = np.column_stack([rows[held], noise[held]])
                new_all = np.column_stack([rows[new], noise[new] + step])
                columns = min(
                    ks_2samp(a, b).pvalue for a, b in zip(old_all.T, new_all.T, strict=True)
                )
                found = drift_test(encoder, rows[held], rows[new], fitted=False, **how)
                again = drift_test(encoder, rows[learned], rows[new], fitted=True, **how)
                told[f"{moved} {n}"] = {
                    "drift_test": found.p_value,
                    "by fitted rows": again.p_value,
                    "Gaussian MMD": mmd(old_all, new_all, rng),
                    "KS, Bonferroni": min(1.0, columns * old_all.shape[1]),
                    "classifier": two_sample_classifier(old_all, new_all, rng),
                    "effect": found.effect,
                }
        return {"told": told}

    for repeat in range(2 if quick else repeats):
        ledger.once({"part": "drift", "repeat": repeat, "quick": quick}, partial(once, repeat))


def tell_levels(runs: list[dict[str, Any]]) -> str:
    """Lay out the share of alarms where nothing moved, of both parts that took p-values there."""
    lines = []
    for case in (case for case in runs[0]["told"] if case.startswith("nothing")):
        found = [run["told"][case] for run in runs]
        shares = [
            np.mean([each[test] <= 0.05 for each in found])
            for test in ("drift_test", "by fitted rows")
        ]
        lines.append([case.split()[1], *(f"{share:.3f}" for share in shares)])
    return common.table(["rows", "drift_test", "by fitted rows"], lines) + f"\n{len(runs)} repeats"


def tell_drift(runs: list[dict[str, Any]]) -> str:
    """Lay out the share of alarms at .05 for each move and number of rows."""
    tests = [name for name in next(iter(runs[0]["told"].values())) if name != "effect"]
    lines = []
    for case in runs[0]["told"]:
        moved, n = case.split()
        shares = [np.mean([run["told"][case][test] <= 0.05 for run in runs]) for test in tests]
        effect = np.mean([run["told"][case]["effect"] for run in runs])
        lines.append([n, moved, *(f"{share:.3f}" for share in shares), f"{effect:.3f}"])
    return common.table(["rows", "moved", *tests, "mean effect"], lines) + f"\n{len(runs)} repeats"

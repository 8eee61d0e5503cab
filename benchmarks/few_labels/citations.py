"""Cora, as the paper of spectrally transformed kernel regression uses it (its section 5)."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks import common, cora
from benchmarks.few_labels.scoring import spread
from contextures.contexts import Context
from contextures.regression import STKRClassifier


class WalkContext(Context):
    """A step from a node, new ones too, to one of the fitted nodes that it is linked to."""

    takes = "any"

    def __init__(self, adjacency: Any) -> None:
        self.adjacency = adjacency

    def fit(self, X: Any, y: Any = None) -> Any:
        """Keep the nodes that steps lead to."""
        self.nodes_ = np.asarray(X, dtype=np.intp).ravel()
        return self

    def expand(self, X: Any) -> Any:
        """Give the steps of nodes; one with no link to a fitted node goes anywhere."""
        steps = self.adjacency[np.asarray(X, dtype=np.intp).ravel()][:, self.nodes_].tolil()
        for row in np.flatnonzero(np.asarray(steps.sum(axis=1)).ravel() == 0):
            steps[row] = 1.0
        weights = sparse.csr_array(steps)
        return sparse.csr_array(sparse.diags_array(1 / weights.sum(axis=1)) @ weights)


PAPER = "inverse Laplacian .770 ± .057, label propagation .733 (arXiv 2402.00645)"


def run(ledger: common.Ledger, data: Path, options: Any) -> str:
    """Run what is missing: the usual 140 labelled nodes, and one node in a hundred to predict.

    Those nodes are there without labels (transductive) or away until they are predicted
    (inductive). All nodes without labels are scored too, since 27 nodes say little.
    """
    rows = []
    for name in ("inverse Laplacian", "auto"):
        found = [
            ledger.once(
                {"part": "citations", "model": name, "seed": seed}, partial(_once, data, name, seed)
            )
            for seed in range(options.draws)
        ]
        rows.append(
            [name, *(spread([each[key] for each in found]) for key in ("all", "hidden", "new"))]
        )
    head = ["STKR on the graph", "all unlabelled nodes", "1 %, transductive", "1 %, inductive"]
    return common.table(head, rows) + f"\n\nThe paper: {PAPER}."


def _once(data: Path, name: str, seed: int) -> dict[str, Any]:
    graph = cora.read(data)
    labels, train = np.asarray(graph["labels"]), np.asarray(graph["train"])
    rng = np.random.default_rng(seed)
    others = np.setdiff1d(np.arange(len(labels)), train)
    away = rng.choice(others, len(labels) // 100, replace=False)
    known = np.full(len(labels), -1)
    known[train] = labels[train]
    nodes = np.arange(len(labels))[:, None]
    kept = np.setdiff1d(nodes, away)
    whole = _fit(graph["adjacency"], nodes, known, name)
    part = _fit(graph["adjacency"], kept[:, None], known[kept], name)
    return {
        "all": float(np.mean(whole.labels_[others] == labels[others])),
        "hidden": float(np.mean(whole.labels_[away] == labels[away])),
        "new": float(np.mean(part.predict(nodes[away]) == labels[away])),
    }


def _fit(adjacency: Any, nodes: Any, known: Any, name: str) -> STKRClassifier:
    """Fit at the defaults, or the inverse Laplacian whose eta has the least leave-one-out error."""
    if name == "auto":
        return STKRClassifier(WalkContext(adjacency)).fit(nodes, known)
    fits = [
        STKRClassifier(WalkContext(adjacency), spectral_transform=f"inverse-laplacian:{q}")
        for q in (0.9, 0.99, 0.999)
    ]
    fits = [each.fit(nodes, known) for each in fits]
    return min(fits, key=lambda each: sum(part.weight * part.error for part in each.settings_))

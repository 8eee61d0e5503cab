"""What are features of a citation graph worth? Exact ones, and networks', by a linear probe."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegressionCV
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import common
from contextures.contexts import GraphContext
from contextures.encoders import NeuralEncoder, SpectralEncoder
from contextures.exceptions import ContextWarning

DIMENSIONS = (8, 16, 32, 64, 128)
OBJECTIVES = ("ratio_trace", "graph", "low_rank")


def read(data: Path) -> dict[str, Any]:
    """Read the graph, its nodes' words and classes, and the usual split."""
    held = np.load(data / "cora.npz")
    n = len(held["labels"])
    rows, columns = held["edges"].T
    edges = sp.coo_array((np.ones(len(rows)), (rows, columns)), shape=(n, n))
    # Loops keep lonely nodes in, and the walk from being bipartite.
    adjacency = sp.csr_array(((edges + edges.T) > 0).astype(np.float64) + sp.eye_array(n))
    words = sp.coo_array(
        (held["feature_values"], (held["feature_rows"], held["feature_cols"])),
        shape=tuple(held["feature_shape"]),
    )
    return {
        "adjacency": adjacency,
        "words": words.toarray().astype(np.float32),
        "labels": held["labels"],
        "train": held["train_index"],
        "test": held["test_index"],
    }


def probe(features: Any, graph: dict[str, Any], seed: int) -> dict[str, Any]:
    """Fit a linear classifier on the training nodes; the dimension is chosen on them too."""
    train, test, labels = graph["train"], graph["test"], graph["labels"]
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    best: dict[str, Any] = {"validation": -1.0}
    for d in (*(d for d in DIMENSIONS if d < features.shape[1]), features.shape[1]):
        classifier = LogisticRegressionCV(
            Cs=np.logspace(-4, 1, 6), cv=folds, max_iter=2000, scoring="accuracy"
        )
        model = make_pipeline(StandardScaler(), classifier).fit(features[train, :d], labels[train])
        scores = np.mean([s.mean(axis=0) for s in model[-1].scores_.values()], axis=0).max()
        if scores > best["validation"]:
            accuracy = float(model.score(features[test, :d], labels[test]))
            best = {"validation": float(scores), "d": int(d), "accuracy": accuracy}
    return best


def learned(graph: dict[str, Any], learner: str, seed: int, quick: bool) -> Any:
    """Give features of all nodes."""
    context = GraphContext(graph["adjacency"])
    if learner == "words":
        return graph["words"]
    if learner == "exact":
        return SpectralEncoder(context, max(DIMENSIONS), random_state=seed).fit_transform(None)
    encoder = NeuralEncoder(
        context,
        16 if quick else max(DIMENSIONS),
        objective=learner,
        network="graph",
        network_options={"features": graph["words"], "dropout": 0.5},
        max_steps=10 if quick else "auto",
        random_state=seed,
    )
    return encoder.fit_transform(None)


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "", data=True)
    arguments.add_argument("--results", type=Path, help="JSON lines to go on from and add to")
    arguments.add_argument("--seeds", type=int, default=3, help="how many, from 0 on")
    arguments.add_argument("--learners", nargs="+", default=["words", "exact", *OBJECTIVES])
    options = arguments.parse_args()
    if options.data is None:
        arguments.error("--data is needed: a folder with cora.npz")
    warnings.simplefilter("ignore", ContextWarning)
    graph = read(options.data)
    ledger = common.Ledger(options.results)

    def run(learner: str, seed: int) -> dict[str, Any]:
        started = time.perf_counter()
        features = learned(graph, learner, seed, options.quick)
        seconds = time.perf_counter() - started
        return {"seconds": seconds, **probe(features, graph, seed)}

    rows = []
    for learner in options.learners:
        runs = [
            ledger.once(
                {"learner": learner, "seed": seed},
                lambda learner=learner, seed=seed: run(learner, seed),
            )
            for seed in range(options.seeds)
        ]
        accuracy = np.array([found["accuracy"] for found in runs])
        seconds = np.mean([found["seconds"] for found in runs])
        chosen = ", ".join(str(found["d"]) for found in runs)
        spread = f"{accuracy.mean():.3f} ± {accuracy.std():.3f}"
        rows.append([learner, spread, chosen, f"{seconds:.0f}"])
    head = ["features", "accuracy, 1000 test nodes", "d chosen", "seconds"]
    common.show(common.table(head, rows), options.json, ledger.runs)


if __name__ == "__main__":
    main()

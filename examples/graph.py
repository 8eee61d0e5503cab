"""A graph: what who cites whom teaches about the fields of papers.

The context of a node is a random neighbour. Its exact singular functions use edges only. The same
context over the nodes' words (pairs of the words of linked nodes, learned by RitzEncoder) gives
functions of words, which also embed nodes that come without edges. A graph network uses both.

With ``--data`` this is Cora, a citation graph of 2,708 papers in 78 unconnected parts, on its usual
split: 140 labelled nodes, 1,000 to classify. So 77 singular values are one, and their functions
tell the parts apart, which helps: .73 with them, .66 without. Words under the graph gave .73, the
network .75, raw words .60. Without data it is a graph of blocks whose singular values are known,
and found.

    python -m examples.graph --data DIR
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.preprocessing import FunctionTransformer

from contextures import SpectralEncoder
from contextures.contexts import GraphContext, PairContext
from contextures.encoders import NeuralEncoder, RitzEncoder
from contextures.evaluation import Task
from contextures.exceptions import ContextWarning
from contextures.spectrum import decompose
from examples import common

BLOCKS, INSIDE, OUTSIDE = 5, 0.40, 0.08
TASK = Task("classification")


@dataclass
class Graph:
    """A graph whose nodes have words and classes."""

    adjacency: Any
    words: Any
    classes: Any
    split: tuple[Any, Any] | None = None


def cora(path: Path) -> Graph:
    """Read Cora."""
    held = np.load(path / "cora.npz")
    n = len(held["labels"])
    edges = np.vstack([held["edges"], held["edges"][:, ::-1]])
    adjacency = sparse.csr_array((np.ones(len(edges)), edges.T), shape=(n, n))
    adjacency.data[:] = 1.0  # an edge that is listed twice is one edge
    places = (held["feature_rows"], held["feature_cols"])
    words = sparse.csr_array((held["feature_values"], places), shape=held["feature_shape"])
    split = (held["train_index"], held["test_index"])
    return Graph(adjacency, words.toarray().astype(float), held["labels"], split)


def blocks(seed: int, size: int = 120, n_words: int = 100) -> Graph:
    """Draw a graph of equal blocks, and words that hint at the blocks."""
    rng = np.random.default_rng(seed)
    classes = np.repeat(np.arange(BLOCKS), size)
    drawn = np.triu(rng.random((len(classes),) * 2) < expected(classes), 1)
    rates = rng.uniform(0.05, 0.3, n_words) * rng.choice([0.7, 1.4], (BLOCKS, n_words))
    words = (rng.random((len(classes), n_words)) < rates[classes]).astype(float)
    return Graph(sparse.csr_array((drawn + drawn.T).astype(float)), words, classes)


def expected(classes: Any) -> Any:
    """Give the chance of every edge of the graph of blocks."""
    return np.where(classes[:, None] == classes, INSIDE, OUTSIDE)


def check_known_spectrum(run: common.Example, graph: Graph, values: Any) -> float:
    """Compare with the closed form (p - q) / (p + (K - 1) q), K - 1 times."""
    known = (INSIDE - OUTSIDE) / (INSIDE + (BLOCKS - 1) * OUTSIDE)
    exact = decompose(GraphContext(expected(graph.classes)), None, BLOCKS - 1).singular_values
    run.add("error of the singular values, expected graph", np.abs(exact - known).max())
    run.add("error of the singular values, drawn graph", np.abs(values[: BLOCKS - 1] - known).max())
    run.add("largest of the other singular values, drawn graph", values[BLOCKS - 1])
    return known


def accuracy(features: Any, classes: Any, split: tuple[Any, Any], probe: Any) -> float:
    """Score a probe that is fitted to the labelled nodes."""
    train, test = split
    return float(probe(TASK, features[train], classes[train]).score(features[test], classes[test]))


def random_split(classes: Any, seed: int, n_test: int) -> tuple[Any, Any]:
    """Draw 20 labelled nodes of each class, and nodes to classify."""
    rng = np.random.default_rng(seed)
    train = common.labelled_rows(classes, 20 * len(np.unique(classes)), rng)
    rest = rng.permutation(np.setdiff1d(np.arange(len(classes)), train))
    return train, rest[:n_test]


def main() -> None:
    """Run the example."""
    run = common.example("graph", __doc__)
    graph = cora(run.data) if run.data else blocks(run.seed)
    n = len(graph.classes)
    # A loop on each node, so that a pair of papers that cite each other is not a bipartite graph.
    walk = GraphContext(graph.adjacency + sparse.eye_array(n) if run.data else graph.adjacency)
    structure = SpectralEncoder(walk, 128 if run.data else 16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ContextWarning)  # that there are parts: said below
        by_edges = structure.fit_transform(None)
    n_parts = structure.spectrum_.n_parts
    run.add("unconnected parts", n_parts)

    heads, tails = graph.adjacency.nonzero()
    encoder = RitzEncoder(PairContext(), 32 if run.data else 8, basis=FunctionTransformer())
    by_words = encoder.fit(graph.words[heads], graph.words[tails]).transform(graph.words)
    network = NeuralEncoder(
        walk,
        32 if run.data else 8,
        network="graph",
        network_options={"features": graph.words},
        max_steps=40 if run.quick else 150,
        n_threads=1,
        random_state=run.seed,
    )
    by_network = network.fit_transform(None)
    known = None if run.data else check_known_spectrum(run, graph, structure.singular_values_)

    features = {
        "edges, exact": (by_edges, common.ordered_probe),
        "edges, without the parts": (by_edges[:, n_parts - 1 :], common.ordered_probe),
        "words under the graph, Ritz": (by_words, common.ordered_probe),
        "words and edges, network": (by_network, common.ordered_probe),
        "raw words": (graph.words, common.word_probe),
    }
    if n_parts == 1:
        del features["edges, without the parts"]
    for name, (values, probe) in features.items():
        if graph.split:
            run.add(f"{name}: usual split", accuracy(values, graph.classes, graph.split, probe))
        for seed in run.seeds:
            split = random_split(graph.classes, seed, 1000)
            run.add(f"{name}: random splits", accuracy(values, graph.classes, split, probe))

    kinds = ["usual split", "random splits"] if graph.split else ["random splits"]
    rows = [[name, *(run.cell(f"{name}: {kind}") for kind in kinds)] for name in features]
    draw(run, graph, structure, by_words, known, features, kinds, rows)


def draw(
    run: common.Example,
    graph: Graph,
    structure: SpectralEncoder,
    by_words: Any,
    known: float | None,
    features: Any,
    kinds: list[str],
    rows: list[list[str]],
) -> None:
    """Draw the spectrum, a map of the nodes and the scores."""
    figure, (left, middle, right) = common.axes(3)
    values = structure.singular_values_
    ones = structure.spectrum_.n_parts - 1
    places = np.arange(1, len(values) + 1)
    left.plot(places[ones:], values[ones:], ".", label="exact")
    if ones:
        left.plot(places[:ones], values[:ones], ".", color=common.GREY, label=f"one: {ones} times")
    if known:
        left.hlines(known, 1, BLOCKS - 1, color=common.COLOURS[1], label="known, expected graph")
    left.set(title="Singular values of the walk", xlabel="i", ylabel="$s_i$")
    left.legend()

    common.class_map(middle, by_words, graph.classes, run.seed)
    middle.set(title="Words under the graph")

    common.bars(right, run, [(name, f"{name}: {kinds[0]}") for name in features])
    right.set(title=f"Accuracy, {kinds[0]}")
    run.finish(figure, ["features", *kinds], rows)


if __name__ == "__main__":
    main()

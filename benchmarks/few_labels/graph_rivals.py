"""Specialists of few labels, all on the same ten nearest neighbours; most take no new rows."""

from __future__ import annotations

import contextlib
import hashlib
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.neighbors import NearestNeighbors

from benchmarks.few_labels.sources import Draw

NEIGHBOURS = 10

_MAPPED: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}


def graph_learning(draw: Draw, method: str) -> NDArray[np.float64] | None:
    """Run Laplace or Poisson learning of the package ``graphlearning``, where it is installed.

    It divides by zero where copies of a row fill its neighbours: distances get a floor first.
    What is not a number after that counts as zero.
    """
    try:
        import graphlearning
    except ImportError:
        return None
    labelled = draw.labelled
    distances, neighbours = _neighbours(draw.rows)
    floor = 1e-6 * float(np.median(distances[:, -1]) or 1.0)
    with contextlib.redirect_stdout(io.StringIO()):
        weights = graphlearning.weightmatrix.knn(
            None, NEIGHBOURS, knn_data=(neighbours, np.maximum(distances, floor))
        )
        if method == "laplace":
            model = graphlearning.ssl.laplace(weights)
        else:
            model = graphlearning.ssl.poisson(weights, solver="gradient_descent")
        found = np.asarray(model.fit(labelled, draw.truth[labelled]), dtype=np.float64)
    return np.where(np.isfinite(found), found, 0.0)


def adjacency(rows: NDArray[np.float64]) -> sparse.csr_array:
    """Give the symmetric graph of ten nearest neighbours with Gaussian weights."""
    distances, neighbours = _neighbours(rows)
    widths = np.maximum(distances[:, -1:], 1e-9)
    weights = np.exp(-4 * (distances / widths) ** 2)
    n, k = distances.shape
    graph = sparse.csr_array(
        (weights.ravel(), neighbours.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n)
    )
    return sparse.csr_array(graph.maximum(graph.T))


def umap_of(
    rows: NDArray[np.float64], new: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Map rows and new ones to ten coordinates by UMAP, where it is installed.

    It sees no labels, so that draws that differ by their number alone share it.
    """
    try:
        import umap
    except ImportError:
        return None
    key = hashlib.sha256(rows.tobytes() + new.tobytes()).hexdigest()
    if key not in _MAPPED:
        mapped = umap.UMAP(n_components=10, random_state=0, n_jobs=1).fit(rows)
        _MAPPED[key] = (np.asarray(mapped.embedding_), np.asarray(mapped.transform(new)))
    return _MAPPED[key]


def laplacian_rls(draw: Draw, targets: NDArray[np.float64]) -> dict[str, Any]:
    """Fit manifold regularisation (LapRLS; Belkin, Niyogi and Sindhwani 2006) on all rows.

    A Gaussian kernel at the median distance; both penalties by five folds of the labels.
    """
    from scipy.spatial.distance import cdist

    squared = cdist(draw.rows, draw.rows, "sqeuclidean")
    width = float(np.median(squared[squared > 0]))
    kernel, new = (
        np.exp(-squared / width),
        np.exp(-cdist(draw.new, draw.rows, "sqeuclidean") / width),
    )
    graph = adjacency(draw.rows)
    laplacian = sparse.diags_array(graph.sum(axis=1)) - graph
    smooth = np.asarray(laplacian @ kernel) * len(draw.labelled) / len(draw.rows) ** 2

    def dual(labelled: NDArray[np.intp], own: float, graph_penalty: float) -> Any:
        system = np.zeros_like(kernel)
        system[labelled] = kernel[labelled]
        system += own * len(labelled) * np.eye(len(kernel)) + graph_penalty * smooth
        right = np.zeros((len(kernel), targets.shape[1]))
        right[labelled] = targets[np.searchsorted(draw.labelled, labelled)]
        return np.linalg.solve(system, right)

    grid = [(own, inner) for own in (1e-3, 1e-1) for inner in (1e-1, 1e1, 1e3)]
    folds = np.random.default_rng(0).permutation(len(draw.labelled)) % 5
    errors = []
    for setting in grid:
        total = 0.0
        for fold in np.unique(folds):
            kept, away = draw.labelled[folds != fold], draw.labelled[folds == fold]
            missed = kernel[away] @ dual(kept, *setting) - targets[folds == fold]
            total += float(np.sum(missed**2))
        errors.append(total)
    found = dual(draw.labelled, *grid[int(np.argmin(errors))])
    return {"fitted": kernel @ found, "new": new @ found}


def distilled(draw: Draw, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Carry a graph's values to new rows by kernel ridge regression, tuned by left-out error."""
    from scipy.spatial.distance import cdist

    squared = cdist(draw.rows, draw.rows, "sqeuclidean")
    width = float(np.median(squared[squared > 0]))
    eigenvalues, vectors = np.linalg.eigh(np.exp(-squared / width))
    projected = vectors.T @ values
    best: tuple[float, float] | None = None
    for penalty in np.geomspace(1e-4, 10, 6):
        shrunk = eigenvalues / (eigenvalues + penalty)
        missed = values - vectors @ (shrunk[:, None] * projected)
        free = 1 - np.einsum("ij,j,ij->i", vectors, shrunk, vectors)
        error = float(np.mean((missed / np.maximum(free, 1e-9)[:, None]) ** 2))
        best = min(best or (np.inf, 0.0), (error, float(penalty)))
    assert best is not None
    dual = vectors @ (projected / (eigenvalues + best[1])[:, None])
    return np.asarray(np.exp(-cdist(draw.new, draw.rows, "sqeuclidean") / width) @ dual)


def _neighbours(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    found = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(rows).kneighbors(rows)
    return found[0], found[1]

"""Are singular values and functions right? Against closed forms and the dense SVD."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from scipy import special
from scipy.linalg import subspace_angles

from benchmarks import common
from contextures.contexts import Context, FiniteContext, GraphContext, KNNContext
from contextures.spectrum import decompose, decompose_fitted


def forms(n_bits: int) -> Iterator[tuple[str, Context, np.ndarray]]:
    """Give contexts with known singular values, large enough for the iterative solvers."""
    n = 2000
    ring = sp.diags_array([1.0] * n) + sp.csr_array(
        (np.ones(2 * n), (np.r_[0:n, 0:n], np.r_[np.roll(np.r_[0:n], 1), np.roll(np.r_[0:n], -1)]))
    )
    angles = 2 * np.pi * np.arange(1, n) / n
    yield f"graph: lazy cycle, n = {n}", GraphContext(ring), np.abs(1 + 2 * np.cos(angles)) / 3
    size = 2**n_bits
    rows = np.repeat(np.arange(size), n_bits)
    columns = (np.arange(size)[:, None] ^ (1 << np.arange(n_bits))[None, :]).ravel()
    cube = sp.csr_array((np.ones(len(rows)), (rows, columns)), shape=(size, size))
    values = [[abs(1 - k / n_bits)] * math.comb(n_bits, k) for k in range(1, n_bits + 1)]
    yield (
        f"graph: lazy hypercube, n = {size}",
        GraphContext(cube + n_bits * sp.eye_array(size)),
        np.array(list(itertools.chain(*values))),
    )
    blocks = np.kron(np.full((8, 8), 0.1) + 0.5 * np.eye(8), np.ones((100, 100)))
    yield "graph: 8 blocks, n = 800", GraphContext(blocks), np.full(7, 0.5 / (0.6 + 0.7))
    bits = np.arange(1024)
    distance = np.bitwise_count(bits[:, None] ^ bits[None, :])
    flips = 0.1**distance * 0.9 ** (10 - distance) / 1024
    flipped = [[0.8**k] * math.comb(10, k) for k in range(1, 11)]
    yield (
        "joint: cube with flips, n = 1024",
        FiniteContext(flips),
        np.array(list(itertools.chain(*flipped))),
    )
    turn = 2 * np.pi * np.arange(1000) / 1000
    circle = np.exp(3 * np.cos(turn[:, None] - turn[None, :]))
    ratios = special.ive(np.arange(1, 30), 3.0) / special.ive(0, 3.0)
    yield (
        "joint: von Mises circle, n = 1000",
        FiniteContext(circle / circle.sum()),
        np.repeat(ratios, 2),
    )


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "", data=True)
    options = arguments.parse_args()
    numbers: dict[str, dict[str, float]] = {}
    solvers = ("dense", "gram", "lanczos", "propack")
    for name, context, values in forms(8 if options.quick else 11):
        expected = np.sort(values)[::-1]
        expected = expected[expected > 1e-6][:30]
        numbers[name] = {}
        for solver in solvers:
            found = decompose(context, None, len(expected), solver=solver).singular_values
            numbers[name][solver] = float(np.abs(found - expected).max())
    rows = [[name, *(f"{errors[s]:.0e}" for s in solvers)] for name, errors in numbers.items()]
    print(common.table(["largest error of a singular value", *solvers], rows) + "\n")
    n, d = (1000, 64) if options.quick else (4000, 128)
    tables = {"make_classification": common.synthetic(n)}
    if options.data:
        tables["abalone"] = common.real(options.data, "abalone")[:n]
    rows = []
    for name, X in tables.items():
        context = KNNContext(30).fit(X)
        exact = decompose_fitted(context, d, solver="dense")
        for solver in ("propack", "lanczos"):
            found = decompose_fitted(context, d, solver=solver)
            error = np.abs(found.singular_values - exact.singular_values).max()
            sine = float(np.sin(subspace_angles(found.left, exact.left).max()))
            numbers[f"knn {name} {solver}"] = {"error": float(error), "sine": sine}
            rows.append([name, len(X), solver, f"{error:.0e}", f"{sine:.0e}"])
    head = [f"KNN, K = 30, d = {d}", "n", "solver", "error of s", "sine of the largest angle"]
    common.show(common.table(head, rows), options.json, numbers)


if __name__ == "__main__":
    main()

"""Does the encoder in closed form reach the exact functions on fresh rows? How does it grow?"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from itertools import combinations, combinations_with_replacement
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from benchmarks import common
from contextures.contexts import Context, FiniteContext, GraphContext, KNNContext
from contextures.encoders import RitzEncoder, SpectralEncoder
from contextures.encoders.bases import PolynomialBasis
from contextures.spectrum.ritz.ratio_trace import ratio_trace

TABLES = ("abalone", "california_housing", "kin8nm", "cpu_activity", "segment", "sulfur")
BASES = ("auto", "landmarks", "nystroem", "fourier", "trees")
SIZES = (50_000, 100_000, 200_000, 500_000, 1_000_000)
DRAWN = 8_000_000
"""Pairs behind a closed form: singular values of one group spread by about sqrt(size / pairs)."""

Draw = Callable[[Any, np.random.Generator], Any]


class Drawn(Context):
    """A context given by a function that draws A for rows."""

    form = "sampler"
    same_space = True

    def __init__(self, draw: Draw) -> None:
        self.draw = draw

    def fit(self, X: Any, y: Any = None) -> Drawn:
        self.input_weights_ = np.full(len(X), 1.0 / len(X))
        self.n_features_in_ = X.shape[1]
        return self

    def sample(self, X: Any, rng: Any, n_views: int = 1) -> Any:
        views = [self.draw(X, rng) for _ in range(n_views)]
        return views[0] if n_views == 1 else np.stack(views)


class Form(NamedTuple):
    """A context with a known spectrum: rows, draws, a basis, singular values and functions."""

    rows: Callable[[int, np.random.Generator], Any]
    draw: Draw
    basis: Any
    values: np.ndarray
    functions: Callable[[Any], Any]


def hermite(X: Any, degree: int) -> Any:
    """Compute the normalised Hermite products up to a degree, lowest degree first."""
    columns = []
    for k in range(1, degree + 1):
        for chosen in combinations_with_replacement(range(X.shape[1]), k):
            orders = np.bincount(chosen, minlength=X.shape[1])
            scale = math.prod(math.factorial(order) for order in orders) ** -0.5
            columns.append(special.eval_hermitenorm(orders, X).prod(axis=1) * scale)
    return np.stack(columns, axis=1)


def parities(X: Any, degree: int) -> Any:
    """Compute products of up to ``degree`` different columns."""
    chosen = [c for k in range(1, degree + 1) for c in combinations(range(X.shape[1]), k)]
    return np.stack([X[:, list(c)].prod(axis=1) for c in chosen], axis=1)


def bits(n: int, rng: np.random.Generator) -> Any:
    return 2.0 * rng.integers(0, 2, (n, 6)) - 1


def turned(X: Any, rng: np.random.Generator) -> Any:
    angles = np.arctan2(X[:, 1], X[:, 0]) + rng.vonmises(0.0, 3.0, len(X))
    return np.c_[np.cos(angles), np.sin(angles)]


def circle(n: int, rng: np.random.Generator) -> Any:
    angles = rng.random(n) * 2 * np.pi
    return np.c_[np.cos(angles), np.sin(angles)]


def harmonics(X: Any, degree: int) -> Any:
    angles = np.arctan2(X[:, 1], X[:, 0])
    waves = [wave(j * angles) for j in range(1, degree + 1) for wave in (np.cos, np.sin)]
    return np.stack(waves, axis=1)


def drawn_forms() -> Iterator[tuple[str, Form]]:
    """Give contexts that are drawn from."""
    yield (
        "correlated Gaussian, rho = .8, 6 columns; polynomials of degree 3",
        Form(
            lambda n, rng: rng.standard_normal((n, 6)),
            lambda X, rng: 0.8 * X + 0.6 * rng.standard_normal(X.shape),
            PolynomialBasis(3),
            np.repeat([0.8, 0.64], [6, 21]),
            lambda X: hermite(X, 2),
        ),
    )
    products = PolynomialBasis(3, interaction_only=True)
    yield (
        "cube of 6 bits, each flipped with chance .1; products of 3 columns",
        Form(
            bits,
            lambda X, rng: np.where(rng.random(X.shape) < 0.1, -X, X),
            products,
            np.repeat([0.8, 0.64], [6, 15]),
            lambda X: parities(X, 2),
        ),
    )
    yield (
        "cube of 6 bits, each hidden with chance .35; products of 3 columns",
        Form(
            bits,
            lambda X, rng: np.where(rng.random(X.shape) < 0.35, 0.0, X),
            products,
            np.repeat([0.65**0.5, 0.65], [6, 15]),
            lambda X: parities(X, 2),
        ),
    )
    bessel = special.ive(np.arange(1, 5), 3.0) / special.ive(0, 3.0)
    yield (
        "circle, von Mises noise, kappa = 3; polynomials of degree 8",
        Form(circle, turned, PolynomialBasis(8), np.repeat(bessel, 2), lambda X: harmonics(X, 4)),
    )


def canonical_correlations(F: Any, G: Any) -> Any:
    """Compute the canonical correlations of two sets of functions."""
    one, other = (np.linalg.qr(H - H.mean(axis=0))[0] for H in (F, G))
    return np.linalg.svd(one.T @ other, compute_uv=False)


def stream(form: Form, pairs: int, seed: int) -> dict[str, Any]:
    """Learn a closed form from draws, chunk by chunk, and judge it on fresh rows."""
    rng = np.random.default_rng(seed)
    context = Drawn(form.draw)
    encoder = RitzEncoder(context, len(form.values), basis=form.basis, random_state=seed)
    started = time.perf_counter()
    for _ in range(20):
        encoder.partial_fit(form.rows(pairs // 20, rng))
    found = compare(encoder, form.rows(50_000, rng), form.values, form.functions)
    return {**found, "seconds": time.perf_counter() - started}


def compare(encoder: RitzEncoder, X: Any, values: Any, functions: Any) -> dict[str, Any]:
    """Compare an encoder's singular values and functions with the true ones."""
    true = functions if X is None else functions(X)
    return {
        "d": len(values),
        "error": float(np.abs(encoder.singular_values_ - values).max()),
        "correlation": float(canonical_correlations(encoder.transform(X), true).min()),
    }


def exact_forms() -> Iterator[tuple[str, dict[str, Any]]]:
    """Compare with known spectra of contexts given in full, by a function for each state."""
    blocks = np.kron(np.full((8, 8), 0.1) + 0.5 * np.eye(8), np.ones((100, 100)))
    indicators = np.kron(np.eye(8), np.ones((100, 1)))[:, :7]
    encoder = RitzEncoder(GraphContext(blocks), 7).fit()
    yield (
        "graph of 8 blocks, 800 nodes; a function a node",
        compare(encoder, None, np.full(7, 0.5 / 1.3), indicators),
    )
    cube = np.array([[1.0 - 2.0 * (i >> j & 1) for j in range(6)] for i in range(64)])
    distance = (cube[:, None] != cube).sum(axis=2)
    joint = 0.1**distance * 0.9 ** (6 - distance) / 64
    encoder = RitzEncoder(FiniteContext(joint), 21).fit()
    yield (
        "cube of 6 bits, each flipped with chance .1; a function a state",
        compare(encoder, None, np.repeat([0.8, 0.64], [6, 15]), parities(cube, 2)),
    )


def closed_forms(quick: bool, seeds: int) -> tuple[str, dict[str, Any]]:
    """Compare with known spectra: laws in full, then draws of them."""
    numbers: dict[str, list[dict[str, Any]]] = {
        f"{name}; exact": [found] for name, found in exact_forms()
    }
    pairs = DRAWN // 100 if quick else DRAWN
    for name, form in drawn_forms():
        found = [stream(form, pairs, seed) for seed in range(seeds)]
        numbers[f"{name}; {pairs:,} pairs drawn"] = found
        print(name, found, file=sys.stderr)
    head = ["context; basis", "d", "largest error of s", "smallest correlation", "seconds"]
    rows = [
        [
            name,
            found[0]["d"],
            f"{max(f['error'] for f in found):.1e}",
            f"{min(f['correlation'] for f in found):.6f}",
            f"{np.mean([f['seconds'] for f in found]):.0f}" if "seconds" in found[0] else "",
        ]
        for name, found in numbers.items()
    ]
    return common.table(head, rows), numbers


def features(data: Path, name: str) -> Any:
    """Read the features of a table, categories as indicators."""
    import pandas as pd

    frame = pd.read_parquet(data / f"{name}.parquet").iloc[:, :-1].dropna(axis=1)
    return pd.get_dummies(frame).to_numpy(dtype=np.float64)


def prepared(data: Path, name: str, seed: int, most: int = 4177) -> tuple[Any, Any]:
    """Read the features of a table; split 70 / 30, standardised."""
    X = features(data, name)
    chosen = np.random.default_rng(seed).permutation(len(X))[:most]
    n = int(0.7 * len(chosen))
    rows, fresh = X[chosen[:n]], X[chosen[n:]]
    spread = rows.std(axis=0)
    varies = spread > 0
    mean, spread = rows[:, varies].mean(axis=0), spread[varies]
    return (rows[:, varies] - mean) / spread, (fresh[:, varies] - mean) / spread


def on_table(data: Path, name: str, seed: int, bases: tuple[str, ...]) -> dict[str, Any]:
    """Compare encoders with the exact functions of 30 neighbours, d = 128."""
    rows, fresh = prepared(data, name, seed)
    context = KNNContext(30)
    started = time.perf_counter()
    exact = SpectralEncoder(context, 128, random_state=seed).fit(rows)
    found: dict[str, Any] = {"exact seconds": time.perf_counter() - started}
    found["exact"] = ratio_trace(exact.transform(fresh), exact.context_, fresh)
    for basis in bases:
        started = time.perf_counter()
        encoder = RitzEncoder(context, 128, basis=basis, random_state=seed).fit(rows)
        seconds = time.perf_counter() - started
        squares = encoder.singular_values_**2
        correlations = canonical_correlations(encoder.transform(rows), exact.spectrum_.left)
        fresh_trace = ratio_trace(encoder.transform(fresh), exact.context_, fresh)
        found[basis] = {
            "fresh": fresh_trace / found["exact"],
            "fitted": float((correlations**2).mean()),
            "error": float(np.abs(squares - exact.singular_values_**2).mean()),
            "seconds": seconds,
        }
    print(name, seed, found, file=sys.stderr)
    return found


def tables(
    data: Path, names: tuple[str, ...], bases: tuple[str, ...], seeds: int
) -> tuple[str, dict[str, Any]]:
    """Compare with the exact functions on real tables."""
    numbers = {name: [on_table(data, name, seed, bases) for seed in range(seeds)] for name in names}
    rows = []
    for name, found in numbers.items():
        exact = f"{np.mean([f['exact'] for f in found]):.1f}"
        seconds = f"{np.mean([f['exact seconds'] for f in found]):.1f}"
        rows.append([name, "exact", exact, "1", "1", "0", seconds])
        for basis in bases:
            values = {k: np.array([f[basis][k] for f in found]) for k in found[0][basis]}
            rows.append(
                [
                    "",
                    basis,
                    "",
                    f"{values['fresh'].mean():.3f} ± {values['fresh'].std():.3f}",
                    f"{values['fitted'].mean():.3f}",
                    f"{values['error'].mean():.4f}",
                    f"{values['seconds'].mean():.1f}",
                ]
            )
    head = [
        "table",
        "basis",
        "ratio trace of the exact functions, fresh rows",
        "ratio trace over theirs, fresh rows",
        "R²_CCA, fitted rows",
        "error of s²",
        "seconds",
    ]
    return common.table(head, rows), numbers


def one(n: int, n_functions: int, basis: str, n_jobs: int) -> dict[str, Any]:
    """Measure one size in this process."""
    X = common.synthetic(n)
    context = Drawn(lambda rows, rng: rows + 0.5 * rng.standard_normal(rows.shape))
    before = common.peak_memory()
    started, busy = time.perf_counter(), time.process_time()
    encoder = RitzEncoder(context, 32, basis=basis, n_functions=n_functions, n_jobs=n_jobs).fit(X)
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    new = time.perf_counter()
    encoder.transform(X[:10_000])
    return {
        "n": n,
        "seconds": seconds,
        "processor": busy,
        "transform_10000": time.perf_counter() - new,
        "memory_of_data": before,
        "memory": common.peak_memory(),
        "score": encoder.score_,
    }


def growth(
    sizes: tuple[int, ...], n_functions: int, basis: str, n_jobs: int
) -> tuple[str, list[dict[str, Any]]]:
    """Measure time and memory for growing numbers of rows."""
    results = []
    for n in sizes:
        arguments = ["--one", str(n), "--functions", str(n_functions), "--basis", basis]
        found = common.in_fresh_process(["benchmarks.ritz", *arguments, "--jobs", str(n_jobs)])
        assert found is not None
        results.append(found)
        print(found, file=sys.stderr)
    rows = [
        [
            f"{r['n']:,}",
            f"{r['seconds']:.0f}",
            f"{r['processor']:.0f}",
            f"{r['transform_10000']:.2f}",
            f"{r['memory_of_data']:.2f}",
            f"{r['memory']:.2f}",
        ]
        for r in results
    ]
    head = [
        f"rows of 20 columns, D = {n_functions:,}, {n_jobs} threads",
        "fit, s",
        "processor, s",
        "transform 10,000 rows, s",
        "peak memory before the fit, GB",
        "peak memory, GB",
    ]
    text = common.table(head, rows)
    if len(results) > 1:
        n, seconds = (np.array([r[key] for r in results]) for key in ("n", "processor"))
        slope, start = np.polyfit(n, seconds, 1)
        text += (
            f"\n\nfit takes about {start:.0f} s of processor time and {1e6 * slope:.0f} µs a row."
        )
    return text, results


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "", data=True)
    arguments.add_argument("--part", choices=("closed", "tables", "growth"), action="append")
    arguments.add_argument("--tables", nargs="+", help="their names")
    arguments.add_argument("--seeds", type=int, help="how many, from 0 on; three by default")
    arguments.add_argument("--sizes", type=int, nargs="+", help="numbers of rows")
    arguments.add_argument("--functions", type=int, default=2000, help="D, for the growth")
    arguments.add_argument("--basis", default="auto", help="the basis, for the growth")
    arguments.add_argument("--jobs", type=int, default=2, help="threads, for the growth")
    arguments.add_argument("--one", type=int, help="internal: measure one size")
    options = arguments.parse_args()
    if options.one:
        print(json.dumps(one(options.one, options.functions, options.basis, options.jobs)))
        return
    seeds = options.seeds or (1 if options.quick else 3)
    parts = options.part or ["closed", "growth", *(["tables"] if options.data else [])]
    texts, numbers = [], {}
    if "closed" in parts:
        text, numbers["closed"] = closed_forms(options.quick, seeds)
        texts.append(text)
    if "tables" in parts:
        if options.data is None:
            arguments.error("--data is needed: a folder of NAME.parquet")
        names = tuple(options.tables or (("segment",) if options.quick else TABLES))
        bases = ("auto", "fourier") if options.quick else BASES
        text, numbers["tables"] = tables(options.data, names, bases, seeds)
        texts.append(text)
    if "growth" in parts:
        sizes = tuple(options.sizes or ((5_000, 10_000) if options.quick else SIZES))
        functions = 200 if options.quick else options.functions
        text, numbers["growth"] = growth(sizes, functions, options.basis, options.jobs)
        texts.append(text)
    common.show("\n\n".join(texts), options.json, numbers)


if __name__ == "__main__":
    main()

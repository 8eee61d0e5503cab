"""Contexts whose singular values are known in closed form."""

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy import special

from contextures.contexts import Context, FiniteContext, GraphContext, LabelContext


def cube(n):
    return np.array(list(itertools.product([-1, 1], repeat=n)))


def flips(n, p):
    X = cube(n)
    distance = (X[:, None, :] != X[None, :, :]).sum(2)
    return p**distance * (1 - p) ** (n - distance) / 2**n


def masks(n, alpha):
    """X on the cube, A = X with each coordinate hidden with chance alpha, the mask seen."""
    X = cube(n)
    blocks = []
    for k in range(n + 1):
        for hidden in itertools.combinations(range(n), k):
            visible = [j for j in range(n) if j not in hidden]
            Z = cube(n - k) if n > k else np.zeros((1, 0))
            same = (X[:, None, visible] == Z[None]).all(2) if n > k else np.ones((2**n, 1))
            blocks.append(alpha**k * (1 - alpha) ** (n - k) / 2**n * same)
    return np.concatenate(blocks, axis=1)


def symmetric_channel(k, error):
    return ((1 - error) * np.eye(k) + error / (k - 1) * (1 - np.eye(k))) / k


def cycle(n):
    return np.roll(np.eye(n), 1, 1) + np.roll(np.eye(n), -1, 1)


def subset_values(n, per_size):
    values = [[per_size(k)] * math.comb(n, k) for k in range(1, n + 1)]
    return np.concatenate(values)


def circle_angles(n):
    angles = 2 * np.pi * np.arange(n) / n
    return angles[:, None] - angles[None, :]


def von_mises(n, kappa):
    weights = np.exp(kappa * np.cos(circle_angles(n)))
    return weights / weights.sum()


def beta_binomial(a, b, n):
    x, w = special.roots_jacobi(60, b - 1, a - 1)
    x, w = (x + 1) / 2, w / w.sum()
    k = np.arange(n + 1)
    return w[:, None] * special.comb(n, k) * x[:, None] ** k * (1 - x[:, None]) ** (n - k)


def beta_binomial_values(a, b, n):
    k = np.arange(1, n + 1)
    log = (
        special.gammaln(n + 1)
        - special.gammaln(n - k + 1)
        + special.gammaln(a + b + n)
        - special.gammaln(a + b + n + k)
    )
    return np.exp(log / 2)


def block_graph(size, blocks, inside, outside):
    rates = np.full((blocks, blocks), outside) + (inside - outside) * np.eye(blocks)
    return np.kron(rates, np.ones((size, size)))


def hypercube(n):
    X = cube(n)
    return ((X[:, None] != X[None]).sum(2) == 1).astype(float)


def path(n):
    steps = np.diag(np.ones(n - 1), 1)
    return steps + steps.T


_shift = np.array([0.5, 0.2, 0.05, 0.05, 0, 0.1, 0.1])
_bessel = special.ive(np.arange(1, 30), 3.0) / special.ive(0, 3.0)

FORMS: dict[str, tuple[Context, np.ndarray]] = {
    "flips of a cube": (FiniteContext(flips(5, 0.15)), subset_values(5, lambda k: 0.7**k)),
    "masks of a cube": (FiniteContext(masks(5, 0.35)), subset_values(5, lambda k: 0.65 ** (k / 2))),
    "symmetric channel": (FiniteContext(symmetric_channel(6, 0.2)), np.full(5, 1 - 0.2 * 6 / 5)),
    "erasure": (
        FiniteContext(
            np.hstack(
                [
                    np.diag([0.1, 0.25, 0.3, 0.35]) * 0.65,
                    0.35 * np.array([[0.1], [0.25], [0.3], [0.35]]),
                ]
            )
        ),
        np.full(3, np.sqrt(0.65)),
    ),
    "von Mises circle": (FiniteContext(von_mises(400, 3.0)), np.repeat(_bessel, 2)),
    "beta-binomial": (FiniteContext(beta_binomial(1.5, 2.5, 6)), beta_binomial_values(1.5, 2.5, 6)),
    "shift on a ring": (
        FiniteContext(np.array([np.roll(_shift, i) for i in range(7)]) / 7),
        np.abs(np.fft.fft(_shift))[1:],
    ),
    "cycle walk": (GraphContext(cycle(11)), np.abs(np.cos(2 * np.pi * np.arange(1, 11) / 11))),
    "lazy cycle": (
        GraphContext(cycle(11) / 2 + np.eye(11)),
        (1 + np.cos(2 * np.pi * np.arange(1, 11) / 11)) / 2,
    ),
    "complete graph": (GraphContext(1 - np.eye(7)), np.full(6, 1 / 6)),
    "path": (GraphContext(path(8)), np.abs(np.cos(np.pi * np.arange(1, 8) / 7))),
    "block graph": (GraphContext(block_graph(4, 3, 0.9, 0.2)), np.full(2, 0.7 / 1.3)),
    "hypercube walk": (GraphContext(hypercube(4)), subset_values(4, lambda k: abs(1 - k / 2))),
    "labels": (LabelContext(), np.ones(2)),
}

LABELS = np.array([0, 0, 1, 1, 1, 2, 2, 2, 2, 2])


def descending(values):
    """The predicted singular values, largest first, zeros left out."""
    ordered = np.sort(np.asarray(values, dtype=float))[::-1]
    return ordered[ordered > 1e-8]

"""Tables of which a context has fewer functions than rows would let expect."""

from __future__ import annotations

import numpy as np

_RNG = np.random.default_rng(0)
N = 200


def one_hot(n, k, seed=0):
    return np.eye(k)[np.random.default_rng(seed).integers(0, k, n)]


def sparse_binary(n, p, share, seed=0):
    return (np.random.default_rng(seed).random((n, p)) < share).astype(float)


TABLES = {
    "one-hot": one_hot(N, 6),
    "two binary columns": sparse_binary(N, 2, 0.5),
    "sparse 0/1": sparse_binary(N, 6, 0.04),
    "few distinct rows": _RNG.standard_normal((8, 5))[_RNG.integers(0, 8, N)],
    "low rank": _RNG.standard_normal((N, 2)) @ _RNG.standard_normal((2, 7)),
    "constant columns": np.hstack([_RNG.standard_normal((N, 1)), np.ones((N, 3))]),
    "a line": np.linspace(0, 1, N)[:, None],
}


def pulled_back(context, functions):
    """Compute |T* f| of functions of the fitted rows by plain sums: s where f is singular."""
    P, w = context.expansion_, context.input_weights_
    P = P.toarray() if hasattr(P, "toarray") else P
    a = w @ P
    sums = P.T @ (w[:, None] * functions)
    return np.sqrt((sums[a > 0] ** 2 / a[a > 0, None]).sum(0))


def assert_sound(encoder, rows, atol):
    """Centred, of unit variance and uncorrelated, and as much shared by A as it says."""
    values, found = encoder.singular_values_, encoder.transform(rows)
    assert found.shape == (len(rows), len(values))
    assert (np.diff(values) <= 0).all() and values[-1] > 0
    np.testing.assert_allclose(found.mean(0), 0, atol=atol)
    np.testing.assert_allclose(found.T @ found / len(rows), np.eye(len(values)), atol=atol)
    if encoder.context_.form == "transition":
        np.testing.assert_allclose(pulled_back(encoder.context_, found) / values, 1, rtol=1e-2)

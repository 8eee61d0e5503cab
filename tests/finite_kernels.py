"""Random finite contexts, and their kernels by dense algebra."""

from __future__ import annotations

import numpy as np


def random_joint(seed, n=14, m=9):
    """A joint law of uneven rows and columns."""
    rng = np.random.default_rng(seed)
    joint = rng.gamma(0.3, size=(n, m)) + 1e-3
    return joint / joint.sum()


def centred_kernel(joint):
    """K = k_X+ - 1 on the rows, and P_X: from the definition, by nothing of the library."""
    rows, columns = joint.sum(1), joint.sum(0)
    conditional = joint / rows[:, None]
    return conditional @ np.diag(1 / columns) @ conditional.T - 1, rows


def kernel_power(K, weights, p):
    """K^p(x, z) = E_X[K^(p-1)(x, X) K(X, z)], step by step."""
    power = K
    for _ in range(p - 1):
        power = power @ (weights[:, None] * K)
    return power

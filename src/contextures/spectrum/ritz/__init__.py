"""The best contexture in the span of given functions: the Rayleigh-Ritz step.

For functions phi of X with covariance C and B = Cov(T* phi), the solutions of B v = s^2 C v are
the functions in their span that a context makes best, ordered, with their singular values. C and B
come from moments that chunks of rows add up to; which, depends on what the context gives.

References
----------
arXiv 2505.01557 (ICML 2025), appendix D.

Examples
--------
>>> import numpy as np
>>> from contextures.spectrum.ritz import PairMoments
>>> rng = np.random.default_rng(0)
>>> x = rng.standard_normal(100_000)
>>> a = 0.8 * x + 0.6 * rng.standard_normal(100_000)
>>> moments = PairMoments()
>>> for part in np.array_split(np.arange(100_000), 10):
...     moments = moments.update(x[part, None] ** [1, 2], a[part, None] ** [1, 2])
>>> moments.solve(2).singular_values.round(1)
array([0.8, 0.6])
"""

from __future__ import annotations

from contextures.spectrum.ritz.functions import RitzFunctions
from contextures.spectrum.ritz.moments import RitzMoments
from contextures.spectrum.ritz.operator_moments import KernelMoments, TransitionMoments
from contextures.spectrum.ritz.pair_moments import PairMoments, ViewMoments

__all__ = [
    "KernelMoments",
    "PairMoments",
    "RitzFunctions",
    "RitzMoments",
    "TransitionMoments",
    "ViewMoments",
]

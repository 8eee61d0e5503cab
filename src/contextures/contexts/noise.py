"""Contexts that add Gaussian noise."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from contextures._arrays import Array
from contextures._checks import check_positive_real
from contextures.contexts.draws import Draws
from contextures.contexts.registry import ShortForm
from contextures.contexts.samplers import SamplerContext
from contextures.exceptions import InputError

Schedule = Literal["cosine", "linear"]


class NoiseContext(SamplerContext):
    """A = x + sigma z with z standard normal.

    Parameters
    ----------
    sigma : float, default=0.5
        The noise's standard deviation, in the units of X. The larger, the weaker the association.

    Notes
    -----
    For X normal with variance v the singular values are (v / (v + sigma^2))^(k/2), with Hermite
    polynomials for functions. Cost: O(p) a draw.

    References
    ----------
    arXiv 2504.19792, table 1.1; Vincent et al., "Extracting and Composing Robust Features with
    Denoising Autoencoders" (ICML 2008); the singular values are derived.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import NoiseContext
    >>> rows = np.zeros((1000, 2))
    >>> drawn = NoiseContext(sigma=0.1).fit(rows).sample(rows, np.random.default_rng(0))
    >>> bool(abs(drawn.std() - 0.1) < 0.01)
    True
    """

    kind = "noisy rows"
    meaning = "Rows are alike when a little measurement noise could turn one into the other."
    law = "A = x + σ ε with ε standard Gaussian"
    short = ShortForm("noise", "sigma")

    def __init__(self, sigma: float = 0.5) -> None:
        self.sigma = sigma

    @property
    def label(self) -> str:
        """The context in plain words."""
        return f"the rows with noise of {self.sigma:.3g}"

    def _check(self) -> None:
        check_positive_real(self.sigma, "sigma")

    def _draw_floats(self, X: Array, draws: Draws, n_views: int) -> Array:
        return X + self.sigma * draws.normal(n_views, *X.shape)


class DiffusionContext(SamplerContext):
    """A is x at a random noise level of a diffusion, together with the level.

    At time t, uniform on [0, 1], A = (sqrt(b) x + sqrt(1 - b) z, sqrt(1 - b)) with z standard
    normal and b = b(t) falling from one to zero: the noise keeps the variance of rows whose
    columns have variance one. The level, the noise's standard deviation, is the last column.

    Parameters
    ----------
    schedule : {"cosine", "linear"}, default="cosine"
        b(t) = cos(pi t / 2)^2, or exp(-(0.1 t + 9.95 t^2)), the continuous form of linearly
        growing noise rates.

    Notes
    -----
    As the level is told, T T* is the mean over t of the levels' own operators: a convex
    combination. For standard normal X, s_k^2 is the mean of b^k, which is C(2k, k) / 4^k for the
    cosine schedule. An encoder of A that predicts x by least squares learns this context.

    Cost: O(p) a draw.

    References
    ----------
    Nichol and Dhariwal, arXiv 2102.09672, section 3.2 (cosine, here without its offset); Song et
    al., arXiv 2011.13456, appendix C (linear); the singular values are derived.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import DiffusionContext
    >>> rows = np.random.default_rng(0).standard_normal((10, 4))
    >>> DiffusionContext().fit(rows).sample(rows, np.random.default_rng(0)).shape
    (10, 5)
    """

    same_space = False
    kind = "noisy rows of every level"
    meaning = "Rows are alike when noise, from a little to a lot, could turn one into the other."
    law = "A = (x + σ ε, σ) at a random noise level σ, with ε standard Gaussian"
    label = "the rows at every noise level of a diffusion"

    def __init__(self, schedule: Schedule = "cosine") -> None:
        self.schedule = schedule

    def _check(self) -> None:
        if self.schedule not in get_args(Schedule):
            raise InputError(f"schedule={self.schedule!r} is not known; give 'cosine' or 'linear'")

    def _draw_floats(self, X: Array, draws: Draws, n_views: int) -> Array:
        signal, noise = self._levels(draws, draws.uniform(n_views, len(X), 1))
        signal, noise = draws.floats(signal), draws.floats(noise)
        noisy = signal * X + noise * draws.normal(n_views, *X.shape)
        return draws.join([noisy, noise])

    def _levels(self, draws: Draws, time: Any) -> tuple[Array, Array]:
        """Give sqrt(b) and sqrt(1 - b)."""
        if self.schedule == "cosine":
            return draws.of.cos(np.pi / 2 * time), draws.of.sin(np.pi / 2 * time)
        exponent = -(0.1 * time + 9.95 * time**2)
        return draws.of.exp(exponent / 2), draws.of.sqrt(-draws.of.expm1(exponent))

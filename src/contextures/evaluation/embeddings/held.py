"""Which functions one embedding has that another lacks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from contextures._arrays import FloatArray, svd
from contextures._repr import short_repr
from contextures.evaluation.embeddings.probe import KernelProbe

MOST_FUNCTIONS = 32
"""Leading functions of an embedding that are looked for in others."""

VARIANCE = 0.99
"""Fewer where these hold so much of its variance."""

LACKING = 0.5
"""A function is lacking where less than this share of what the embedding itself tells is told."""

TELLING = 0.2
"""What an embedding itself tells of a function at least, for its lack elsewhere to be judged."""


@dataclass(frozen=True)
class HeldFunctions:
    """How well the leading functions of one embedding are predicted from another.

    The leading functions are the principal components, by falling variance.

    Attributes
    ----------
    of, by : str
        The embedding whose functions they are, and the one that they are predicted from.
    variances : ndarray of shape (k,)
        The share of the embedding's variance in each function.
    held : ndarray of shape (k,)
        R^2 of each on fresh rows, predicted from the other embedding by kernel ridge regression.
    own : ndarray of shape (k,)
        The same, predicted from the embedding itself: as much as so few rows can show.
    """

    __repr__ = short_repr

    of: str
    by: str
    variances: FloatArray
    held: FloatArray
    own: FloatArray

    @property
    def lacking(self) -> list[int]:
        """Places of the functions that the other embedding lacks, from zero."""
        lost = (self.own >= TELLING) & (self.held < LACKING * self.own)
        return [int(place) for place in np.flatnonzero(lost)]

    @property
    def judged(self) -> int:
        """How many functions could be judged."""
        return int((self.own >= TELLING).sum())

    @property
    def lacking_variance(self) -> float:
        """The share of the embedding's variance in the functions that are lacking."""
        return float(self.variances[self.lacking].sum())


def leading_functions_of(
    values: FloatArray, n_fitted: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compute the principal components of fitted rows, there and on fresh rows.

    Parameters
    ----------
    values : ndarray of shape (m + t, d)
        The embedding.
    n_fitted : int
        m.

    Returns
    -------
    fitted : ndarray of shape (m, k)
        Of unit variance and mean zero.
    fresh : ndarray of shape (t, k)
        The same functions.
    variances : ndarray of shape (k,)
        Shares of the embedding's variance.
    """
    centred = values - values[:n_fitted].mean(axis=0)
    _, sizes, right = svd(centred[:n_fitted])
    shares = sizes**2 / (sizes**2).sum()
    kept = int(np.searchsorted(np.cumsum(shares), VARIANCE)) + 1
    kept = min(kept, MOST_FUNCTIONS, int((sizes > 1e-9 * sizes[0]).sum()))
    functions = centred @ right[:kept].T * (np.sqrt(n_fitted) / sizes[:kept])
    return functions[:n_fitted], functions[n_fitted:], shares[:kept]


def shares_told(probe: KernelProbe, fitted: FloatArray, fresh: FloatArray) -> FloatArray:
    """Give R^2 on fresh rows of each function, predicted by a probe."""
    predicted = probe.predict(fitted, each=True)
    spread = ((fresh - fitted.mean(axis=0)) ** 2).sum(axis=0)
    lost = ((fresh - predicted) ** 2).sum(axis=0)
    return np.asarray(1.0 - np.divide(lost, spread, out=np.ones_like(lost), where=spread > 0))

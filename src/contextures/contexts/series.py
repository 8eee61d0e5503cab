"""Time series as a context: a window, and the one that follows."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from contextures._arrays import FloatArray
from contextures._checks import check_positive_int
from contextures.contexts.pairs import PairContext
from contextures.exceptions import InputError


class NextWindowContext(PairContext):
    """X is a window of a time series, A the window that follows.

    The pairs are what there is to learn from, so they are made first and fitted as pairs:
    ``X, A = context.pairs(series)``, then ``encoder.fit(X, A)``; rows to embed are
    ``context.windows(series)``.

    Parameters
    ----------
    width : int, default=16
        Times in X.
    horizon : int, optional
        Times in A; ``width`` when None.
    lag : int, default=0
        Times between the end of X and the start of A. The longer, the weaker the association.
    stride : int, default=1
        Times between the starts of neighbouring windows.
    handle_unknown : {"ignore", "error"}, default="ignore"
        As in :class:`PairContext`, for a series of few values.

    Notes
    -----
    For a stationary reversible Markov process, width and horizon 1, the singular values are the
    absolute eigenvalues of lag + 1 steps: rho^(k (lag + 1)) for a Gaussian autoregression of
    coefficient rho.

    References
    ----------
    van den Oord, Li and Vinyals, arXiv 1807.03748 (predicting what follows); Wu and Noé,
    arXiv 1707.04659 (singular functions of a process). The singular values are derived.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import NextWindowContext
    >>> X, A = NextWindowContext(width=3, horizon=1).pairs(np.arange(5.0))
    >>> X.tolist(), A.tolist()
    ([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]], [[3.0], [4.0]])
    """

    kind = "following windows"
    meaning = "Stretches of the series are alike when they are followed by the same things."
    law = "A = the window that follows the window x"
    label = "the window that follows"

    def __init__(
        self,
        width: int = 16,
        horizon: int | None = None,
        lag: int = 0,
        stride: int = 1,
        handle_unknown: Any = "ignore",
    ) -> None:
        self.width = width
        self.horizon = horizon
        self.lag = lag
        self.stride = stride
        self.handle_unknown = handle_unknown

    @property
    def same_space(self) -> bool:  # type: ignore[override]
        """Whether A lies in the space of X: where both windows are as wide."""
        return self.horizon is None or self.horizon == self.width

    def windows(self, series: Any) -> FloatArray:
        """Give all windows of one or several series.

        Parameters
        ----------
        series : array-like of shape (T,) or (T, q), or list of such
            A series of q numbers a time, or several.

        Returns
        -------
        ndarray of shape (N, width * q)
            Windows, series by series, each flattened time by time.
        """
        return self._cut(series, check_positive_int(self.width, "width"))

    def pairs(self, series: Any) -> tuple[FloatArray, FloatArray]:
        """Make a pair of every window that another one follows within its series.

        Parameters
        ----------
        series : array-like of shape (T,) or (T, q), or list of such
            A series of q numbers a time, or several.

        Returns
        -------
        X : ndarray of shape (N, width * q)
            Windows, series by series.
        A : ndarray of shape (N, horizon * q)
            What follows them.
        """
        width = check_positive_int(self.width, "width")
        horizon = width if self.horizon is None else check_positive_int(self.horizon, "horizon")
        lag = check_positive_int(self.lag, "lag", least=0)
        whole = self._cut(series, width + lag + horizon)
        values_a_time = whole.shape[1] // (width + lag + horizon)
        return whole[:, : width * values_a_time], whole[:, (width + lag) * values_a_time :]

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the context to pairs; see :meth:`PairContext.fit`."""
        if y is None:
            raise InputError("windows need what follows: X, A = context.pairs(series), then fit")
        return super().fit(X, y)

    def _cut(self, series: Any, length: int) -> FloatArray:
        stride = check_positive_int(self.stride, "stride")
        parts = []
        for values in _several(series):
            if len(values) >= length:
                cut = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)[::stride]
                # The times come last in a view; a row lists them first.
                parts.append(cut.swapaxes(1, 2).reshape(len(cut), -1))
        if not parts:
            raise InputError(
                f"no series is {length} times long, as width, lag and horizon need; give smaller "
                "ones or a longer series"
            )
        return np.concatenate(parts)


def _several(series: Any) -> list[FloatArray]:
    """Give one series, or each of several, as (T, q) arrays of finite numbers."""
    listed = isinstance(series, list | tuple) and len(series) > 0 and np.ndim(series[0]) > 0
    checked = []
    for values in series if listed else [series]:
        array = np.asarray(values, dtype=np.float64)
        if array.ndim not in (1, 2) or len(array) == 0:
            raise InputError(f"a series must have shape (T,) or (T, q), not {array.shape}")
        if not np.isfinite(array).all():
            raise InputError("a series holds values that are missing or infinite; fill them first")
        checked.append(array.reshape(len(array), -1))
    if len({array.shape[1] for array in checked}) > 1:
        raise InputError("the series have different numbers of columns; give the same ones")
    return checked

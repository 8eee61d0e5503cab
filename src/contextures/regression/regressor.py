"""Regression from few labels by a spectrally transformed kernel."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin

from contextures._arrays import FloatArray, IntArray
from contextures._checks import also_named
from contextures.contexts import Context
from contextures.regression.base import TransformedRegression
from contextures.regression.choice import Setting
from contextures.regression.kernels import LinearFunctions, TransformedKernel
from contextures.regression.targets import check_weighted, check_weights, read_numbers
from contextures.regression.transforms import Transform

LABELS_A_CLASS = 4
"""So many numbers are worth one label in each of the classes of a classifier."""


class STKRRegressor(RegressorMixin, TransformedRegression):
    """Predict numbers from few labels and many unlabelled rows.

    Kernel ridge regression on K_s(x, x') = sum_i s(s_i^2) mu_i(x) mu_i(x'), with the singular
    values and functions of a context that all rows define, labelled or not, and a mean that is not
    penalised.

    Parameters
    ----------
    context, spectral_transform, alpha, n_components, solver, random_state
        As for :class:`STKRClassifier`.

    Attributes
    ----------
    values_ : ndarray of shape (n,) or (n, q)
        The predicted numbers of the fitted rows, labelled ones too.
    left_out_values_ : ndarray of shape (n,) or (n, q)
        The same, but those of each labelled row as predicted by the other labels (by four fifths
        of them, where a setting that is given is propagated from 300 labels or more).
    settings_ : list of Setting
        The transforms and ridges that are averaged, largest weight first; for y of shape (n, q)
        one such list for each output.
    context_ : Context
        The fitted context.
    solver_ : str
        The solver that was used.
    n_features_in_ : int
        The number of columns of X, for contexts over rows of numbers.

    Notes
    -----
    "auto" chooses as :class:`STKRClassifier` does, with a quarter of the number of labels in place
    of labels a class. Outputs that are known for the same rows are fitted with the same settings,
    their errors in units of their variances; each other pattern of known rows has settings of its
    own.

    References
    ----------
    arXiv 2402.00645 (spectrally transformed kernel regression).

    Examples
    --------
    >>> import numpy as np
    >>> from contextures import STKRRegressor
    >>> angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 800)
    >>> X = np.column_stack([np.cos(angle), np.sin(angle)])
    >>> y = np.where(np.arange(800) < 30, np.sin(3 * angle), np.nan)
    >>> model = STKRRegressor().fit(X, y)
    >>> float(np.corrcoef(model.values_, np.sin(3 * angle))[0, 1]) > 0.95
    True
    """

    values_: FloatArray
    left_out_values_: FloatArray
    settings_: list[Any]

    @also_named(transform="spectral_transform")
    def __init__(
        self,
        context: Context | None = None,
        spectral_transform: str | Transform | Any = "auto",
        alpha: str | float = "auto",
        n_components: int = 300,
        *,
        solver: str = "auto",
        random_state: Any = None,
    ) -> None:
        self.context = context
        self.spectral_transform = spectral_transform
        self.alpha = alpha
        self.n_components = n_components
        self.solver = solver
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the context to all rows and the functions to the labelled ones.

        Parameters
        ----------
        X : array-like of shape (n, p)
            All rows; None stands for all nodes or rows of a graph or finite context.
        y : array-like of shape (n,) or (n, q)
            Their numbers; NaN where there is none.
        sample_weight : array-like of shape (n,), optional
            Weights of the labels, at least zero; of rows without a label they mean nothing.

        Returns
        -------
        Self
            The fitted regressor.

        Raises
        ------
        InputError
            If an output has fewer than two labels, a parameter is not possible or the context
            cannot be fitted to the rows alone.

        Warns
        -----
        ContextWarning
            If parts of the context have no label: their rows are predicted by the labels' mean.
        """
        self._check_parameters()
        X = self._check_rows(X)
        numbers = read_numbers(y)
        weights = check_weights(sample_weight, len(numbers))
        columns = numbers.reshape(len(numbers), -1)
        known = ~np.isnan(columns)
        patterns, which = np.unique(known, axis=1, return_inverse=True)
        each_rows = [check_weighted(np.flatnonzero(each), weights) for each in patterns.T]
        n = self._fit_context(X, len(numbers))
        kernel = self._make_kernel(n, max(len(rows) for rows in each_rows))
        n_outputs = columns.shape[1]
        slopes = np.empty((self.context_.describe().entries.shape[1], n_outputs))
        start = np.empty(n_outputs)
        settings: list[list[Setting]] = [[] for _ in range(n_outputs)]
        left_out = []
        for pattern, rows in enumerate(each_rows):
            outputs = np.flatnonzero(which.ravel() == pattern)
            found, chosen, own = self._fit_outputs(kernel, rows, columns[:, outputs], weights)
            left_out.append((np.ix_(rows, outputs), own))
            slopes[:, outputs], start[outputs] = found.slopes, found.start
            for output in outputs:
                settings[output] = chosen
        self._functions = LinearFunctions(slopes, start)
        self._single = numbers.ndim == 1
        self.settings_ = settings[0] if self._single else settings
        values = self._fitted_values()
        self.values_ = self._shaped(values)
        values = values.copy()
        for places, own in left_out:
            values[places] = own
        self.left_out_values_ = self._shaped(values)
        return self

    def predict(self, X: Any = None) -> FloatArray:
        """Predict the numbers of rows, seen at fit time or new.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The rows.

        Returns
        -------
        ndarray of shape (n,) or (n, q)
            The numbers.
        """
        return self._shaped(self._values(X))

    def _fit_outputs(
        self, kernel: TransformedKernel, rows: IntArray, columns: FloatArray, weights: FloatArray
    ) -> tuple[LinearFunctions, list[Setting], FloatArray]:
        """Fit outputs that are known for the same rows, each in units of its own spread.

        Gives their functions, the settings, and what the other labels predict for each label.
        """
        targets, weights = columns[rows], weights[rows]
        centre = weights @ targets / weights.sum()
        spread = np.sqrt(weights @ (targets - centre) ** 2 / weights.sum())
        spread = np.where(spread > 0, spread, 1.0)
        chooser = self._make_chooser(kernel, rows, (targets - centre) / spread, weights)
        found, settings = self._solve(chooser, rows, len(rows) / LABELS_A_CLASS)
        left_out = chooser.left_out(settings) * spread + centre
        return found.times(spread).plus(centre), settings, left_out

    def _shaped(self, values: FloatArray) -> FloatArray:
        return values[:, 0] if self._single else values

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

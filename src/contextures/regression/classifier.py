"""Classification from few labels by a spectrally transformed kernel."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.base import ClassifierMixin

from contextures._arrays import FloatArray
from contextures._checks import also_named
from contextures.contexts import Context
from contextures.exceptions import InputError
from contextures.regression.base import TransformedRegression
from contextures.regression.choice import FEW, Setting, n_effective
from contextures.regression.probabilities import (
    calibrated_factor,
    class_prior,
    first_factor,
    logits,
)
from contextures.regression.targets import check_weighted, check_weights, read_classes
from contextures.regression.transforms import Transform


class STKRClassifier(ClassifierMixin, TransformedRegression):
    """Classify rows from few labels and many unlabelled rows.

    Kernel ridge regression of the classes' indicators on K_s(x, x') = sum_i s(s_i^2) mu_i(x)
    mu_i(x'), with the singular values and functions of a context that all rows define, labelled or
    not. The transform s says how much smoother functions are preferred to rougher ones. New rows
    are predicted by their context, as fitted ones are.

    Parameters
    ----------
    context : Context, optional
        The context; that of :func:`default_context` when None.
    spectral_transform : "auto", Transform, str or callable, default="auto"
        s: a value of :class:`Power`, :class:`Polynomial`, :class:`InverseLaplacian` or
        :class:`Truncation`, a short name such as "power:8" or "inverse-laplacian:0.999", or an
        admissible function of eigenvalues. "auto" chooses: see Notes. ``transform`` is taken as
        another name for it.
    alpha : "auto" or float, default="auto"
        The ridge, above zero, in units of the kernel's mean diagonal on the labelled rows;
        ``np.inf`` is the limit in which functions follow the kernel mean.
    n_components : int, default=300
        How many singular functions are used at most, by the spectral solver.
    solver : {"auto", "spectral", "propagation"}, default="auto"
        "spectral" computes singular functions; "propagation" needs none, uses all of the spectrum
        and takes polynomials, whole powers and inverse Laplacians. "auto" propagates a transform
        that is given, among more than 20,000 rows of which up to 100 have labels.
    unlabelled : object, default=-1
        What stands for no label in y, besides None and NaN; None for nothing else.
    random_state : int, RandomState or None, default=None
        The seed of a context that draws and has none of its own.

    Attributes
    ----------
    classes_ : ndarray of shape (k,)
        The classes among the labels.
    class_prior_ : ndarray of shape (k,)
        Their chances before a row is seen: their shares of the labels, with one label more for
        each class (the rule of succession).
    labels_ : ndarray of shape (n,)
        The predicted classes of the fitted rows, labelled ones too.
    values_ : ndarray of shape (n, k)
        The regression values of the fitted rows, one for each class; they sum to one.
    left_out_values_ : ndarray of shape (n, k)
        The same, but those of each labelled row as predicted by the other labels (by four fifths
        of them, where a setting that is given is propagated from 300 labels or more).
    settings_ : list of Setting
        The transforms and ridges that are averaged, largest weight first.
    context_ : Context
        The fitted context.
    solver_ : str
        The solver that was used.
    n_features_in_ : int
        The number of columns of X, for contexts over rows of numbers.

    Notes
    -----
    With "auto", fewer than five labels a class take the inverse Laplacian with eta = 0.999 /
    lambda_1 and a ridge of one, which does well everywhere. From five labels on, c of them a
    class, settings are averaged: the default with weight 5 / (c + 5), and all settings together
    with the rest, in proportion to e^(-l / 2), e their mean squared error on l labelled rows by
    leave-one-out in closed form.

    ``decision_function`` gives log p_c + b (F_c - m_c) for values F, their means m over the labels
    and class priors p, and ``predict_proba`` its softmax. From five labels a class, b minimises the
    log-loss of the leave-one-out predictions, held near its start by a normal prior on its
    logarithm; the start, and what is taken with fewer labels, takes labelled rows to be right with
    chance (c + 1) / (c + 2).

    Labels that were drawn evenly from classes of uneven size mislead about p; weights that restore
    the sizes mend that.

    The cost beside the context's: for the spectral solver its decomposition and O(l^2 d) or
    O(l d^2), whichever is less, for each of eleven transforms; no n x n matrix is formed.
    Propagation solves for each label, or where transform and ridge are given and there are 300
    labels or more, for each class alone, and leaves out a fifth of the labels at a time.

    References
    ----------
    arXiv 2402.00645 (spectrally transformed kernel regression).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from contextures import STKRClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> known = np.full(len(y), -1)
    >>> known[:20] = y[:20]  # the digits from 0 to 9, twice
    >>> model = STKRClassifier().fit(X[:1500], known[:1500])
    >>> float(np.mean(model.labels_ == y[:1500])) > 0.85
    True
    >>> float(np.mean(model.predict(X[1500:]) == y[1500:])) > 0.85
    True
    """

    classes_: NDArray[Any]
    class_prior_: FloatArray
    labels_: NDArray[Any]
    values_: FloatArray
    left_out_values_: FloatArray
    settings_: list[Setting]

    @also_named(transform="spectral_transform")
    def __init__(
        self,
        context: Context | None = None,
        spectral_transform: str | Transform | Any = "auto",
        alpha: str | float = "auto",
        n_components: int = 300,
        *,
        solver: str = "auto",
        unlabelled: Any = -1,
        random_state: Any = None,
    ) -> None:
        self.context = context
        self.spectral_transform = spectral_transform
        self.alpha = alpha
        self.n_components = n_components
        self.solver = solver
        self.unlabelled = unlabelled
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the context to all rows and the classes to the labelled ones.

        Parameters
        ----------
        X : array-like of shape (n, p)
            All rows; None stands for all nodes or rows of a graph or finite context.
        y : array-like of shape (n,)
            Their labels; -1 (or ``unlabelled``), None or NaN for those without.
        sample_weight : array-like of shape (n,), optional
            Weights of the labels, at least zero; of rows without a label they mean nothing.

        Returns
        -------
        Self
            The fitted classifier.

        Raises
        ------
        InputError
            If there are not two labelled rows of two classes, a parameter is not possible or the
            context cannot be fitted to the rows alone.

        Warns
        -----
        ContextWarning
            If parts of the context have no label: their rows are predicted by the class shares.
        """
        self._check_parameters()
        X = self._check_rows(X)
        classes, codes = read_classes(y, self.unlabelled)
        weights = check_weights(sample_weight, len(codes))
        rows = check_weighted(np.flatnonzero(codes >= 0), weights)
        # Classes of no weight are none that could be predicted.
        present, inner = np.unique(codes[rows], return_inverse=True)
        if len(present) < 2:
            raise InputError(
                f"all labelled rows of sample_weight above zero are of one class, "
                f"{classes[present].tolist()[0]!r}; give weight to at least two classes"
            )
        n = self._fit_context(X, len(codes))
        indicators = np.eye(len(present))[inner]
        kernel = self._make_kernel(n, len(rows))
        chooser = self._make_chooser(kernel, rows, indicators, weights[rows])
        labels_each = len(rows) / len(present)
        self.classes_, self._shares = classes[present], chooser.mean
        self.class_prior_ = class_prior(self._shares, n_effective(weights[rows]))
        self._functions, self.settings_ = self._solve(chooser, rows, labels_each)
        self.values_ = self._fitted_values()
        left_out = chooser.left_out(self.settings_)
        self.left_out_values_ = self.values_.copy()
        self.left_out_values_[rows] = left_out
        start = first_factor(self.values_[rows], indicators, self._shares, labels_each)
        self._factor = start
        if labels_each >= FEW:
            self._factor = calibrated_factor(
                left_out, indicators, self._shares, self.class_prior_, weights[rows], start
            )
        self.labels_ = self._labels(self._logits(self.values_))
        return self

    def predict(self, X: Any = None) -> NDArray[Any]:
        """Predict the class of rows, seen at fit time or new.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The rows.

        Returns
        -------
        ndarray of shape (n,)
            The most likely classes.
        """
        return self._labels(self._logits(self._values(X)))

    def predict_proba(self, X: Any = None) -> FloatArray:
        """Give the chances of the classes.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The rows.

        Returns
        -------
        ndarray of shape (n, k)
            One column for each of ``classes_``; rows sum to one.
        """
        return np.asarray(softmax(self._logits(self._values(X)), axis=1))

    def decision_function(self, X: Any = None) -> FloatArray:
        """Give the logits of the classes.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The rows.

        Returns
        -------
        ndarray of shape (n, k), or (n,) for two classes
            Logarithms of the chances but for a constant; for two classes the log-odds of the
            second.
        """
        found = self._logits(self._values(X))
        return found[:, 1] - found[:, 0] if len(self.classes_) == 2 else found

    def _logits(self, values: FloatArray) -> FloatArray:
        return logits(values, self._shares, self.class_prior_, self._factor)

    def _labels(self, found: FloatArray) -> NDArray[Any]:
        if len(self.classes_) == 2:  # as the sign of the decision function has it
            return np.asarray(self.classes_[(found[:, 1] - found[:, 0] > 0).astype(np.intp)])
        return np.asarray(self.classes_[found.argmax(axis=1)])

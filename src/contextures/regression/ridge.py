"""Kernel ridge regression with a free mean, and its leave-one-out predictions in closed form."""

from __future__ import annotations

import numpy as np

from contextures._arrays import FloatArray, svd


class Ridge:
    """Ridge regression of targets on a kernel Z Z^T between labelled rows.

    It minimises sum_l w_l |y_l - b - f(x_l)|^2 + alpha k |f|^2 over constants b and functions f of
    the kernel's space, where k is the mean of the kernel's diagonal on the labelled rows. The
    constant is free, so it carries the mean, or the shares of the classes. One decomposition of
    the labelled rows serves all alphas.

    In the limit of infinite alpha, f shrinks to zero along the kernel mean
    sum_l w_l K(., x_l) (y_l - mean y). For ``alpha=inf`` the prediction is mean y plus that
    function, times the factor that fits the labels best; for an inverse Laplacian this is Poisson
    learning.

    Parameters
    ----------
    factor : ndarray of shape (k, r)
        Z of the labelled rows.
    targets : ndarray of shape (k, q)
        y.
    weights : ndarray of shape (k,)
        w, above zero. A weight of two counts as a label given twice.

    References
    ----------
    arXiv 2402.00645, section 3; the leave-one-out formula is that of linear smoothers.
    """

    def __init__(self, factor: FloatArray, targets: FloatArray, weights: FloatArray) -> None:
        self._factor = factor
        self._prepare(np.einsum("ij,ij->i", factor, factor), targets, weights)
        scaled = self._roots[:, None] * factor
        scaled -= np.outer(self._unit, self._unit @ scaled)
        vectors, values, _ = svd(scaled)
        # What rounding leaves would be blown up by small alphas.
        kept = values > 1e-12 * max(float(values[0]), 1e-300) if len(values) else values > 0
        self._vectors, self._squares = vectors[:, kept], values[kept] ** 2

    def _prepare(self, own: FloatArray, targets: FloatArray, weights: FloatArray) -> None:
        self._own, self._targets, self._weights = own, targets, weights
        self._roots = np.sqrt(weights)
        self.mean: FloatArray = weights @ targets / weights.sum()
        self.diagonal = float(weights @ own / weights.sum())
        self._unit = self._roots / np.linalg.norm(self._roots)
        self._centred_targets = self._roots[:, None] * (targets - self.mean)

    def _applied(self, dual: FloatArray) -> FloatArray:
        """Give the values of sum_l K(., x_l) dual_l on the labelled rows."""
        return np.asarray(self._factor @ (self._factor.T @ dual))

    def dual(self, alpha: float) -> FloatArray:
        """Give the coefficients a of f = sum_l K(., x_l) a_l, of shape (k, q)."""
        if np.isinf(alpha):
            return self._factor_of_mean() * self._kernel_mean()
        shares = 1.0 / (self._squares + self._penalty(alpha))
        inner = shares[:, None] * (self._vectors.T @ self._centred_targets)
        return np.asarray(self._roots[:, None] * (self._vectors @ inner))

    def constant(self, alpha: float, dual: FloatArray) -> FloatArray:
        """Give b for the coefficients that :meth:`dual` gave, of shape (q,)."""
        if np.isinf(alpha):
            return self.mean
        fitted = self._applied(dual)
        return np.asarray(self.mean - self._weights @ fitted / self._weights.sum())

    def left_out(self, alpha: float) -> FloatArray:
        """Predict each labelled row as if it had no label, in closed form.

        The penalty alpha k is left as it is.

        Parameters
        ----------
        alpha : float
            The ridge.

        Returns
        -------
        ndarray of shape (k, q)
            The predictions.
        """
        if np.isinf(alpha):
            return self._mean_left_out()
        shares = self._squares / (self._squares + self._penalty(alpha))
        projected = self._vectors.T @ self._centred_targets
        residual = self._centred_targets - self._vectors @ (shares[:, None] * projected)
        leverage = self._unit**2 + (self._vectors**2) @ shares
        # A row that alone decides its own prediction has nothing to be predicted by.
        free = np.maximum(1.0 - leverage, 1e-12)
        return np.asarray(self._targets - residual / (free * self._roots)[:, None])

    def smoother(self, alpha: float) -> FloatArray:
        """Give H of shape (k, k), for which H y are the fitted values, for even weights.

        Parameters
        ----------
        alpha : float
            The ridge, finite.

        Returns
        -------
        ndarray of shape (k, k)
            H; it does not depend on the targets.
        """
        shares = self._squares / (self._squares + self._penalty(alpha))
        return np.asarray((self._vectors * shares) @ self._vectors.T + self._unit[:, None] ** 2)

    def _penalty(self, alpha: float) -> float:
        return float(alpha * self.diagonal) or 1e-300

    def _kernel_mean(self) -> FloatArray:
        return self._weights[:, None] * (self._targets - self.mean)

    def _factor_of_mean(self) -> float:
        """The factor of the kernel mean that fits the labels best by least squares."""
        dual = self._kernel_mean()
        fitted = self._applied(dual)
        size = float(np.sum(self._weights[:, None] * fitted**2))
        return float(np.sum(dual * fitted)) / size if size > 0 else 0.0

    def _mean_left_out(self) -> FloatArray:
        """What the kernel mean of the other rows says, about the mean of the others."""
        weights = self._weights[:, None]
        rest = np.maximum(self._weights.sum() - weights, 1e-300)
        means = (self._weights @ self._targets - weights * self._targets) / rest
        own = self._own[:, None] * weights
        sums = self._applied(weights * self._targets) - own * self._targets
        ones = self._applied(weights) - own
        return np.asarray(means + self._factor_of_mean() * (sums - means * ones))


class GramRidge(Ridge):
    """The same of the kernel itself between evenly weighted rows: quicker where Z is square.

    Eigenvalues below 1e-13 of the largest are rounding and count as zero.

    Parameters
    ----------
    gram : ndarray of shape (k, k)
        K between the labelled rows.
    targets : ndarray of shape (k, q)
        y.
    """

    def __init__(self, gram: FloatArray, targets: FloatArray) -> None:
        gram = (gram + gram.T) / 2
        self._gram = gram
        self._prepare(np.diag(gram).copy(), targets, np.ones(len(gram)))
        means = gram.mean(axis=0)
        values, vectors = np.linalg.eigh(gram - means - means[:, None] + means.mean())
        kept = values > 1e-13 * max(float(values[-1]), 1e-300)
        self._vectors, self._squares = vectors[:, kept], values[kept]

    def _applied(self, dual: FloatArray) -> FloatArray:
        return np.asarray(self._gram @ dual)

"""Indicators of classes, indices and other names."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import OneHotEncoder


class IndicatorBasis(TransformerMixin, BaseEstimator):
    """A function for each name: all functions of X, or of A, where they take few values.

    Parameters
    ----------
    most : int, optional
        Of more names in a column the rare ones share an indicator; None for no limit.

    Attributes
    ----------
    encoder_ : OneHotEncoder
        What computes them; names never seen have none.

    Examples
    --------
    >>> from contextures.encoders.bases import IndicatorBasis
    >>> IndicatorBasis().fit_transform(["cat", "dog", "cat"]).toarray()
    array([[1., 0.],
           [0., 1.],
           [1., 0.]])
    """

    encoder_: OneHotEncoder

    def __init__(self, most: int | None = None) -> None:
        self.most = most

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the names.

        Parameters
        ----------
        X : array-like of shape (n,) or (n, q)
            Names.
        y : ignored
            Taken for scikit-learn's sake.

        Returns
        -------
        Self
            The fitted basis.
        """
        encoder = OneHotEncoder(handle_unknown="ignore", max_categories=self.most)
        self.encoder_ = encoder.fit(_columns(X))
        return self

    def transform(self, X: Any) -> Any:
        """Give the indicators.

        Parameters
        ----------
        X : array-like of shape (n,) or (n, q)
            Names, seen at fit time or new.

        Returns
        -------
        csr_matrix of shape (n, D)
            The indicators; those of a new name are zero.
        """
        return self.encoder_.transform(_columns(X))

    @property
    def n_names(self) -> int:
        """How many names there are."""
        return sum(len(names) for names in self.encoder_.categories_)


def _columns(X: Any) -> Any:
    names = np.asarray(X)
    return names.reshape(len(names), -1)

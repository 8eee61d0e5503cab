"""From a table to a matrix of numbers in which every column weighs the same."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from contextures._files import as_damaged
from contextures.data.account import ColumnAccount
from contextures.data.amounts import described
from contextures.data.columns import fit_columns
from contextures.data.dates import said_format
from contextures.data.kinds import KindFound, hints_of, kinds_of
from contextures.data.single_row import SingleRows
from contextures.data.table import check_nesting, check_size, check_values, name_frame
from contextures.data.words import counted, listed, plural
from contextures.exceptions import InputError

FloatArray = NDArray[np.float64]

FARTHEST = 10.0
"""No value lies farther than this from its column's mean: a column that hardly varies weighs less,
so that its few other rows are not torn from all the rest."""

_LEFT_OUT = {"constant": "left out: it has one value only", "empty": "left out: it is empty"}
_ACTIONS = {
    "numeric": "scaled by its quartiles, far values squashed",
    "category": "one indicator a category",
    "boolean": "one indicator",
    "text": "character n-grams, reduced",
    "date": "year, month, day, hour and time, as far as they vary",
}
_TOO_ALIKE = "left out: its values differ by less than numbers can hold"


class TablePreparation(TransformerMixin, BaseEstimator):
    """Turn the columns of a table into features, each column with the same total variance.

    Numbers are scaled by their quartiles with far values squashed, missing ones filled with the
    median and marked; categories become indicators; text with many values becomes its reduced
    character n-grams; dates their parts and their time. The encoders are skrub's and
    scikit-learn's. Every column's features are then centred and scaled together to a total
    variance of one (less where a value would lie more than ten from the mean), so that no column
    weighs more than another in distances, however many features it became.

    Parameters
    ----------
    drop : mapping of str to str, optional
        Columns to leave out, and why.
    decimal : {".", ","}, optional
        The decimal mark of numbers stored as text, where nothing in the table tells.
    dates : {"day-first", "month-first"}, optional
        The order of dates such as 03/04/2020, where nothing in the table tells.

    Attributes
    ----------
    columns_ : list of str
        Names of the columns fitted to.
    account_ : list of ColumnAccount
        What was done with each.
    kinds_ : dict of str to str
        The kind of each column used.

    Notes
    -----
    A row's features depend on that row only, whatever file or batch it comes in. The same value
    may be written in other ways: where ``True`` was fitted, so may be ``1``, ``1.0`` and ``yes``.
    A category never seen at fit time is none of the known ones, and so is a missing one where none
    was missing; :meth:`check_columns` counts them. Numbers are centred and scaled in double
    precision before anything else, so that neither a large offset nor a tiny unit hides what they
    vary by.

    Examples
    --------
    >>> import pandas as pd
    >>> from contextures.data import TablePreparation
    >>> ages, cities = [31.0, 44.0, None, 58.0], ["Oslo", "Bergen", "Oslo", "Bergen"]
    >>> frame = pd.DataFrame({"age": ages, "city": cities})
    >>> preparation = TablePreparation().fit(frame)
    >>> preparation.transform(frame).shape
    (4, 3)
    >>> preparation.kinds_
    {'age': 'numeric', 'city': 'category'}
    """

    _read_from: str | None = None
    """Where it was read from: what then goes wrong is the file's fault, not the program's."""

    _single: SingleRows | None = None

    def __init__(
        self,
        drop: Mapping[str, str] | None = None,
        *,
        decimal: str | None = None,
        dates: str | None = None,
    ) -> None:
        self.drop = drop
        self.decimal = decimal
        self.dates = dates

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Learn scales and categories from the training rows.

        Parameters
        ----------
        X : pandas.DataFrame of shape (n, c)
            The training rows, without the target.
        y : ignored
            Taken for scikit-learn's sake.

        Returns
        -------
        Self
            The fitted preparation.

        Raises
        ------
        InputError
            If no column is left, or one holds infinities or can be read in two ways.
        """
        self._learn(X)
        return self

    def fit_transform(self, X: pd.DataFrame, y: Any = None, **_: Any) -> FloatArray:
        """Fit and give the features of the training rows.

        Parameters
        ----------
        X : pandas.DataFrame of shape (n, c)
            The training rows, without the target.
        y : ignored
            Taken for scikit-learn's sake.
        **_ : dict
            None are used.

        Returns
        -------
        ndarray of shape (n, p)
            The features.
        """
        return self._learn(X)

    def transform(self, X: pd.DataFrame) -> FloatArray:
        """Give the features of rows.

        Parameters
        ----------
        X : pandas.DataFrame of shape (n, c)
            Rows with at least the columns fitted to, in any order.

        Returns
        -------
        ndarray of shape (n, p)
            The features.

        Raises
        ------
        InputError
            If columns are missing or hold values of another kind.
        """
        check_is_fitted(self)
        if type(X) is pd.DataFrame and len(X) == 1:
            quick = self._one_row(X)
            if quick is not None:
                return quick
        X, _ = name_frame(X)
        check_size(len(X), len(X.columns), min_rows=1, min_columns=0)
        self.check_columns(X)
        whole = self._read_from is None
        with nullcontext() if whole else as_damaged(f"the preparation in {self._read_from}"):
            features = self._scaled(self._filled(self._blocks(X), X))
            if not np.isfinite(features).all():
                raise ValueError("it gives values that are not numbers")
        return features

    def _one_row(self, X: pd.DataFrame) -> FloatArray | None:
        if self._single is None:
            self._single = SingleRows(self.fitted_, self._read_one, self.fill_, self.marked_)
        whole = self._read_from is None
        with nullcontext() if whole else as_damaged(f"the preparation in {self._read_from}"):
            found = self._single.features(X)
            features = None if found is None else (found - self.centre_) * self.scale_
        return features if features is not None and np.isfinite(features).all() else None

    def _read_one(self, X: pd.DataFrame, name: str) -> FloatArray:
        """Give the features of a frame of one fitted column and one row, after every check."""
        X, _ = name_frame(X)
        check_values(X)
        column = self.fitted_[name]
        column.notes(X[name])
        return np.asarray(self._filled({name: column.encode(X[name])}, X)[name][0])

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Give the names of the features.

        Parameters
        ----------
        input_features : ignored
            Taken for scikit-learn's sake.

        Returns
        -------
        ndarray of str of shape (p,)
            The names.
        """
        check_is_fitted(self)
        return np.asarray(self.feature_names_, dtype=object)

    def check_columns(self, X: pd.DataFrame) -> list[str]:
        """Check that a table fits what was learnt.

        Parameters
        ----------
        X : pandas.DataFrame
            The table.

        Returns
        -------
        list of str
            Notes: columns that are ignored, values never seen at fit time with their numbers, and
            cells that are no dates.

        Raises
        ------
        InputError
            Naming the columns that are missing or of another kind.
        """
        check_is_fitted(self)
        X, _ = name_frame(X)
        absent = [name for name in self.kinds_ if name not in X.columns]
        if absent:
            raise InputError(
                f"the table lacks the {plural(len(absent), 'column')} {listed(absent)}; "
                "give a table with the columns that the run was fitted to"
            )
        check_values(X[list(self.kinds_)])
        extra = [name for name in X.columns if name not in self.columns_]
        notes = [f"ignored {counted(len(extra), 'column')} {listed(extra)}"] if extra else []
        for name, column in self.fitted_.items():
            notes += column.notes(X[name])
        return notes

    def _learn(self, X: pd.DataFrame) -> FloatArray:
        self._single = None
        X, _ = name_frame(X)
        check_nesting(X.drop(columns=list(self.drop or ()), errors="ignore"))
        check_values(X)
        self.columns_ = list(X.columns)
        found = kinds_of(X, hints_of(self.decimal, self.dates))
        drop = dict(self.drop or {})
        used = [n for n, k in found.items() if k.kind not in _LEFT_OUT and n not in drop]
        self.fitted_ = fit_columns(X, {name: found[name] for name in used})
        self.kinds_ = {name: column.kind for name, column in self.fitted_.items()}
        if not self.kinds_:
            raise InputError(
                "no column is left to learn from: all are constant, empty or identifiers; "
                "give a table with columns that vary"
            )
        self.date_formats_ = {
            name: column.date_format
            for name, column in self.fitted_.items()
            if column.kind == "date"
        }
        names = {name: column.feature_names() for name, column in self.fitted_.items()}
        self.marked_ = [n for n, kind in self.kinds_.items() if _is_marked(found[n], kind)]
        blocks = self._blocks(X)
        self.fill_ = {name: [_median(column) for column in b.T] for name, b in blocks.items()}
        self.feature_names_ = [
            output
            for name in self.kinds_
            for output in names[name] + ([f"{name} is missing"] if name in self.marked_ else [])
        ]
        filled = self._filled(blocks, X)
        self.outputs_ = {name: block.shape[1] for name, block in filled.items()}
        self.centre_ = np.concatenate([block.mean(axis=0) for block in filled.values()])
        self.scale_ = np.concatenate(
            [np.full(block.shape[1], _common_scale(block)) for block in filled.values()]
        )
        self.account_ = [self._account(name, found[name], drop) for name in self.columns_]
        return self._scaled(filled)

    def _blocks(self, X: pd.DataFrame) -> dict[str, FloatArray]:
        """Give the encoded features of each column, NaN where missing."""
        return {name: column.encode(X[name]) for name, column in self.fitted_.items()}

    def _filled(self, blocks: dict[str, FloatArray], X: pd.DataFrame) -> dict[str, FloatArray]:
        filled = {}
        for name, block in blocks.items():
            whole = np.where(np.isnan(block), self.fill_[name], block)
            if name in self.marked_:
                mark = self.fitted_[name].missing(X[name]).astype(np.float64)
                whole = np.column_stack([whole, mark])
            filled[name] = whole
        return filled

    def _scaled(self, filled: dict[str, FloatArray]) -> FloatArray:
        return np.asarray((np.hstack(list(filled.values())) - self.centre_) * self.scale_)

    def _account(self, name: str, found: KindFound, drop: dict[str, str]) -> ColumnAccount:
        if name in drop:
            return ColumnAccount(name, found.kind, f"left out: {drop[name]}", 0, found.n_missing)
        if found.kind in _LEFT_OUT:
            return ColumnAccount(name, found.kind, _LEFT_OUT[found.kind], 0, found.n_missing)
        if name not in self.fitted_:
            return ColumnAccount(name, found.kind, _TOO_ALIKE, 0, found.n_missing)
        action = _ACTIONS[found.kind]
        if found.number_form is not None:
            action = f"read from text: {described(found.number_form)}; {action}"
        elif found.text_numbers:
            action = f"read from text; {action}"
        if found.date_format is not None:
            action = f"{said_format(found.date_format)}; {action}"
        if found.n_odd:
            action += f"; {counted(found.n_odd, 'cell')} that are no dates count as missing"
        if found.kind == "category" and found.n_unique == 1:
            action = "present against missing"
        if name in self.marked_:
            action += "; missing values filled with the median and marked"
        elif found.n_missing and found.kind in ("category", "boolean"):
            action += "; missing is a category"
        missing = found.n_missing + found.n_odd
        return ColumnAccount(name, found.kind, action, self.outputs_[name], missing)


def _common_scale(block: FloatArray) -> float:
    """Give the factor that brings a column's features to a total variance of one."""
    total = float(block.var(axis=0).sum())
    if total <= 1e-20:
        return 0.0
    farthest = np.abs(block - block.mean(axis=0)).max()
    return float(min(1.0 / np.sqrt(total), FARTHEST / farthest))


def _is_marked(found: KindFound, kind: str) -> bool:
    return found.n_missing + found.n_odd > 0 and kind in ("numeric", "date", "text")


def _median(column: FloatArray) -> float:
    present = column[~np.isnan(column)]
    return float(np.median(present)) if len(present) else 0.0

"""Preparations on disk: JSON and a skops archive, opened without running code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from contextures._archives import read_archive, write_archive
from contextures._files import as_damaged, check_ours, read_pair, to_json, write_together
from contextures._plain_archive import Types
from contextures.data.account import ColumnAccount
from contextures.data.amounts import NumberForm
from contextures.data.columns import FittedColumn
from contextures.data.preparation import TablePreparation
from contextures.data.squashing import Learned, SquashingScaler, apart, as_skrub, together

FORMAT = 3
DESCRIPTION, ENCODERS = "preparation.json", "preparation.skops"

TRUSTED = (
    "numpy.dtype",
    "skrub._squashing_scaler.SquashingScaler",
    "skrub._squashing_scaler._MinMaxScaler",
    "skrub._string_encoder.StringEncoder",
    "skrub._to_str.ToStr",
)
"""The types that an archive may hold, besides numpy's and scikit-learn's own: fixed here, so that
a changed file cannot name others."""


def _scikit_learn(name: str) -> Callable[[], type[Any]]:
    def load() -> type[Any]:
        import sklearn.preprocessing

        found: type[Any] = getattr(sklearn.preprocessing, name)
        return found

    return load


PLAIN: Types = {
    ("skrub._squashing_scaler", "SquashingScaler"): lambda: SquashingScaler,
    ("skrub._squashing_scaler", "_MinMaxScaler"): lambda: Learned,
    ("sklearn.preprocessing._data", "RobustScaler"): _scikit_learn("RobustScaler"),
    ("sklearn.preprocessing._encoders", "OneHotEncoder"): _scikit_learn("OneHotEncoder"),
}
"""The types in the archive of a table without text, which is read without skops and skrub."""

_SCALED = ("numeric", "date")
_ENCODERS = {
    "numeric": "SquashingScaler",
    "category": "OneHotEncoder",
    "boolean": "OneHotEncoder",
    "text": "StringEncoder",
    "date": "SquashingScaler",
}


def save_preparation(preparation: TablePreparation, directory: str | Path) -> None:
    """Write a fitted preparation to ``preparation.json`` and ``preparation.skops``.

    Parameters
    ----------
    preparation : TablePreparation
        A fitted preparation.
    directory : str or pathlib.Path
        An existing directory.

    Raises
    ------
    InputError
        If there is no such directory, it is a run, or holds files of these names that are not a
        saved preparation's.

    Examples
    --------
    >>> import tempfile
    >>> from contextures.data import TablePreparation, demo_table, save_preparation
    >>> frame = demo_table("iris").frame
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_preparation(TablePreparation().fit(frame), folder)
    """
    check_is_fitted(preparation)
    folder = Path(directory)
    check_ours(folder, DESCRIPTION, "feature_names", (ENCODERS,), "preparation")
    description = {
        "format": FORMAT,
        "drop": dict(preparation.drop or {}),
        "decimal": preparation.decimal,
        "dates": preparation.dates,
        "columns": preparation.columns_,
        "fitted": [_described(column) for column in preparation.fitted_.values()],
        "marked": preparation.marked_,
        "outputs": preparation.outputs_,
        "feature_names": preparation.feature_names_,
        "account": [vars(line) for line in preparation.account_],
        # Seventeen digits give a float back exactly.
        "fill": preparation.fill_,
        "centre": preparation.centre_.tolist(),
        "scale": preparation.scale_.tolist(),
    }
    scalers = [c.encoder for c in preparation.fitted_.values() if c.kind in _SCALED]
    words = {n: c.encoder for n, c in preparation.fitted_.items() if c.kind not in _SCALED}
    # One scaler of all columns: an archive of thousands of objects takes minutes.
    scaler = as_skrub(together(scalers)) if scalers else None
    encoders = [list(preparation.fitted_), scaler, words]
    archive = write_archive(encoders, TRUSTED, "the preparation")
    write_together(folder, {ENCODERS: archive, DESCRIPTION: to_json(description)})


def load_preparation(directory: str | Path) -> TablePreparation:
    """Read a preparation that :func:`save_preparation` wrote.

    Parameters
    ----------
    directory : str or pathlib.Path
        Where it lies.

    Returns
    -------
    TablePreparation
        It transforms exactly as the written one.

    Raises
    ------
    InputError
        If the files are missing, damaged or hold types they should not.

    Examples
    --------
    >>> import tempfile
    >>> from contextures.data import TablePreparation, demo_table
    >>> from contextures.data import load_preparation, save_preparation
    >>> frame = demo_table("iris").frame
    >>> fitted = TablePreparation().fit(frame)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_preparation(fitted, folder)
    ...     again = load_preparation(folder)
    >>> bool((again.transform(frame) == fitted.transform(frame)).all())
    True
    """
    folder = Path(directory)
    description, archive = read_pair(folder, DESCRIPTION, ENCODERS, "preparation", FORMAT)
    encoders = read_archive(archive, TRUSTED, "preparation", repr(str(folder)), PLAIN)
    with as_damaged(f"the preparation in {str(folder)!r}"):
        preparation = _restore(description, encoders)
        _check_whole(preparation)
    preparation._read_from = repr(str(folder))
    return preparation


def _described(column: FittedColumn) -> dict[str, Any]:
    """Give all of a column but its encoder as plain values."""
    form = None if column.number_form is None else vars(column.number_form)
    return {**vars(column), "encoder": None, "number_form": form}


def _restore(description: dict[str, Any], encoders: Any) -> TablePreparation:
    drop, decimal, dates = (description[name] for name in ("drop", "decimal", "dates"))
    preparation = TablePreparation(dict(drop), decimal=decimal, dates=dates)
    preparation.columns_ = description["columns"]
    preparation.fitted_ = {}
    encoder_of = _encoders(encoders, description["fitted"])
    for line in description["fitted"]:
        form = line["number_form"]
        column = FittedColumn(
            **{
                **line,
                "encoder": encoder_of[line["name"]],
                "number_form": None if form is None else NumberForm(**form),
            }
        )
        preparation.fitted_[column.name] = column
    preparation.kinds_ = {name: column.kind for name, column in preparation.fitted_.items()}
    preparation.date_formats_ = {
        name: column.date_format
        for name, column in preparation.fitted_.items()
        if column.kind == "date"
    }
    preparation.marked_ = description["marked"]
    preparation.outputs_ = description["outputs"]
    preparation.feature_names_ = description["feature_names"]
    preparation.account_ = [ColumnAccount(**line) for line in description["account"]]
    preparation.fill_ = description["fill"]
    preparation.centre_ = np.asarray(description["centre"], dtype=np.float64)
    preparation.scale_ = np.asarray(description["scale"], dtype=np.float64)
    return preparation


def _encoders(archived: Any, lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Give each column its encoder."""
    names, scaler, words = archived
    scaled = {line["name"]: len(line["origins"]) for line in lines if line["kind"] in _SCALED}
    if names != [line["name"] for line in lines] or list(words) != [
        name for name in names if name not in scaled
    ]:
        raise ValueError("its encoders are not those of its columns")
    n_scaled = 0 if scaler is None else len(scaler.zero_cols_)
    if sum(scaled.values()) != n_scaled or 0 in scaled.values():
        raise ValueError("the numbers of its scaled columns differ")
    scalers = apart(scaler, list(scaled.values())) if scaled else []
    return {**words, **dict(zip(scaled, scalers, strict=True))}


def _check_whole(preparation: TablePreparation) -> None:
    """Check that the parts of a preparation belong together, by a row of missing values as well."""
    kinds, fitted = preparation.kinds_, preparation.fitted_
    if not set(kinds) <= set(preparation.columns_):
        raise ValueError("its encoders are not those of its columns")
    for name, kind in kinds.items():
        if type(fitted[name].encoder).__name__ != _ENCODERS[kind]:
            raise ValueError(f"the encoder of {name!r} is not one for {kind} values")
    n_outputs = sum(preparation.outputs_[name] for name in kinds)
    sizes = {n_outputs, len(preparation.feature_names_), len(preparation.centre_)}
    if sizes | {len(preparation.scale_)} != {n_outputs}:
        raise ValueError("the numbers of its features differ")
    # Looking through object columns for numbers is slow, and there may be hundreds of columns.
    blank = pd.DataFrame(
        {
            name: pd.Series([None], dtype="float64" if kind == "numeric" else object)
            for name, kind in kinds.items()
        }
    )
    if not np.isfinite(preparation.transform(blank)).all():
        raise ValueError("it gives values that are not numbers")

"""Preparations on disk: JSON and a skops archive, opened without running code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from contextures._archives import read_archive, write_archive
from contextures._files import read_pair, to_json, write_whole
from contextures.data.account import ColumnAccount
from contextures.data.preparation import TablePreparation
from contextures.exceptions import InputError

FORMAT = 1
DESCRIPTION, ENCODERS = "preparation.json", "preparation.skops"

TRUSTED = (
    "numpy.dtype",
    "skrub._datetime_encoder.DatetimeEncoder",
    "skrub._squashing_scaler.SquashingScaler",
    "skrub._squashing_scaler._MinMaxScaler",
    "skrub._string_encoder.StringEncoder",
    "skrub._to_str.ToStr",
)
"""The types that an archive may hold, besides numpy's and scikit-learn's own: fixed here, so that
a changed file cannot name others."""

_ENCODERS = {
    "numeric": "SquashingScaler",
    "category": "OneHotEncoder",
    "boolean": "OneHotEncoder",
    "text": "StringEncoder",
    "date": "DatetimeEncoder",
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
        If there is no such directory.

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
    if not folder.is_dir():
        raise InputError(f"there is no directory {str(folder)!r}; make it before saving to it")
    description = {
        "format": FORMAT,
        "drop": dict(preparation.drop or {}),
        "columns": preparation.columns_,
        "kinds": preparation.kinds_,
        "date_formats": preparation.date_formats_,
        "marked": preparation.marked_,
        "outputs": preparation.outputs_,
        "feature_names": preparation.feature_names_,
        "account": [vars(line) for line in preparation.account_],
        # Seventeen digits give a float back exactly.
        "fill": preparation.fill_,
        "centre": preparation.centre_.tolist(),
        "scale": preparation.scale_.tolist(),
    }
    archive = write_archive(preparation.encoders_, TRUSTED, "the preparation")
    write_whole(folder / ENCODERS, archive)
    write_whole(folder / DESCRIPTION, to_json(description))


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
    encoders = read_archive(archive, TRUSTED, "preparation", repr(str(folder)))
    try:
        preparation = _restore(description, encoders)
        _check_whole(preparation)
    except Exception as error:  # whatever parts that do not fit together make raise
        reason = " ".join(str(error).split())[:120]
        raise InputError(
            f"the preparation in {str(folder)!r} is damaged ({reason}); fit it again"
        ) from None
    return preparation


def _restore(description: dict[str, Any], encoders: Any) -> TablePreparation:
    preparation = TablePreparation(dict(description["drop"]))
    preparation.columns_ = description["columns"]
    preparation.kinds_ = description["kinds"]
    preparation.date_formats_ = description["date_formats"]
    preparation.marked_ = description["marked"]
    preparation.outputs_ = description["outputs"]
    preparation.feature_names_ = description["feature_names"]
    preparation.account_ = [ColumnAccount(**line) for line in description["account"]]
    preparation.fill_ = description["fill"]
    preparation.centre_ = np.asarray(description["centre"], dtype=np.float64)
    preparation.scale_ = np.asarray(description["scale"], dtype=np.float64)
    preparation.encoders_ = encoders
    return preparation


def _check_whole(preparation: TablePreparation) -> None:
    """Check that the parts of a preparation belong together, by a row of missing values as well."""
    kinds, encoders = preparation.kinds_, preparation.encoders_
    if list(encoders) != list(kinds) or not set(kinds) <= set(preparation.columns_):
        raise ValueError("its encoders are not those of its columns")
    for name, kind in kinds.items():
        if type(encoders[name]).__name__ != _ENCODERS[kind]:
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

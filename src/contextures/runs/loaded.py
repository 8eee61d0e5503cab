"""A run that was read from its folder, ready to embed and predict rows."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures._files import read_json
from contextures._repr import html_table
from contextures.data import load_preparation
from contextures.encoders import Encoder, load_encoder
from contextures.exceptions import InputError
from contextures.prediction import ContextureClassifier, ContextureRegressor
from contextures.runs.folder import check_run
from contextures.runs.manifest import MARK
from contextures.runs.new_rows import read_rows
from contextures.runs.predict import predictor_of, run_options
from contextures.runs.predictions import Predictor


class LoadedRun:
    """A run that was read from its folder; see :func:`load_run`.

    Parameters
    ----------
    folder : pathlib.Path
        Where it lies.

    Attributes
    ----------
    preparation : TablePreparation
        What turns the table's columns into features.
    encoder : Encoder
        The encoder; read when it is first used.
    predictor : ContextureClassifier or ContextureRegressor
        The predictor, of prepared features; read when it is first used.
    metrics : dict
        What ``metrics.json`` holds.

    Examples
    --------
    >>> from contextures.runs import LoadedRun
    >>> hasattr(LoadedRun, "predict_proba")
    True
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.preparation = load_preparation(folder)
        self._options = run_options(folder)
        self._context = str(read_json(folder / MARK).get("context"))

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder."""
        return load_encoder(self.folder)

    @cached_property
    def predictor(self) -> Predictor:
        """The predictor, of prepared features."""
        return predictor_of(self.folder)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """What was measured."""
        try:
            found = read_json(self.folder / "metrics.json")
        except (OSError, ValueError) as error:
            raise InputError(
                f"the metrics of {str(self.folder)!r} cannot be read: {error}"
            ) from None
        if not isinstance(found, dict):
            raise InputError(f"the metrics of {str(self.folder)!r} are damaged; fit it again")
        return found

    @property
    def target(self) -> str | None:
        """The column that is predicted; None without one."""
        found = self._options.get("target")
        return found if isinstance(found, str) else None

    def features(self, table: pd.DataFrame | str | Path | list[str]) -> FloatArray:
        """Prepare rows as the run prepared its own.

        Parameters
        ----------
        table : pandas.DataFrame, str, pathlib.Path or list of str
            Rows with the columns that the run was fitted to, or the file of a table, or its files.

        Returns
        -------
        ndarray of shape (n, p)
            The features.

        Raises
        ------
        InputError
            If the columns do not fit, naming them.
        """
        if isinstance(table, str | Path | list):
            table = read_rows(self.folder, table).frame
        return self.preparation.transform(table)

    def transform(self, table: pd.DataFrame | str | Path | list[str]) -> FloatArray:
        """Embed rows.

        Parameters
        ----------
        table : pandas.DataFrame, str, pathlib.Path or list of str
            As for :meth:`features`.

        Returns
        -------
        ndarray of shape (n, d)
            The coordinates.
        """
        return np.asarray(self.encoder.transform(self.features(table)))

    def predict(self, table: pd.DataFrame | str | Path | list[str]) -> NDArray[Any]:
        """Predict the target of rows.

        Parameters
        ----------
        table : pandas.DataFrame, str, pathlib.Path or list of str
            As for :meth:`features`.

        Returns
        -------
        ndarray of shape (n,)
            Classes as the table had them, or numbers.

        Raises
        ------
        InputError
            If the run has no predictor, saying why.
        """
        return np.asarray(self.predictor.predict(self.features(table)))

    def predict_proba(self, table: pd.DataFrame | str | Path | list[str]) -> pd.DataFrame:
        """Give the chances of the classes.

        Parameters
        ----------
        table : pandas.DataFrame, str, pathlib.Path or list of str
            As for :meth:`features`.

        Returns
        -------
        pandas.DataFrame of shape (n, q)
            One column for each class; rows sum to one.

        Raises
        ------
        InputError
            If the run has no predictor, or predicts numbers.
        """
        if not isinstance(self.predictor, ContextureClassifier):
            raise InputError(
                f"{self.target!r} is a number and has no chances of classes; use predict_interval"
            )
        chances = self.predictor.predict_proba(self.features(table))
        return pd.DataFrame(chances, columns=self.predictor.classes_.tolist())

    def predict_interval(
        self, table: pd.DataFrame | str | Path | list[str], coverage: float = 0.9
    ) -> FloatArray:
        """Give intervals that hold about a share ``coverage`` of the numbers of such rows.

        Parameters
        ----------
        table : pandas.DataFrame, str, pathlib.Path or list of str
            As for :meth:`features`.
        coverage : float
            Between 0 and 1.

        Returns
        -------
        ndarray of shape (n, 2)
            Lower and upper ends.

        Raises
        ------
        InputError
            If the run has no predictor or predicts classes, or there are too few labels for so
            high a coverage.
        """
        if not isinstance(self.predictor, ContextureRegressor):
            raise InputError(f"{self.target!r} is a class and has no interval; use predict_proba")
        return self.predictor.predict_interval(self.features(table), coverage)

    def __repr__(self) -> str:
        what = "" if self.target is None else f", target={self.target!r}"
        return f"LoadedRun({str(self.folder)!r}, context={self._context!r}{what})"

    def _repr_html_(self) -> str:
        rows = {"folder": str(self.folder), "context": self._context}
        if self.target is not None:
            rows["target"] = self.target
        # A page is to show whatever can be shown.
        with suppress(InputError, AttributeError, KeyError, TypeError, ValueError):
            metrics = self.metrics
            left_out = (metrics.get("predictor") or {}).get("scores") or {}
            for name, found in (metrics["scores"] or left_out).items():
                low, high = found["interval"]
                score = f"{found['score']:.3f} ({low:.3f} to {high:.3f})"
                rows[f"{metrics['metric']}, {name}"] = score
        return html_table(rows)


def load_run(path: str | Path) -> LoadedRun:
    """Read a run that ``contextures fit`` wrote; no code in it is executed.

    Parameters
    ----------
    path : str or pathlib.Path
        The folder.

    Returns
    -------
    LoadedRun
        With ``transform``, and ``predict`` and ``predict_proba`` or ``predict_interval`` where it
        was fitted with a target. These take frames, or files, with the table's own columns.

    Raises
    ------
    InputError
        If the folder is not a run or is damaged.

    Examples
    --------
    >>> import tempfile
    >>> import contextures
    >>> from contextures.data import demo_table
    >>> from contextures.runs import FitOptions, fit_table
    >>> table = demo_table("iris")
    >>> options = FitOptions(target=table.target, context="knn:20", n_components=4)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = fit_table(table, f"{folder}/run", options).folder
    ...     run = contextures.load_run(made)
    ...     flowers = table.frame.head(2)
    ...     run.transform(flowers).shape, run.predict(flowers).tolist()
    ((2, 4), ['setosa', 'setosa'])
    """
    return LoadedRun(check_run(path))

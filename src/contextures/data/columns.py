"""One column of a table, as fitted: how its cells are read, and the features they become."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.data.amounts import DoubtError, NumberForm, described, find_form
from contextures.data.dates import looks_dated, parse_dates
from contextures.data.kinds import Kind, KindFound
from contextures.data.squashing import apart, squash
from contextures.data.unusual import Unusual
from contextures.data.values import (
    is_wordy,
    missing_mask,
    numbers_from,
    same_words,
    truth_of,
    whole_base,
    words_of,
)
from contextures.data.without_home import load_skrub
from contextures.data.words import shortened
from contextures.exceptions import InputError

FloatArray = NDArray[np.float64]

FIRST_ROW = "contextures: the number of the first row"
"""An attribute of the frame of a batch, which knows where it begins in its file."""

TEXT_FEATURES = 10
VALUES_AT_ONCE = 2_000_000
"""Numbers that scalers are fitted to at once: as many are copied several times."""

_PARTS = ("year", "month", "day", "hour")
_TIME = "time"
_UNKNOWN = 0.5
"""A value that is neither of two categories lies between them, as far from one as the other."""


@dataclass
class FittedColumn:
    """How a column is read and encoded.

    Attributes
    ----------
    name : str
        Its name.
    kind : str
        What its values are.
    encoder : object
        skrub's or scikit-learn's encoder of the values read.
    number_form : NumberForm or None
        How its numbers are written, where not as a program writes them.
    date_format : str or None
        How its dates are written.
    odd_dates : bool
        Whether cells that are no dates were there, and counted as missing.
    base : int
        What whole numbers lose before they are rounded to floats.
    origins, units : list of float
        The middle and the spread of its numbers, or of the parts of its dates: they are taken off
        in double precision, so that what follows sees numbers of ordinary size.
    parts : list of str
        The parts of its dates that vary.
    truth : bool
        Whether its numbers are zero and one only.
    """

    name: str
    kind: Kind
    encoder: Any = None
    number_form: NumberForm | None = None
    date_format: str | None = None
    odd_dates: bool = False
    base: int = 0
    origins: list[float] = field(default_factory=list)
    units: list[float] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    truth: bool = False

    @property
    def categories(self) -> list[str]:
        """The known words of a category, missing left aside."""
        return [str(word) for word in self.encoder.categories_[0] if isinstance(word, str)]

    def feature_names(self) -> list[str]:
        """Name the features."""
        if self.kind in ("category", "boolean"):
            return [str(name) for name in self.encoder.get_feature_names_out([self.name])]
        if self.kind == "text":
            return [str(name) for name in self.encoder.get_feature_names_out()]
        return [f"{self.name}_{part}" for part in self.parts] if self.parts else [self.name]

    def missing(self, series: pd.Series) -> NDArray[np.bool_]:
        """Mark the cells without a value that could be used."""
        if self.kind == "date":
            return np.asarray(parse_dates(series, self.date_format).isna())
        return np.asarray(missing_mask(series))

    def encode(self, series: pd.Series) -> FloatArray:
        """Give the features of the cells, NaN where missing."""
        if self.kind in ("numeric", "date"):
            values = (self._read(series) - np.array(self.origins)) / np.array(self.units)
            return squash(self.encoder, values)
        words = words_of(series)
        if self.kind == "text":
            encoded = self.encoder.transform(_text(self.name, words))
            return np.asarray(encoded, dtype=np.float64).reshape(len(words), -1)
        words, unknown = self._recognised(words)
        with warnings.catch_warnings():
            # A category never seen has all its indicators zero, as documented; one may be common
            # in new tables, and scikit-learn would warn about every column.
            warnings.filterwarnings("ignore", message="Found unknown categories")
            block = np.asarray(self.encoder.transform(_words(self.name, words)), dtype=np.float64)
        if block.shape[1] == 1:
            block[unknown] = _UNKNOWN
        return block

    def notes(self, series: pd.Series) -> list[str]:
        """Check new cells; say which of them were never seen at fit time.

        Raises
        ------
        InputError
            If a cell is neither empty nor of the kind that was fitted.
        """
        return self.unusual(series).notes()

    def unusual(self, series: pd.Series) -> Unusual:
        """Check new cells as :meth:`notes` does; count those that are unusual."""
        if self.kind in ("numeric", "date"):
            return self._checked(series)
        if self.kind == "text":
            return Unusual(self.name)
        words = words_of(series)
        _, unknown = self._recognised(words)
        unseen = np.array([word is not None for word in words], dtype=bool) & unknown
        which = tuple(dict.fromkeys(shortened(word) for word in words[unseen]))
        n_unseen = int(unseen.sum())
        n_empty = int((unknown & ~unseen).sum())
        return Unusual(self.name, which, n_unseen=n_unseen, n_empty=n_empty)

    def _learn_to_read(self, series: pd.Series) -> FloatArray:
        """Find what reading takes; give the numbers that vary, of shape (n, c)."""
        if self.kind == "numeric":
            self.base = whole_base(series)
        else:
            self.parts = [*_PARTS, _TIME]
        values = self._read(series)
        varies = _spread(values) > 0
        self.parts = [p for p, v in zip(self.parts, varies, strict=False) if v]
        values = values[:, varies]
        self.truth = self.kind == "numeric" and bool(
            (np.isnan(values) | (values == 0.0) | (values == 1.0)).all()
        )
        return values

    def _read(self, series: pd.Series) -> FloatArray:
        if self.kind == "date":
            dates = parse_dates(series, self.date_format)
            return np.column_stack([_part(dates, part) for part in self.parts])
        values = numbers_from(series, self.base, self.number_form or self._new_form(series))
        if self.truth and np.isnan(values).any() and is_wordy(series):
            words = words_of(series)
            truths = [np.nan if w is None or truth_of(w) is None else truth_of(w) for w in words]
            values = np.where(np.isnan(values), np.array(truths, dtype=np.float64), values)
        return values[:, None]

    def _new_form(self, series: pd.Series) -> NumberForm | None:
        """Find how new cells are written, where numbers were fitted and words come."""
        if self.kind != "numeric" or not is_wordy(series):
            return None
        present = series[~missing_mask(series)]
        words = [word for word in pd.unique(present) if isinstance(word, str)]
        try:
            return find_form(words, name=self.name)
        except DoubtError:
            return None

    def _recognised(self, words: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Give words as the known ones that say the same, and mark those that are unknown."""
        known = self.encoder.categories_[0]
        there = set(self.categories)
        matched = same_words((w for w in set(words) if w is not None), there)
        if matched:
            words = np.array([matched.get(w, w) for w in words], dtype=object)
        gaps_known = len(there) < len(known)
        unknown = [not gaps_known if word is None else word not in there for word in words]
        return words, np.array(unknown, dtype=bool)

    def _checked(self, series: pd.Series) -> Unusual:
        read = np.isnan(self._read(series)).any(axis=1)
        wrong = np.flatnonzero(read & ~missing_mask(series).to_numpy())
        if not len(wrong):
            form = None if self.number_form else self._new_form(series)
            return Unusual(self.name, forms=() if form is None else (described(form),))
        first = str(series.iloc[wrong[0]])
        what = "a number" if self.kind == "numeric" else "a date"
        allowed = self.kind == "date" and (
            self.odd_dates or all(looks_dated(series.iloc[i]) for i in wrong)
        )
        if not allowed:
            begins = int(series.attrs.get(FIRST_ROW, 0))
            raise InputError(
                f"the column {self.name!r} holds {first!r} at row {begins + wrong[0] + 1}, where "
                f"{what} was fitted; correct it or leave the cell empty"
            )
        return Unusual(self.name, n_odd=len(wrong), odd=first)


def fit_columns(frame: pd.DataFrame, found: Mapping[str, KindFound]) -> dict[str, FittedColumn]:
    """Fit the reading and the encoders of columns.

    Parameters
    ----------
    frame : pandas.DataFrame
        The training cells.
    found : mapping of str to KindFound
        The columns to fit, and their kinds.

    Returns
    -------
    dict of str to FittedColumn
        In the same order, without those whose values differ by less than numbers can hold.
    """
    fitted: dict[str, FittedColumn] = {}
    read: list[tuple[FittedColumn, FloatArray]] = []
    size = 0
    for name, kind in found.items():
        column = FittedColumn(
            name,
            kind.kind,
            number_form=kind.number_form,
            date_format=kind.date_format,
            odd_dates=kind.n_odd > 0,
        )
        if kind.kind in ("numeric", "date"):
            values = column._learn_to_read(frame[name])
            if not values.shape[1]:
                continue
            # A scaler takes much longer for a column at a time than for many at once, and copies.
            read.append((column, values))
            size += values.size
            if size >= VALUES_AT_ONCE:
                _fit_scalers(read)
                read, size = [], 0
        else:
            column.encoder = _word_encoder(name, kind.kind, words_of(frame[name]))
        fitted[name] = column
    if read:
        _fit_scalers(read)
    return fitted


def _fit_scalers(read: list[tuple[FittedColumn, FloatArray]]) -> None:
    load_skrub()
    from skrub import SquashingScaler

    values = np.hstack([block for _, block in read])
    origins, units = np.nanmedian(values, axis=0), _units(values)
    together = SquashingScaler().fit((values - origins) / units)
    ends = np.cumsum([block.shape[1] for _, block in read])
    scalers = apart(together, [block.shape[1] for _, block in read])
    for (column, block), scaler, end in zip(read, scalers, ends, strict=True):
        part = slice(end - block.shape[1], end)
        column.origins, column.units = origins[part].tolist(), units[part].tolist()
        column.encoder = scaler


def _word_encoder(name: str, kind: Kind, words: NDArray[Any]) -> Any:
    from sklearn.preprocessing import OneHotEncoder

    if kind == "text":
        load_skrub()
        from skrub import StringEncoder

        encoder = StringEncoder(n_components=TEXT_FEATURES, random_state=0)
        with warnings.catch_warnings():
            # Texts of few different n-grams become fewer features, which the account says.
            warnings.filterwarnings("ignore", message="The matrix shape is")
            return encoder.fit(_text(name, words))
    return OneHotEncoder(
        drop="if_binary", handle_unknown="ignore", sparse_output=False, dtype="float64"
    ).fit(_words(name, words))


def _words(name: str, words: NDArray[Any]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Categorical(words)})


def _text(name: str, words: NDArray[Any]) -> pd.Series:
    return pd.Series(pd.array(words, dtype="str"), name=name)


def _part(dates: pd.Series, part: str) -> FloatArray:
    if part == _TIME:
        seconds = dates.to_numpy().astype("datetime64[us]").astype(np.float64) / 1e6
        return np.where(dates.isna(), np.nan, seconds)
    return np.asarray(getattr(dates.dt, part), dtype=np.float64)


def _spread(values: FloatArray) -> FloatArray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of columns that are all missing
        found = np.nanmax(values, axis=0) - np.nanmin(values, axis=0)
    return np.asarray(np.nan_to_num(found))


def _units(values: FloatArray) -> FloatArray:
    """Give the spread between the quartiles, that of all values where it is none."""
    low, high = np.nanpercentile(values, (25.0, 75.0), axis=0)
    return np.where(high > low, high - low, _spread(values))

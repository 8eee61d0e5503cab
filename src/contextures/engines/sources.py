"""Dask's collections and Arrow's data sets as parts; neither library is imported for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contextures._frames import arrow_to_pandas
from contextures.engines.parts import Parts
from contextures.exceptions import InputError

BATCH = 65_536
"""Rows of an Arrow data set that are held at a time."""


def as_parts(X: Any, y: Any = None) -> Parts | None:
    """Give rows that come in parts as such; None where X is something else.

    Parameters
    ----------
    X : object
        Parts; a Dask DataFrame or Array; a ``pyarrow.dataset.Dataset``; or anything else.
    y : object, optional
        What was observed with each row: for a Dask collection another one with the same parts;
        for tables the name of a column, which X then is without.

    Returns
    -------
    Parts or None
        The parts.

    Raises
    ------
    InputError
        If y does not go with X.
    """
    if isinstance(X, Parts):
        if y is not None:
            raise InputError("y is given beside Parts; let their read give pairs (X, y)")
        return X
    if hasattr(X, "__dask_graph__"):
        return _of_dask(X, y)
    if hasattr(X, "get_fragments") and hasattr(X, "schema"):
        return _of_arrow(X, y)
    return None


def _of_dask(X: Any, y: Any) -> Parts:
    if not hasattr(X, "to_delayed"):
        raise InputError(f"X is a Dask {type(X).__name__}; give a Dask DataFrame or Array")
    if isinstance(y, str):
        _check_column(y, list(getattr(X, "columns", ())))
        X, y = X.drop(columns=[y]), X[y]
    if y is not None and not hasattr(y, "to_delayed"):
        raise InputError(
            f"X is a Dask collection and y is a {type(y).__name__}; give y as one too, with the "
            "same parts, or the name of a column"
        )
    rows = _delayed(X)
    observed = [None] * len(rows) if y is None else _delayed(y)
    if len(observed) != len(rows):
        raise InputError(f"X has {len(rows)} parts but y has {len(observed)}; repartition y like X")
    return Parts(list(zip(rows, observed, strict=True)), _computed, _lengths(X))


def _lengths(X: Any) -> list[Any]:
    """Give the parts' numbers of rows where they are known, else delayed ones."""
    if hasattr(X, "chunks") and all(length == length for length in X.chunks[0]):
        return [int(length) for length in X.chunks[0]]
    from dask.delayed import delayed

    # One column of a table is quicker to read than all.
    narrow = X[[X.columns[0]]] if getattr(X, "ndim", 1) == 2 and hasattr(X, "columns") else X
    return [delayed(len)(part) for part in _delayed(narrow)]


def _delayed(values: Any) -> list[Any]:
    if hasattr(values, "rechunk") and values.ndim > 1:
        values = values.rechunk(dict.fromkeys(range(1, values.ndim), -1))
    found = values.to_delayed()
    return list(found.ravel() if hasattr(found, "ravel") else found)


def _computed(key: tuple[Any, Any]) -> tuple[Any, Any]:
    """Give a part: on a cluster Dask has worked it out by now."""
    X, y = map(computed, key)
    return X, y


def computed(value: Any) -> Any:
    """Give what a delayed value stands for, worked out here; anything else as it is."""
    return value.compute(scheduler="synchronous") if hasattr(value, "__dask_graph__") else value


@dataclass(frozen=True)
class ArrowPart:
    """A row group or file of an Arrow data set."""

    fragment: Any
    schema: Any
    path: str


def _of_arrow(X: Any, y: Any) -> Parts:
    if y is not None:
        if not isinstance(y, str):
            raise InputError(f"X is a data set and y is a {type(y).__name__}; name y's column")
        _check_column(y, list(X.schema.names))
    try:
        fragments = list(X.get_fragments())
    except ValueError as error:  # Arrow's: filters are not the fragments' own
        raise InputError(
            "X is a data set with a filter, whose files are not told apart; give Parts that read "
            "and filter each file"
        ) from error
    parts = []
    for fragment in fragments:
        pieces = [fragment]
        if hasattr(fragment, "split_by_row_group"):
            try:
                pieces = list(fragment.split_by_row_group())
            except (OSError, ValueError):
                pieces = [fragment]  # unreadable: said when its turn comes
        path = str(getattr(fragment, "path", ""))
        parts += [ArrowPart(piece, X.schema, path) for piece in pieces]
    if not parts:
        raise InputError("the data set X has no files; give one with rows")
    return Parts(parts, _Batches(y), _count_fragment)


@dataclass(frozen=True)
class _Batches:
    """Reads a fragment batch by batch, its column y apart."""

    y: str | None

    def __call__(self, part: ArrowPart) -> Iterator[tuple[Any, Any]]:
        import pyarrow as pa

        for batch in part.fragment.to_batches(schema=part.schema, batch_size=BATCH):
            frame = arrow_to_pandas(pa.Table.from_batches([batch]))
            y = None if self.y is None else frame.pop(self.y)
            yield frame, y


def _count_fragment(part: ArrowPart) -> int:
    groups = getattr(part.fragment, "row_groups", None)
    # A row group's own count_rows gives that of its file.
    if groups is not None:
        return sum(int(group.num_rows) for group in groups)
    return int(part.fragment.count_rows())


def _check_column(name: str, columns: list[Any]) -> None:
    if name not in columns:
        raise InputError(f"y={name!r} is not a column of X; its columns are {columns[:20]}")

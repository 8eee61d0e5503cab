"""Rows in parts, each read where the work on it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Integral, Number
from pathlib import Path
from typing import Any

from contextures.exceptions import InputError

LONGEST_NAME = 60


@dataclass(frozen=True)
class Parts:
    """Rows in parts, read one at a time, wherever the work on them is done.

    Parameters
    ----------
    keys : sequence
        What each part is read from, such as a path or a range of numbers. Keys are sent to
        workers; the rows themselves are not, unless keys hold them.
    read : callable
        ``read(key)`` gives the part's rows: a table or an array; an iterator of these, where a
        part is too large to hold; or of pairs ``(X, y)``, where contexts are observed. It may be
        called several times for a key, on any worker, and must give the same rows.
    count : callable or sequence, optional
        ``count(key)`` gives the number of the part's rows without reading it; or the numbers
        themselves. When None, parts are read once more to be counted.

    Raises
    ------
    InputError
        If ``keys`` is not a sequence or is empty, ``read`` cannot be called, or there are not as
        many whole numbers as parts.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import NoiseContext
    >>> from contextures.encoders import RitzEncoder
    >>> from contextures.engines import Parts
    >>> parts = Parts(range(4), lambda seed: np.random.default_rng(seed).normal(size=(1000, 2)))
    >>> encoder = RitzEncoder(NoiseContext(0.75), 2, basis="polynomial").fit(parts)
    >>> encoder.singular_values_.round(1)
    array([0.8, 0.8])
    """

    keys: Sequence[Any]
    read: Callable[[Any], Any]
    count: Callable[[Any], int] | Sequence[Any] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.keys, str | Mapping) or not hasattr(self.keys, "__getitem__"):
            raise InputError(
                f"keys is a {type(self.keys).__name__}; give a list of what each part is read from"
            )
        if hasattr(self.keys, "iloc"):  # a column of paths, say: places are not its labels
            object.__setattr__(self, "keys", list(self.keys))
        if not len(self.keys):
            raise InputError("there are no parts of rows; give at least one")
        if not callable(self.read):
            raise InputError(f"read is a {type(self.read).__name__}; give a function of a key")
        if self.count is not None and not callable(self.count):
            _check_counts(self.count, len(self.keys))

    def __len__(self) -> int:
        return len(self.keys)

    def numbered(self) -> list[tuple[int, Any]]:
        """Give each part's place and key, which is what engines hand out.

        Returns
        -------
        list of tuple
            The places, from 0, and the keys.
        """
        return list(enumerate(self.keys))

    def reader(self) -> Reader:
        """Give what workers need to read parts: all but the keys.

        Returns
        -------
        Reader
            What reads and names a part.
        """
        return Reader(len(self.keys), self.read, self.count if callable(self.count) else None)


@dataclass(frozen=True)
class Reader:
    """What workers need to read parts, and to say which one is wrong."""

    n_parts: int
    read: Callable[[Any], Any]
    count: Callable[[Any], int] | None = None

    def name(self, place: int, key: Any) -> str:
        """Name a part in a sentence."""
        named = f"part {place + 1}" + (f" of {self.n_parts}" if self.n_parts else "")
        told = str(key) if isinstance(key, str | Path) else str(getattr(key, "path", "") or "")
        if not told:
            return named
        return f"{named} ({told if len(told) <= LONGEST_NAME else '…' + told[-LONGEST_NAME:]})"

    def chunks(self, place: int, key: Any) -> Iterator[tuple[Any, Any]]:
        """Read a part; give its non-empty chunks and what was observed with them, or None.

        Raises
        ------
        InputError
            If it cannot be read, in a sentence that names it.
        """
        try:
            found = self.read(key)
            chunks = found if hasattr(found, "__next__") else iter([found])
            while (chunk := next(chunks, None)) is not None:
                X, y = chunk if isinstance(chunk, tuple) and len(chunk) == 2 else (chunk, None)
                if n_rows(X):
                    yield X, y
        except InputError:
            raise
        except MemoryError as error:
            raise self.too_large(place, key) from error
        except Exception as error:  # whatever reading may raise, elsewhere and by others
            raise self.unreadable(place, key, error) from error

    def unreadable(self, place: int, key: Any, error: Exception) -> InputError:
        """Make the error of a part that cannot be read."""
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200].rstrip(".")
        return InputError(
            f"{self.name(place, key)} cannot be read ({reason}); mend it or leave it out"
        )

    def too_large(self, place: int, key: Any) -> InputError:
        """Make the error of a part for which there is no memory."""
        return InputError(
            f"{self.name(place, key)} does not fit in memory together with the sums; give smaller "
            "parts, fewer functions or a worker with more memory"
        )

    def n_rows(self, place: int, key: Any) -> int:
        """Count the rows of a part."""
        if self.count is None:
            return sum(n_rows(X) for X, _ in self.chunks(place, key))
        try:
            return int(self.count(key))
        except Exception as error:
            raise self.unreadable(place, key, error) from error

    @contextmanager
    def naming(self, place: int, key: Any) -> Iterator[None]:
        """Name the part in whatever it is refused for."""
        try:
            yield
        except InputError as error:
            raise InputError(f"{self.name(place, key)}: {error}") from error
        except MemoryError as error:
            raise self.too_large(place, key) from error


def _check_counts(counts: Any, n_parts: int) -> None:
    """Refuse numbers of rows that are none; what a cluster is yet to count is let through."""
    if not hasattr(counts, "__len__"):
        raise InputError(
            f"count is a {type(counts).__name__}; give a function of a key or a list of numbers"
        )
    if len(counts) != n_parts:
        raise InputError(
            f"count has {len(counts)} numbers, but there are {n_parts} parts; give one for each"
        )
    for place, count in enumerate(counts):
        whole = isinstance(count, Integral) and int(count) >= 0
        if isinstance(count, bool | str) or (isinstance(count, Number) and not whole):
            raise InputError(f"count[{place}] is {count!r}; give the number of rows, or no count")


def n_rows(X: Any) -> int:
    """Count the rows of a table or an array."""
    shape = getattr(X, "shape", None)
    return int(shape[0]) if shape else len(X)

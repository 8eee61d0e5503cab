"""A piece of work for each part, and how what was found is put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Told = Callable[[int, int], None]
"""Told how many parts are done, and how many there are."""


@dataclass(frozen=True)
class Job:
    """What an engine does: ``finish(merge(work(part) for part in parts))``.

    Attributes
    ----------
    work : callable
        ``work(shared, part)`` gives what a part yields.
    merge : callable
        ``merge(shared, found)`` puts a list of such together and leaves each as it is, since an
        engine that lost a worker may need them again.
    finish : callable or None
        ``finish(shared, total)`` is done where the last of them are put together.
    shared : Any
        What all of them need; sent to each worker once.
    """

    work: Callable[[Any, Any], Any]
    merge: Callable[[Any, list[Any]], Any]
    finish: Callable[[Any, Any], Any] | None
    shared: Any

    def do(self, part: Any) -> Any:
        """Do the work for one part."""
        return self.work(self.shared, part)

    def put_together(self, *found: Any) -> Any:
        """Put together what was found for several parts."""
        return found[0] if len(found) == 1 else self.merge(self.shared, list(found))

    def end(self, total: Any) -> Any:
        """Do what is left to do with the total."""
        return total if self.finish is None else self.finish(self.shared, total)

    def fold(self, parts: Sequence[Any], told: Told | None = None) -> Any:
        """Go through parts one after the other; hold the total and one part's at a time."""
        total: list[Any] = []
        for place, part in enumerate(parts):
            total = [self.put_together(*total, self.do(part))]
            if told is not None:
                told(place + 1, len(parts))
        return total[0]

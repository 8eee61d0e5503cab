"""Parts of a mix that are fitted together, since they share work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sklearn.base import clone

from contextures.contexts.base import Context


class Together:
    """Contexts of one family fitted at once, as far down as there are mixes.

    Neighbours of several numbers, for example, are searched for once, for the largest.

    Parameters
    ----------
    parts : sequence of Context
        The unfitted parts of a mix, which may be mixes.
    X, y
        The rows, and their labels.
    """

    def __init__(self, parts: Sequence[Context], X: Any, y: Any) -> None:
        families: dict[Any, list[Context]] = {}
        for leaf in _leaves(parts):
            # Whoever sees labels may warn of it, which is left to the mix.
            if not leaf.sees_labels:
                families.setdefault((type(leaf), leaf.family()), []).append(leaf)
        self._fitted: dict[int, list[Context]] = {}
        for family in families.values():
            if len(family) == 1:
                continue
            fitted = type(family[0]).fit_family(family, X, y)
            for leaf, one in zip(family, fitted, strict=True):
                if isinstance(one, Exception):
                    raise one
                self._fitted.setdefault(id(leaf), []).append(one)

    def fit(self, part: Context, X: Any, y: Any) -> Context:
        """Give a fitted clone of a part: what was fitted with others, as far as it was.

        Parameters
        ----------
        part : Context
            The unfitted part.
        X, y
            The rows, and their labels.

        Returns
        -------
        Context
            The fitted part.
        """
        if id(part) in self._fitted:
            return self._taken(part)
        made: Any = clone(part)
        made._within = True  # a part need not warn of what the mix warns of
        for old, new in zip(_leaves([part]), _leaves([made]), strict=True):
            if id(old) in self._fitted:
                self._fitted[id(new)] = [self._taken(old)]
        made._together = self
        try:
            return made.fit(X, y)  # type: ignore[no-any-return]
        finally:
            del made._together

    def _taken(self, leaf: Context) -> Context:
        # One that stands in several places was fitted as often.
        left = self._fitted[id(leaf)]
        taken = left.pop()
        if not left:
            del self._fitted[id(leaf)]
        return taken


def _leaves(parts: Sequence[Any]) -> Iterator[Context]:
    for part in parts:
        inner = [getattr(part, side, None) for side in ("left", "right")]
        if all(isinstance(one, Context) for one in inner):
            yield from _leaves(inner)
        else:
            yield part

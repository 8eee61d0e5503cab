"""Choosing the bases, without labels and on rows that they were not fitted to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from numpy.typing import DTypeLike, NDArray

from contextures.encoders.bases.choice import candidate_bases
from contextures.encoders.bases.indicators import IndicatorBasis
from contextures.encoders.ritz.learner import USUAL_RIDGE, Judge, Rows, Sides, moments_of
from contextures.encoders.sources import DrawnSource, Source, as_rows, flat, names_things
from contextures.exceptions import InputError
from contextures.spectrum.ritz import RitzMoments

MOST_CONTEXTS = 20_000
"""Values of A that the basis on its side is fitted to."""


@dataclass(frozen=True)
class Wanted:
    """What the caller asked for.

    Attributes
    ----------
    basis, context_basis : str, transformer or list of these
        The parameters of :class:`RitzEncoder`.
    n_functions : int
        D.
    same_space : bool
        Whether A lies in the space of X.
    named_inputs : bool
        Whether X is indices or names rather than numbers.
    seed : int
        Draws what is random in the bases.
    dtype : dtype
        The precision.
    """

    basis: Any
    context_basis: Any
    n_functions: int
    same_space: bool
    named_inputs: bool
    seed: int
    dtype: DTypeLike

    @property
    def is_choice(self) -> bool:
        """Whether there are several bases to judge."""
        return not self.named_inputs and isinstance(self.basis, str) and self.basis == "auto"

    def fitted(self, source: Source, rows: Rows) -> Iterator[Sides]:
        """Fit each candidate to rows."""
        inputs, given, _ = rows.all(source)
        contexts = None
        if isinstance(source, DrawnSource):
            contexts = flat(given)
            if not names_things(contexts):
                contexts = contexts[:: max(1, len(contexts) // MOST_CONTEXTS)]
        for place, basis in enumerate(self._left(inputs)):
            other = None if contexts is None else self._right(contexts, place)
            yield Sides(basis, other, self.dtype)

    def _left(self, inputs: NDArray[Any]) -> Iterator[Any]:
        if not self.named_inputs:
            for basis in candidate_bases(self.basis, self.n_functions, self.seed, "basis"):
                yield basis.fit(inputs)
        elif isinstance(self.basis, str) and self.basis == "auto":
            basis = IndicatorBasis().fit(inputs)
            if basis.n_names > self.n_functions:
                raise InputError(
                    f"X names {basis.n_names} different things, more than n_functions="
                    f"{self.n_functions}; raise it, or give a basis of what is known about them"
                )
            yield basis
        elif hasattr(self.basis, "transform"):
            (basis,) = candidate_bases(self.basis, self.n_functions, self.seed, "basis")
            yield basis.fit(inputs)
        else:
            raise InputError(
                f"basis={self.basis!r} needs rows of numbers, but X holds indices or names; give "
                "basis='auto', which tells each apart, or a transformer of them"
            )

    def _right(self, contexts: NDArray[Any], place: int) -> Any:
        rows = as_rows(contexts)
        wanted = self.context_basis
        if isinstance(wanted, str) and wanted == "auto":
            if names_things(contexts):
                return IndicatorBasis(self.n_functions).fit(rows)
            like = self.same_space or isinstance(self.basis, str)
            wanted = self.basis if like and not self.named_inputs else "landmarks"
        # The other seed keeps both sides' landmarks apart.
        candidates = candidate_bases(wanted, self.n_functions, self.seed + 1, "context_basis")
        return candidates[min(place, len(candidates) - 1)].fit(rows)


def choose_sides(
    wanted: Wanted,
    source: Source,
    rows: Rows,
    held: Rows | None,
    n_components: int,
) -> tuple[Sides, RitzMoments]:
    """Fit the candidates and take the one that does best on held-out rows.

    Parameters
    ----------
    wanted : Wanted
        What the caller asked for.
    source : Source
        What the context gives.
    rows, held : Rows
        Rows to fit and to judge by; without the latter the usual candidate is taken.
    n_components : int
        d.

    Returns
    -------
    tuple
        The bases, and the moments of ``rows``.
    """
    candidates = list(wanted.fitted(source, rows))
    if held is None or len(candidates) == 1:
        sides = candidates[len(candidates) // 2]
        return sides, moments_of(source, sides, rows)
    best: tuple[float, Sides, RitzMoments] | None = None
    for sides in candidates:
        moments = moments_of(source, sides, rows)
        score = Judge(source, sides, held, n_components).scorer(moments)(USUAL_RIDGE)
        if best is None or score > best[0]:
            best = score, sides, moments
    assert best is not None
    return best[1], best[2]

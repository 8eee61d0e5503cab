"""Choosing the bases, without labels and on rows that they were not fitted to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from contextures.contexts.algebra.layout import Piece
from contextures.encoders.bases.choice import SHARES, candidate_bases, polynomial_degrees
from contextures.encoders.bases.indicators import IndicatorBasis
from contextures.encoders.bases.parts import PartsBasis
from contextures.encoders.bases.polynomial import PolynomialBasis
from contextures.encoders.gather import Rows, moments_of
from contextures.encoders.held_out import USUAL_RIDGE, Judge, choose_ridge
from contextures.encoders.ritz.basis_pair import BasisPair
from contextures.encoders.ritz.simplicity import no_worse, rests_on_few_rows
from contextures.encoders.sources import DrawnSource, Source, as_rows, flat, names_things
from contextures.exceptions import InputError
from contextures.spectrum.ritz import RitzMoments

FEWER = 4
"""A polynomial is a candidate with at most so many times fewer functions than landmarks."""

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
    pieces : tuple of Piece
        The parts of A, each of which has a basis of its own; empty where A is of one piece.
    device : str or None
        Where functions are computed; here for None.
    """

    basis: Any
    context_basis: Any
    n_functions: int
    same_space: bool
    named_inputs: bool
    seed: int
    dtype: DTypeLike
    pieces: tuple[Piece, ...] = ()
    device: str | None = None

    @property
    def is_choice(self) -> bool:
        """Whether there are several bases to judge."""
        return not self.named_inputs and isinstance(self.basis, str) and self.basis == "auto"

    def fitted(self, source: Source, rows: Rows, n_components: int) -> Iterator[BasisPair]:
        """Fit each candidate to rows: landmarks, narrow to wide, then polynomials of few columns.

        An exact operator has no noise for a small basis to keep out, so that polynomials are
        candidates only where contexts are drawn or observed.
        """
        inputs, given, _ = rows.all(source)
        contexts = None
        if isinstance(source, DrawnSource):
            contexts = flat(given)
            if not names_things(contexts):
                contexts = contexts[:: max(1, len(contexts) // MOST_CONTEXTS)]
        for place, basis in enumerate(self._left(inputs)):
            other = None if contexts is None else self._right(contexts, place)
            yield BasisPair(basis, other, self.dtype, self.device)
        if contexts is None or not self.is_choice:
            return
        tables = [inputs]
        alike = isinstance(self.context_basis, str) and self.context_basis == "auto"
        alike = alike and not names_things(contexts) and not any(p.named for p in self.pieces)
        if alike:
            tables.append(as_rows(contexts))
        most = min(self.n_functions, len(inputs)) // FEWER
        columns = [[table.shape[1]] for table in tables]
        if alike and self.pieces:
            columns[1] = [sum(end - start for start, end in p.groups) for p in self.pieces]
        for degree in polynomial_degrees(columns, n_components, most):
            if any(rests_on_few_rows(table, degree) for table in tables):
                return
            basis = PolynomialBasis(degree).fit(inputs)
            if alike:
                other = self._by_part(PolynomialBasis(degree)).fit(tables[1])
            else:
                other = self._right(contexts, len(SHARES) // 2)
            # So few functions cost little in double precision, and powers need its digits.
            yield BasisPair(basis, other, np.float64, self.device)

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
        # Of parts each has its share of the functions.
        share = max(1, self.n_functions // len(self.pieces)) if self.pieces else self.n_functions
        # The other seed keeps both sides' landmarks apart.
        candidates = candidate_bases(wanted, share, self.seed + 1, "context_basis")
        chosen = candidates[min(place, len(candidates) - 1)]
        return (self._by_part(chosen) if isinstance(wanted, str) else chosen).fit(rows)

    def _by_part(self, basis: Any) -> Any:
        """Give a basis to each part of A, to names their indicators; as it is, where A is whole."""
        if not self.pieces:
            return basis
        bases = [
            IndicatorBasis(self.n_functions) if piece.named else basis for piece in self.pieces
        ]
        return PartsBasis(bases, self.pieces)


def choose_bases(
    wanted: Wanted,
    source: Source,
    rows: Rows,
    held: Rows | None,
    n_components: int,
) -> tuple[BasisPair, RitzMoments]:
    """Fit the candidates and take the simplest of those that do best on held-out rows.

    Of bases of equal size the best one counts. A smaller basis is preferred to a larger one unless
    it does worse by more than the held-out rows leave in doubt: what a context of observed pairs
    teaches about the last functions is little, and every function more dilutes it.

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

    References
    ----------
    Breiman, Friedman, Olshen and Stone, "Classification and regression trees" (1984), for the rule
    of one standard error.
    """
    candidates = list(wanted.fitted(source, rows, n_components))
    if held is None or len(candidates) == 1:
        bases = candidates[min(len(SHARES), len(candidates)) // 2]
        return bases, moments_of(source, bases, rows)
    best: dict[int, Contender] = {}
    for bases in candidates:
        moments = moments_of(source, bases, rows)
        if isinstance(bases.basis, PolynomialBasis) and not _spans(moments, n_components):
            continue
        judge = Judge(source, bases, held, n_components)
        score = judge.scorer(moments)(USUAL_RIDGE)
        size = len(moments.mean)
        if size not in best or score > best[size].score:
            best[size] = Contender(score, bases, moments, judge)
    contenders = [best[size] for size in sorted(best)]
    chosen = simplest(contenders) if len(contenders) > 1 else contenders[0]
    return chosen.bases, chosen.moments


def _spans(moments: RitzMoments, n_components: int) -> bool:
    """Tell whether d functions can be found: high powers are nearly dependent."""
    return len(moments.problem().solve(n_components, USUAL_RIDGE).squares) == n_components


@dataclass
class Contender:
    """The best basis of its size: its score, its moments, and held-out rows in it."""

    score: float
    bases: BasisPair
    moments: RitzMoments
    judge: Judge


def simplest(contenders: Sequence[Contender]) -> Contender:
    """Give the first of contenders, in order of size, that is no worse than the best one.

    Each has the ridge that suits it.
    """
    shares = []
    for contender in contenders:
        score = contender.judge.scorer(contender.moments)
        ridge, contender.score = choose_ridge(score)
        shares.append(contender.judge.without_blocks(contender.moments, ridge))
    top = max(range(len(contenders)), key=lambda place: contenders[place].score)
    for place in range(top):
        if no_worse(shares[place], shares[top]):
            return contenders[place]
    return contenders[top]

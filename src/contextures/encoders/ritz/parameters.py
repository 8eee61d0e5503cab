"""How much work an encoder in closed form does, from its parameters and the number of rows."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import DTypeLike
from sklearn.utils import check_random_state

from contextures._checks import check_positive_int
from contextures.exceptions import InputError

HELD_SHARE, HELD_ROWS = 4, 10_000
"""One row in four is held out, up to so many."""

FEWEST_ROWS = 16
"""Of fewer rows none is held out."""

DOUBLE_PRODUCTS = 2e11
"""Multiplications up to which products are formed in float64."""

PAIRS_A_FUNCTION, MOST_VIEWS = 50, 32
"""Few pairs beside the number of functions overstate the association."""


class Parameters(Protocol):
    """The parameters that are checked here, as they were given."""

    n_components: int
    n_functions: int
    ridge: Any
    n_views: Any
    precision: str
    n_jobs: int | None
    random_state: Any
    allow_fewer: bool


@dataclass(frozen=True)
class Settings:
    """Checked parameters of :class:`contextures.encoders.RitzEncoder`.

    Attributes
    ----------
    n_components, n_functions : int
        d and D.
    ridge : float or None
        The ridge; None where it is to be chosen.
    views : int or None
        Draws for each row; None where it follows the number of rows.
    precision : str
        "auto", "double" or "single".
    n_jobs : int
        Threads.
    seed : int
        Where randomness comes from.
    allow_fewer : bool
        Whether ``n_components`` is the most that is wanted.
    """

    n_components: int
    n_functions: int
    ridge: float | None
    views: int | None
    precision: str
    n_jobs: int
    seed: int
    allow_fewer: bool

    @classmethod
    def of(cls, encoder: Parameters) -> Settings:
        """Check an encoder's parameters."""
        ridge, views = encoder.ridge, encoder.n_views
        if not _is(ridge, "auto") and (
            isinstance(ridge, bool)
            or not isinstance(ridge, numbers.Real)
            or not 0 <= float(ridge) < np.inf
        ):
            raise InputError(
                f"ridge={ridge!r} is not possible; give 'auto' or a number of at least zero"
            )
        if encoder.precision not in ("auto", "double", "single"):
            raise InputError(
                f"precision={encoder.precision!r} is not known; give 'auto', 'double' or 'single'"
            )
        state = encoder.random_state
        return cls(
            n_components=check_positive_int(encoder.n_components, "n_components"),
            n_functions=check_positive_int(encoder.n_functions, "n_functions"),
            ridge=None if _is(ridge, "auto") else float(ridge),
            views=None if _is(views, "auto") else check_positive_int(views, "n_views"),
            precision=encoder.precision,
            n_jobs=_threads(encoder.n_jobs),
            seed=0 if state is None else int(check_random_state(state).randint(2**31 - 1)),
            allow_fewer=bool(encoder.allow_fewer),
        )

    def n_views(self, n: int) -> int:
        """Say how many contexts are drawn for each of n rows."""
        if self.views is not None:
            return self.views
        return min(MOST_VIEWS, max(1, -(-PAIRS_A_FUNCTION * self.n_functions // max(n, 1))))

    def n_held(self, n: int, before: int = 0) -> int:
        """Say how many of n rows are held out, where something is to be chosen.

        ``before`` were held out already.
        """
        return min(n // HELD_SHARE, HELD_ROWS - before) if n >= FEWEST_ROWS else 0

    def dtype(self, n: int) -> DTypeLike:
        """Give the precision of the products of n rows."""
        double = self.precision == "double" or (
            self.precision == "auto" and n * self.n_functions**2 <= DOUBLE_PRODUCTS
        )
        return np.float64 if double else np.float32


def _threads(n_jobs: Any) -> int:
    if n_jobs is None:
        return 1
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, numbers.Integral) or n_jobs == 0:
        raise InputError(
            f"n_jobs={n_jobs!r} is not possible; give a number of threads, or -1 for one a core"
        )
    return int(effective_n_jobs(int(n_jobs)))


def _is(value: Any, word: str) -> bool:
    return isinstance(value, str) and value == word

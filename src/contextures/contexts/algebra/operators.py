"""The signs by which contexts are put together: ``0.5 * a + 0.5 * b``, ``a @ b`` and ``a | b``."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any, NoReturn

from contextures.contexts.registry import find_kind
from contextures.exceptions import InputError

NEEDS_WEIGHTS = (
    "a sum of contexts needs weights that sum to one, because the sum of two expectation operators "
    "is none; write 0.5 * a + 0.5 * b"
)


class Combining:
    """The operators of a :class:`Context`."""

    __array_ufunc__ = None  # so that a numpy number times a context is asked of the context

    def __mul__(self, weight: Any) -> Any:
        """Give the context a weight, for a convex combination."""
        return Weighted(weight, self) if _is_number(weight) else NotImplemented

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Any:
        """Refuse a sum without weights."""
        if not isinstance(other, Combining | Weighted):
            return NotImplemented
        return _kind("ConvexCombination").added(self, other)

    def __matmul__(self, other: Any) -> Any:
        """Let another context follow: their convolution."""
        if isinstance(other, Weighted):
            _misplaced("@")
        if not isinstance(other, Combining):
            return NotImplemented
        return _kind("Convolution")(self, other)

    def __or__(self, other: Any) -> Any:
        """Reveal what both contexts say: their concatenation."""
        if isinstance(other, Weighted):
            _misplaced("|")
        if not isinstance(other, Combining):
            return NotImplemented
        return _kind("Concatenation")(self, other)

    def round_trip(self, power: int = 1) -> Any:
        """Give the context from x to A and back to a fitted row, whose operator is (T T*)^power.

        Parameters
        ----------
        power : int, default=1
            How many round trips follow one another.

        Returns
        -------
        RoundTrip
            An unfitted context; its singular values are ``s ** (2 * power)``.
        """
        return _kind("RoundTrip")(self, power)


@dataclass(frozen=True, eq=False)
class Weighted:
    """A context times a weight: a term of a convex combination, and no context by itself."""

    weight: float
    context: Any

    __array_ufunc__ = None

    def __mul__(self, weight: Any) -> Any:
        return (
            Weighted(self.weight * weight, self.context) if _is_number(weight) else NotImplemented
        )

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Combining | Weighted):
            return NotImplemented
        return _kind("ConvexCombination").added(self, other)

    def __matmul__(self, other: Any) -> Any:
        # Python reads 0.5 * a @ b from the left.
        return Weighted(self.weight, self.context @ other)

    def __or__(self, other: Any) -> Any:
        _misplaced("|")

    def __repr__(self) -> str:
        return f"{self.weight:g} * {self.context!r}, a term of a sum"


def _kind(name: str) -> Any:
    # By name, because the mixes are contexts themselves.
    return find_kind(name)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _misplaced(sign: str) -> NoReturn:
    raise InputError(
        f"a weight stands beside {sign}, where there is nothing to weigh; give weights to the "
        f"terms of a sum only, in brackets: (0.5 * a + 0.5 * b) {sign} c"
    )

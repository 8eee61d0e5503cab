"""What is unusual in new cells of a column: counted batch by batch, and said once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from contextures.data.words import counted, listed, shortened


@dataclass(frozen=True)
class Unusual:
    """Cells of one column that fit what was learnt from and are not like it; they can be added up.

    Attributes
    ----------
    name : str
        The column.
    unseen : tuple of str
        Values that were never seen at fit time, each once, in order.
    n_unseen : int
        Rows that hold one of these.
    n_empty : int
        Rows where it is empty, and never was at fit time.
    n_odd : int
        Rows that hold no date, where dates were fitted.
    odd : str
        The first of these.
    forms : tuple of str
        How words are written that were read as numbers, where numbers were fitted.
    """

    name: str
    unseen: tuple[str, ...] = ()
    n_unseen: int = 0
    n_empty: int = 0
    n_odd: int = 0
    odd: str = ""
    forms: tuple[str, ...] = field(default=())

    def __add__(self, other: Unusual) -> Unusual:
        """Give what is unusual in both."""
        return Unusual(
            self.name,
            tuple(dict.fromkeys((*self.unseen, *other.unseen))),
            self.n_unseen + other.n_unseen,
            self.n_empty + other.n_empty,
            self.n_odd + other.n_odd,
            self.odd or other.odd,
            tuple(dict.fromkeys((*self.forms, *other.forms))),
        )

    def notes(self) -> list[str]:
        """Say it in sentences without their ends."""
        said = [f"{self.name!r} holds words, {form}" for form in self.forms]
        if self.n_odd:
            said.append(
                f"{self.name!r} holds no date in {counted(self.n_odd, 'row')}, such as "
                f"{shortened(self.odd)!r}; they count as missing"
            )
        if self.n_unseen:
            what = "a value" if len(self.unseen) == 1 else "values"
            said.append(
                f"{self.name!r} holds {what} never seen at fit time in "
                f"{counted(self.n_unseen, 'row')}: {listed(self.unseen)}; each is none of the "
                "known categories"
            )
        if self.n_empty:
            said.append(
                f"{self.name!r} is empty in {counted(self.n_empty, 'row')} and never was at fit "
                "time; such a row is none of the known categories"
            )
        return said


def added(earlier: list[Unusual], later: Iterable[Unusual]) -> list[Unusual]:
    """Add up what is unusual in the same columns of two batches; the first may be none."""
    return [a + b for a, b in zip(earlier, later, strict=True)] if earlier else list(later)

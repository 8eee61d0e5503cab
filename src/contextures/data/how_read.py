"""How a text table was read, so that a later file of the same kind is read alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from contextures.data.amounts import NumberForm, check_marks
from contextures.exceptions import InputError


@dataclass(frozen=True)
class HowRead:
    """What was decided when a text table was read.

    A single row cannot tell whether its ``1,200`` has decimals; the file that was fitted to could.

    Attributes
    ----------
    options : dict of str to str
        What the caller gave: delimiter, encoding, decimal, thousands, dates and
        id.
    numbers : dict of str to NumberForm
        The columns whose words were read as numbers, and how these were written.
    kept : list of str
        Words such as None and NA that were kept as values.
    """

    options: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, NumberForm] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)

    @property
    def dates(self) -> str | None:
        """The order of dates that the caller gave."""
        return self.options.get("dates")

    @property
    def decimal(self) -> str | None:
        """The decimal mark that the caller gave, or that follows from the thousands mark."""
        return check_marks(self.options.get("decimal"), self.options.get("thousands"))

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values."""
        forms = {name: vars(form) for name, form in self.numbers.items()}
        return {"options": self.options, "numbers": forms, "kept": self.kept}

    @classmethod
    def from_dict(cls, values: Any) -> HowRead:
        """Read what :meth:`to_dict` gave; nothing decided where there is nothing."""
        if not values:
            return cls()
        try:
            return cls(
                {str(name): str(value) for name, value in values["options"].items()},
                {str(name): NumberForm(**form) for name, form in values["numbers"].items()},
                [str(word) for word in values["kept"]],
            )
        except (AttributeError, KeyError, TypeError):
            raise InputError(
                "what is recorded of how the run's table was read is damaged; fit it again"
            ) from None

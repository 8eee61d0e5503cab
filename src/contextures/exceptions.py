"""Errors and warnings that say what is wrong and what to do."""

from __future__ import annotations


class InputError(ValueError):
    """Something the caller gave cannot be used.

    The message is one sentence that names the column, value or parameter and the mend; the command
    line prints it and exits with code 2.
    """


class RankError(InputError):
    """More singular functions were asked for than a context has; ``rank`` says how many it has."""

    def __init__(self, message: str, rank: int) -> None:
        super().__init__(message)
        self.rank = rank


class ContextWarning(UserWarning):
    """A result was computed, but a property of the context limits what it means."""

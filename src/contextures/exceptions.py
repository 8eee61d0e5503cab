"""Errors and warnings that say what is wrong and what to do."""

from __future__ import annotations

__all__ = ["ContextWarning", "InputError", "RankError"]


class InputError(ValueError):
    """Something the caller gave cannot be used.

    The message is one sentence that names the column, value or parameter and the mend; the command
    line prints it and exits with code 2.
    """


class RankError(InputError):
    """More singular functions were asked for than a context has.

    Parameters
    ----------
    message : str
        What is wrong, and the mend.
    rank : int
        How many singular functions the context has.
    """

    def __init__(self, message: str, rank: int) -> None:
        super().__init__(message)
        self.rank = rank


class ContextWarning(UserWarning):
    """A result was computed, but a property of the context limits what it means."""

"""Errors and warnings that say what is wrong and what to do."""

from __future__ import annotations

__all__ = ["ContextWarning", "InputError", "MissingLibraryError", "RankError"]


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

    def __reduce__(self) -> tuple[type[RankError], tuple[str, int]]:
        # Exceptions are made anew, in another process, from their message alone.
        return type(self), (str(self), self.rank)


class MissingLibraryError(ImportError, InputError):
    """An optional library is needed and not installed; the message says what to install.

    It is an ImportError, as that of any missing library, and an InputError too, so that whoever
    catches these, such as the command line, prints its sentence.
    """


class ContextWarning(UserWarning):
    """A result was computed, but a property of the context limits what it means."""


def unwritten(owner: object, method: str) -> NotImplementedError:
    """Make the error of a method that a base class leaves to its subclasses.

    Parameters
    ----------
    owner : object
        The instance or class that lacks it.
    method : str
        The method's name.

    Returns
    -------
    NotImplementedError
        To be raised.
    """
    name = owner.__name__ if isinstance(owner, type) else type(owner).__name__
    return NotImplementedError(
        f"{name} leaves {method} to its subclasses; write {method}, or use a subclass that has it"
    )

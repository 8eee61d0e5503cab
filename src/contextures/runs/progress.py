"""Telling whoever waits what is being done."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Silent progress that keeps the seconds of each stage; subclasses show it.

    Attributes
    ----------
    seconds : dict of str to float
        How long each finished stage took, in order.

    Examples
    --------
    >>> from contextures.runs import Progress
    >>> class Shown(Progress):
    ...     def begin(self, name):
    ...         print(name, "...")
    >>> progress = Shown()
    >>> with progress.stage("looking"):
    ...     pass
    looking ...
    >>> list(progress.seconds)
    ['looking']
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage of the work, announced by its name.

        Parameters
        ----------
        name : str
            What is done in it.

        Yields
        ------
        None
            The stage lasts as long as the ``with`` block.
        """
        started = time.perf_counter()
        self.begin(name)
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started
            self.end(name)

    def begin(self, name: str) -> None:
        """Announce a stage.

        Parameters
        ----------
        name : str
            What is done in it.
        """

    def advance(self, done: int, total: int) -> None:
        """Say how far the current stage is.

        Parameters
        ----------
        done : int
            How many parts are done.
        total : int
            How many parts there are.
        """

    def end(self, name: str) -> None:
        """Close a stage.

        Parameters
        ----------
        name : str
            What was done in it.
        """

    def say(self, sentence: str) -> None:
        """Say what whoever waits should know before the work ends.

        Parameters
        ----------
        sentence : str
            A sentence without its end.
        """

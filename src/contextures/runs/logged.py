"""Progress as log records, for whoever waits without a terminal."""

from __future__ import annotations

import logging
import time

from contextures.runs.progress import Progress

LOGGER = logging.getLogger("contextures")
LOGGER.addHandler(logging.NullHandler())

EVERY = 10.0
"""Seconds between records of how far a stage is."""


class LoggedProgress(Progress):
    """Progress that is logged by the logger "contextures", at INFO.

    A record when a stage begins and ends, and at most every ten seconds how many of its parts are
    done and about how long the others will take.

    Examples
    --------
    >>> import logging, sys
    >>> from contextures.runs.logged import LoggedProgress
    >>> logger = logging.getLogger("contextures")
    >>> handler = logging.StreamHandler(sys.stdout)
    >>> logger.addHandler(handler)
    >>> logger.setLevel(logging.INFO)
    >>> with LoggedProgress().stage("look"):
    ...     pass
    look: begins
    look: done in 0.0 s
    >>> logger.removeHandler(handler)
    """

    def begin(self, name: str) -> None:
        """Log that a stage begins."""
        self._name, self._began, self._told = name, time.monotonic(), time.monotonic()
        LOGGER.info("%s: begins", name)

    def advance(self, done: int, total: int) -> None:
        """Log how far the stage is, and about how long it will take."""
        now = time.monotonic()
        if now - self._told < EVERY:
            return
        self._told = now
        left = (now - self._began) / done * (total - done) if done else float("nan")
        said = "" if not done else f", about {_duration(left)} left"
        LOGGER.info("%s: %d of %d%s", self._name, done, total, said)

    def end(self, name: str) -> None:
        """Log how long the stage took."""
        LOGGER.info("%s: done in %.1f s", name, time.monotonic() - self._began)

    def say(self, sentence: str) -> None:
        """Log a sentence."""
        LOGGER.info("%s", sentence)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"

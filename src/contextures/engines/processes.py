"""Work done by processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from pickle import PicklingError
from typing import Any

from joblib import effective_n_jobs
from joblib.externals.loky import ProcessPoolExecutor
from threadpoolctl import threadpool_limits

from contextures.engines.job import Job, Told
from contextures.exceptions import InputError

TRIES = 3
"""How often what a dead process left is begun anew."""

GROUPS_A_WORKER = 2
"""More make the last to finish wait less, and give more sums to send back."""

_received: list[Job] = []


def reduce(job: Job, parts: Sequence[Any], n_workers: int | None, told: Told | None = None) -> Any:
    """Do a job in processes, each of which gets it once, for neighbouring parts together.

    Parameters
    ----------
    job : Job
        The work.
    parts : sequence
        The parts.
    n_workers : int or None
        How many processes; one a core when None.
    told : callable, optional
        Told how many parts are done, and how many there are.

    Returns
    -------
    Any
        What the job gives.
    """
    n_workers = min(int(effective_n_jobs(-1 if n_workers is None else n_workers)), len(parts))
    n_groups = min(len(parts), n_workers * GROUPS_A_WORKER)
    borders = [len(parts) * i // n_groups for i in range(n_groups + 1)]
    groups = [list(parts[borders[i] : borders[i + 1]]) for i in range(n_groups)]
    found: dict[int, Any] = {}

    def count() -> None:
        if told is not None:
            told(sum(len(groups[i]) for i in found), len(parts))

    for _ in range(TRIES):
        left = [i for i in range(n_groups) if i not in found]
        try:
            with _workers(n_workers, job) as pool:
                _collect(_handed_out(pool, {i: groups[i] for i in left}), found, count)
        except BrokenExecutor:
            continue
        except PicklingError as error:
            raise _cannot_be_sent() from error
        return job.end(job.put_together(*(found[i] for i in range(n_groups))))
    first, last = borders[left[0]] + 1, borders[left[-1] + 1]
    raise InputError(
        f"a process died {TRIES} times while it was at one of the parts {first} to {last}, most "
        "likely for want of memory; give smaller parts, fewer functions or fewer processes"
    )


@contextmanager
def _workers(n_workers: int, job: Job) -> Iterator[ProcessPoolExecutor]:
    """Give processes that got the job; they end at once where nobody waits for them any more."""
    pool = ProcessPoolExecutor(n_workers, initializer=_receive, initargs=(job,))
    try:
        yield pool
    except BaseException:  # an interrupt too: what is under way and waiting may take hours
        pool.shutdown(kill_workers=True)
        raise
    pool.shutdown()


def _handed_out(pool: ProcessPoolExecutor, groups: dict[int, list[Any]]) -> dict[int, Future[Any]]:
    """Hand out parts; the first call starts the processes, which get the job."""
    try:
        return {i: pool.submit(_fold, group) for i, group in groups.items()}
    except (TypeError, AttributeError) as error:  # as pickle refuses locks, files and the like
        raise _cannot_be_sent() from error


def _cannot_be_sent() -> InputError:
    return InputError(
        "the parts, or what is done with them, cannot be sent to other processes; give parts that "
        "are read from paths, or engine=None"
    )


def _collect(
    futures: dict[int, Future[Any]], found: dict[int, Any], count: Callable[[], None]
) -> None:
    """Keep what was found, also where another process has died or failed."""
    failures: list[BaseException] = []
    for i, future in futures.items():
        error = future.exception()
        if error is None:
            found[i] = future.result()
            count()
        else:
            failures.append(error)
            if not isinstance(error, BrokenExecutor):
                break  # nothing that follows would be used
    for other in futures.values():
        other.cancel()
    # What a part is refused for says more than that a process has died.
    for error in sorted(failures, key=lambda error: isinstance(error, BrokenExecutor)):
        raise error


def _receive(job: Job) -> None:
    threadpool_limits(1, user_api="blas")
    _received[:] = [job]


def _fold(parts: list[Any]) -> Any:
    return _received[0].fold(parts)

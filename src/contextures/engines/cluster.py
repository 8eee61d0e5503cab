"""Work done on a Dask cluster."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from threading import Event
from typing import Any
from uuid import uuid4

from joblib import effective_n_jobs

from contextures._lazy import optional
from contextures.engines.job import Job, Told
from contextures.exceptions import InputError

TRIES = 2
"""How often a job is begun whose shared part was lost with all workers that held it."""

FAN = 4
"""How many results are put together at a time."""

SECONDS = 10
"""For how long a scheduler may not answer."""

WATCH_SECONDS = 2
"""How often it is told how many parts are done."""

MOST_NAMED = 3
"""Parts named where a dead worker had several at hand, one of which was its end."""

RESTART_SECONDS = 60
"""For how long lost workers may take to be started anew."""


def reduce(
    job: Job,
    parts: Sequence[Any],
    engine: Any,
    name: Callable[[Any], str] | None = None,
    told: Told | None = None,
) -> Any:
    """Do a job on a Dask cluster: a task for each part, a tree of merges, and the end of it.

    The job with what its tasks share is sent to the workers once. What a lost worker held is
    worked out again by the others.

    Parameters
    ----------
    job : Job
        The work.
    parts : sequence
        The parts.
    engine : dask.distributed.Client or str
        The cluster, or its scheduler's address.
    name : callable, optional
        Names a part.
    told : callable, optional
        Told how many parts are done, and how many there are.

    Returns
    -------
    Any
        What the job gives.

    Raises
    ------
    InputError
        If the engine is none, its scheduler or workers are not there, or workers die of a part.
    """
    with connected(engine) as client:
        for attempt in range(TRIES):
            try:
                return _once(job, parts, client, name, told, recoverable=attempt > 0)
            except (CancelledError, OSError, TimeoutError) as error:
                _check_there(client, RESTART_SECONDS)
                if attempt == TRIES - 1:
                    raise InputError(
                        f"all Dask workers{_address(client)} were lost {TRIES} times with what "
                        "they had worked out; give them more memory, or smaller parts"
                    ) from error
    raise AssertionError("the last attempt returns or raises")


@contextmanager
def connected(engine: Any) -> Iterator[Any]:
    """Give a Dask client, made for the time being where an address was given."""
    if isinstance(engine, str):
        if "://" not in engine:
            raise InputError(
                f"engine={engine!r} is not known; give None, 'processes', a dask.distributed "
                "Client or a scheduler's address such as 'tcp://host:8786'"
            )
        with optional("a Dask cluster as engine"):
            import dask  # noqa: F401 -- told apart from its scheduler, which may be missing alone
            from distributed import Client
        _check_answers(engine)
        try:
            client = Client(engine, timeout=SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, TimeoutError, ValueError) as error:
            raise _absent(f" at {engine}") from error
        with client:
            yield client
        return
    if not all(hasattr(engine, name) for name in ("scatter", "compute", "run_on_scheduler")):
        raise InputError(
            f"engine is a {type(engine).__name__}; give None, 'processes', a dask.distributed "
            "Client or a scheduler's address"
        )
    if getattr(engine, "asynchronous", False):
        raise InputError(
            "engine is an asynchronous Client, whose answers would have to be awaited; give a "
            "Client(..., asynchronous=False)"
        )
    _check_there(engine)
    yield engine


@contextmanager
def local(n_workers: int | None = None) -> Iterator[Any]:
    """Give a client of a cluster of this machine, which is closed in the end.

    Parameters
    ----------
    n_workers : int or None
        How many workers of one thread each it has; one a core when None.

    Yields
    ------
    dask.distributed.Client
        The client.

    Raises
    ------
    MissingLibraryError
        If there is no Dask.
    """
    with optional("a Dask cluster as engine"):
        import dask  # noqa: F401 -- as above
        from distributed import Client, LocalCluster
    with _uninterrupted():
        begun = LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=int(effective_n_jobs(-1)) if n_workers is None else n_workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            # What goes wrong with a part is said here; of work that is broken off they say more.
            silence_logs=logging.CRITICAL,
        )
    with (
        begun as cluster,
        Client(cluster, set_as_default=False) as client,  # type: ignore[no-untyped-call]
    ):
        yield client


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Begin processes that an interrupt from the keyboard does not reach.

    A terminal tells it to all; who began them ends them, and they would only print where they were.
    """
    if not hasattr(signal, "pthread_sigmask"):  # not on Windows
        yield
        return
    resource_tracker.ensure_running()  # which, begun later, would undo this for a process
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:  # and an interrupt that came meanwhile comes now
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _once(
    job: Job,
    parts: Sequence[Any],
    client: Any,
    name: Callable[[Any], str] | None,
    told: Told | None,
    *,
    recoverable: bool,
) -> Any:
    from dask.delayed import delayed
    from distributed import KilledWorker

    prefix = f"contextures-{uuid4().hex}"
    if recoverable:
        # A task's result can be worked out again when all workers that hold it are lost, which
        # scattered data cannot; but the scheduler has to hold it.
        shared = client.submit(_same, job, pure=False)
    else:
        shared = client.scatter(job, broadcast=True, hash=False, timeout=SECONDS)
    level = [
        delayed(_do, pure=False)(shared, part, dask_key_name=f"{prefix}-part-{i}")
        for i, part in enumerate(parts)
    ]
    height = 0
    while len(level) > 1:
        height += 1
        level = [
            delayed(_put_together, pure=False)(
                shared, *level[i : i + FAN], dask_key_name=f"{prefix}-merge-{height}-{i // FAN}"
            )
            for i in range(0, len(level), FAN)
        ]
    end = delayed(_end, pure=False)(shared, level[0], dask_key_name=f"{prefix}-end")
    future = client.compute(end)
    try:
        if told is not None:
            _watch(client, future, prefix, len(parts), told)
        return future.result()
    except (InputError, CancelledError):
        raise
    except KilledWorker as error:
        raise InputError(
            f"{_which(client, prefix, parts, name)}: the workers that had it died one after the "
            "other, most likely for want of memory; give smaller parts, fewer functions or "
            "workers with more memory"
        ) from error
    except Exception as error:
        if isinstance(error, OSError) and client.status != "running":
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200].rstrip(".")
        raise InputError(
            f"{_which(client, prefix, parts, name)} cannot be worked out ({reason}); mend what "
            "it is read from, or leave it out"
        ) from error
    finally:
        # A traceback would keep them, and the cluster at work on what nobody waits for.
        future.release()
        shared.release()


def _watch(client: Any, future: Any, prefix: str, n_parts: int, told: Told) -> None:
    """Say every few seconds how many parts are done, until all is."""

    # Inside, so that the scheduler need not have this library.
    def unfinished(dask_scheduler: Any = None) -> int:
        states = [
            task.state for key, task in dask_scheduler.tasks.items() if str(key).startswith(first)
        ]
        return sum(state not in ("memory", "released", "forgotten") for state in states)

    first, ended = f"{prefix}-part-", Event()
    future.add_done_callback(lambda _: ended.set())
    while not (ended.wait(WATCH_SECONDS) or future.done()):
        with suppress(Exception):  # it only tells; what is wrong is raised by the result
            told(n_parts - client.run_on_scheduler(unfinished), n_parts)


def _which(
    client: Any, prefix: str, parts: Sequence[Any], name: Callable[[Any], str] | None
) -> str:
    """Say for which part a task failed, its own or one before it."""

    # Inside, so that the scheduler need not have this library.
    def failed(dask_scheduler: Any = None) -> list[str]:
        tasks = dask_scheduler.tasks.items()
        return [str(key) for key, task in tasks if task.state == "erred"]

    places: list[int] = []
    with suppress(Exception):  # the reason is known; this only says more
        for key in client.run_on_scheduler(failed):
            found = re.search(f"{prefix}-part-(\\d+)", key)
            places += [] if found is None else [int(found[1])]
    if not places:
        return f"one of the {len(parts)} parts"
    named = [
        f"part {place + 1} of {len(parts)}" if name is None else name(parts[place])
        for place in sorted(places)[:MOST_NAMED]
    ]
    return " or ".join([*named, *(["another"] if len(places) > MOST_NAMED else [])])


def _same(job: Job) -> Job:
    return job


def _do(job: Job, part: Any) -> Any:
    return job.do(part)


def _put_together(job: Job, *found: Any) -> Any:
    return job.put_together(*found)


def _end(job: Job, total: Any) -> Any:
    return job.end(total)


def _check_answers(address: str) -> None:
    """Refuse an address at which no scheduler answers, before a client is made.

    A client that fails for want of an address, or because another kind of server answers, waits
    long to be closed; and what such a server says may be taken for a message of exabytes.
    """
    from distributed.comm.core import connect
    from distributed.security import Security

    async def once() -> None:
        how = Security().get_connection_args("client")  # type: ignore[no-untyped-call]
        comm = await connect(address, timeout=SECONDS, **how)  # type: ignore[no-untyped-call]
        await comm.close()

    # In a thread of its own, since this one may have a loop that runs, as in a notebook.
    with ThreadPoolExecutor(1) as aside:
        try:
            aside.submit(lambda: asyncio.run(once())).result()
        except Exception as error:  # whatever a server of another kind makes it raise
            raise _absent(f" at {address}") from error


def _check_there(client: Any, seconds: float | None = None) -> None:
    """Refuse a client whose scheduler, or all of whose workers, are gone."""
    if client.status != "running":
        raise _absent(_address(client))
    try:
        if not client.nthreads():
            client.wait_for_workers(1, timeout=seconds or SECONDS)
    except (OSError, TimeoutError) as error:
        if client.status != "running":
            raise _absent(_address(client)) from error
        raise InputError(
            f"the Dask scheduler{_address(client)} has no workers; start some with `dask worker`"
        ) from error


def _address(client: Any) -> str:
    address = getattr(getattr(client, "scheduler", None), "address", None)
    return f" at {address}" if address else ""


def _absent(address: str) -> InputError:
    return InputError(
        f"engine: no Dask scheduler answers{address}; start one with `dask scheduler` and "
        "workers with `dask worker` and connect a Client, or give engine=None"
    )

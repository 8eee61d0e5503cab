"""The one seam to whatever does the work: here, processes of this machine, or a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from contextures.engines import cluster, processes
from contextures.engines.job import Job, Told
from contextures.exceptions import InputError


def tree_reduce(
    work: Callable[[Any, Any], Any],
    parts: Sequence[Any],
    merge: Callable[[Any, list[Any]], Any],
    *,
    shared: Any = None,
    finish: Callable[[Any, Any], Any] | None = None,
    engine: Any = None,
    n_workers: int | None = None,
    name: Callable[[Any], str] | None = None,
    told: Told | None = None,
) -> Any:
    """Do a piece of work for each part, put together what was found, and finish.

    Parameters
    ----------
    work : callable
        ``work(shared, part)`` gives what a part yields.
    parts : sequence
        What each piece of work is about: small things, such as paths. For a Dask cluster they may
        hold Dask's delayed values.
    merge : callable
        ``merge(shared, found)`` puts a list of results together. It must be associative, and leave
        what it is given as it is: when a worker is lost, it is called again.
    shared : Any
        What all pieces need; sent to each worker once, and not with each part.
    finish : callable, optional
        ``finish(shared, total)``, done on a worker where there are some.
    engine : None, "processes", dask.distributed.Client or str
        None goes through the parts here, one after the other. "processes" has ``n_workers``
        processes of this machine do it. A Client, or the address of a Dask scheduler, has its
        workers do it.
    n_workers : int, optional
        How many processes; one a core when None.
    name : callable, optional
        ``name(part)`` names a part in the sentence that says what went wrong with it.
    told : callable, optional
        ``told(done, total)`` is called here now and then while parts are done.

    Returns
    -------
    Any
        What ``finish`` gives, or the total.

    Raises
    ------
    InputError
        If there are no parts, the engine is not known or not there, or workers die of a part
        again and again. Errors of ``work`` come as they are.

    Examples
    --------
    >>> from contextures.engines import tree_reduce
    >>> lengths = tree_reduce(
    ...     lambda shared, word: {len(word) * shared},
    ...     ["a", "bc", "de"],
    ...     lambda shared, found: set.union(*found),
    ...     shared=10,
    ... )
    >>> sorted(lengths)
    [10, 20]
    """
    job = Job(work, merge, finish, shared)
    if not len(parts):
        raise InputError("there are no parts of rows; give at least one")
    if engine is None:
        return job.end(job.fold(parts, told))
    if isinstance(engine, str) and engine == "processes":
        return processes.reduce(job, parts, n_workers, told)
    return cluster.reduce(job, parts, engine, name, told)

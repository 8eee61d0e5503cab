"""Whether the coordinates are learned from all rows of a long table, as it was asked and can be."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, nullcontext
from importlib.util import find_spec
from typing import Any

from contextures._lazy import missing
from contextures.contexts import Context
from contextures.data import Table
from contextures.data.parts import Parts
from contextures.encoders import Encoder, RitzEncoder
from contextures.engines.cluster import connected, local
from contextures.exceptions import InputError
from contextures.runs.encoder_choice import choose_kind
from contextures.runs.memory import Plan, plan
from contextures.runs.options import FitOptions
from contextures.selection import short_form

LEARN = ("auto", "all", "sample")
"""What the coordinates of a long table are learned from."""

ENGINES = ("processes", "dask")
"""What goes through all rows, besides this process."""

MOST_ROWS = 1_000_000
"""Rows up to which all are learned from unasked: at 150 microseconds each and on one core, with
1,000 functions, some two and a half minutes, for little beside what the sample gives."""

ROW_BY_ROW = "such as noise:0.5, mask:0.3 or scarf:0.6"


def check_learn(options: FitOptions) -> None:
    """Refuse, before anything is read, options on learning from all rows that cannot be.

    Raises
    ------
    InputError
        Naming the option.
    """
    if options.learn not in LEARN:
        raise InputError(f"--learn {options.learn!r} is not known; give {', '.join(LEARN)}")
    if options.engine is not None and options.engine not in ENGINES:
        raise InputError(
            f"--engine {options.engine!r} is not known; give {' or '.join(ENGINES)}, or leave it "
            "out"
        )
    if options.engine is not None and options.learn == "sample":
        raise InputError(
            f"--engine {options.engine} goes through all rows, and --learn sample asks for none of "
            "that; give one of them"
        )
    if options.scheduler is None:
        return
    if options.engine != "dask":
        raise InputError(
            f"--scheduler {options.scheduler} is of a Dask cluster; give --engine dask with it"
        )
    if "://" not in options.scheduler:
        raise InputError(
            f"--scheduler {options.scheduler!r} is not an address; give one such as "
            "tcp://host:8786, which `dask scheduler` prints"
        )


def wants_all(options: FitOptions) -> bool:
    """Say whether it was asked for that all rows are learned from."""
    return options.learn == "all" or (options.learn == "auto" and options.engine is not None)


def learns_by_row(encoder: Encoder) -> bool:
    """Say whether an encoder can learn from rows in parts: it knows, by its context."""
    return isinstance(encoder, RitzEncoder) and hasattr(encoder, "partial_fit")


def check_given(given: Table | Parts, options: FitOptions, context: Context | None) -> bool:
    """Refuse what :func:`check_rows` does where a table is seen to be long before it is read.

    Parameters
    ----------
    given : Table or Parts
        The table.
    options : FitOptions
        What was asked.
    context : Context or None
        The context that was named.

    Returns
    -------
    bool
        Whether it could be seen; of text, rows have to be counted first.
    """
    if not wants_all(options):
        return True
    n_rows = given.n_rows if isinstance(given, Parts) else len(given.frame)
    if n_rows is None:
        return False
    columns = given.columns if isinstance(given, Parts) else list(given.frame.columns)
    allowed = plan(options, len(columns))
    if n_rows > allowed.sample:
        check_rows(options, context, allowed)
    return True


def check_rows(options: FitOptions, context: Context | None, allowed: Plan) -> None:
    """Refuse, before any long work on a long table, to learn from all rows where that cannot be.

    What the program chooses itself is refused nothing: then the sample is learned from.

    Parameters
    ----------
    options : FitOptions
        What was asked.
    context : Context or None
        The context that was named.
    allowed : Plan
        What the memory allows.

    Raises
    ------
    InputError
        If the context or the encoder that was named learns from rows in memory only, memory is
        short, or the engine is not there.
    """
    if not wants_all(options):
        return
    asked = "--learn all" if options.learn == "all" else f"--engine {options.engine}"
    if options.encoder not in ("auto", "ritz"):
        raise InputError(
            f"{asked} needs --encoder ritz or auto, since --encoder {options.encoder} learns from "
            "rows in memory; give one of these, or leave it out"
        )
    if context is not None:
        kind = choose_kind(options.encoder, context, allowed.sample)
        if kind != "ritz" or not learns_by_row(RitzEncoder(context)):
            raise InputError(
                f"{asked} is not possible with --context {options.context}, which says of all rows "
                f"together which are alike; give a context that is drawn for each row, {ROW_BY_ROW}"
                ", or leave it out"
            )
    if allowed.all_rows is not None:
        raise InputError(
            f"{asked} takes about {allowed.all_rows:,}MB, and --memory {options.memory} is less; "
            "give that or more, or --learn sample"
        )
    _check_engine(options)


def why_sample(
    options: FitOptions, context: Context, kind: str, n_rows: int, allowed: Plan
) -> str | None:
    """Say why the coordinates are learned from the sample alone.

    Parameters
    ----------
    options : FitOptions
        What was asked.
    context : Context
        The context, given or chosen.
    kind : {"spectral", "ritz", "neural"}
        The kind of encoder.
    n_rows : int
        The rows of the table.
    allowed : Plan
        What the memory allows.

    Returns
    -------
    str or None
        The reason, as the end of a sentence; empty where nobody asked for more. None where all
        rows are learned from.
    """
    if options.learn == "sample":
        return ""
    by_row = learns_by_row(RitzEncoder(context))
    if kind != "ritz" or not by_row:
        if not wants_all(options):
            return ""
        if by_row:
            return f"since the {kind} encoder learns from rows in memory"
        return f"since {short_form(context)} says of all rows together which are alike"
    if allowed.all_rows is not None:
        return f"since learning the coordinates from all takes about {allowed.all_rows:,}MB"
    if not wants_all(options) and n_rows > MOST_ROWS:
        return (
            f"as there are more than {MOST_ROWS:,} (--learn all learns the coordinates from all of "
            "them, and --engine processes or dask does so on all cores or many machines)"
        )
    return None


def _check_engine(options: FitOptions) -> None:
    """Refuse a Dask cluster that is not there."""
    if options.engine != "dask":
        return
    for library in ("dask", "distributed"):
        if find_spec(library) is None:
            raise missing(library, "--engine dask")
    if options.scheduler is None:
        return
    reached = ExitStack()
    try:
        client = reached.enter_context(connected(options.scheduler))
    except InputError:
        raise InputError(
            f"no Dask scheduler answers at {options.scheduler}; start one with `dask scheduler` "
            "and workers with `dask worker`, or leave --scheduler out for workers of this machine"
        ) from None
    with reached, connected(client):  # which looks for workers
        pass


def engine_of(options: FitOptions, n_workers: int | None) -> AbstractContextManager[Any]:
    """Give the engine that was asked for, as :meth:`RitzEncoder.fit` takes it, while it is needed.

    Parameters
    ----------
    options : FitOptions
        What was asked.
    n_workers : int or None
        How many workers a cluster of this machine may have; one a core when None.

    Returns
    -------
    context manager
        Gives None, "processes" or a Dask client.

    Raises
    ------
    InputError
        If a scheduler does not answer.
    """
    if options.engine != "dask":
        return nullcontext(options.engine)
    return local(n_workers) if options.scheduler is None else connected(options.scheduler)

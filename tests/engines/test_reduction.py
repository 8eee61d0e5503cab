"""The same work gives the same whatever does it, and what goes wrong is said in one sentence."""

from __future__ import annotations

import os
import signal
import time
from threading import Lock, Thread

import pytest

from contextures.engines import tree_reduce
from contextures.exceptions import InputError, RankError


def reduce(parts, engine=None, **options):
    """Join the parts' names: a sum that shows its order."""
    return tree_reduce(
        lambda shared, part: [shared + part],
        parts,
        lambda shared, found: [each for part in found for each in part],
        shared="part ",
        finish=lambda shared, total: ", ".join(total),
        engine=engine,
        **options,
    )


@pytest.mark.parametrize("n", [1, 3, 17])
@pytest.mark.parametrize("engine", [None, pytest.param("processes", marks=pytest.mark.slow)])
def test_parts_are_put_together_in_order(n, engine):
    names = [str(i) for i in range(n)]
    assert reduce(names, engine, n_workers=2) == ", ".join(f"part {name}" for name in names)


def test_merging_finds_its_results_as_they_were():
    """A merge that is done again after a worker was lost must not count anything twice."""
    found = {part: {part} for part in range(5)}
    kept = {part: set(value) for part, value in found.items()}
    total = tree_reduce(
        lambda shared, part: found[part], range(5), lambda shared, sets: set.union(*sets)
    )
    assert total == set(range(5))
    assert found == kept


@pytest.mark.slow
def test_what_is_shared_is_sent_once_to_each_process():
    class Counted:
        def __reduce__(self):
            sent.append(1)
            return (str, ("shared",))

    sent = []
    answers = tree_reduce(
        lambda shared, part: {(shared, os.getpid())},
        range(40),
        lambda shared, sets: set.union(*sets),
        shared=Counted(),
        engine="processes",
        n_workers=2,
    )
    processes = {process for _, process in answers}
    assert {shared for shared, _ in answers} == {"shared"}
    assert os.getpid() not in processes
    assert len(processes) <= len(sent) <= 2


@pytest.mark.slow
def test_a_process_that_dies_changes_nothing(tmp_path):
    """The first to take part 3 is killed, as for want of memory."""

    def work(shared, part):
        flag = tmp_path / "died"
        if part == 3 and not flag.exists():
            flag.touch()
            os._exit(9)
        return part

    total = tree_reduce(
        work, range(8), lambda shared, found: sum(found), engine="processes", n_workers=2
    )
    assert total == sum(range(8))
    assert (tmp_path / "died").exists()


@pytest.mark.slow
def test_a_part_that_kills_every_process_is_given_up():
    def work(shared, part):
        if part == 3:
            os._exit(9)
        return part

    with pytest.raises(InputError, match=r"died 3 times .* smaller parts") as caught:
        tree_reduce(
            work, range(8), lambda shared, found: sum(found), engine="processes", n_workers=2
        )
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("engine", [None, pytest.param("processes", marks=pytest.mark.slow)])
@pytest.mark.parametrize("error", [InputError("part 2 is wrong"), RankError("too few", 3)])
def test_errors_of_the_work_come_as_they_are(engine, error):
    def work(shared, part):
        if part == 2:
            raise error
        return part

    with pytest.raises(type(error), match=str(error)) as caught:
        tree_reduce(work, range(4), lambda shared, found: 0, engine=engine, n_workers=2)
    assert getattr(caught.value, "rank", None) == getattr(error, "rank", None)


@pytest.mark.parametrize(
    ("parts", "engine", "message"),
    [
        ([], None, "there are no parts of rows"),
        ([1], "spark", "engine='spark' is not known; give None, 'processes'"),
        ([1], 3, "engine is a int; give None"),
    ],
)
def test_engines_that_are_none_are_refused(parts, engine, message):
    with pytest.raises(InputError, match=message):
        reduce(parts, engine)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["parts", "work"])
def test_parts_that_cannot_be_sent_are_refused(what):
    lock = Lock()
    with pytest.raises(InputError, match="cannot be sent to other processes; give parts that"):
        tree_reduce(
            (lambda shared, part: 0) if what == "parts" else (lambda shared, part: lock),
            [lock, lock] if what == "parts" else [0, 1],
            lambda shared, found: 0,
            engine="processes",
            n_workers=2,
        )


@pytest.mark.slow
def test_an_interrupt_ends_the_processes_at_once(tmp_path):
    """Ctrl-C must not wait for parts that are under way or waiting, which may take hours."""

    def work(shared, part):
        (tmp_path / str(os.getpid())).touch()
        time.sleep(100)

    def interrupt():
        while not list(tmp_path.iterdir()):
            time.sleep(0.05)
        begun.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    begun = []
    Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        tree_reduce(work, range(4), lambda shared, found: 0, engine="processes", n_workers=2)
    assert time.monotonic() - begun[0] < 50
    for file in tmp_path.iterdir():
        with pytest.raises(ProcessLookupError):
            os.kill(int(file.name), 0)

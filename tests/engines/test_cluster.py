"""On a Dask cluster of two processes: the same numbers, whatever happens to a worker."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from contextures.contexts import LabelContext, NoiseContext
from contextures.encoders import RitzEncoder
from contextures.engines import Parts, tree_reduce
from contextures.exceptions import InputError, MissingLibraryError, RankError

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
dask_array = pytest.importorskip("dask.array")
dask_frame = pytest.importorskip("dask.dataframe")

RNG = np.random.default_rng(0)
X = RNG.standard_normal((30_000, 3))
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
LABELS = np.where(X[:, 0] + 0.5 * RNG.standard_normal(len(X)) > 0, "yes", "no")
FRESH = pd.DataFrame(RNG.standard_normal((50, 3)), columns=FRAME.columns)

pytestmark = pytest.mark.slow


@contextmanager
def cluster_of_two():
    settings = {"distributed.scheduler.allowed-failures": 1}
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def client():
    with cluster_of_two() as made:
        yield made


@pytest.fixture(autouse=True)
def workers(client):
    """Begin with both workers: a test before may have killed some."""
    client.wait_for_workers(2, timeout=120)


def encoder():
    return RitzEncoder(NoiseContext(), 3, n_functions=40, random_state=2)


def reader():
    """Make a reader of parts that workers get by value, since they do not import this file."""
    frame = FRAME
    return lambda part: frame[part]


def in_parts(n, read=None):
    borders = np.linspace(0, len(X), n + 1).astype(int)
    return Parts([slice(*borders[i : i + 2]) for i in range(n)], read or reader())


def same(one, other):
    assert one.ridge_ == other.ridge_
    np.testing.assert_allclose(one.score_, other.score_, atol=1e-9)
    np.testing.assert_allclose(one.singular_values_, other.singular_values_, atol=1e-9)
    np.testing.assert_allclose(one.transform(FRESH), other.transform(FRESH), atol=1e-9)


@pytest.fixture(scope="module")
def whole():
    return encoder().fit(in_parts(1))


@pytest.mark.parametrize("n", [1, 3, 17])
def test_the_cluster_and_its_parts_change_nothing(client, whole, n):
    same(encoder().fit(in_parts(n), engine=client), whole)


@pytest.mark.parametrize("known", [True, False])
def test_collections_of_dask(client, whole, known):
    frame = dask_frame.from_pandas(FRAME, npartitions=5)
    array = dask_array.from_array(X, chunks=(7000, 2)) if known else frame.to_dask_array()
    for engine in (client, None):
        same(encoder().fit(frame, engine=engine), whole)
        made = encoder().fit(array, engine=engine)
        np.testing.assert_allclose(made.singular_values_, whole.singular_values_, atol=1e-9)
    parts = [part.compute() for part in frame.map_partitions(made.transform, meta=X).partitions]
    np.testing.assert_allclose(np.vstack(parts), made.transform(FRAME.to_numpy()), atol=1e-12)


def test_labels_of_dask(client):
    made = RitzEncoder(LabelContext(), 1, n_functions=40)
    expected = made.fit(Parts([0], lambda _: (FRAME, LABELS))).transform(FRESH)
    frame = dask_frame.from_pandas(FRAME.assign(y=LABELS), npartitions=4)
    for rows, labels in ((frame, "y"), (frame.drop(columns=["y"]), frame["y"])):
        found = made.fit(rows, labels, engine=client)
        np.testing.assert_allclose(found.transform(FRESH), expected, atol=1e-9)
    with pytest.raises(InputError, match="X has 4 parts but y has 2; repartition y like X"):
        made.fit(frame[["a"]], frame["y"].repartition(npartitions=2), engine=client)
    with pytest.raises(InputError, match="X is a Dask collection and y is a ndarray"):
        made.fit(frame[["a"]], LABELS, engine=client)


def test_an_address_is_an_engine(client, whole):
    same(encoder().fit(in_parts(4), engine=client.scheduler.address), whole)


def test_it_is_told_how_many_parts_are_done(client, monkeypatch):
    monkeypatch.setattr("contextures.engines.cluster.WATCH_SECONDS", 0.1)
    told = []

    def slow(shared, part):
        time.sleep(0.3)
        return part

    found = tree_reduce(
        slow,
        list(range(8)),
        lambda shared, found: sum(found),
        engine=client,
        told=lambda done, total: told.append((done, total)),
    )
    assert found == 28
    assert told == sorted(told) and {total for _, total in told} == {8}
    assert len({done for done, _ in told}) > 2 and told[-1][0] > 4


@pytest.mark.parametrize("killed_at", [0, 4])
def test_a_worker_that_is_killed_changes_nothing(client, whole, tmp_path, killed_at):
    """Its sums so far are worked out again, and none counts twice."""
    read, start = reader(), in_parts(9).keys[killed_at].start

    def dying(part):
        flag = tmp_path / "killed"
        if part.start == start and not flag.exists():
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return read(part)

    lengths = [part.stop - part.start for part in in_parts(9).keys]
    parts = Parts(in_parts(9).keys, dying, lengths)
    same(encoder().fit(parts, engine=client), whole)
    assert (tmp_path / "killed").exists()


def test_a_part_that_kills_every_worker_is_named():
    def deadly(part):
        if part == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return np.zeros((10, 2))

    # A cluster of its own, since its workers may take long to come back.
    with (
        cluster_of_two() as client,
        pytest.raises(InputError, match="the workers that had it died") as caught,
    ):
        encoder().fit(Parts(range(4), deadly), engine=client)
    assert "\n" not in str(caught.value)


def test_what_is_shared_is_sent_once_to_each_worker(client, tmp_path):
    class Shared:
        def __init__(self, folder):
            self.folder = folder

        def __setstate__(self, state):
            self.__dict__.update(state)
            with (self.folder / str(os.getpid())).open("a") as log:
                log.write("x")

    answers = tree_reduce(
        lambda shared, part: {part: os.getpid()},
        range(40),
        lambda shared, found: {part: at for each in found for part, at in each.items()},
        shared=Shared(tmp_path),
        finish=lambda shared, total: (total, os.getpid()),
        engine=client,
    )
    found, last = answers
    assert len(found) == 40
    received = {int(log.name): log.read_text() for log in tmp_path.iterdir()}
    received.pop(os.getpid(), None)
    assert set(found.values()) <= set(received)
    assert last in received  # what finishes is done on a worker too
    assert all(len(times) <= 2 for times in received.values())


def test_what_is_wrong_with_a_part_is_said_in_one_sentence(client):
    frame = dask_frame.from_pandas(FRAME, npartitions=5)

    def changed(rows, partition_info=None):
        place = (partition_info or {}).get("number")
        if place == 2:
            raise OSError("the disk is gone")
        return rows.assign(b=np.nan) if place == 3 else rows

    broken = frame.map_partitions(changed, meta=FRAME[:0])
    with pytest.raises(InputError, match=r"part 3 of 5 .* \(OSError: the disk is gone\)"):
        encoder().fit(broken, engine=client)
    with pytest.raises(InputError, match="part 3 of 4: column 'b' has no value in row 1"):
        encoder().fit(
            dask_frame.from_delayed(
                [part for i, part in enumerate(broken.to_delayed()) if i != 2], meta=FRAME[:0]
            ),
            engine=client,
        )


def test_errors_of_the_solve_come_as_they_are(client):
    constant = Parts([0, 1], lambda part: np.ones((50, 2)) + [0, 1e-3] * np.arange(50)[:, None])
    made = RitzEncoder(NoiseContext(0.1), 7, basis="polynomial")
    with pytest.raises(RankError) as caught:
        made.fit(constant, engine=client)
    assert caught.value.rank < 7


def test_a_scheduler_that_is_not_there_is_missed(monkeypatch):
    monkeypatch.setattr("contextures.engines.cluster.SECONDS", 1)
    with pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://127.0.0.1:1;"):
        encoder().fit(in_parts(2), engine="tcp://127.0.0.1:1")
    with distributed.Client(
        processes=False, dashboard_address="127.0.0.1:0", set_as_default=False
    ) as gone:
        pass
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        encoder().fit(in_parts(2), engine=gone)


def test_a_cluster_without_workers_is_refused(monkeypatch):
    monkeypatch.setattr("contextures.engines.cluster.SECONDS", 1)
    with (
        distributed.LocalCluster(
            n_workers=0, processes=False, dashboard_address="127.0.0.1:0"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as idle,
        pytest.raises(InputError, match="has no workers; start some with `dask worker`"),
    ):
        encoder().fit(in_parts(2), engine=idle)


def test_dask_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'contextures\[dask\]'"):
        tree_reduce(max, [1], max, engine="tcp://127.0.0.1:8786")

"""A training that is killed goes on to the numbers that it would have reached."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time

import numpy as np
import pytest
from sklearn.datasets import load_digits

from contextures.contexts import KNNContext, NoiseContext
from contextures.encoders import NeuralEncoder
from contextures.encoders.neural import checkpoints
from contextures.exceptions import InputError

X = load_digits().data[:300]


def encoder(context=None, **parameters):
    options = {
        "max_steps": 40,
        "learning_rate": 5e-4,  # so slow that the last scores are the best
        "network_options": {"width": 16, "depth": 2, "dropout": 0.1},
    }
    return NeuralEncoder(context or KNNContext(10), 6, **{**options, **parameters})


@pytest.fixture(scope="module")
def whole():
    """The training that nothing interrupts."""
    return encoder().fit(X)


def in_child(work):
    """Run in a process of its own, and give how it ended."""
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    return child


def description(folder):
    """What the newest checkpoint says, or None."""
    found = list(folder.glob("*/training.json"))
    return json.loads(found[0].read_text())["progress"] if found else None


@pytest.mark.parametrize("phase", ["search", "refit"])
def test_a_killed_training_goes_on_to_the_same_numbers(tmp_path, whole, phase):
    """kill -9 in the middle; the history, the scores and the coordinates are the same."""

    def work():
        encoder(checkpoint=tmp_path, progress=lambda *told: time.sleep(0.05)).fit(X)

    child = in_child(work)
    while (told := description(tmp_path)) is None or told["phase"] != phase or told["step"] < 4:
        assert child.is_alive(), "it ended before it could be killed"
        time.sleep(0.005)
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert child.exitcode == -signal.SIGKILL
    done = len(description(tmp_path)["history"])
    told = []
    resumed = encoder(checkpoint=tmp_path, progress=lambda *what: told.append(what)).fit(X)
    assert len(told) == len(whole.history_) - done  # it did not begin anew
    assert resumed.history_ == whole.history_
    assert (resumed.score_, resumed.ridge_) == (whole.score_, whole.ridge_)
    np.testing.assert_array_equal(resumed.transform(X), whole.transform(X))


@pytest.mark.parametrize("call", range(1, 7))
def test_a_kill_while_writing_leaves_a_whole_checkpoint(tmp_path, whole, call):
    """Killed half way through writing a file, or between the tensors and their description."""

    def work():
        calls = 0

        def killed(path, content):
            nonlocal calls
            calls += 1
            if calls == call:
                path.with_name(f".{path.name}.partial").write_bytes(content[: len(content) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            write_whole(path, content)

        write_whole, checkpoints.write_whole = checkpoints.write_whole, killed
        encoder(checkpoint=tmp_path).fit(X)

    child = in_child(work)
    child.join()
    assert child.exitcode == -signal.SIGKILL
    resumed = encoder(checkpoint=tmp_path).fit(X)
    np.testing.assert_array_equal(resumed.transform(X), whole.transform(X))


def test_drawn_contexts_go_on_with_the_same_draws(tmp_path):
    options = {"context": NoiseContext(3.0), "objective": "svme", "batch_size": 128}
    stopped = encoder(**options, checkpoint=tmp_path, progress=stop_after(3))
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(X)
    resumed = encoder(**options, checkpoint=tmp_path).fit(X)
    whole = encoder(**options).fit(X)
    assert resumed.history_ == whole.history_
    np.testing.assert_array_equal(resumed.transform(X), whole.transform(X))


def stop_after(n):
    def report(*_):
        nonlocal n
        n -= 1
        if n == 0:
            raise KeyboardInterrupt

    return report


def test_a_finished_training_is_not_repeated(tmp_path):
    first = encoder(checkpoint=tmp_path).fit(X)
    told = []
    again = encoder(checkpoint=tmp_path, progress=lambda *what: told.append(what)).fit(X)
    assert told == []
    np.testing.assert_array_equal(first.transform(X), again.transform(X))


def test_other_data_or_parameters_do_not_share_a_checkpoint(tmp_path):
    quick = {"checkpoint": tmp_path, "max_steps": 4}
    encoder(**quick).fit(X)
    encoder(**quick).fit(X + 1)
    encoder(**quick, learning_rate=1e-3).fit(X)
    encoder(KNNContext(11), **quick).fit(X)
    encoder(**quick, random_state=5).fit(X)
    folders = list(tmp_path.iterdir())
    assert len(folders) == 5
    for folder in folders:
        assert len(list(folder.iterdir())) == 2  # the last step's only


@pytest.mark.parametrize("content", ["{", '{"format": 99}', '{"format": 1}'])
def test_damaged_checkpoints_are_refused(tmp_path, content):
    encoder(checkpoint=tmp_path, max_steps=4).fit(X)
    (file,) = tmp_path.glob("*/training.json")
    file.write_text(content)
    with pytest.raises(InputError, match="remove the folder"):
        encoder(checkpoint=tmp_path, max_steps=4).fit(X)

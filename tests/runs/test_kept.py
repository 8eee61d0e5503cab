"""A long command that is killed goes on where it was, with the same numbers, or starts afresh."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from commands import run as command
from contextures._scratch import held
from contextures.data.parts import long_table
from contextures.encoders import SpectralEncoder
from contextures.exceptions import InputError
from contextures.runs import FitOptions, embed_table, fit, fit_table, predict_table
from contextures.runs.kept import keeping
from contextures.runs.progress import Progress
from interrupted import killed, same

N, PARTS = 2600, 4
ASKED = ("--target", "y", "--context", "knn:10", "--dim", "3", "--sample", "1000", "--id", "key")


class Told(Progress):
    def __init__(self):
        super().__init__()
        self.said = []

    def say(self, sentence):
        self.said.append(sentence)


def hidden(folder):
    return sorted(p.name for p in Path(folder).iterdir() if p.name.startswith("."))


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.standard_normal((N, 3)), columns=["a", "b", "c"])
    frame["y"] = np.where(rng.random(N) < 0.05, frame["a"] + frame["b"], np.nan)
    frame.insert(0, "key", np.arange(N) + 7)
    folder = tmp_path_factory.mktemp("kept") / "parts"
    folder.mkdir()
    for j, rows in enumerate(np.array_split(np.arange(N), PARTS)):
        frame.iloc[rows].to_parquet(folder / f"part-{j}.parquet", index=False)
    return folder


@pytest.fixture(scope="module")
def whole(parts):
    """The run of a fit that nobody interrupted."""
    options = FitOptions(
        target="y", context="knn:10", n_components=3, sample=1000, id="key", command=["as", "told"]
    )
    table = long_table(parts, rows=1000, id="key")
    return fit_table(table, parts.parent / "run", options).folder


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setitem(long_table.__kwdefaults__, "rows", 1000)


@pytest.mark.parametrize(("ending", "left"), [(".arrow", 5), ("predicted", 0)])
def test_a_fit_that_was_killed_goes_on(
    parts, whole, tmp_path, short, monkeypatch, capsys, ending, left
):
    """What was learned is not learned again, and what was embedded not embedded again."""
    out = tmp_path / "run"
    line = ("fit", parts, "--out", out, *ASKED)
    killed(tmp_path, ending, left, *line)
    assert not out.exists() and len(hidden(tmp_path)) > 0

    def never(*_, **__):
        raise AssertionError("learned again")

    monkeypatch.setattr(fit, "learn", never)
    if ending == ".arrow":
        monkeypatch.setattr(fit, "learn_predictor", never)
    embedded = []
    embed = SpectralEncoder.transform
    monkeypatch.setattr(
        SpectralEncoder, "transform", lambda self, X: embedded.append(len(X)) or embed(self, X)
    )
    assert command(monkeypatch, *line) == 0
    assert "it goes on with what was learned" in capsys.readouterr().err
    # The rows that were drawn, and the last of four parts: of the third, only predictions lacked.
    assert ending != ".arrow" or [n for n in embedded if n > 1] == [1000, N // PARTS]
    same(out, whole)
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("ending", ["parquet", "csv"])
@pytest.mark.parametrize("what", ["embed", "predict"])
def test_rows_that_were_done_are_not_done_again(
    parts, whole, tmp_path, short, monkeypatch, capsys, what, ending
):
    usual = tmp_path / f"usual.{ending}"
    assert command(monkeypatch, what, whole, parts, "--out", usual) == 0
    line = (what, whole, parts, "--out", tmp_path / f"out.{ending}")
    killed(tmp_path, ".arrow", 2, *line)
    assert [p.name for p in tmp_path.iterdir() if p.name[0] != "."] == [usual.name]
    capsys.readouterr()
    killed(tmp_path, ".arrow", 1, *line)  # once more, one part later
    assert command(monkeypatch, *line) == 0
    done = 3 * N // PARTS
    assert f"goes on after {done:,} rows" in capsys.readouterr().err
    assert (tmp_path / f"out.{ending}").read_bytes() == usual.read_bytes()
    assert hidden(tmp_path) == []


def stopped(parts, whole, out, monkeypatch, by=KeyboardInterrupt, **options):
    """Embed until the third part, at which something is raised; give what was said."""
    progress, calls, embed = Told(), [], SpectralEncoder.transform

    def third(self, X):
        calls.append(len(X))
        if len(calls) == 3:
            raise by("stop")
        return embed(self, X)

    with monkeypatch.context() as patched:
        patched.setattr(SpectralEncoder, "transform", third)
        with pytest.raises(by):
            embed_table(whole, long_table(parts, rows=1000), out, progress, **options)
    return progress.said


def test_an_interrupted_command_says_what_it_keeps(parts, whole, tmp_path, monkeypatch):
    said = stopped(parts, whole, tmp_path / "out.csv", monkeypatch)
    assert said == ["what was done is kept, and the same command goes on with it"]
    assert len(hidden(tmp_path)) == 1


def test_a_refused_command_keeps_nothing(parts, whole, tmp_path, monkeypatch):
    assert stopped(parts, whole, tmp_path / "out.csv", monkeypatch, InputError) == []
    assert list(tmp_path.iterdir()) == []


def test_another_question_starts_afresh(parts, whole, tmp_path, monkeypatch):
    """What is kept of other options is not taken, and does not stay either."""
    out = tmp_path / "out.parquet"
    stopped(parts, whole, out, monkeypatch)
    progress, table = Told(), long_table(parts, rows=1000)
    embed_table(whole, table, out, progress, power=2.0)
    assert "all is done afresh" in progress.said[0]
    embed_table(whole, table, tmp_path / "usual.parquet", power=2.0)
    assert out.read_bytes() == (tmp_path / "usual.parquet").read_bytes()
    assert hidden(tmp_path) == []


def test_other_rows_start_afresh(parts, whole, tmp_path, monkeypatch):
    """A file that was changed meanwhile, to rows as many, is not taken for the earlier one."""
    copied = tmp_path / "parts"
    copied.mkdir()
    for file in parts.iterdir():
        (copied / file.name).write_bytes(file.read_bytes())
    out = tmp_path / "out.parquet"
    stopped(copied, whole, out, monkeypatch)
    first = copied / "part-0.parquet"
    frame = pd.read_parquet(first)
    frame[["a", "b"]] = frame[["b", "a"]].to_numpy()
    frame.to_parquet(first, index=False)
    table = long_table(copied, rows=1000)
    embed_table(whole, table, out)
    embed_table(whole, table, tmp_path / "usual.parquet")
    assert out.read_bytes() == (tmp_path / "usual.parquet").read_bytes()


def test_a_short_command_clears_what_a_long_one_left(parts, whole, tmp_path, monkeypatch):
    out = tmp_path / "out.parquet"
    stopped(parts, whole, out, monkeypatch)
    embed_table(whole, pd.read_parquet(parts / "part-0.parquet"), out)
    assert hidden(tmp_path) == [] and len(pd.read_parquet(out)) == N // PARTS


def test_two_commands_do_not_share_what_is_kept(parts, whole, tmp_path):
    out = tmp_path / "out.csv"
    with held(out), pytest.raises(InputError, match=r"is writing 'out\.csv'; wait"):
        predict_table(whole, long_table(parts, rows=1000), out)


def work(place, progress=None):
    """Keep two stages and four batches, one of them without results; give what they come to."""
    asked = {"rows": [["a.csv", 12, 3]], "batch": 5}
    with keeping(place, asked, progress or Progress()) as kept:
        stages = [
            kept.stage(
                name,
                lambda name=name: name.upper(),
                lambda made, folder: (folder / "made").write_text(made),
                lambda folder: (folder / "made").read_text(),
            )
            for name in ("learned", "scored")
        ]
        rows = kept.rows("rows")
        for place_of, first in enumerate(range(0, 20, 5)):
            if not rows.holds(place_of, first, 5):
                numbers = [] if first == 10 else range(first, first + 5)
                rows.add(
                    pd.DataFrame({"row_id": numbers, "t": [f"t{n}" for n in numbers]}), first, 5
                )
        return stages, pd.concat(rows.frames(), ignore_index=True)


CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.open", "open", "shutil.rmtree")


def killed_at(place, step):
    seen = 0

    def watch(event, arguments):
        nonlocal seen
        if event in CHANGES and str(place) in str(arguments[0]):
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)

    work(place / "out")  # imports what is imported late
    sys.addaudithook(watch)
    work(place / "out")
    os._exit(0)


def test_a_kill_at_any_step_costs_no_more_than_work(tmp_path):
    """Whatever change of the file system was the last, the next attempt comes to the same."""
    usual = work(tmp_path / "usual")
    assert usual[0] == ["LEARNED", "SCORED"] and usual[1]["row_id"].tolist() == [
        *range(10),
        *range(15, 20),
    ]
    context = multiprocessing.get_context("fork")
    gone_on = 0
    for step in range(1, 200):
        place = tmp_path / str(step)
        place.mkdir()
        child = context.Process(target=killed_at, args=(place, step))
        child.start()
        child.join()
        if child.exitcode == 0:
            break
        assert child.exitcode == -signal.SIGKILL
        told = Told()
        stages, frame = work(place / "out", told)
        assert stages == usual[0]
        pd.testing.assert_frame_equal(frame, usual[1])
        assert list(place.iterdir()) == []
        gone_on += any("goes on with what was learned and after" in each for each in told.said)
    assert step > 30 and gone_on > 5


def test_what_is_made_anew_takes_what_followed_with_it(tmp_path):
    """Rows of an encoder that is damaged, and learned again, are not mixed with another's."""
    asked = {"n": 1}
    with pytest.raises(KeyboardInterrupt), keeping(tmp_path / "run", asked, Progress()) as kept:
        kept.stage("learned", lambda: 1, lambda made, folder: None, lambda folder: 1)
        kept.rows("rows").add(pd.DataFrame({"a": [1]}), 0, 1)
        raise KeyboardInterrupt

    def damaged(folder):
        raise KeyError("singular_values")

    with keeping(tmp_path / "run", asked, Progress()) as kept:
        assert kept.rows("rows").holds(0, 0, 1)
        assert kept.stage("learned", lambda: 2, lambda made, folder: None, damaged) == 2
        assert not kept.rows("rows").holds(0, 0, 1)


def test_a_stage_that_rests_on_one_made_anew_is_made_anew(tmp_path):
    """Scores of an encoder that could not be read again are not taken for another's."""

    def attempt(read):
        made = []
        with keeping(tmp_path / "run", {}, Progress()) as kept:
            for name, how in (("learned", read), ("scored", lambda folder: 2)):
                kept.stage(name, lambda name=name: made.append(name), lambda _, folder: None, how)
            if read is None:
                raise KeyboardInterrupt
        return made

    def damaged(folder):
        raise ValueError("cut off")

    with pytest.raises(KeyboardInterrupt):
        attempt(None)
    assert attempt(damaged) == ["learned", "scored"]
    with pytest.raises(KeyboardInterrupt):
        attempt(None)
    assert attempt(lambda folder: 1) == []


def test_a_batch_of_other_rows_is_not_taken(tmp_path):
    with keeping(tmp_path / "run", {}, Progress()) as kept:
        rows = kept.rows("rows")
        for first in (0, 4, 8):
            rows.add(pd.DataFrame({"a": [first]}), first, 4)
        again = kept.rows("rows")
        assert again.holds(0, 0, 4) and not again.holds(1, 4, 3) and again.n_rows == 4
        assert not kept.rows("rows").holds(2, 8, 4)

"""What befalls the kept work of a long command costs work, never a wrong number or an odd error."""

from __future__ import annotations

import errno
import json
import os
import shutil

import numpy as np
import pandas as pd
import pytest

from contextures._scratch import scratch_name, scratch_names
from contextures.exceptions import InputError
from contextures.runs.kept import RECORD, keeping
from contextures.runs.progress import Progress

N_BATCHES, ROWS = 4, 5


def work(place, stop=None):
    """Learn, and make four batches of rows; give what was made anew of these."""
    made = []

    def learn():
        made.append("learned")
        return {"v": 1}

    with keeping(place, {"what": "rows"}, Progress()) as kept:
        learned = kept.stage(
            "learned",
            learn,
            lambda value, folder: (folder / "v.json").write_text(json.dumps(value)),
            lambda folder: json.loads((folder / "v.json").read_text()),
        )
        rows = kept.rows("made")
        for batch in range(N_BATCHES):
            if batch == stop:
                raise KeyboardInterrupt
            if not rows.holds(batch, ROWS * batch, ROWS):
                made.append(batch)
                numbers = np.arange(ROWS) + ROWS * batch
                rows.add(pd.DataFrame({"a": numbers, "b": list("abcde")}), ROWS * batch, ROWS)
        found = pd.concat(rows.frames(), ignore_index=True)
    assert learned == {"v": 1}
    assert found["a"].tolist() == list(range(ROWS * N_BATCHES))
    return made


@pytest.fixture
def place(tmp_path):
    place = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        work(place, stop=3)
    return place


@pytest.fixture
def kept(place):
    (folder,) = scratch_names(place, "kept")
    return folder


ALL = ["learned", 0, 1, 2, 3]


def test_what_is_whole_is_gone_on_with(place):
    assert work(place) == [3]


def cut_short(file):
    os.truncate(file, file.stat().st_size // 2)


def emptied(file):
    os.truncate(file, 0)


def flipped(file):
    """One bit of one number is another, which Arrow itself does not notice."""
    content = bytearray(file.read_bytes())
    content[content.find(np.arange(5, 10).tobytes())] ^= 1
    file.write_bytes(content)


def folder_instead(file):
    file.unlink()
    file.mkdir()


def pipe_instead(file):
    file.unlink()
    os.mkfifo(file)


def link_instead(file):
    file.rename(file.parent.parent.parent / "elsewhere")
    file.symlink_to(file.parent.parent.parent / "elsewhere")


def gone(file):
    file.unlink()


def named_otherwise(file):
    file.rename(file.with_name(file.name.replace("-5-5-", "-05-0007-")))


DAMAGES = [cut_short, emptied, flipped, folder_instead, pipe_instead, link_instead, gone]


@pytest.mark.parametrize("damage", [*DAMAGES, named_otherwise])
def test_batches_from_a_damaged_one_on_are_made_anew(place, kept, damage):
    damage(sorted((kept / "rows-made").iterdir())[1])
    assert work(place) == [1, 2, 3]
    assert not scratch_names(place, "kept")


def test_batches_beyond_a_gap_do_not_stay_among_the_new_ones(place, kept):
    sorted((kept / "rows-made").iterdir())[1].unlink()
    with pytest.raises(KeyboardInterrupt):
        work(place, stop=2)
    assert len(list((kept / "rows-made").iterdir())) == 2
    assert work(place) == [2, 3]


@pytest.mark.parametrize("damage", [cut_short, emptied, folder_instead, gone])
@pytest.mark.parametrize("name", [RECORD, "learned/v.json"])
def test_without_a_record_or_a_stage_all_is_done_afresh(place, kept, name, damage):
    damage(kept / name)
    assert work(place) == ALL
    assert not scratch_names(place, "kept")


@pytest.mark.parametrize("content", ["9" * 6000, "[" * 100_000, '"\\ud800"', "NaN", "null"])
def test_a_record_of_anything_is_another_question(place, kept, content):
    (kept / RECORD).write_text(content)
    assert work(place) == ALL


@pytest.mark.parametrize("instead", ["file", "link", "dangling"])
@pytest.mark.parametrize("which", ["rows-made", "learned"])
def test_something_else_in_place_of_a_folder_is_made_anew(place, kept, which, instead, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    shutil.rmtree(kept / which)
    if instead == "file":
        (kept / which).write_text("")
    else:
        (kept / which).symlink_to(mine if instead == "link" else tmp_path / "nowhere")
    assert work(place) == (ALL if which == "learned" else ALL[1:])
    assert not list(mine.iterdir())


@pytest.mark.parametrize("kind", ["file", "link", "dangling", "foreign"])
def test_what_others_put_beside_the_place_is_left_alone(tmp_path, kind):
    """It neither stops the command nor is taken for its own, whatever record it has."""
    place, mine = tmp_path / "run", tmp_path / "mine"
    with pytest.raises(KeyboardInterrupt):
        work(place, stop=3)
    (folder,) = scratch_names(place, "kept")
    other = scratch_name(place, "kept")
    if kind == "foreign":
        if getattr(os, "geteuid", int)() != 0 or not hasattr(os, "chown"):
            pytest.skip("only root gives files away")
        os.chown(folder, 12345, 12345)
        other = folder
    else:
        folder.rename(mine)
        if kind == "file":
            other.write_text("mine")
        else:
            other.symlink_to(mine if kind == "link" else tmp_path / "nowhere")
    assert work(place) == ALL
    assert scratch_names(place, "kept") == [other]
    assert kind == "foreign" or len(list(mine.iterdir())) == 3


def test_after_a_full_disk_the_same_command_goes_on(tmp_path, monkeypatch):
    left, sync = 4, os.fsync

    def full(descriptor):
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(InputError, match="the disk is full"):
            work(tmp_path / "run")
    assert work(tmp_path / "run") == [3]

"""Run folders appear whole or not at all."""

from __future__ import annotations

import errno
import os

import pytest

from contextures.exceptions import InputError
from contextures.runs import check_destination, run_folder
from contextures.runs.folder import whole_file


def names(path):
    return sorted(item.name for item in path.iterdir())


def make_run(path, text="old"):
    path.mkdir()
    (path / "run.json").write_text(text)
    return path


def test_a_folder_appears_once_it_is_whole(tmp_path):
    with run_folder(tmp_path / "new" / "run") as folder:
        (folder / "run.json").write_text("{}")
        assert not (tmp_path / "new" / "run").exists()
    assert names(tmp_path / "new") == ["run"]
    assert names(tmp_path / "new" / "run") == ["run.json"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, InputError("x")])
def test_whatever_goes_wrong_leaves_nothing_and_the_earlier_run(tmp_path, error):
    make_run(tmp_path / "run")
    with (
        pytest.raises(error if isinstance(error, type) else type(error)),
        run_folder(tmp_path / "run", force=True) as folder,
    ):
        (folder / "run.json").write_text("half")
        raise error
    assert names(tmp_path) == ["run"]
    assert (tmp_path / "run" / "run.json").read_text() == "old"


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path):
    with (
        pytest.raises(InputError, match=r"the disk is full.*free some space"),
        run_folder(tmp_path / "run") as folder,
    ):
        (folder / "a").write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert names(tmp_path) == []


def test_force_replaces_runs_and_nothing_else(tmp_path):
    make_run(tmp_path / "run")
    with pytest.raises(InputError, match="--force"):
        check_destination(tmp_path / "run")
    with run_folder(tmp_path / "run", force=True) as folder:
        (folder / "run.json").write_text("new")
    assert (tmp_path / "run" / "run.json").read_text() == "new"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("years of work")
    for force in (False, True):
        with pytest.raises(InputError, match="not a run of contextures, so it is left alone"):
            check_destination(tmp_path / "other", force=force)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is not a folder"):
        check_destination(tmp_path / "file", force=True)


def test_an_empty_folder_can_be_used(tmp_path):
    (tmp_path / "run").mkdir()
    with run_folder(tmp_path / "run") as folder:
        (folder / "run.json").write_text("{}")
    assert names(tmp_path / "run") == ["run.json"]


def test_a_place_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    """As on a read-only disk; the tests may run as root, whom permissions do not stop."""

    def refuse(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(InputError, match=r"may not be written \(Read-only file system\)"):
        check_destination(tmp_path / "run")


def test_a_file_appears_once_it_is_whole(tmp_path):
    file = tmp_path / "out.csv"
    file.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_file(file) as partial:
        partial.write_text("half")
        raise KeyboardInterrupt
    assert file.read_text() == "old"
    assert names(tmp_path) == ["out.csv"]
    with whole_file(file) as partial:
        partial.write_text("new")
    assert file.read_text() == "new"

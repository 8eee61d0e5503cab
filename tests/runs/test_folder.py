"""Run folders appear whole or not at all."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import signal
import sys

import pytest

from contextures._scratch import held, scratch_name
from contextures.exceptions import InputError
from contextures.runs import check_destination, run_folder
from contextures.runs.folder import check_run, whole_file


def names(path):
    return sorted(item.name for item in path.iterdir())


def mark(text, *files):
    return json.dumps({"format": 1, "version": text, "created": "", "files": list(files)})


def make_run(path, text="old", *files):
    path.mkdir()
    (path / "run.json").write_text(mark(text, *files))
    for name in files:
        (path / name).write_text(text)
    return path


def version(path):
    return json.loads((path / "run.json").read_text())["version"]


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
    assert version(tmp_path / "run") == "old"


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
        (folder / "run.json").write_text(mark("new"))
    assert version(tmp_path / "run") == "new"
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


@pytest.mark.parametrize(
    "text",
    ["my experiment", '{"experiment": 7}', "[]", mark("mine", "../thesis.txt"), "[" * 10**5],
    ids=["text", "other JSON", "list", "paths", "deep"],
)
def test_a_folder_that_merely_holds_a_run_json_is_left_alone(tmp_path, text):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "run.json").write_text(text)
    with pytest.raises(InputError, match="not a run of contextures, so it is left alone"):
        check_destination(tmp_path / "mine", force=True)
    assert (tmp_path / "mine" / "run.json").read_text() == text


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_a_run_did_not_write_is_refused_by_name(tmp_path, kind):
    run = make_run(tmp_path / "run", "old", "report.html")
    thesis = run / "thesis.txt"
    if kind == "file":
        thesis.write_text("years of work")
    elif kind == "folder":
        thesis.mkdir()
    else:
        thesis.symlink_to(run / "report.html")
    with pytest.raises(InputError, match=r"also holds 'thesis\.txt', which the run did not write"):
        check_destination(run, force=True)
    assert names(run) == ["report.html", "run.json", "thesis.txt"]


def test_what_came_while_a_run_was_computed_is_kept(tmp_path):
    run = make_run(tmp_path / "run")
    with (
        pytest.raises(InputError, match=r"also holds 'notes\.txt'"),
        run_folder(run, force=True) as folder,
    ):
        (folder / "run.json").write_text(mark("new"))
        (run / "notes.txt").write_text("kept meanwhile")
    assert names(run) == ["notes.txt", "run.json"] and version(run) == "old"
    assert names(tmp_path) == ["run"]


@pytest.mark.parametrize("name", [".", "..", "inner/..", "inner/../../run"])
def test_the_working_folder_and_those_above_are_refused_at_once(tmp_path, monkeypatch, name):
    (tmp_path / "run" / "inner").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "run")
    with pytest.raises(InputError, match="holds the working folder"):
        check_destination(name, force=True)


def test_a_folder_that_holds_what_is_read_is_refused_however_it_is_spelled(tmp_path):
    run = make_run(tmp_path / "run", "old", "embeddings.parquet")
    (tmp_path / "link.parquet").symlink_to(run / "embeddings.parquet")
    for read in (run / "embeddings.parquet", tmp_path / "link.parquet"):
        with pytest.raises(InputError, match="holds what is read"):
            check_destination(tmp_path / "x" / ".." / "run", force=True, reads=[read])


@pytest.mark.parametrize("name", ["r\udcff", "r" * 300, "a\0b"])
def test_names_that_cannot_be_are_refused_at_once(tmp_path, name):
    with pytest.raises(InputError):
        check_destination(tmp_path / name)


def test_a_link_to_a_file_stays_one(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    with whole_file(tmp_path / "link.csv") as partial:
        partial.write_text("new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"


def test_two_runs_into_one_folder_at_once_are_not_mixed(tmp_path):
    with (
        run_folder(tmp_path / "run") as folder,
        pytest.raises(InputError, match="another process is writing the run"),
    ):
        (folder / "run.json").write_text(mark("first"))
        check_destination(tmp_path / "run")
    assert version(tmp_path / "run") == "first"
    assert names(tmp_path) == ["run"]


def test_leftovers_of_a_process_with_the_same_number_neither_block_nor_are_lost(tmp_path):
    """As in a container, where every process may be the first; and as release 0.1 left them."""
    make_run(tmp_path / "run")
    for what in ("trial", "partial", "old"):
        (tmp_path / f".run.{what}-{os.getpid()}").mkdir()
        (tmp_path / f".run.{what}-{os.getpid()}" / "mine").write_text("kept")
    with run_folder(tmp_path / "run", force=True) as folder:
        (folder / "run.json").write_text(mark("new"))
    assert version(tmp_path / "run") == "new"
    assert (tmp_path / f".run.old-{os.getpid()}" / "mine").read_text() == "kept"


def test_a_run_that_release_0_1_lost_between_two_renames_is_found_again(tmp_path):
    make_run(tmp_path / ".run.old-1")
    assert check_run(tmp_path / "run") == tmp_path / "run"
    assert version(tmp_path / "run") == "old"


def test_hidden_folders_of_others_are_left_alone(tmp_path):
    other = scratch_name(tmp_path / "other", "old")
    other.mkdir()
    with run_folder(tmp_path / "run") as folder:
        (folder / "run.json").write_text(mark("new"))
    assert names(tmp_path) == sorted([other.name, "run"])


CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.open", "open")


def killed_at(place, step):
    """Replace a run; be killed before the step-th change of the file system under ``place``."""
    seen = 0

    def watch(event, arguments):
        nonlocal seen
        if event in CHANGES and str(place) in str(arguments[0]):
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    with run_folder(place / "run", force=True) as folder:
        (folder / "report.html").write_text("new")
        (folder / "run.json").write_text(mark("new", "report.html"))
    os._exit(0)


def test_a_kill_at_any_step_leaves_the_old_run_or_the_new_one(tmp_path):
    """Whichever change of the file system was the last, a reader finds a whole run after it."""
    context = multiprocessing.get_context("fork")
    found = []
    for step in range(1, 100):
        place = tmp_path / str(step)
        place.mkdir()
        make_run(place / "run", "old", "report.html")
        child = context.Process(target=killed_at, args=(place, step))
        child.start()
        child.join()
        if child.exitcode == 0:
            break
        assert child.exitcode == -signal.SIGKILL
        check_run(place / "run")
        found.append(version(place / "run"))
        assert (place / "run" / "report.html").read_text() == found[-1]
        assert names(place / "run") == ["report.html", "run.json"]
        # The next run is not in the way of what was left, and clears it.
        with run_folder(place / "run", force=True) as folder:
            (folder / "run.json").write_text(mark("next"))
        assert names(place) == ["run"] and version(place / "run") == "next"
    assert found == sorted(found, reverse=True) and set(found) == {"old", "new"}
    assert len(found) > 10


def test_a_place_is_free_once_its_holder_was_killed(tmp_path):
    def hold():
        with held(tmp_path / "run"):
            os.kill(os.getpid(), signal.SIGKILL)

    child = multiprocessing.get_context("fork").Process(target=hold)
    child.start()
    child.join()
    assert len(names(tmp_path)) == 1
    check_destination(tmp_path / "run")
    assert names(tmp_path) == []

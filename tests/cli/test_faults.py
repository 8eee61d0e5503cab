"""What the commands do where the machine, the streams or the names are not as they should be."""

from __future__ import annotations

import errno
import gzip
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from commands import run
from contextures.cli.failures import NO_MEMORY, reason_of
from contextures.data import demo_table
from contextures.runs import FitOptions, fit_table


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    table = demo_table("iris")
    table.frame.to_csv(folder / "iris.csv", index=False)
    fit_table(table, folder / "run", FitOptions(context="knn:10", n_components=2))
    return folder


@pytest.fixture
def place(made, tmp_path, monkeypatch):
    """A folder with a table and a run, which is the working folder."""
    import shutil

    shutil.copytree(made, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def refused(monkeypatch, capsys, *arguments):
    """Run a command that must be refused; give its sentence."""
    assert run(monkeypatch, *arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("contextures: ") and said.count("\n") == 1
    return said


FOREIGN = b"years of work\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "run", "--out", "thesis.txt"),
        ("report", "run", "--out", "thesis.html"),
        ("embed", "run", "iris.csv", "--out", "thesis.csv"),
        ("embed", "run", "iris.csv", "--out", "thesis.parquet"),
        ("embed", "run", "iris.csv", "--out", "link.csv"),
        ("rank", "iris.csv", "--out", "thesis.parquet"),
        ("diagnose", "run", "iris.csv", "--out", "./thesis.html"),
        ("fit", "iris.csv", "--out", "thesis.txt", "--force"),
    ],
    ids=" ".join,
)
def test_what_was_not_written_here_is_left_alone(monkeypatch, capsys, place, arguments):
    for name in ("thesis.txt", "thesis.html", "thesis.csv", "thesis.parquet"):
        (place / name).write_bytes(FOREIGN)
    (place / "link.csv").symlink_to("thesis.csv")
    said = refused(monkeypatch, capsys, *arguments)
    assert "left alone" in said or "is not a folder" in said
    for name in ("thesis.txt", "thesis.html", "thesis.csv", "thesis.parquet"):
        assert (place / name).read_bytes() == FOREIGN
    assert (place / "link.csv").is_symlink()


@pytest.mark.parametrize("out", ["mine.csv", "./x/../mine.csv", "link.csv", "hard.csv"])
def test_an_embedding_that_is_read_is_not_written_to_by_any_name(monkeypatch, capsys, place, out):
    """It is a file that could be replaced, but for being the table."""
    (place / "x").mkdir()
    frame = pd.read_csv(place / "iris.csv").select_dtypes("number").iloc[:, :4]
    frame.columns = ["row_id", "c1", "c2", "c3"]
    frame.to_csv(place / "mine.csv", index=False)
    (place / "link.csv").symlink_to(place / "mine.csv")
    os.link(place / "mine.csv", place / "hard.csv")
    before = (place / "mine.csv").read_bytes()
    assert "is read as well" in refused(
        monkeypatch, capsys, "embed", "run", "mine.csv", "--out", out
    )
    assert (place / "mine.csv").read_bytes() == before


@pytest.mark.parametrize("name", ["embeddings.parquet", "contexts.parquet"])
def test_a_runs_own_files_are_no_outputs(monkeypatch, capsys, place, name):
    before = (place / "run" / name).read_bytes()
    said = refused(monkeypatch, capsys, "embed", "run", "iris.csv", "--out", f"run/{name}")
    assert "belongs to the run" in said
    assert (place / "run" / name).read_bytes() == before


def test_an_output_of_our_own_is_replaced(monkeypatch, capsys, place):
    for name in ("new.csv", "new.parquet"):
        for _ in range(2):
            assert run(monkeypatch, "embed", "run", "iris.csv", "--out", name) == 0
    for name in ("run/report.html", "new.html"):
        for _ in range(2):
            assert run(monkeypatch, "report", "run", "--out", name) == 0


def test_a_pipe_or_device_is_no_place_for_a_file(monkeypatch, capsys, place):
    os.mkfifo(place / "pipe.csv")
    said = refused(monkeypatch, capsys, "embed", "run", "iris.csv", "--out", "pipe.csv")
    assert "not a plain file" in said
    assert stat.S_ISFIFO((place / "pipe.csv").stat().st_mode)
    refused(monkeypatch, capsys, "report", "run", "--out", "/dev/null")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("fit", "iris.csv", "--out", "."), "holds the working folder"),
        (("fit", "iris.csv", "--out", "iris.csv"), "is the file that is read"),
        (("fit", "run/embeddings.parquet", "--out", "run", "--force"), "holds what is read"),
        (("fit", "iris.csv", "--seed", "-1"), "--seed -1 is not possible"),
        (("rank", "iris.csv", "--seed", "-1"), "--seed -1 is not possible"),
        (("diagnose", "run", "iris.csv", "--seed", str(2**32)), "is not possible"),
        (("demo", "--seed", "-1"), "--seed -1 is not possible"),
        (("fit", "iris.csv", "--out", "r\udcff"), "is not UTF-8"),
        (("embed", "run", "iris.csv", "--out", "r\udcff.csv"), "is not UTF-8"),
        (("embed", "run", "iris.csv", "--out", "iris.csv/new.csv"), "Not a directory"),
        (("rank", "run"), "is a directory"),
        (("rank", "/dev/zero"), "is a device"),
        (("embed", "iris.csv", "iris.csv", "--out", "new.csv"), "a file is no run"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_before_any_work(monkeypatch, capsys, place, arguments, cause):
    monkeypatch.setattr("contextures.data.read_table", None)
    monkeypatch.setattr("contextures.runs.fit.learn", None)
    if arguments[:2] in (("rank", "run"), ("rank", "/dev/zero")):
        monkeypatch.undo()
        monkeypatch.chdir(place)
    before = sorted(place.iterdir())
    assert cause in refused(monkeypatch, capsys, *arguments)
    assert sorted(place.iterdir()) == before


def test_a_table_whose_name_is_not_utf_8_is_read_and_told(monkeypatch, capsys, place):
    (place / "iris.csv").rename(place / "t\udcff.csv")
    options = ("--context", "knn:10", "--dim", "2")
    assert run(monkeypatch, "fit", "t\udcff.csv", *options) == 0
    assert run(monkeypatch, "report", "t\N{REPLACEMENT CHARACTER}-run") == 0


@pytest.mark.parametrize(
    ("values", "cause"),
    [
        (np.where(np.arange(150) % 3, 0.0, 5e-324), "too little to be squared"),
        (np.linspace(-1e200, 1e200, 150), "above 1e100"),
        (np.r_[np.zeros(149), 0.5], "has one value in all"),
    ],
    ids=["denormal", "huge", "one row"],
)
def test_a_target_that_cannot_be_scored_is_refused_before_any_work(
    monkeypatch, capsys, place, values, cause
):
    monkeypatch.setattr("contextures.runs.fit.learn", None)
    frame = pd.read_csv(place / "iris.csv").assign(y=values)
    frame.to_csv(place / "t.csv", index=False)
    assert cause in refused(monkeypatch, capsys, "fit", "t.csv", "--target", "y")


def test_a_gzip_file_that_unpacks_to_far_more_than_its_size_is_refused(monkeypatch, capsys, place):
    monkeypatch.setattr("contextures.data.compression.LEAST_BOUND", 2**20)
    with gzip.open(place / "bomb.csv.gz", "wb") as packed:
        packed.write(b"a,b\n" + b"0" * 2**27)
    assert "times its size" in refused(monkeypatch, capsys, "rank", "bomb.csv.gz")


def shell(place, text, **environment):
    """Run a line of shell, in which C is the command; give its exit code and what it said."""
    line = f'set -o pipefail; C="{sys.executable} -m contextures.cli"; {text}'
    environment = {**os.environ, **environment}
    done = subprocess.run(
        ["bash", "-c", line], cwd=place, capture_output=True, text=True, env=environment
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("$C report run > /dev/full", 0, "was written, but the result cannot be printed"),
        ("$C report run >&- 2>&- <&-", 0, ""),
        ("$C rank iris.csv --json > /dev/full", 2, "the result cannot be printed"),
        ("$C rank iris.csv --all | head -1", 0, ""),
        ("$C rank iris.csv --all | true", 0, ""),
        ("$C rank absent.csv 2>&-", 2, ""),
        ("$C rank absent.csv 2>/dev/full", 2, ""),
        ("$C rank <(cat iris.csv) > ranking.txt", 0, ""),
        ("cat iris.csv | $C rank /dev/stdin > ranking.txt", 0, ""),
        ("ulimit -v 400000; $C rank iris.csv", 2, "MiB of memory"),
        ("ulimit -v 900000; $C fit iris.csv --context knn:5 --encoder neural", 2, "memory"),
    ],
)
def test_streams_and_limits(place, line, code, said):
    ended, _, errors = shell(place, line)
    assert ended == code, errors
    assert said in errors


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_stream_of_an_old_encoding_gets_replacements(place, encoding):
    fit = "$C fit iris.csv --context knn:10 --dim 2 --score tau --out new"
    code, shown, _ = shell(place, fit, PYTHONIOENCODING=encoding)
    assert code == 0
    assert "\\u03c4" in shown  # the letter tau


@pytest.mark.slow
def test_skrub_is_loaded_where_no_home_can_be_written(tmp_path):
    """It would make a folder there, and matplotlib another: neither is needed."""
    (tmp_path / "file").write_text("")
    code = (
        "from contextures.data import TablePreparation, demo_table; import os, sys; "
        "TablePreparation().fit(demo_table('iris').frame); "
        "print('matplotlib' in sys.modules, 'SKB_DATA_DIRECTORY' in os.environ)"
    )
    unset = {"MPLCONFIGDIR", "SKB_DATA_DIRECTORY", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"}
    environment = {k: v for k, v in os.environ.items() if k not in unset}
    environment["HOME"] = str(tmp_path / "file" / "none")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["False", "False"] and done.stderr == ""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), NO_MEMORY),
        (RuntimeError("can't start new thread"), NO_MEMORY),
        (ImportError("libx.so: failed to map segment from shared object"), NO_MEMORY),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), NO_MEMORY),
        (OSError(errno.ENOSPC, "No space", "a/b"), "the disk is full: 'a/b'; free some space"),
        (FileNotFoundError(errno.ENOENT, "No usable temporary directory"), "No usable temporary"),
        (KeyError("a fault of the program"), None),
    ],
    ids=repr,
)
def test_failures_of_the_machine_are_told_from_faults_of_the_program(error, told):
    found = reason_of(error)
    assert (found or "").startswith(told or "") and (found is None) == (told is None)


def test_a_failure_is_told_by_its_cause():
    try:
        try:
            raise MemoryError
        except MemoryError as error:
            raise ValueError("a job failed") from error
    except ValueError as error:
        assert reason_of(error) == NO_MEMORY


def test_a_comparison_leaves_alone_what_it_reads_and_what_is_not_its_own(
    monkeypatch, capsys, place
):
    for name in ("a.npy", "b.npy"):
        np.save(place / name, np.random.default_rng(0).normal(size=(60, 3)))
    (place / "thesis.html").write_bytes(FOREIGN)
    (place / "link.html").symlink_to("a.npy")
    for out, cause in (("thesis.html", "left alone"), ("link.html", "is read as well")):
        said = refused(monkeypatch, capsys, "compare", "a.npy", "b.npy", "--out", out)
        assert cause in said
    assert (place / "thesis.html").read_bytes() == FOREIGN
    np.savez_compressed(place / "bomb.npz", X=np.zeros((2**13, 2**11)))
    assert "readable NumPy file" in refused(monkeypatch, capsys, "compare", "a.npy", "bomb.npz")

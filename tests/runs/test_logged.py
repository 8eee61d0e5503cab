"""Whoever waits without a terminal is told by the logger how far the work is."""

from __future__ import annotations

import io
import logging
import sys

import pytest

from commands import run as command
from contextures.cli.text import TerminalProgress
from contextures.data import demo_table
from contextures.runs import logged
from contextures.runs.logged import LoggedProgress, _duration


@pytest.fixture(autouse=True)
def quiet_again():
    logger = logging.getLogger("contextures")
    before = (list(logger.handlers), logger.level)
    yield
    logger.handlers, logger.level = list(before[0]), before[1]


def test_counts_and_the_time_left_are_logged(monkeypatch, caplog):
    """A quarter in 60 seconds, so three quarters take 180; records are ten seconds apart."""
    now = [0.0]
    monkeypatch.setattr(logged.time, "monotonic", lambda: now[0])
    progress = LoggedProgress()
    with caplog.at_level(logging.INFO, logger="contextures"), progress.stage("rank"):
        for second, done in ((0, 0), (5, 1), (60, 25), (65, 30), (75, 50)):
            now[0] = float(second)
            progress.advance(done, 100)
        now[0] = 100.0
    assert [record.getMessage() for record in caplog.records] == [
        "rank: begins",
        "rank: 25 of 100, about 3 min left",
        "rank: 50 of 100, about 75 s left",
        "rank: done in 100.0 s",
    ]
    assert {record.name for record in caplog.records} == {"contextures"}
    assert [_duration(each) for each in (3.2, 600, 7200)] == ["3 s", "10 min", "2.0 h"]


def test_a_library_is_silent_unless_it_is_listened_to(capsys):
    assert any(isinstance(h, logging.NullHandler) for h in logged.LOGGER.handlers)
    with LoggedProgress().stage("look"):
        pass
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "")


@pytest.mark.parametrize("verbose", ["before", "after", ""])
def test_commands_log_on_demand(monkeypatch, capsys, tmp_path, verbose):
    demo_table("iris").frame.to_csv(tmp_path / "iris.csv", index=False)
    fit = ("fit", tmp_path / "iris.csv", "--context", "knn:20", "--dim", "3")
    given = {"before": ("--verbose", *fit), "after": (*fit, "-v"), "": fit}[verbose]
    assert command(monkeypatch, *given, "--out", tmp_path / "run") == 0
    said = capsys.readouterr().err
    assert ("fit encoder: begins" in said and "fit encoder: done in" in said) is bool(verbose)


def test_progress_in_a_notebook_does_not_fail(monkeypatch):
    """There standard error is a stream of the notebook's own, without a file number."""

    class Stream(io.StringIO):
        def fileno(self):
            raise io.UnsupportedOperation("fileno")

        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Stream())
    progress = TerminalProgress()
    with progress.stage("look"):
        progress.advance(1, 2)
    assert "look: 0.0 s" in sys.stderr.getvalue()

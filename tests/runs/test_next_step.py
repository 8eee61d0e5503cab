"""The next step works as it is pasted: commands are run by the shell, Python as a script."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import contextures
from contextures.data import demo_table, read_table, table_from_frame
from contextures.runs import FitOptions, fit_table
from contextures.runs.next_step import Place, likely_target, next_step
from contextures.runs.paired_gain import Gain
from contextures.runs.verdict import Judged, Verdict

GAIN = Gain(0.03, -0.02, 0.08, 90)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A run of a semicolon-separated file whose name and columns need quoting."""
    folder = tmp_path_factory.mktemp("it's here")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(90, 3)), columns=["a b", "it's", "c"])
    frame["who's"] = np.where(frame["a b"] > 0, "yes", "no")
    file = folder / "my table.csv"
    frame.to_csv(file, sep=";", index=False)
    table = read_table(file, delimiter=";")
    options = FitOptions(target="who's", context="knn:10", n_components=3)
    run = fit_table(table, folder / "a run", options)
    return Place(table, str(run.folder), options, 2, predicts=True)


def run_python(code, folder):
    lines = [line for line in code.splitlines() if line]
    assert len(lines) == 3
    source = str(Path(contextures.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-c", code + "\nprint('done')"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        timeout=300,
    )


def steps(place):
    """Each kind of step there is, by name."""
    silent = Place(place.table, place.out, place.options, 2, predicts=False)
    untargeted = Place(place.table, place.out, FitOptions(context="knn:10"), 2, predicts=False)
    return {
        "embed": next_step(Judged(Verdict.USE, "", True, GAIN), place),
        "predict": next_step(Judged(Verdict.RAW, "", True, GAIN), place),
        "predict few": next_step(Judged(Verdict.UNCLEAR, "", True), place),
        "rank": next_step(Judged(Verdict.NONE, "", False), place),
        "rank raw": next_step(Judged(Verdict.RAW, "", True, GAIN), silent),
        "rank few": next_step(Judged(Verdict.UNCLEAR, "", True), silent),
        "again": next_step(Judged(Verdict.UNCLEAR, "", True, GAIN), place),
        "name": next_step(Judged(Verdict.UNCLEAR, "", True), untargeted),
        "name flat": next_step(Judged(Verdict.NONE, "", False), untargeted),
    }


@pytest.mark.parametrize("name", ["embed", "predict", "rank", "name"])
def test_the_command_runs_as_it_is_pasted(fitted, tmp_path, name):
    from typer.testing import CliRunner

    from contextures.cli.app import app

    step = steps(fitted)[name]
    words = shlex.split(step.command)
    assert words[0] == "contextures"
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        found = CliRunner().invoke(app, words[1:])
    finally:
        os.chdir(here)
    assert found.exit_code == 0, (step.command, found.output, found.exception)


@pytest.mark.parametrize("name", ["embed", "predict"])
def test_the_python_runs_as_it_is_pasted(fitted, tmp_path, name):
    found = run_python(steps(fitted)[name].python, tmp_path)
    assert found.returncode == 0, found.stderr


def test_the_longer_python_runs_as_it_is_pasted(fitted, tmp_path):
    """In this process: what is imported already need not be imported again."""
    step = steps(fitted)["again"]
    assert len(step.python.splitlines()) == 3
    code = step.python.replace(fitted.out, str(tmp_path / "run"))
    exec(compile(code, "<pasted>", "exec"), {})


def test_every_step_says_what_to_do_before_the_command(fitted):
    for name, step in steps(fitted).items():
        assert step.words.endswith(":"), name
        assert "\n" not in step.command
        assert 2 <= len(step.python.splitlines()) <= 3
    again = steps(fitted)["again"].words
    assert "in all, of which a quarter is held out, would tell" in again
    assert "every row is predicted in predictions.parquet" in again


def test_the_run_s_own_rows_are_not_passed_off_as_new_ones(fitted):
    """Pasted, the command predicts rows that the predictor has learned from."""
    for name in ("predict", "predict few"):
        assert "name your new rows" in steps(fitted)[name].words
        frame = table_from_frame(fitted.table.frame, target="who's")
        unwritten = Place(frame, fitted.out, fitted.options, 2, predicts=True)
        assert "new.csv" in steps(unwritten)[name].command
        assert "name your new rows" not in steps(unwritten)[name].words


def test_rows_of_a_file_are_all_held_out(fitted):
    """So as many as would tell are asked for, not four times as many."""
    options = FitOptions(**{**vars(fitted.options), "test": "test.csv"})
    place = Place(fitted.table, fitted.out, options, 2, predicts=True)
    words = next_step(Judged(Verdict.UNCLEAR, "", True, GAIN), place).words
    assert "held-out ones would tell" in words and "in all" not in words


def test_a_table_of_the_library_is_read_again_by_its_name(tmp_path):
    table = demo_table("wine")
    options = FitOptions(target=table.target, context="knn:20", n_components=4)
    run = fit_table(table, tmp_path / "run", options)
    place = Place(table, str(run.folder), options, 3, predicts=True)
    step = steps(place)["embed"]
    scope = {}
    exec(compile(step.python, "<pasted>", "exec"), scope)
    assert scope["Z"].shape == (178, 3)
    assert "new.csv" in step.command
    assert steps(place)["again"].command.startswith("contextures demo --table wine --seed 1")


def test_a_frame_stands_for_itself(tmp_path):
    frame = demo_table("iris").frame
    place = Place(table_from_frame(frame), "run", FitOptions(target="species"), 2, predicts=True)
    for name, step in steps(place).items():
        assert "frame" in step.python, name
        assert "a pandas DataFrame" not in step.python + step.command


def test_a_target_is_looked_for_from_the_end():
    frame = pd.DataFrame(
        {
            "size": [1.0, 2.0, 3.0] * 10,
            "kind": ["a", "b", "c"] * 10,
            "name": [f"row {i}" for i in range(30)],
            "one": [1] * 30,
        }
    )
    assert likely_target(frame) == "kind"
    assert likely_target(frame[["size", "name", "one"]]) == "size"
    assert likely_target(frame[["name"]]) == "name"


def test_what_was_asked_is_asked_again_and_once(tmp_path):
    """A column told to the reading and to the run is one flag, and flags that were set stay."""
    file = tmp_path / "t.csv"
    rows = "".join(f"r{i},{i},{i // 9},{i % 2}\n" for i in range(90))
    file.write_text(f"who,a,machine,y\n{rows}")
    table = read_table(file, delimiter=",", id="who")
    options = FitOptions(
        target="y", id="who", group="machine", keep_column=True, predict=False, force=True
    )
    place = Place(table, str(tmp_path / "run"), options, 2, predicts=False)
    words = shlex.split(next_step(Judged(Verdict.UNCLEAR, "", True, GAIN), place).command)
    flags = sorted(word for word in words if word.startswith("--"))
    asked = ["delimiter", "group", "id", "keep-column", "no-predict", "out", "seed", "target"]
    assert flags == [f"--{flag}" for flag in asked]

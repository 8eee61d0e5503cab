"""The commands, as a person types them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from commands import run
from contextures.data import demo_table
from contextures.encoders import load_encoder


@pytest.fixture
def iris(tmp_path):
    demo_table("iris").frame.to_csv(tmp_path / "iris.csv", index=False)
    return tmp_path / "iris.csv"


def test_the_main_job_end_to_end(monkeypatch, capsys, tmp_path, iris):
    out = tmp_path / "run"
    assert run(monkeypatch, "fit", iris, "--target", "species", "--out", out) == 0
    shown = capsys.readouterr()
    assert "contexture, linear" in shown.out
    assert shown.err == ""  # progress is for terminals only
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["scores"]["contexture"]["score"] > 0.85
    assert run(monkeypatch, "embed", out, iris, "--out", tmp_path / "new.parquet") == 0
    assert "ignored 1 column 'species'" in capsys.readouterr().err
    again = pd.read_parquet(tmp_path / "new.parquet")
    before = pd.read_parquet(out / "embeddings.parquet").drop(columns="split")
    np.testing.assert_allclose(again.to_numpy(), before.to_numpy(), atol=1e-6)
    (out / "report.html").unlink()
    assert run(monkeypatch, "report", out) == 0
    assert (out / "report.html").stat().st_size < 6_000_000
    # A second run is refused, and the first left as it is, unless told otherwise.
    capsys.readouterr()
    assert run(monkeypatch, "fit", iris, "--target", "species", "--out", out) == 2
    assert "--force" in capsys.readouterr().err


def test_new_rows_are_predicted_by_a_command(monkeypatch, capsys, tmp_path, iris):
    out, csv, new = tmp_path / "run", tmp_path / "new.csv", tmp_path / "new-rows.csv"
    quick = ("--context", "knn:20", "--dim", "4")
    assert run(monkeypatch, "fit", iris, "--target", "species", "--out", out, *quick) == 0
    shown = capsys.readouterr().out
    assert "predictor, pool of models" in shown
    assert f"predictions: {out}/predictions.parquet" in shown
    pd.read_csv(iris).drop(columns="species").iloc[[0, 70, 149]].to_csv(new, index=False)
    assert run(monkeypatch, "predict", out, new, "--out", csv) == 0
    assert capsys.readouterr().out == f"species predicted for 3 rows: {csv}\n"
    found = pd.read_csv(csv)
    assert found["prediction"].tolist() == ["setosa", "versicolor", "virginica"]
    assert run(monkeypatch, "predict", out, iris, "--out", csv, "--json") == 0
    shown = capsys.readouterr()
    plain = json.loads(shown.out)
    assert plain["n_rows"] == sum(plain["counts"].values()) == 150
    assert "ignored 1 column 'species'" in plain["notes"][0]
    before = csv.read_bytes()
    pd.read_csv(new).rename(columns={"petal width": "width"}).to_csv(new, index=False)
    for arguments, message in (
        ((new, "--out", csv), "lacks the column 'petal width'"),
        ((iris, "--out", tmp_path / "out.xlsx"), "must end in .parquet or .csv"),
        ((tmp_path / "absent.csv", "--out", csv), "there is no file"),
    ):
        assert run(monkeypatch, "predict", out, *arguments) == 2
        shown = capsys.readouterr()
        assert message in shown.err
        assert shown.err.count("\n") == 1
    assert csv.read_bytes() == before
    assert run(monkeypatch, "fit", iris, "--out", out, "--force", "--no-predict", *quick) == 0
    capsys.readouterr()
    assert run(monkeypatch, "predict", out, iris, "--out", csv) == 2
    assert "has no predictor: it was fitted without a target" in capsys.readouterr().err


@pytest.mark.slow
def test_few_labels_are_demonstrated(monkeypatch, capsys, tmp_path):
    assert run(monkeypatch, "demo", "few-labels", "--out", tmp_path / "run", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["few_labels"]["n_labelled"] == 20
    assert found["few_labels"]["accuracy"] > found["few_labels"]["logistic_regression"] + 0.05
    assert found["predictor"]["n_predicted"] == found["few_labels"]["n_hidden"] == 980
    assert run(monkeypatch, "demo", "many-labels", "--out", tmp_path / "run") == 2
    assert "no demonstration 'many-labels'" in capsys.readouterr().err


def test_how_a_table_was_read_is_said_beside_the_results(monkeypatch, capsys, tmp_path):
    rows = [f"{i % 7},{i % 10};{(i * 7) % 11},5;{'ab'[i % 2]}" for i in range(60)]
    table = tmp_path / "commas.csv"
    table.write_text("\n".join(["x;y;kind", *rows]) + "\n")
    arguments = ("--target", "kind", "--context", "knn:5", "--out", str(tmp_path / "run"))
    assert run(monkeypatch, "fit", str(table), *arguments) == 0
    assert "note: delimiter ';'" in (said := capsys.readouterr()).err
    assert "note: " not in said.out


def test_results_as_json(monkeypatch, capsys, tmp_path, iris):
    arguments = ("fit", iris, "--context", "knn:10", "--out", tmp_path / "run", "--json")
    assert run(monkeypatch, *arguments) == 0
    assert json.loads(capsys.readouterr().out)["context"] == "knn:10"
    assert run(monkeypatch, "rank", iris, "--json", "--out", tmp_path / "r.parquet") == 0
    ranked = json.loads(capsys.readouterr().out)["contexts"]
    assert sum(row["chosen"] for row in ranked) == 1
    assert len(pd.read_parquet(tmp_path / "r.parquet")) == len(ranked)


def test_ranking_as_text(monkeypatch, capsys, iris):
    assert run(monkeypatch, "rank", iris, "--target", "species") == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert "<- chosen" in lines[1]
    assert "--score labels follows them" in printed.err
    assert any("more; see --all" in line for line in lines)
    assert "pseudo-tasks" in lines[-4]
    assert run(monkeypatch, "rank", iris, "--target", "species", "--score", "tau") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "more; see --all" in lines[13]
    assert "error" not in lines[0]
    assert run(monkeypatch, "rank", iris, "--score", "loss") == 2
    assert "'loss' is not known; give 'auto', 'labels'" in capsys.readouterr().err


def test_mixes_are_ranked_where_asked(monkeypatch, capsys, iris):
    assert run(monkeypatch, "rank", iris, "--mixes", "--json") == 0
    ranked = json.loads(capsys.readouterr().out)["contexts"]
    assert len([row for row in ranked if row["family"].startswith("mix: ")]) == 3


def test_ranking_by_labels(monkeypatch, capsys, iris):
    """Both names of the option; without a target there is nothing to follow."""
    assert run(monkeypatch, "rank", iris, "--target", "species", "--criterion", "labels") == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert "<- chosen" in lines[1] and "error" in lines[0]
    assert "had no say" not in printed.err
    assert "labels cannot tell it apart" in lines[-3]
    assert run(monkeypatch, "rank", iris, "--score", "labels") == 2
    assert "needs a target" in capsys.readouterr().err
    assert run(monkeypatch, "fit", iris, "--target", "species", "--score", "labels") == 2
    assert "chosen without them" in capsys.readouterr().err


def bad_files(path):
    rows = "\n".join(f"{i % 7}.5,{i % 3},{'ab'[i % 2]}" for i in range(60))
    texts = {
        "empty.csv": "",
        "header.csv": "a,b,y\n",
        "one-row.csv": "a,b,y\n1,2,3\n",
        "one-column.csv": "a\n" + "\n".join("1" * 60),
        "constant.csv": "a,b,y\n" + "\n".join(["1,1,x", "1,1,y"] * 30),
        "missing.csv": "a,b,y\n" + "\n".join([",,x", ",,y"] * 30),
        "names.csv": "a,a,y\n" + rows,
        "infinite.csv": "a,b,y\n" + rows + "\ninf,1,a\n",
        "nul.csv": "a,b,y\n" + rows + "\n1\0,1,a\n",
        "one-class.csv": "a,b,y\n" + "\n".join(f"{i % 7}.5,{i % 3},x" for i in range(60)),
        "good.csv": "a,b,y\n" + rows,
    }
    for name, text in texts.items():
        (path / name).write_text(text)
    (path / "folder").mkdir()


BAD = [
    ("absent.csv", (), "there is no file"),
    ("folder", (), "is a directory"),
    ("empty.csv", (), "is empty"),
    ("header.csv", (), "no rows"),
    ("one-row.csv", (), "has 1 row"),
    ("one-column.csv", (), "--delimiter"),
    ("constant.csv", (), "every column is constant or empty"),
    ("missing.csv", (), "every column is constant or empty"),
    ("names.csv", (), "'a' appears more than once"),
    ("infinite.csv", (), "'a' holds infinite"),
    ("nul.csv", (), "NUL"),
    ("one-class.csv", (), "one value only"),
    ("good.csv", ("--target", "z"), "'z' is not a column"),
    ("good.csv", ("--context", "knn:45"), "give n_neighbors=44 or less"),
    ("good.csv", ("--context", "rbf:0"), "gamma=0"),
    ("good.csv", ("--dim", "45"), "largest possible rank, 20, for 21 different rows"),
    ("good.csv", ("--dim", "few"), "--dim 'few'"),
    ("good.csv", ("--task", "guess"), "task 'guess'"),
    ("good.csv", ("--encoding", "klingon"), "klingon"),
]


@pytest.mark.parametrize(("name", "options", "message"), BAD, ids=[m for *_, m in BAD])
def test_bad_input_is_one_sentence_on_standard_error_and_exit_code_two(
    monkeypatch, capsys, tmp_path, name, options, message
):
    bad_files(tmp_path)
    before = sorted(tmp_path.iterdir())
    if "--target" not in options:
        options = ("--target", "y", *options)
    code = run(monkeypatch, "fit", tmp_path / name, "--out", tmp_path / "run", *options)
    shown = capsys.readouterr()
    assert code == 2
    assert message in shown.err
    assert shown.err.startswith("contextures: ")
    assert shown.err.count("\n") == 1
    assert shown.out == ""
    assert sorted(tmp_path.iterdir()) == before


def test_difficult_tables_are_handled_and_said(monkeypatch, tmp_path):
    """Mixed types, an old encoding, 10,000 categories, output names: no error."""
    rng = np.random.default_rng(0)
    n = 12_000
    frame = pd.DataFrame(
        {
            "mixed": rng.choice(np.array(["7", "Müller", "3.5"], dtype=object), n),
            "code": [f"code {i % 10_000} x" for i in range(n)],
            "c1": rng.standard_normal(n),
            "y": np.where(rng.random(n) < 0.5, rng.random(n).round(3), np.nan),
        }
    )
    file = tmp_path / "hard.csv"
    file.write_bytes(frame.to_csv(index=False, sep=";").encode("cp1252"))
    out = tmp_path / "run"
    arguments = ("fit", file, "--target", "y", "--context", "knn:30", "--dim", "4", "--out", out)
    assert run(monkeypatch, *arguments) == 0
    report = json.loads((out / "report.json").read_text())
    codes = {(warning["column"], warning["code"]) for warning in report["warnings"]}
    assert codes >= {
        ("mixed", "mixed-types"),
        ("c1", "output-name"),
        ("code", "many-categories"),
    }
    assert any("cp1252" in note for note in report["notes"])
    assert any("no label" in note for note in report["notes"])


def test_wrong_usage_is_exit_code_two(monkeypatch, capsys):
    assert run(monkeypatch, "fit") == 2
    assert "Missing argument" in capsys.readouterr().err
    assert run(monkeypatch, "fly") == 2


@pytest.mark.parametrize("command", ["demo", "fit", "rank", "embed", "predict", "report"])
def test_every_command_has_help_with_examples(monkeypatch, capsys, command):
    assert run(monkeypatch, command, "--help") == 0
    shown = capsys.readouterr().out
    examples = shown[shown.index("Examples:") :].splitlines()[1:]
    assert examples[0].strip().startswith(f"contextures {command}")


def test_an_interruption_is_said_and_is_no_success(monkeypatch, capsys, tmp_path, iris):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("contextures.runs.fit.learn", interrupt)
    assert run(monkeypatch, "fit", iris, "--out", tmp_path / "run") == 130
    assert "interrupted" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def stop(process, number):
    """Ask a process to stop, again as a person would: an import can swallow the first time."""
    for _ in range(60):
        process.send_signal(number)
        try:
            # Soon enough that the job cannot end by itself in between.
            return process.communicate(timeout=2)[1]
        except subprocess.TimeoutExpired:
            continue
    process.kill()
    raise AssertionError("the command does not stop")


def wait_until_caught(pid, number):
    """Wait until a process has a handler for a signal: a loaded machine starts it slowly."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        (caught,) = re.findall(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())
        if int(caught, 16) >> (number - 1) & 1:
            return
        time.sleep(0.05)
    raise AssertionError("the command never got ready for signals")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to look at")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_leaves_nothing(tmp_path, number):
    """Whatever it was doing when the signal came, no file and no hidden folder stays behind."""
    demo = [sys.executable, "-m", "contextures.cli", "demo", "--out", str(tmp_path / "run")]
    process = subprocess.Popen(
        demo,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has its children ignore interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_until_caught(process.pid, signal.SIGTERM)
    time.sleep(1)
    errors = stop(process, number)
    # Interrupted within text that a library executes, Python ends by the signal: 130 to a shell.
    assert process.returncode in (130, -signal.SIGINT)
    assert "interrupted" in errors
    assert list(tmp_path.iterdir()) == []


def test_import_is_light():
    """Nothing heavy is loaded until it is used."""
    heavy = ("torch", "plotly", "skrub", "sklearn", "scipy", "pandas", "numpy")
    code = (
        "import contextures, contextures.cli.app, sys; "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_installed_command_answers():
    done = subprocess.run(
        [sys.executable, "-m", "contextures.cli", "--version"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stdout.startswith("contextures ")


MODULE = """
import numpy as np
from contextures.contexts import Context, ShortForm

class SameBin(Context):
    short = ShortForm("bins", "n_bins", int)

    def __init__(self, n_bins=4):
        self.n_bins = n_bins

    def fit(self, X, y=None):
        self.edges_ = np.quantile(X[:, 0], np.linspace(0, 1, self.n_bins + 1)[1:-1])
        return self

    def expand(self, X):
        return np.eye(self.n_bins)[np.searchsorted(self.edges_, X[:, 0])]
"""


def test_a_context_of_ones_own_is_imported_named_fitted_and_read_again(tmp_path):
    """Each command is a process of its own, which knows only what it imports."""

    def run(*arguments):
        command = [sys.executable, "-m", "contextures.cli", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    (tmp_path / "mine.py").write_text(MODULE)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.standard_normal((80, 2)), columns=["a", "b"])
    frame.to_csv(tmp_path / "table.csv", index=False)
    fitted = run("--import", "mine", "fit", "table.csv", "--context", "bins:5", "--out", "out")
    assert fitted.returncode == 0, fitted.stderr
    told = run("embed", "out", "table.csv", "--out", "new.csv")
    assert told.returncode == 2 and "mine.SameBin" in told.stderr and "--import" in told.stderr
    read = run("--import", "mine", "embed", "out", "table.csv", "--out", "new.csv")
    assert read.returncode == 0, read.stderr
    assert pd.read_csv(tmp_path / "new.csv").shape == (80, 5)
    missing = run("--import", "nothing_here", "rank", "table.csv")
    assert missing.returncode == 2 and "--import 'nothing_here' failed" in missing.stderr


def test_embedding_by_a_power_of_the_singular_values(monkeypatch, capsys, tmp_path, iris):
    """The same coordinates, each times the power of its singular value; 0 is the default."""
    out = tmp_path / "run"
    assert run(monkeypatch, "fit", iris, "--context", "knn:10", "--out", out) == 0
    embedded = {}
    for name, options in {"plain": (), "zero": ("--power", 0), "eight": ("--power", 8)}.items():
        file = tmp_path / f"{name}.parquet"
        assert run(monkeypatch, "embed", out, iris, *options, "--out", file) == 0
        embedded[name] = pd.read_parquet(file).drop(columns="row_id").to_numpy()
    weights = load_encoder(out).singular_values_ ** 8
    assert weights[-1] < 0.9 * weights[0]
    np.testing.assert_array_equal(embedded["zero"], embedded["plain"])
    np.testing.assert_allclose(embedded["eight"], embedded["plain"] * weights, rtol=1e-6)
    capsys.readouterr()
    absent = tmp_path / "absent.csv"
    assert run(monkeypatch, "embed", out, iris, "--power", "-1", "--out", absent) == 2
    assert "a number of at least zero" in capsys.readouterr().err
    assert not absent.exists()

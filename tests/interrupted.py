"""Commands that are killed on the way, and whether what the next one made is the same."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd

# The command line, which ends by SIGKILL just before a file that ends so gets its name.
KILLED = """
import os, signal, sys
from contextures.data.parts import long_table
long_table.__kwdefaults__["rows"] = 1000
ending, left = sys.argv.pop(1), int(sys.argv.pop(1))

def watch(event, arguments):
    global left
    if event == "os.rename" and str(arguments[1]).endswith(ending):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
from contextures.cli.app import main
main()
"""


def killed(folder, ending, left, *arguments):
    """Run a command that is killed once ``left`` files of the ending are there."""
    line = [sys.executable, "-c", KILLED, ending, left, *arguments]
    done = subprocess.run(list(map(str, line)), cwd=folder, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


TIMES = ("seconds", "created", "command", "python", "out", "timings")


def timeless(value):
    """Leave out of plain values what says when, where and how long."""
    if isinstance(value, dict):
        return {k: timeless(v) for k, v in value.items() if k not in TIMES}
    return [timeless(each) for each in value] if isinstance(value, list) else value


def same(one, other):
    """Compare runs byte by byte, but for seconds and the pages drawn from the rest."""
    names = sorted(p.name for p in Path(one).iterdir())
    assert names == sorted(p.name for p in Path(other).iterdir())
    for name in names:
        if name.endswith(".json"):
            found = [timeless(json.loads((run / name).read_text())) for run in (one, other)]
            assert json.dumps(found[0]) == json.dumps(found[1]), name
        elif name == "contexts.parquet":
            ranked = [pd.read_parquet(run / name).drop(columns="seconds") for run in (one, other)]
            pd.testing.assert_frame_equal(*ranked, check_exact=True)
        elif not name.endswith((".html", ".skops")):  # an archive says when it was made
            assert (one / name).read_bytes() == (other / name).read_bytes(), name

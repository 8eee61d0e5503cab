"""Did the library become slower or hungrier since it was last measured? One line for each version.

Each task runs in fresh processes of its own. Seconds are a processor's, in the fastest of some
rounds, and are also given in units of a yardstick of numpy's and Python's own work, measured
around them: machines and their load change the unit, the library does not.
"""

from __future__ import annotations

import json
import resource
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common

FILE = Path(__file__).with_name("tracked.jsonl")
ROUNDS, SLOWER, HUNGRIER = 3, 1.25, 1.1
"""Rounds of each task, and the ratios from which on a change is pointed out."""

Work = Callable[[], Any]


def _rows(n: int, p: int = 20) -> Any:
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 5)) @ rng.normal(size=(5, p)) + rng.normal(size=(n, p))


def yardstick() -> Work:
    """Products, a decomposition and a loop, none of it the library's."""
    matrix = _rows(1500, 1500)

    def work() -> None:
        np.linalg.eigh(matrix @ matrix.T)
        sum(i * i for i in range(3_000_000))

    return work


def import_it() -> Work:
    """Import the library and what a command needs of it."""

    def work() -> Any:
        from contextures.cli.app import main
        from contextures.runs import embed_table, fit_table, predict_table

        return main, embed_table, fit_table, predict_table

    return work


def exact_encoder() -> Work:
    """Neighbours, decomposition and new rows."""
    from contextures.contexts import KNNContext
    from contextures.encoders import SpectralEncoder

    rows = _rows(5000)
    return lambda: SpectralEncoder(KNNContext(30), 64).fit(rows[:4000]).transform(rows[4000:])


def ritz_encoder() -> Work:
    """An encoder in closed form, of drawn contexts."""
    from contextures.contexts import NoiseContext
    from contextures.encoders import RitzEncoder

    rows = _rows(20_000)
    encoder = RitzEncoder(NoiseContext(0.5), 10, n_functions=300, basis="landmarks")
    return lambda: encoder.fit(rows).transform(rows)


def ranking() -> Work:
    """The choice of a context."""
    from contextures import ContextSearch

    rows = _rows(1000, 8)
    return lambda: ContextSearch(random_state=0).fit(rows)


def predictor() -> Work:
    """A predictor of two hundred labels, and what it predicts."""
    from contextures import ContextureRegressor

    rows = _rows(2000, 8)
    labels = np.where(np.arange(2000) < 200, rows[:, 0] + rows[:, 1] ** 2, np.nan)
    return lambda: ContextureRegressor(random_state=0).fit(rows, labels).predict(rows)


def read_text() -> Work:
    """A table of text, numbers and dates."""
    import pandas as pd

    from contextures.data import read_table

    frame = pd.DataFrame(_rows(30_000, 10).round(3), columns=[f"x{j}" for j in range(10)])
    frame["town"] = np.array(["Oslo", "Bergen", "Moss"])[np.arange(30_000) % 3]
    frame["day"] = pd.date_range("2020-01-01", periods=30_000, freq="h")
    folder = Path(tempfile.mkdtemp())
    frame.to_csv(folder / "table.csv", index=False)
    return lambda: read_table(folder / "table.csv")


def run_folder() -> Work:
    """The main job on a small table, from a table to a report."""
    from contextures.data import demo_table
    from contextures.runs import FitOptions, fit_table

    table, folder = demo_table("wine"), Path(tempfile.mkdtemp())
    options = FitOptions(target=table.target, context="knn:20", force=True)
    return lambda: fit_table(table, folder / "run", options)


def long_rows() -> Work:
    """New rows, a batch at a time, in files."""
    import pandas as pd

    from contextures.data import long_table
    from contextures.runs import FitOptions, embed_table, fit_table

    frame = pd.DataFrame(_rows(60_000), columns=[f"x{j}" for j in range(20)])
    folder = Path(tempfile.mkdtemp())
    made = fit_table(frame[:1000], folder / "run", FitOptions(context="knn:20", n_components=16))
    (folder / "parts").mkdir()
    for j in range(6):
        frame[j::6].to_parquet(folder / "parts" / f"{j}.parquet", index=False)
    table = long_table(folder / "parts")
    assert table is not None
    return lambda: embed_table(made.folder, table, folder / "out.parquet")


TASKS: dict[str, Callable[[], Work]] = {
    each.__name__: each
    for each in (
        *(yardstick, import_it, exact_encoder, ritz_encoder, ranking, predictor),
        *(read_text, run_folder, long_rows),
    )
}
QUICK = ("yardstick", "import_it", "read_text")


def used() -> float:
    """Give the processor seconds of this process and of those it started and waited for."""
    found = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in found)


def one(name: str) -> dict[str, float]:
    """Do a task in this process, once: its seconds, and the peak of the memory of all of it."""
    work = TASKS[name]()
    before = used()
    work()
    return {"seconds": used() - before, "GB": common.peak_memory()}


def measured(names: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Do tasks in turn, in fresh processes, several rounds; give the least of each."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        for name in names:
            told = common.in_fresh_process(["benchmarks.tracking", "--one", name])
            assert told is not None
            found[name].append(told)
    least = {
        name: {key: min(round_[key] for round_ in rounds) for key in ("seconds", "GB")}
        for name, rounds in found.items()
    }
    unit = least["yardstick"]["seconds"]
    return {
        name: {
            "seconds": round(each["seconds"], 3),
            "units": round(each["seconds"] / unit, 3),
            "GB": round(each["GB"], 3),
        }
        for name, each in least.items()
    }


def version() -> str:
    """Give the version, and the commit it is at; a plus says that files were changed since."""
    from contextures import __version__

    asked = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    here = Path(__file__).parent
    told = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=here)
    return f"{__version__} {told.stdout.strip()}".strip()


def changes(before: dict[str, Any] | None, after: dict[str, Any]) -> tuple[str, list[str]]:
    """Lay out what was measured beside the last; name what became worse by more than chance.

    Parameters
    ----------
    before, after : dict
        Lines of the file; there may be none before.

    Returns
    -------
    tuple of str and list of str
        A table, and the tasks that became slower or hungrier.
    """
    old = {} if before is None else before["tasks"]
    lines, worse = [], []
    for name, now in after["tasks"].items():
        was, told = old.get(name), ["", ""]
        if was is not None:
            slower, hungrier = now["units"] / was["units"], now["GB"] / was["GB"]
            told = [f"{slower:.2f}", f"{hungrier:.2f}"]
            if slower > SLOWER:
                worse.append(f"{name} takes {slower:.2f} times as long")
            if hungrier > HUNGRIER:
                worse.append(f"{name} takes {hungrier:.2f} times the memory")
        lines.append([name, now["seconds"], now["units"], told[0], now["GB"], told[1]])
    head = ["task", "seconds", "units", "times the last", "GB", "times the last"]
    return common.table(head, lines), worse


def main() -> None:
    """Measure, compare with the last line of the file, and add one."""
    parser = common.parser(__doc__ or "")
    parser.add_argument("--one", choices=list(TASKS), help="do one task here, and print it")
    parser.add_argument("--file", type=Path, default=FILE, help="where lines are; none is lost")
    parser.add_argument("--dry", action="store_true", help="add no line")
    options = parser.parse_args()
    if options.one is not None:
        print(json.dumps(one(options.one)))
        return
    ledger = common.Ledger(options.file if options.file.is_file() else None)
    line = {
        "version": version(),
        "day": datetime.now(UTC).date().isoformat(),
        "machine": common.machine(),
        "tasks": measured(QUICK if options.quick else tuple(TASKS)),
    }
    last = ledger.runs[-1] if ledger.runs else None
    text, worse = changes(last, line)
    common.show(text, options.json, line)
    print(f"since {last['version']} of {last['day']}: " if last else "the first line", end="")
    print("" if not last else "; ".join(worse) or "nothing became worse by more than chance")
    if not (options.dry or options.quick):
        with options.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()

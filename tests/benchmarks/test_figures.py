"""The commands that draw the papers' figures run, go on where they stopped, and say what is so."""

from __future__ import annotations

import csv
import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A table on a curve, under the name that the figures ask for."""
    monkeypatch.syspath_prepend(ROOT)
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, 2 * np.pi, 500)
    columns = {"a": np.cos(angle), "b": np.sin(2 * angle), "c": np.sin(angle)}
    frame = pd.DataFrame(columns) + 0.1 * rng.standard_normal((500, 3))
    frame["target"] = np.sin(3 * angle) + 0.1 * rng.standard_normal(500)
    frame.to_parquet(tmp_path / "abalone.parquet")
    entry = {"kind": "table", "task": "regression", "target": "target"}
    (tmp_path / "index.json").write_text(json.dumps({"abalone": entry}), encoding="utf-8")
    return tmp_path


def run(name, folder, monkeypatch, *more):
    """Run a figure's command in this process; gives the rows of its CSV."""
    out = folder / name
    arguments = ["--data", folder, "--out", out, "--quick", *more]
    monkeypatch.setattr(sys, "argv", [name, *(str(one) for one in arguments)])
    import_module(f"benchmarks.{name}").main()
    assert (out / f"{name}.png").stat().st_size > 10_000
    assert json.loads((out / f"{name}.json").read_text(encoding="utf-8"))
    with (out / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def error(cell):
    return float(cell.split()[0])


@pytest.mark.slow
def test_eigenvalues_from_a_subset(folder, monkeypatch):
    rows = run("table2", folder, monkeypatch, "--seeds", 1, "--tables", "abalone", "kings_county")
    assert {row["table"] for row in rows} == {"abalone"}, "a table that is not there is passed over"
    found = {row["estimated by"]: row for row in rows}
    ways = ("rows, K scaled", "rows' neighbours among all", "kernel columns, Ritz on all rows")
    for way in ways:
        assert error(found[way]["m = 200"]) < error(found[way]["m = 100"])
    own, ritz = (found[way]["m = 200"] for way in (ways[0], f"{ways[0]}, then Ritz on all rows"))
    assert own.endswith("(+)")
    assert ritz.endswith("(-)"), "Ritz values lie below the eigenvalues, those of a subset above"
    assert error(found["NeuralEncoder"]["all rows"]) < 0.2


def test_alignment_of_networks_goes_on_where_it_stopped(folder, monkeypatch):
    pytest.importorskip("torch")
    more = ("--seeds", 1, "--losses", "VICReg", "ratio trace, scaled network")
    ledger = folder / "runs.jsonl"
    rows = run("fig1", folder, monkeypatch, *more, "--results", ledger)
    assert len(rows) == 6
    assert all(0 < error(row["R²_CCA"]) < 1 for row in rows)
    written = ledger.read_text(encoding="utf-8")
    assert run("fig1", folder, monkeypatch, *more, "--results", ledger) == rows
    assert ledger.read_text(encoding="utf-8") == written


def test_large_networks_get_fewer_seeds_but_never_fewer_than_three(folder):
    pytest.importorskip("torch")
    n_seeds = import_module("benchmarks.fig1").n_seeds
    given = [n_seeds((width, 3), 15) for width in (64, 256, 512, 1024, 2048)]
    assert given == sorted(given, reverse=True)
    assert given[:2] == [15, 15]
    assert given[-1] == 3


def test_a_wider_scaled_network_learns_by_alike_steps(folder):
    """One learning rate must do for all widths, so a step must not grow with the width."""
    torch = pytest.importorskip("torch")
    network = import_module("benchmarks.tanh_network").TanhNetwork
    rows = torch.randn(64, 5, generator=torch.Generator().manual_seed(0))
    moved = {}
    for scaled in (False, True):
        for width in (64, 1024):
            torch.manual_seed(0)
            made = network(5, 8, width, 4, scaled=scaled)
            optimizer = torch.optim.Adam(made.parameters(), lr=1e-3)
            before = made(rows)
            before.square().sum().backward()
            optimizer.step()
            with torch.no_grad():
                moved[scaled, width] = float((made(rows) - before).norm() / before.norm())
    plain, scaled = (moved[form, 1024] / moved[form, 64] for form in (False, True))
    assert scaled < plain / 5


def test_the_error_over_association_and_over_d(folder, monkeypatch):
    ledger = folder / "levels.jsonl"
    rows = run("fig2", folder, monkeypatch, "--results", ledger)
    assert {row["contexts"] for row in rows} == {"rbf", "knn"}
    for row in rows:
        ends = float(row["error, weakest"]), float(row["error, strongest"])
        assert float(row["error, best level"]) <= min(ends)
    written = ledger.read_text(encoding="utf-8")
    rows = run("fig3", folder, monkeypatch, "--results", ledger)
    assert ledger.read_text(encoding="utf-8") == written, "both figures share their runs"
    assert [row["association"] for row in rows] == ["weak", "moderate", "strong"]
    rates = [float(row["decay rate"]) for row in rows]
    assert rates == sorted(rates, reverse=True), "a stronger association decays more slowly"
    for row in rows:
        assert float(row["error at the best d"]) <= float(row["error at the d by tau"])

"""Files hold coordinates as float32 unless asked for more, or unless float32 cannot hold them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commands import run as command
from contextures.exceptions import InputError
from contextures.runs import FitOptions, embed_table, fit_table, load_run
from contextures.runs.precision import stored_as

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.standard_normal((60, 3)), columns=["a", "b", "c"])
QUICK = {"context": "knn:10", "n_components": 3}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("precision") / "run"
    return fit_table(FRAME, out, FitOptions(**QUICK)).folder


def types(path):
    return set(pd.read_parquet(path).filter(regex=r"^c\d+$").dtypes.astype(str))


def test_files_are_single_and_python_is_double(folder, tmp_path):
    exact = load_run(folder).transform(FRAME)
    assert exact.dtype == np.float64
    assert types(folder / "embeddings.parquet") == {"float32"}
    embed_table(folder, FRAME, tmp_path / "e.parquet")
    found = pd.read_parquet(tmp_path / "e.parquet").filter(regex=r"^c\d+$")
    np.testing.assert_array_equal(found.to_numpy(), exact.astype(np.float32))
    embed_table(folder, FRAME, tmp_path / "d.parquet", dtype="float64")
    found = pd.read_parquet(tmp_path / "d.parquet").filter(regex=r"^c\d+$")
    np.testing.assert_array_equal(found.to_numpy(), exact)


def test_a_run_is_written_as_it_is_asked_to_be(tmp_path):
    made = fit_table(FRAME, tmp_path / "run", FitOptions(dtype="float64", **QUICK))
    assert types(tmp_path / "run" / "embeddings.parquet") == {"float64"}
    assert "dtype='float64'" in made.run.python
    with pytest.raises(InputError, match="--dtype 'float16' is not possible; give float32 or"):
        fit_table(FRAME, tmp_path / "other", FitOptions(dtype="float16", **QUICK))


def test_what_single_precision_cannot_hold_stays_double():
    beyond = np.array([[1.0, -4e38], [2.0, 3.0]])
    kept, notes = stored_as(beyond, "float32")
    np.testing.assert_array_equal(kept, beyond)
    assert kept.dtype == np.float64
    assert notes == [
        "coordinates of up to 4.0e+38 are beyond float32, so all are written as float64"
    ]
    largest = np.array([[float(np.finfo(np.float32).max)]])
    kept, notes = stored_as(largest, "float32")
    assert (kept.dtype, float(kept[0, 0]), notes) == (np.float32, largest[0, 0], [])
    assert stored_as(beyond, "float64")[1] == []


def test_the_command_takes_a_type(monkeypatch, capsys, folder, tmp_path):
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    embed = ("embed", folder, tmp_path / "t.csv", "--out", tmp_path / "e.parquet")
    assert command(monkeypatch, *embed, "--dtype", "half") == 2
    assert "--dtype 'half' is not possible; give float32 or float64" in capsys.readouterr().err
    assert command(monkeypatch, *embed, "--dtype", "float64") == 0
    assert types(tmp_path / "e.parquet") == {"float64"}

"""New rows of a run are read as its table was, and what is unusual in them is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from contextures.data import read_table
from contextures.exceptions import InputError
from contextures.runs import FitOptions, embed_table, fit_table
from contextures.runs.new_rows import how_read, read_rows

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    prices = np.r_[np.arange(100, 1000, 30), np.arange(1000, 9999, 300)]
    lines = [
        f"{v:,}\t{x:.2f}\t{sex}\t{when}"
        for v, x, sex, when in zip(
            prices,
            RNG.standard_normal(len(prices)),
            ["f", "m"] * len(prices),
            [f"{i % 9 + 1:02d}/{i % 11 + 1:02d}/2021" for i in range(len(prices))],
            strict=False,
        )
    ]
    (folder / "t.tsv").write_text("price\tsize\tsex\twhen\n" + "\n".join(lines) + "\n")
    table = read_table(folder / "t.tsv", dates="month-first")
    options = FitOptions(context="knn:10", n_components=2)
    return fit_table(table, folder / "run", options).folder, folder, table


def test_one_row_is_embedded_as_in_the_table(run):
    """1,200 alone could be 1.2, and 02/03/2021 the second of March."""
    folder, where, table = run
    assert how_read(folder).to_dict() == table.how_read.to_dict()
    place = int(np.flatnonzero(table.frame["price"] >= 1000)[3])
    lines = (where / "t.tsv").read_text().splitlines()
    (where / "row.tsv").write_text("\n".join([lines[0], lines[place + 1]]) + "\n")
    row = read_rows(folder, where / "row.tsv")
    assert row.frame["price"].tolist() == [table.frame["price"][place]]
    embed_table(folder, row, where / "row.csv")
    stored = pd.read_parquet(folder / "embeddings.parquet").iloc[place]
    embedded = pd.read_csv(where / "row.csv").iloc[0]
    np.testing.assert_allclose(embedded[["c1", "c2"]], list(stored[["c1", "c2"]]), atol=1e-6)


def test_unseen_values_are_counted(run):
    folder, where, table = run
    frame = table.frame.head(4).assign(sex=["x", "x", None, "f"])
    notes = embed_table(folder, frame, where / "new.csv")
    assert any("'x'" in note and "in 2 rows" in note for note in notes)
    assert any("'sex' is empty in 1 row" in note for note in notes)


def test_a_damaged_record_is_said(run, tmp_path):
    folder, where, _ = run
    import json
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    record = json.loads((copy / "run.json").read_text())
    record["table"]["how_read"] = {"options": 3}
    (copy / "run.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match="how the run's table was read is damaged; fit it again"):
        read_rows(copy, where / "t.tsv")

"""Real tables, from the directory that CONTEXTURES_DATA names (skipped without it)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from contextures.data import (
    TablePreparation,
    check_target,
    encode_target,
    load_preparation,
    profile_table,
    read_table,
    save_preparation,
)

DATA = os.environ.get("CONTEXTURES_DATA")
# Numbers, words, gaps, counts as amounts, numbers as text, mixed types, and texts.
NAMES = [
    "abalone",
    "brazilian_houses",
    "california_housing",
    "credit-approval",
    "kr-vs-kp",
    "Moneyball",
    "segment",
    "sms_spam",
    "SpeedDating",
    "titanic",
]

pytestmark = pytest.mark.skipif(DATA is None, reason="CONTEXTURES_DATA names no directory")


@pytest.fixture(params=NAMES)
def real(request):
    folder = Path(str(DATA))
    file = folder / f"{request.param}.parquet"
    if not file.exists():
        pytest.skip(f"no {file.name} there")
    known = json.loads((folder / "index.json").read_text())[request.param]
    return read_table(file).frame, known


def test_the_task_of_a_real_target_is_found(real):
    frame, known = real
    info = check_target(frame[known["target"]])
    assert info.task == known["task"]
    codes = encode_target(frame[known["target"]], info)
    missing = codes < 0 if info.task == "classification" else np.isnan(codes)
    assert missing.sum() == info.n_missing
    flaws = {warning.code for warning in profile_table(frame, known["target"]).warnings}
    assert not flaws & {"identifier", "target-copy", "target-leak"}


def test_real_rows_are_the_same_alone_from_csv_and_after_a_round_trip(real, tmp_path):
    """Features are finite, no column outweighs another, and each row's depend on it only."""
    frame, known = real
    features = frame.drop(columns=known["target"])
    preparation = TablePreparation()
    values = preparation.fit_transform(features)
    assert np.isfinite(values).all()
    ends = np.cumsum([preparation.outputs_[name] for name in preparation.kinds_])
    weights = [part.var(axis=0).sum() for part in np.split(values, ends[:-1], axis=1)]
    assert max(weights) <= 1 + 1e-9
    assert np.median(weights) > 0.99

    save_preparation(preparation, tmp_path)
    again = load_preparation(tmp_path)
    np.testing.assert_array_equal(again.transform(features), values)
    features.iloc[:500].to_csv(tmp_path / "rows.csv", index=False)
    rows = read_table(tmp_path / "rows.csv", min_rows=1, min_columns=1).frame
    np.testing.assert_allclose(again.transform(rows), values[:500], atol=1e-12, rtol=0)
    features.iloc[[7]].to_csv(tmp_path / "row.csv", index=False)
    row = read_table(tmp_path / "row.csv", min_rows=1, min_columns=1).frame
    np.testing.assert_allclose(again.transform(row)[0], values[7], atol=1e-12, rtol=0)

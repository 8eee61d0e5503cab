"""Preparations on disk."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.preprocessing import FunctionTransformer

from contextures.data import (
    TablePreparation,
    demo_table,
    load_preparation,
    save_preparation,
)
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "amount": np.where(RNG.random(200) < 0.1, np.nan, RNG.lognormal(size=200)),
        "colour": RNG.choice(["red", "green", "blue"], 200),
        "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(200), unit="D"),
        "name": [f"mill street {i % 90}" for i in range(200)],
        "flag": RNG.random(200) < 0.5,
        "same": 1,
    }
)


@pytest.fixture
def saved(tmp_path):
    save_preparation(TablePreparation().fit(FRAME), tmp_path)
    return tmp_path


def test_a_read_preparation_transforms_exactly_as_the_written_one(saved):
    again = load_preparation(saved)
    preparation = TablePreparation().fit(FRAME)
    np.testing.assert_array_equal(again.transform(FRAME), preparation.transform(FRAME))
    assert again.account_ == preparation.account_
    assert list(again.get_feature_names_out()) == list(preparation.get_feature_names_out())


@pytest.mark.parametrize("name", ["breast_cancer", "diabetes", "wine"])
def test_bundled_tables_survive_too(tmp_path, name):
    table = demo_table(name)
    features = table.frame.drop(columns=table.target)
    preparation = TablePreparation().fit(features)
    save_preparation(preparation, tmp_path)
    np.testing.assert_array_equal(
        load_preparation(tmp_path).transform(features), preparation.transform(features)
    )


def test_an_archive_with_a_foreign_type_is_refused_unopened(saved):
    """Opening a run that someone sends must never run their code."""
    foreign = FunctionTransformer(func=print)
    (saved / "preparation.skops").write_bytes(skops.io.dumps(foreign))
    with pytest.raises(InputError, match="which no preparation has"):
        load_preparation(saved)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("preparation.json", b"{", "cannot be read"),
        ("preparation.json", b"[]", "another layout"),
        ("preparation.json", b'{"format": 1}', "damaged"),
        ("preparation.skops", b"nonsense", "cannot be read"),
    ],
)
def test_damaged_files_are_refused(saved, name, content, message):
    (saved / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_preparation(saved)


def test_a_missing_file_is_named(saved):
    (saved / "preparation.skops").unlink()
    with pytest.raises(InputError, match=r"preparation\.skops is missing"):
        load_preparation(saved)


def test_an_unknown_bundled_table_is_answered_with_the_names():
    with pytest.raises(InputError, match="'iris'"):
        demo_table("titanic")


def test_the_description_is_plain_json(saved):
    assert json.loads((saved / "preparation.json").read_text())["format"] == 1

"""Preparations on disk."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.exceptions import NotFittedError
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


def test_a_saved_preparation_is_replaced_by_another(saved):
    """What is there is known for one of ours, so that saving again needs no new folder."""
    other = TablePreparation().fit(FRAME[["amount", "flag"]])
    save_preparation(other, saved)
    np.testing.assert_array_equal(load_preparation(saved).transform(FRAME), other.transform(FRAME))


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
        ("preparation.json", b'{"format": 3}', "damaged"),
        ("preparation.skops", b"nonsense", "cannot be read"),
    ],
)
def test_damaged_files_are_refused(saved, name, content, message):
    (saved / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_preparation(saved)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("drop", lambda v: [1]),
        ("columns", lambda v: v[:2]),
        ("fitted", lambda v: [{**line, "kind": "numeric"} for line in v]),
        ("fitted", lambda v: v[:3]),
        ("fitted", lambda v: [{**line, "origins": []} for line in v]),
        ("fitted", lambda v: [{**line, "units": "much"} for line in v]),
        ("fitted", lambda v: [{**line, "number_form": [1]} for line in v]),
        ("fitted", lambda v: [{**line, "parts": ["fortnight"]} for line in v]),
        ("marked", lambda v: []),
        ("outputs", lambda v: {**v, "amount": 9}),
        ("feature_names", lambda v: v[:2]),
        ("account", lambda v: [{}]),
        ("fill", lambda v: {}),
        ("centre", lambda v: v[:-1]),
        ("scale", lambda v: v[:-1]),
        ("scale", lambda v: [float("nan")] * len(v)),
        ("scale", lambda v: "much"),
    ],
)
def test_a_changed_description_is_refused_not_used(saved, part, change):
    """Parts that do not fit together would otherwise give wrong features without a word."""
    file = saved / "preparation.json"
    description = json.loads(file.read_text())
    description[part] = change(description[part])
    file.write_text(json.dumps(description))
    with pytest.raises(InputError, match=r"is damaged .*; fit it again"):
        load_preparation(saved)


@pytest.mark.parametrize(
    "encoders",
    [
        [1, 2],
        dict.fromkeys(FRAME.columns.drop("same"), "x"),
        dict.fromkeys(FRAME.columns.drop("same"), FunctionTransformer(np.exp)),
    ],
)
def test_encoders_that_no_preparation_has_are_refused(saved, encoders):
    """Types that scikit-learn may hold are not therefore what a preparation holds."""
    (saved / "preparation.skops").write_bytes(skops.io.dumps(encoders))
    with pytest.raises(InputError, match="is damaged"):
        load_preparation(saved)


def test_the_files_of_two_preparations_do_not_go_together(saved, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    save_preparation(TablePreparation().fit(FRAME.drop(columns="when")), other)
    (other / "preparation.skops").replace(saved / "preparation.skops")
    with pytest.raises(InputError, match="its encoders are not those of its columns"):
        load_preparation(saved)


def test_saving_needs_a_directory_and_a_fitted_preparation(tmp_path):
    with pytest.raises(InputError, match=r"there is no directory .*none'; make it"):
        save_preparation(TablePreparation().fit(FRAME), tmp_path / "none")
    with pytest.raises(NotFittedError):
        save_preparation(TablePreparation(), tmp_path)


def test_a_missing_file_is_named(saved):
    (saved / "preparation.skops").unlink()
    with pytest.raises(InputError, match=r"preparation\.skops is missing"):
        load_preparation(saved)


def test_an_unknown_bundled_table_is_answered_with_the_names():
    with pytest.raises(InputError, match="'iris'"):
        demo_table("titanic")


def test_the_description_is_plain_json(saved):
    assert json.loads((saved / "preparation.json").read_text())["format"] == 3

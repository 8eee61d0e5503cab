"""Arrays of numbers as tables."""

from __future__ import annotations

import gzip
import zipfile

import numpy as np
import pandas as pd
import pytest

from contextures.data import read_table
from contextures.exceptions import InputError

VALUES = np.random.default_rng(0).normal(size=(30, 3))


@pytest.fixture
def saved(tmp_path):
    def save(name, **arrays):
        path = tmp_path / name
        np.save(path, *arrays.values()) if name.endswith("npy") else np.savez(path, **arrays)
        return path

    return save


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "uint8", "bool"])
def test_an_array_is_a_table_of_coordinates(saved, dtype):
    values = (10 * np.abs(VALUES)).astype(dtype)
    table = read_table(saved("mine.npy", a=values))
    assert table.name == "mine"
    assert table.coordinates == list(table.frame.columns) == ["e1", "e2", "e3"]
    np.testing.assert_array_equal(table.frame.to_numpy(), values)


def test_an_array_may_be_compressed(saved):
    plain = saved("mine.npy", a=VALUES)
    packed = plain.with_suffix(".npy.gz")
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    with zipfile.ZipFile(plain.with_suffix(".zip"), "w") as archive:
        archive.write(plain, "mine.npy")
    for path in (packed, plain.with_suffix(".zip")):
        table = read_table(path)
        assert (table.name, table.coordinates) == ("mine", ["e1", "e2", "e3"])
        np.testing.assert_array_equal(table.frame.to_numpy(), VALUES)


def test_half_precision_does_not_stay(saved):
    """Sums of its squares would overflow from 256 on."""
    table = read_table(saved("half.npy", a=VALUES.astype(np.float16)))
    assert set(table.frame.dtypes) == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    "others", [{}, {"ids": np.arange(30)}, {"embeddings": VALUES, "other": np.eye(30)}]
)
def test_of_several_arrays_the_one_that_is_meant_is_read(saved, others):
    arrays = {"Z": VALUES, **others} if "embeddings" not in others else others
    table = read_table(saved("several.npz", **arrays))
    np.testing.assert_array_equal(table.frame.to_numpy(), VALUES)
    assert bool(table.notes) == (len(arrays) > 1)


def test_lists_in_a_parquet_file_become_coordinates_beside_the_other_columns(tmp_path):
    frame = pd.DataFrame({"id": range(30), "vector": list(VALUES), "kind": ["x", "y"] * 15})
    frame.to_parquet(tmp_path / "lists.parquet")
    table = read_table(tmp_path / "lists.parquet")
    assert list(table.frame.columns) == ["id", "e1", "e2", "e3", "kind"]
    assert table.coordinates == ["e1", "e2", "e3"]
    np.testing.assert_array_equal(table.frame[table.coordinates].to_numpy(), VALUES)


def test_two_columns_of_lists_keep_their_names(tmp_path):
    frame = pd.DataFrame({"a": list(VALUES), "b": list(VALUES[:, :1])})
    frame.to_parquet(tmp_path / "lists.parquet")
    assert list(read_table(tmp_path / "lists.parquet").frame) == ["a_1", "a_2", "a_3", "b_1"]


def test_a_table_without_arrays_has_no_coordinates(tmp_path):
    pd.DataFrame(VALUES, columns=list("abc")).to_parquet(tmp_path / "plain.parquet")
    assert read_table(tmp_path / "plain.parquet").coordinates == []


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([{"a": 1}] * 30, dtype=object), "Python objects"),
        (VALUES + 1j, "complex numbers"),
        (VALUES[:, 0], r"shape \(30,\)"),
        (np.zeros((30, 2, 2)), r"shape \(30, 2, 2\)"),
        (np.zeros((30, 0)), r"shape \(30, 0\)"),
        (np.array([["a", "b"]] * 30), "values of type <U1"),
        (np.where(VALUES > 2, np.inf, VALUES), "infinite values"),
        (VALUES[:3], "3 rows"),
    ],
)
def test_an_array_that_is_no_table_is_refused(saved, array, message):
    with pytest.raises(InputError, match=message):
        read_table(saved("wrong.npy", a=array))


@pytest.mark.parametrize("ending", ["npy", "npz"])
@pytest.mark.parametrize("kept", [0.5, 0.0])
def test_a_damaged_file_is_refused(saved, ending, kept):
    path = saved(f"broken.{ending}", a=VALUES)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))] or b"nothing of the kind")
    with pytest.raises(InputError, match="not a readable NumPy file"):
        read_table(path)


def test_several_arrays_of_which_none_is_meant_are_refused(saved):
    with pytest.raises(InputError, match="2 arrays"):
        read_table(saved("two.npz", one=VALUES, other=VALUES))


@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_entries_of_no_bytes_are_refused(saved, ending):
    """A few bytes of a file would stand for any number of rows."""
    with pytest.raises(InputError, match="not a readable NumPy file"):
        read_table(saved(f"nothing.{ending}", x=np.zeros((40, 2), dtype="V0")))


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([[1.0, 2.0]] * 29 + [[1.0]], "lengths 1, 2"),
        ([[1.0, 2.0]] * 29 + [None], "no list in 1 of 30 rows"),
        ([["a", "b"]] * 30, "other than numbers"),
        ([[]] * 30, "lengths 0"),
    ],
)
def test_lists_that_are_no_vectors_are_refused(tmp_path, cells, message):
    pd.DataFrame({"id": range(30), "v": cells}).to_parquet(tmp_path / "lists.parquet")
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / "lists.parquet")

"""Embeddings of some rows of a table, and of more rows than are compared at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from contextures.exceptions import InputError
from contextures.runs import CompareOptions, FitOptions, compare_files, fit_table, shared_rows

RNG = np.random.default_rng(0)
WHOLE = RNG.normal(size=(600, 4))
SOME = np.sort(RNG.choice(600, 250, replace=False))


def written(folder, name, rows, values, **more):
    frame = pd.DataFrame(values, columns=[f"c{j + 1}" for j in range(values.shape[1])])
    frame.insert(0, "row_id", rows)
    frame = frame.assign(**more)
    file = folder / name
    frame.to_csv(file, index=False) if name.endswith("csv") else frame.to_parquet(file, index=False)
    return file


def agreement(found):
    pair = found.comparison.pairs[0]
    return pair.neighbors, pair.cka


def plain(folder, rows):
    """Compare the same rows as arrays, which say nothing of numbers."""
    np.save(folder / "one.npy", WHOLE[rows])
    np.save(folder / "other.npy", WHOLE[rows, :2])
    return compare_files([folder / "one.npy", folder / "other.npy"])


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_embeddings_are_compared_on_the_rows_they_share(tmp_path, ending):
    """Whatever their order in their files: the numbers of rows tell which belong together."""
    order = RNG.permutation(len(SOME))
    part = written(tmp_path, f"part.{ending}", SOME[order], WHOLE[SOME[order], :2])
    back = np.arange(600)[::-1]
    whole = written(tmp_path, f"whole.{ending}", back, WHOLE[back])
    found = compare_files([whole, part])
    assert found.notes[0] == "compared on the 250 rows that all embeddings have, by their row_id"
    assert agreement(found) == pytest.approx(agreement(plain(tmp_path, SOME)), rel=1e-12)


def test_rows_that_only_one_has_are_left_out(tmp_path):
    one = written(tmp_path, "one.parquet", SOME[:200], WHOLE[SOME[:200]])
    other = written(tmp_path, "other.parquet", SOME[50:], WHOLE[SOME[50:], :2])
    assert "on the 150 rows" in compare_files([one, other]).notes[0]


def test_the_same_rows_of_a_sample_need_no_word(tmp_path):
    files = [written(tmp_path, f"{d}.parquet", SOME, WHOLE[SOME, :d]) for d in (4, 2)]
    assert compare_files(files).notes == []


def test_an_array_of_all_rows_is_compared_with_a_sample(tmp_path):
    np.save(tmp_path / "whole.npy", WHOLE)
    part = written(tmp_path, "part.parquet", SOME, WHOLE[SOME, :2])
    found = compare_files([tmp_path / "whole.npy", part])
    assert agreement(found) == pytest.approx(agreement(plain(tmp_path, SOME)), rel=1e-12)


def test_an_array_whose_rows_nobody_knows_is_refused(tmp_path):
    np.save(tmp_path / "few.npy", WHOLE[SOME])
    part = written(tmp_path, "part.parquet", SOME, WHOLE[SOME, :2])
    with pytest.raises(InputError, match=r"'few' has no row_id, so which rows they share cannot"):
        compare_files([tmp_path / "few.npy", part])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([0, 1, 1, 7], "holds a number twice"),
        ([0.5, 1, 2, 7], "holds what is no row number"),
        ([-1, 1, 2, 7], "holds what is no row number"),
        ([600, 601, 602, 603], "no row has the same row_id"),
    ],
)
def test_numbers_that_are_none_are_refused(tmp_path, rows, message):
    one = written(tmp_path, "one.parquet", rows, WHOLE[:4])
    other = written(tmp_path, "other.parquet", SOME, WHOLE[SOME])
    with pytest.raises(InputError, match=message):
        compare_files([one, other])


@pytest.mark.parametrize("how", ["labels of the table", "row and label", "a column"])
def test_labels_belong_to_rows_by_their_numbers(tmp_path, how):
    y = np.where(np.arange(600) % 3 == 0, WHOLE[:, 3], np.nan)
    labels = pd.DataFrame({"y": y})
    options = CompareOptions(labels=tmp_path / "labels.csv", target="y", task="regression")
    more = {}
    if how == "a column":
        options, more = CompareOptions(target="y", task="regression"), {"y": y[SOME]}
    elif how == "row and label":
        labels = labels.dropna().rename_axis("row_id").reset_index()
    labels.to_csv(tmp_path / "labels.csv", index=False)
    one = written(tmp_path, "one.parquet", SOME, WHOLE[SOME], **more)
    other = written(tmp_path, "other.parquet", SOME, WHOLE[SOME, :3])
    found = compare_files([one, other], options)
    assert found.labelled.n_labelled == np.isfinite(y[SOME]).sum()
    assert found.labelled.best == "one"  # the other lacks what the labels are


def test_many_rows_are_drawn_and_said(tmp_path, monkeypatch):
    """Only those that were drawn are read of a Parquet file, labelled ones among them."""
    monkeypatch.setattr(shared_rows, "SAMPLE", 200)
    y = np.where(np.arange(600) % 20 == 0, WHOLE[:, 3], np.nan)
    files = [written(tmp_path, f"d{d}.parquet", np.arange(600), WHOLE[:, :d], y=y) for d in (4, 3)]
    found = compare_files(files, CompareOptions(target="y", task="regression"))
    assert found.comparison.n_rows == 200
    said = "compared on 200 of 600 rows, drawn at random with seed 0, labelled ones first"
    assert found.notes[0] == said
    assert found.labelled.n_labelled == 30
    again = compare_files(files, CompareOptions(target="y", task="regression"))
    assert agreement(again) == agreement(found)


def test_runs_that_embedded_a_sample_are_compared(tmp_path):
    frame = pd.DataFrame(WHOLE.repeat(3, axis=0) + RNG.normal(size=(1800, 4)), columns=[*"abcd"])
    runs = [
        fit_table(
            frame,
            tmp_path / name,
            FitOptions(context=name, n_components=3, sample=1000, embeddings=embeddings),
        ).folder
        for name, embeddings in (("knn:10", "sample"), ("rbf", "all"))
    ]
    found = compare_files(runs)
    assert found.comparison.n_rows == 1000
    assert "on the 1,000 rows that all embeddings have" in found.notes[0]

"""Comparing embeddings in files and runs, and labels in all their forms."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from contextures.contexts import KNNContext
from contextures.encoders import SpectralEncoder, save_encoder
from contextures.evaluation import EmbeddingComparison, Estimate
from contextures.exceptions import InputError
from contextures.regression import LabelComparison, LabelledPair
from contextures.runs import CompareOptions, compare_arrays, compare_files
from contextures.runs.compare import Compared
from contextures.runs.compared_files import names_of, read_embedding
from contextures.runs.comparison_wording import tasks_sentence, verdict
from contextures.runs.label_files import interpret, read_labels

RNG = np.random.default_rng(0)
WHOLE = RNG.normal(size=(240, 3)) * [3, 2, 1]
KIND = np.where(WHOLE[:, 1] > 0, "up", "down")


@pytest.mark.parametrize(
    "write",
    [
        lambda path: np.save(path.with_suffix(".npy"), WHOLE),
        lambda path: np.savez(path.with_suffix(".npz"), embeddings=WHOLE),
        lambda path: np.savetxt(path.with_suffix(".txt"), WHOLE),
        lambda path: np.savetxt(path.with_suffix(".csv"), WHOLE, delimiter=","),
        lambda path: pd.DataFrame(WHOLE, columns=list("abc")).to_csv(
            path.with_suffix(".csv"), index=False
        ),
        lambda path: pd.DataFrame(WHOLE).to_csv(path.with_suffix(".csv"), index=False),
        lambda path: pd.DataFrame(WHOLE).to_csv(path.with_suffix(".csv")),
        lambda path: pd.DataFrame(WHOLE, columns=list("abc")).to_parquet(
            path.with_suffix(".parquet")
        ),
        lambda path: pd.DataFrame({"id": KIND, "v": list(WHOLE)}).to_parquet(
            path.with_suffix(".parquet")
        ),
        lambda path: (
            pd.DataFrame(WHOLE, columns=list("abc"))
            .assign(row_id=np.arange(240), split="train")
            .sample(frac=1, random_state=0)
            .to_parquet(path.with_suffix(".parquet"))
        ),
    ],
    ids=[
        "npy",
        "npz",
        "savetxt",
        "no names",
        "csv",
        "column numbers",
        "row numbers",
        "parquet",
        "lists",
        "row_id",
    ],
)
def test_the_same_embedding_is_read_from_every_kind_of_file(tmp_path, write):
    write(tmp_path / "whole")
    path = next(tmp_path.iterdir())
    np.testing.assert_allclose(read_embedding(path).values, WHOLE)


def test_a_run_is_compared_by_its_coordinates(tmp_path, wine):
    table, result = wine
    np.save(tmp_path / "first.npy", table.frame[["alcohol", "hue"]].to_numpy())
    frame = pd.DataFrame({"kind": table.frame[table.target]})
    frame.to_csv(tmp_path / "kinds.csv", index=False)
    options = CompareOptions(labels=tmp_path / "kinds.csv")
    found = compare_files([result.folder, tmp_path / "first.npy"], options)
    coordinates = pd.read_parquet(result.folder / "embeddings.parquet").filter(regex=r"^c\d+$")
    assert found.comparison.dimensions == {"wine": coordinates.shape[1], "first": 2}
    assert found.labelled.n_labelled == len(table.frame)
    assert verdict(found).startswith("wine is better (leave-one-out accuracy 0.9")
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["labelled"]["pairs"][0]["told"] is True
    assert plain["pairs"][0]["second_held"]["lacking"] == []


def test_a_saved_encoder_alone_has_no_embedding(tmp_path):
    (tmp_path / "saved").mkdir()
    save_encoder(SpectralEncoder(KNNContext(5), n_components=2).fit(WHOLE), tmp_path / "saved")
    with pytest.raises(InputError, match="holds an encoder but no embedding"):
        read_embedding(tmp_path / "saved")


def test_names_are_as_short_as_they_can_be():
    assert names_of(["a/x.npy", "a/y.npy"]) == ["x", "y"]
    assert names_of(["a/x.npy", "a/x.csv"]) == ["x.npy", "x.csv"]
    assert names_of(["a/x.npy", "b/x.npy"]) == ["a/x.npy", "b/x.npy"]
    with pytest.raises(InputError, match="given twice"):
        names_of(["a/x.npy", "a/x.npy"])


LABELS = pd.Series(KIND).where(np.arange(240) % 8 == 0)
FEW = [f"{i},{label}" for i, label in LABELS.dropna().items()]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("few.txt", LABELS.fillna("")),
        ("few.txt", [*LABELS.fillna(""), "", ""]),
        ("few.txt", ["kind", *LABELS.fillna("")]),
        ("few.csv", ["kind", *LABELS.fillna("")]),
        ("few.csv", ["row,label", *FEW[::-1]]),
        ("few.csv", FEW),
        ("few.csv", ["kind,other", *(f"{label},1" for label in LABELS.fillna(""))]),
    ],
    ids=["lines", "blank end", "name", "csv", "rows", "rows without names", "target"],
)
def test_labels_are_read_in_every_form(tmp_path, name, lines):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n")
    target = "kind" if "other" in lines[0] else None
    found = interpret(read_labels(path, 240, target))
    assert found.task == "classification"
    assert [None if pd.isna(each) else each for each in found.values] == [
        None if pd.isna(each) else each for each in LABELS
    ]


def test_labels_are_read_from_numpy_and_parquet_files(tmp_path):
    numbers = np.where(np.arange(240) % 4 == 0, WHOLE[:, 0], np.nan)
    np.save(tmp_path / "numbers.npy", numbers)
    found = interpret(read_labels(tmp_path / "numbers.npy", 240))
    assert found.task == "regression"
    np.testing.assert_array_equal(found.values, numbers)
    LABELS.rename("kind").to_frame().to_parquet(tmp_path / "few.parquet")
    assert interpret(read_labels(tmp_path / "few.parquet", 240)).count == 30


@pytest.mark.parametrize(
    ("values", "task", "kind", "count"),
    [
        ([0, 1, 2, -1] * 5, None, "classification", 15),  # -1 is no label
        ([-1, 1] * 5, None, "classification", 10),  # here it is a class
        ([1, 2, 3, 4, 5, 6], None, "regression", 6),  # whole, but none repeats
        ([1, 2, 3, 1, 2, 3], None, "classification", 6),
        ([1, 2, 3, 1, 2, 3], "regression", "regression", 6),
        ([0.5, 1.5, None] * 3, None, "regression", 6),
        (["0.5", "1.5", ""] * 3, None, "regression", 6),
        ([True, False] * 3, None, "classification", 6),
        (["NA", "NB"] * 3, None, "classification", 6),
    ],
)
def test_what_labels_are_taken_for(values, task, kind, count):
    found = interpret(pd.Series(values), task)
    assert (found.task, found.count) == (kind, count)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("up\ndown\n", "2 labels in .* but the embeddings have 240 rows"),
        ("row,label\n0,up\n240,down\n", "labels row 240, but rows are numbered from 0 to 239"),
        ("row,label\n0,up\n0,down\n", "labels row 0 twice"),
        ("a,b\nx,up\ny,down\n", "must number rows from 0"),
        ("a,b,c\n" + "1,2,3\n" * 30, "3 columns; name the one"),
    ],
)
def test_labels_of_other_rows_are_refused(tmp_path, text, message):
    (tmp_path / "few.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_labels(tmp_path / "few.csv", 240)


def test_labels_may_be_a_column_of_an_embedding(tmp_path):
    pd.DataFrame({"v": list(WHOLE), "kind": KIND}).to_parquet(tmp_path / "whole.parquet")
    np.save(tmp_path / "part.npy", WHOLE[:, :1])
    given = [tmp_path / "part.npy", tmp_path / "whole.parquet"]
    found = compare_files(given, CompareOptions(target="kind"))
    assert found.comparison.dimensions == {"part": 1, "whole": 3}
    assert verdict(found).startswith("whole is better")
    with pytest.raises(InputError, match="no embedding has a column 'colour'"):
        compare_files(given, CompareOptions(target="colour"))


def test_without_labels_the_verdict_is_that_labels_decide():
    """Two functions of one are lost in the other, and still nothing is called better."""
    found = compare_arrays({"whole": WHOLE, "part": WHOLE[:, :1]})
    assert verdict(found).startswith("cannot tell: part lacks 2 of the 3 leading functions")
    same = compare_arrays({"whole": WHOLE, "turned": WHOLE[:, ::-1] * 5})
    assert "hold the same leading functions" in verdict(same)
    assert "cannot be told apart by this" in tasks_sentence(same)
    other = compare_arrays({"first": WHOLE[:, :2], "second": WHOLE[:, 1:]})
    assert verdict(other).count("lacks 1 of the 2") == 2


def labelled(differences, level=0.95):
    """A comparison of as many embeddings, b, c, ..., with a as the best."""
    pairs = [
        LabelledPair("a", name, middle, (low, high), 1234 if low <= 0 < middle else None)
        for name, (low, middle, high) in zip("bcd", differences, strict=False)
    ]
    scores = {"a": 0.9} | {pair.other: 0.9 - pair.difference for pair in pairs}
    comparison = EmbeddingComparison(
        {"a": 1, "b": 1}, {"a": Estimate(0.5, 0.0)}, {}, [], 100, 100, 100, 10, 5
    )
    return Compared(comparison, LabelComparison("classification", scores, pairs, level, 60, 100))


@pytest.mark.parametrize(
    ("differences", "said"),
    [
        ([(0.1, 0.2, 0.3)], "a is better ("),
        ([(0.1, 0.2, 0.3), (0.2, 0.4, 0.5)], "a is better ("),
        ([(-0.1, 0.2, 0.3)], "cannot tell: on 60 labels the leave-one-out accuracy of a, 0.900"),
        ([(0.0, 0.2, 0.3)], "cannot tell: "),
        ([(-0.1, 0.0, 0.1)], "cannot tell: on 60 labels a and b have the same"),
        ([(-0.1, 0.2, 0.3), (0.2, 0.4, 0.5)], "cannot tell: "),
        ([(0.1, 0.2, 0.3), (-0.2, 0.4, 0.5)], "cannot tell: "),
    ],
)
def test_better_is_said_only_where_every_interval_is_above_zero(differences, said):
    sentence = verdict(labelled(differences))
    assert sentence.startswith(said)
    assert ("contains 0" in sentence) == said.startswith("cannot tell")
    if len(differences) == 2 and said.startswith("cannot tell"):
        assert sentence.endswith(" is worse")


def test_what_would_tell_is_rounded_upwards():
    assert "about 1,300 labels would tell" in verdict(labelled([(-0.1, 0.2, 0.3)]))


def test_many_rows_are_sampled_and_said():
    many = RNG.normal(size=(5100, 2))
    y = np.where(np.arange(5100) % 300 == 0, many[:, 0], np.nan)
    found = compare_arrays({"a": many, "b": many[:, :1]}, y)
    assert (found.comparison.n_used, found.labelled.n_used) == (5000, 5000)
    assert found.labelled.n_labelled == 17
    notes = " ".join(found.notes)
    assert "5,000 of 5,100 rows, drawn at random with seed 0" in notes
    assert "labelled ones first" in notes

"""Coordinates of a long table that are learned from all its rows but those held out."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from commands import run as command
from contextures.contexts import KNNContext, NoiseContext
from contextures.data import table_from_frame
from contextures.data.parts import long_table
from contextures.encoders import RitzEncoder
from contextures.encoders.ritz.parameters import Settings
from contextures.exceptions import InputError, MissingLibraryError
from contextures.runs import FitOptions, all_rows, asked_rows, fit, fit_table
from contextures.runs.asked_rows import why_sample
from contextures.runs.diagnosed import load_subject
from contextures.runs.memory import plan
from contextures.runs.shift_source import own_rows
from contextures.selection import ContextSearch
from interrupted import killed, same

N, SAMPLE = 2600, 1000
QUICK = {"target": "y", "n_components": 3, "sample": SAMPLE, "id": "key", "predict": False}
NOISE = {**QUICK, "context": "noise:0.5"}
GIVEN = {"context": "knn:10"}


def made(seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.standard_normal((N, 3)), columns=["a", "b", "c"])
    frame["town"] = rng.choice(["Oslo", "Bergen", "Narvik"], N)
    frame["machine"] = [f"M{i}" for i in rng.integers(0, 30, N)]
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, N), "D")
    frame["y"] = np.where(rng.random(N) < 0.3, frame["a"] + frame["b"], np.nan)
    frame.insert(0, "key", [f"k{j}" for j in range(N)])
    return frame


FRAME = made()
PLAIN = FRAME.drop(columns=["machine", "day"])


def write(frame, folder, n_parts, ending="parquet", **how):
    folder.mkdir()
    for j, part in enumerate(np.array_split(np.arange(len(frame)), n_parts)):
        rows, file = frame.iloc[part], folder / f"part-{j}.{ending}"
        if ending == "csv":
            rows.to_csv(file, index=False)
        else:
            rows.to_parquet(file, index=False, **how)
    return long_table(folder, rows=SAMPLE, id="key")


def alike(one, other, atol=1e-8):
    """Compare the encoders of two runs."""
    one, other = one.run.learned.encoder, other.run.learned.encoder
    assert one.ridge_ == other.ridge_
    for name in ("singular_values_", "score_"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=atol)
    rows = np.random.default_rng(5).standard_normal((50, one.n_features_in_))
    np.testing.assert_allclose(one.transform(rows), other.transform(rows), atol=atol)


USUAL = RitzEncoder.__init__.__kwdefaults__["n_functions"]


@pytest.fixture(scope="module", autouse=True)
def few_functions():
    """A thousand functions would take most of the time and show nothing else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RitzEncoder.__init__.__kwdefaults__, "n_functions", 60)
        yield


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    return fit_table(PLAIN, tmp_path_factory.mktemp("all") / "run", FitOptions(**NOISE))


def numbers_held(found):
    """Give the numbers, in the table, of the rows that a run holds out."""
    return found.run.row_numbers[found.run.split.test]


@pytest.mark.parametrize("context", ["noise:0.5", "scarf:0.6"])
def test_the_encoder_is_that_of_all_rows_not_held_out(fitted, tmp_path, context):
    """As one ``partial_fit`` of these rows, prepared, in the bases of the sample's encoder."""
    found = fitted
    if context != "noise:0.5":
        options = FitOptions(**{**QUICK, "context": context})
        found = fit_table(PLAIN, tmp_path / "run", options)
    run, encoder = found.run, found.run.learned.encoder
    rows = run.preparation.transform(PLAIN.drop(columns=["key", "y"]))
    kept = np.delete(rows, numbers_held(found), axis=0)
    one = RitzEncoder(encoder.context, 3, random_state=0)
    one.n_views = Settings.of(one).n_views(len(kept))
    drawn = rows[run.row_numbers[run.split.pretraining]]
    one.fit_bases(drawn, bases=(encoder.basis_, encoder.context_basis_)).partial_fit(kept)
    np.testing.assert_allclose(encoder.singular_values_, one.singular_values_, atol=1e-8)
    np.testing.assert_allclose(encoder.transform(rows), one.transform(rows), atol=1e-8)
    # Its coordinates are centred, uncorrelated and of unit variance on just these rows.
    coordinates = encoder.transform(kept)
    np.testing.assert_allclose(coordinates.mean(axis=0), 0, atol=1e-8)
    np.testing.assert_allclose(np.cov(coordinates.T, bias=True), np.eye(3), atol=1e-8)
    assert len(kept) == found.metrics["n_fitted"] == found.metrics["rows"]["n_learned"]


def test_what_is_chosen_is_of_the_sample(fitted, tmp_path):
    """The bases, their number and the preparation are those of a run on the sample alone."""
    few = fit_table(PLAIN, tmp_path / "run", FitOptions(**NOISE, learn="sample"))
    mine, its = fitted.run.learned, few.run.learned
    rows = np.random.default_rng(1).standard_normal((20, mine.encoder.n_features_in_))
    for basis in ("basis_", "context_basis_"):
        np.testing.assert_array_equal(
            getattr(mine.encoder, basis).transform(rows),
            getattr(its.encoder, basis).transform(rows),
        )
    assert its.n_rows < SAMPLE and its.all_rows is None
    assert few.metrics["rows"]["learned"] == "sample"
    assert abs(mine.encoder.transform(rows) - its.encoder.transform(rows)).max() > 1e-3


def test_it_is_said_what_was_learned_from_which_rows(fitted):
    n_held = len(numbers_held(fitted))
    sentence = (
        f"The coordinates were learned from {N - n_held:,} of {N:,} rows, all but {n_held} rows "
        "held out; all else, such as their context, their bases and how columns are prepared, "
        "from 1,000 rows drawn at random"
    )
    assert any(each.startswith(sentence) for each in fitted.sentences)
    assert sentence in (fitted.folder / "report.html").read_text()
    rows = json.loads((fitted.folder / "metrics.json").read_text())["rows"]
    assert (rows["learned"], rows["n_learned"], rows["n_left_out"]) == ("all", N - n_held, n_held)
    assert "learn from all rows" in fitted.run.seconds


def test_rows_that_were_learned_from_are_told_from_the_others(fitted, tmp_path):
    """A diagnosis judges on rows held out, and not on rows that were not drawn but learned from."""
    split = pd.read_parquet(fitted.folder / "embeddings.parquet")["split"]
    drawn = fitted.run.row_numbers
    assert (split.drop(drawn) == "learned").all()
    assert list(split.iloc[drawn]) == list(fitted.run.split.names())
    subject = load_subject(fitted.folder, table_from_frame(PLAIN), "y", 0)
    np.testing.assert_array_equal(subject.fresh, numbers_held(fitted))
    assert len(own_rows(fitted.folder).rows) == SAMPLE
    found = fit_table(FRAME, tmp_path / "run", FitOptions(**NOISE, group="machine"))
    split = pd.read_parquet(found.folder / "embeddings.parquet")["split"]
    held = FRAME["machine"].isin(FRAME["machine"][split == "test"])
    assert ((split == "rest") == (held & (split != "test"))).all()
    assert set(split[~held]) == {"learned", "train", "unlabelled"}


def test_without_a_target_nothing_is_left_out(tmp_path):
    options = FitOptions(**{**NOISE, "target": None}, learn="all", engine="processes")
    found = fit_table(PLAIN, tmp_path / "run", options)
    assert found.metrics["n_fitted"] == N
    assert any(
        s.startswith(f"The coordinates were learned from all {N:,}") for s in found.sentences
    )
    assert "learn='all', engine='processes'" in found.run.python


@pytest.mark.parametrize(("n_parts", "ending"), [(1, "parquet"), (3, "parquet"), (7, "csv")])
def test_files_and_ranges_change_nothing(fitted, tmp_path, monkeypatch, n_parts, ending):
    monkeypatch.setattr("contextures.data.parts.LARGE", 10)
    monkeypatch.setattr(all_rows, "RANGE", 250)
    how = {"row_group_size": 100} if ending == "parquet" else {}
    parts = replace(write(PLAIN, tmp_path / "parts", n_parts, ending, **how), batch=130)
    found = fit_table(parts, tmp_path / "run", FitOptions(**NOISE))
    alike(found, fitted)
    assert found.metrics["rows"]["n_learned"] == fitted.metrics["rows"]["n_learned"]


@pytest.mark.parametrize("engine", ["processes", pytest.param("dask", marks=pytest.mark.slow)])
def test_engines_change_nothing(fitted, tmp_path, monkeypatch, engine):
    if engine == "dask":
        pytest.importorskip("distributed")
    monkeypatch.setattr(all_rows, "RANGE", 400)
    parts = write(PLAIN, tmp_path / "parts", 3, row_group_size=200)
    found = fit_table(parts, tmp_path / "run", FitOptions(**NOISE, engine=engine))
    alike(found, fitted)


def wild(frame, rows):
    """Change numbers of some rows beyond recognition, and so that they still fit the table."""
    changed = frame.copy()
    changed.loc[rows, ["a", "b", "c"]] = 1e3 * changed.loc[rows, ["c", "a", "b"]].to_numpy() + 7
    return changed


def test_rows_held_out_have_no_influence(fitted, tmp_path):
    found = fit_table(wild(PLAIN, numbers_held(fitted)), tmp_path / "run", FitOptions(**NOISE))
    np.testing.assert_array_equal(numbers_held(found), numbers_held(fitted))
    alike(found, fitted, atol=0)
    learned = np.setdiff1d(np.arange(N), fitted.run.row_numbers)[:5]
    other = fit_table(wild(PLAIN, learned), tmp_path / "other", FitOptions(**NOISE))
    with pytest.raises(AssertionError):  # rows that were not drawn have one
        alike(other, fitted, atol=1e-6)


@pytest.mark.parametrize("column", ["machine", "day"])
def test_rows_that_lie_with_those_held_out_have_no_influence(tmp_path, column):
    """Drawn or not, with a label or not: scores are of groups or times never learned from."""
    how = {"group" if column == "machine" else "time": column}
    found = fit_table(FRAME, tmp_path / "run", FitOptions(**NOISE, **how))
    drawn, values = found.run.row_numbers, FRAME[column]
    held = values.iloc[drawn[found.run.split.test]]
    lying = values.isin(held) if column == "machine" else values >= held.min()
    n = int(lying.sum())
    assert n > len(held)
    assert found.metrics["rows"]["n_left_out"] == n == N - found.metrics["n_fitted"]
    other = fit_table(
        wild(FRAME, np.flatnonzero(lying)), tmp_path / "other", FitOptions(**NOISE, **how)
    )
    alike(other, found, atol=0)


def test_a_row_of_no_known_group_is_left_out_and_counted(tmp_path):
    found = fit_table(FRAME, tmp_path / "run", FitOptions(**NOISE, group="machine"))
    gaps = FRAME.copy()
    rest = np.setdiff1d(np.arange(N), found.run.row_numbers)[:4]
    gaps.loc[rest, "machine"] = None
    held = FRAME["machine"].iloc[found.run.row_numbers[found.run.split.test]].unique()
    n = found.metrics["rows"]["n_left_out"] + int((~FRAME["machine"].iloc[rest].isin(held)).sum())
    other = fit_table(gaps, tmp_path / "other", FitOptions(**NOISE, group="machine"))
    assert (other.metrics["rows"]["n_left_out"], other.metrics["rows"]["n_unknown"]) == (n, 4)
    assert any("(4 as it is not known on which side they belong)" in s for s in other.sentences)


@pytest.mark.parametrize("stage", ["learned-all", "scored"])
def test_a_fit_that_was_killed_goes_on(tmp_path, monkeypatch, capsys, stage):
    """Killed while all rows are learned from, or after: what the sample chose is not chosen again,
    and the numbers are those of a fit that nobody stopped."""
    parts = tmp_path / "parts"
    write(PLAIN, parts, 4)
    asked = ["--target", "y", "--context", "scarf:0.6", "--dim", "3", "--sample", SAMPLE]
    line = ["fit", parts, *asked, "--id", "key", "--no-predict", "--out"]
    killed(tmp_path, stage, 0, *line, tmp_path / "run")
    monkeypatch.setitem(RitzEncoder.__init__.__kwdefaults__, "n_functions", USUAL)  # as it had
    monkeypatch.setitem(long_table.__kwdefaults__, "rows", 1000)
    assert command(monkeypatch, *line, tmp_path / "whole") == 0

    def never(*_, **__):
        raise AssertionError("learned again")

    monkeypatch.setattr(fit, "learn", never)
    if stage == "scored":
        monkeypatch.setattr(fit, "learned_from_all", never)
    capsys.readouterr()
    assert command(monkeypatch, *line, tmp_path / "run") == 0
    assert "it goes on with what was learned" in capsys.readouterr().err
    same(tmp_path / "run", tmp_path / "whole")


def test_a_context_that_was_chosen_is_never_refused(tmp_path, monkeypatch):
    """Neighbours are of all rows together, so the sample is learned from, and that is said."""
    knn = KNNContext(10)
    monkeypatch.setattr("contextures.runs.learn.ContextSearch", chosen(knn))
    found = fit_table(PLAIN, tmp_path / "run", FitOptions(**QUICK, learn="all"))
    told = "rows, drawn at random"
    assert found.metrics["rows"]["learned"] == "sample" and found.run.context == "knn:10"
    sentence = next(s for s in found.sentences if told in s)
    assert "since knn:10 says of all rows together which are alike" in sentence
    few = fit_table(PLAIN, tmp_path / "auto", FitOptions(**QUICK))
    assert not any("since knn:10" in s for s in few.sentences)


def chosen(context):
    """Give a search among one context, as if it had come out first of many."""
    return lambda candidates, **how: ContextSearch(candidates or [context], **how)


def test_a_table_beyond_what_is_learned_unasked(tmp_path, monkeypatch):
    monkeypatch.setattr(asked_rows, "MOST_ROWS", 2000)
    found = fit_table(PLAIN, tmp_path / "run", FitOptions(**NOISE))
    assert found.metrics["rows"]["learned"] == "sample"
    assert any("more than 2,000 (--learn all learns the coordin" in s for s in found.sentences)
    for asked in ({"learn": "all"}, {"engine": "processes"}):
        found = fit_table(
            PLAIN, tmp_path / f"{len(asked)}", FitOptions(**NOISE, **asked, force=True)
        )
        assert found.metrics["rows"]["learned"] == "all"


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        (
            {**GIVEN, "learn": "all"},
            "--learn all is not possible with --context knn:10, which says",
        ),
        ({**GIVEN, "engine": "processes"}, "--engine processes is not possible with --context"),
        ({"encoder": "neural", "learn": "all"}, "--learn all needs --encoder ritz or auto"),
        ({"learn": "some"}, "--learn 'some' is not known; give auto, all, sample"),
        ({"engine": "spark"}, "--engine 'spark' is not known; give processes or dask"),
        ({"engine": "dask", "learn": "sample"}, "--engine dask goes through all rows, and"),
        ({"scheduler": "tcp://one:8786"}, "is of a Dask cluster; give --engine dask with it"),
        ({"engine": "dask", "scheduler": "one:8786"}, "'one:8786' is not an address; give one su"),
        (
            {"context": "noise:0.5", "learn": "all", "memory": "700MB"},
            r"--learn all takes about \d+MB, and --memory 700MB is less; give that or more",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_any_row_is_drawn(tmp_path, monkeypatch, asked, match):
    if asked.get("encoder") == "neural":
        pytest.importorskip("torch")

    def never(*_, **__):
        raise AssertionError("rows were drawn")

    monkeypatch.setattr("contextures.runs.long_rows.draw", never)
    with pytest.raises(InputError, match=match):
        fit_table(PLAIN, tmp_path / "run", FitOptions(**{**QUICK, **asked}))
    assert not list(tmp_path.iterdir())


def test_text_is_refused_once_its_rows_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("contextures.data.parts.LARGE", 10)
    parts = write(PLAIN, tmp_path / "parts", 2, "csv")
    monkeypatch.setattr(fit, "_find", None)
    with pytest.raises(InputError, match="--learn all is not possible with --context knn:10"):
        fit_table(parts, tmp_path / "run", FitOptions(**QUICK, **GIVEN, learn="all"))


def test_of_a_short_table_the_options_mean_nothing(tmp_path):
    asked = {**QUICK, **GIVEN, "learn": "all", "engine": "dask", "scheduler": "tcp://127.0.0.1:1"}
    found = fit_table(PLAIN[:900], tmp_path / "run", FitOptions(**asked))
    assert found.run.long is None and found.run.learned.all_rows is None


def test_a_scheduler_that_does_not_answer(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("contextures.engines.cluster.SECONDS", 1)
    asked = FitOptions(**NOISE, engine="dask", scheduler="tcp://127.0.0.1:1")
    with pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://127.0.0.1:1; start"):
        fit_table(PLAIN, tmp_path / "run", asked)


def test_dask_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(asked_rows, "find_spec", lambda name: None)
    with pytest.raises(MissingLibraryError, match=r"--engine dask needs dask.*contextures\[dask\]"):
        fit_table(PLAIN, tmp_path / "run", FitOptions(**NOISE, engine="dask"))


def test_memory_counts_the_sums():
    """Where they do not fit beside the sample, the sample is learned from; else workers are few."""
    small, large, larger = (plan(FitOptions(memory=m), 20) for m in ("700MB", "2GB", "64GB"))
    for n_columns in (2, 20, 200):
        short = plan(FitOptions(memory="700MB"), n_columns)
        assert short.all_rows is not None
        for more in (0, 1, 200, 5000):  # what is said to suffice does, and more does too
            memory = f"{short.all_rows + more}MB"
            assert plan(FitOptions(memory=memory), n_columns).all_rows is None
    assert large.all_rows is None and larger.all_rows is None
    assert large.n_workers is not None and larger.n_workers is not None
    assert large.n_workers <= larger.n_workers
    assert plan(FitOptions(), 20).n_workers is None
    why = [why_sample(FitOptions(), NoiseContext(), "ritz", 10, each) for each in (small, large)]
    assert why == [
        f"since learning the coordinates from all takes about {small.all_rows:,}MB",
        None,
    ]

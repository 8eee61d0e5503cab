"""``fit`` of rows in parts: the same as by one worker, whatever the parts and the engine."""

from __future__ import annotations

import weakref

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest

from contextures.contexts import KNNContext, LabelContext, NoiseContext, RBFContext
from contextures.encoders import RitzEncoder
from contextures.encoders.ritz import in_parts, part_sums
from contextures.engines import Parts
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4000, 3))
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
LABELS = np.where(X[:, 0] + 0.5 * RNG.standard_normal(len(X)) > 0, "yes", "no")
FRESH = pd.DataFrame(RNG.standard_normal((50, 3)), columns=FRAME.columns)


@pytest.fixture(autouse=True)
def small_sample(monkeypatch):
    monkeypatch.setattr(in_parts, "SAMPLE_ROWS", 1000)


def encoder(**options):
    return RitzEncoder(NoiseContext(), 3, n_functions=40, random_state=2, **options)


def parts(n, rows=FRAME):
    borders = np.linspace(0, len(rows), n + 1).astype(int)
    return Parts([slice(*borders[i : i + 2]) for i in range(n)], lambda part: rows[part])


def same(one, other):
    assert one.ridge_ == other.ridge_
    np.testing.assert_allclose(one.score_, other.score_, atol=1e-9)
    np.testing.assert_allclose(one.singular_values_, other.singular_values_, atol=1e-9)
    np.testing.assert_allclose(one.transform(FRESH), other.transform(FRESH), atol=1e-9)


@pytest.fixture(scope="module")
def whole():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(in_parts, "SAMPLE_ROWS", 1000)
        return encoder().fit(parts(1))


def test_a_fit_in_parts_is_a_partial_fit_of_all_rows(whole):
    """Step by step through the public methods, on the rows that the sample is made of."""
    numbers = np.sort(in_parts.generator(2, in_parts.SAMPLE).choice(len(X), 1000, replace=False))
    same(whole, encoder().fit_bases(FRAME.iloc[numbers]).partial_fit(FRAME))
    assert len(set(np.histogram(numbers, 4)[0] > 200)) == 1  # from everywhere


@pytest.mark.parametrize("n", [3, 17])
@pytest.mark.parametrize("engine", [None, pytest.param("processes", marks=pytest.mark.slow)])
def test_parts_and_engines_change_nothing(whole, n, engine):
    same(encoder(n_jobs=2).fit(parts(n), engine=engine), whole)


@pytest.mark.parametrize("engine", [None, "processes"])
def test_bases_that_are_there_are_kept(engine):
    """Sums of all rows in the bases that a fit to a few chose, as by one ``partial_fit``."""
    few = encoder().fit(X[:800])
    bases = (few.basis_, few.context_basis_)
    begun, told = encoder(n_jobs=2).fit_bases(X[:800], bases=bases), []
    assert (begun.basis_, begun.context_basis_) == bases
    found = part_sums.learned_with_bases(begun, parts(5, X), engine, lambda *n: told.append(n))
    one = encoder().fit_bases(X[:800], bases=bases).partial_fit(X)
    for name in ("ridge_", "score_", "singular_values_"):
        np.testing.assert_allclose(getattr(found, name), getattr(one, name), atol=1e-9)
    rows = FRESH.to_numpy()
    np.testing.assert_allclose(found.transform(rows), one.transform(rows), atol=1e-9)
    # Of all rows, by the moments themselves: uncorrelated and of unit variance on these.
    np.testing.assert_allclose(np.cov(one.transform(X).T, bias=True), np.eye(3), atol=1e-6)
    assert told[-1] == (5, 5) and told == sorted(told)


def test_chunks_within_parts_and_empty_parts_change_nothing(whole):
    def read(part):
        rows = FRAME[part]
        return iter([rows[:7], rows[7:7], rows[7:]])

    keys = [slice(0, 0), slice(0, 1500), slice(1500, 1500), slice(1500, 4000), slice(9999, 10000)]
    same(encoder().fit(Parts(keys, read)), whole)


def test_numbers_of_rows_that_are_known_are_not_counted(whole):
    made = []

    def read(part):
        made.append(part)
        return FRAME[part]

    keys = [slice(0, 1000), slice(1000, 4000)]
    same(encoder().fit(Parts(keys, read, [1000, 3000])), whole)
    same(encoder().fit(Parts(keys, read, lambda part: part.stop - part.start)), whole)
    assert len(made) == 8  # sampled and learned from, twice two parts


def test_a_data_set_is_gone_through_by_row_groups(whole, tmp_path):
    for i, rows in enumerate((FRAME[:1500], FRAME[1500:])):
        rows.to_parquet(tmp_path / f"{i}.parquet", row_group_size=600, index=False)
    data = pa.dataset.dataset(tmp_path)
    same(encoder().fit(data), whole)
    same(encoder(n_jobs=2).fit(data, engine="processes"), whole)


def test_other_formats_are_read_in_batches(whole, tmp_path):
    FRAME.to_csv(tmp_path / "rows.csv", index=False)
    data = pa.dataset.dataset(tmp_path, format="csv")
    found = encoder().fit(data)
    np.testing.assert_allclose(found.singular_values_, whole.singular_values_, atol=1e-9)


def test_labels_come_with_the_rows(tmp_path):
    made = RitzEncoder(LabelContext(), 1, n_functions=40)
    expected = made.fit(Parts([slice(0, 4000)], lambda part: (FRAME[part], LABELS[part])))
    expected = expected.transform(FRESH)
    assert np.corrcoef(expected[:, 0], FRESH["a"])[0, 1] ** 2 > 0.7
    FRAME.assign(y=LABELS).to_parquet(tmp_path / "rows.parquet", row_group_size=700, index=False)
    data = pa.dataset.dataset(tmp_path)
    np.testing.assert_allclose(made.fit(data, "y").transform(FRESH), expected, atol=1e-9)
    with pytest.raises(InputError, match="y='z' is not a column of X"):
        made.fit(data, "z")


def test_an_iterator_is_gone_through_once():
    """The first rows are its sample; here they are as the others."""
    found = encoder().fit(iter(np.array_split(X, 9)))
    step = encoder().fit_bases(X[:1000])
    for chunk in np.array_split(X, 4):
        step.partial_fit(chunk)
    np.testing.assert_allclose(found.singular_values_, step.singular_values_, atol=1e-9)
    few = encoder().fit(FRAME[i : i + 100] for i in range(0, 500, 100))
    np.testing.assert_allclose(
        few.singular_values_, encoder().partial_fit(FRAME[:500]).singular_values_, atol=1e-9
    )
    pairs = ((X[i : i + 500], LABELS[i : i + 500]) for i in range(0, 4000, 500))
    assert RitzEncoder(LabelContext(), 1, n_functions=40).fit(pairs).singular_values_[0] > 0.5


def test_rows_are_never_all_in_memory():
    """No more than two parts are alive at a time."""

    class Rows(np.ndarray):
        pass

    def read(seed):
        rows = np.random.default_rng(seed).standard_normal((500, 3)).view(Rows)
        most.append(len(live))
        live.append(1)
        weakref.finalize(rows, live.pop)
        return rows

    live, most = [], []
    encoder().fit(Parts(range(30), read))
    assert len(most) == 90
    assert max(most) <= 2


def wrong_part(change):
    """Give three parts, the second of which is changed."""

    def read(place):
        rows = FRAME[place * 1000 : (place + 1) * 1000].copy()
        return change(rows) if place == 1 else rows

    return Parts(range(3), read)


def unreadable(rows):
    raise OSError("the disk is gone\nfor good")


def no_memory(rows):
    raise MemoryError


WRONG = {
    "text": (lambda rows: rows.assign(b="x"), r"part 2 of 3: column 'b' holds no numbers .*'x'"),
    "dates": (
        lambda rows: rows.assign(c=pd.Timestamp("2026-01-01")),
        "part 2 of 3: column 'c' holds no numbers",
    ),
    "missing": (
        lambda rows: rows.assign(a=[np.nan, *rows["a"][1:]]),
        "part 2 of 3: column 'a' has no value in row 1",
    ),
    "infinite": (
        lambda rows: rows.assign(a=[*rows["a"][1:], np.inf]),
        "part 2 of 3: column 'a' has an infinite value in row 1,000",
    ),
    "a column less": (lambda rows: rows.drop(columns="b"), "part 2 of 3: column 'b' is not there"),
    "a column more": (
        lambda rows: rows.assign(d=0.0),
        "part 2 of 3: column 'd' is not in the other parts",
    ),
    "unreadable": (
        unreadable,
        r"part 2 of 3 cannot be read \(OSError: the disk is gone for good\)",
    ),
    "too large": (no_memory, "part 2 of 3 does not fit in memory .* smaller parts"),
    "no table": (lambda rows: "rows", "part 2 of 3: a str is no rows"),
    "no names": (lambda rows: rows.to_numpy(), "part 2 of 3: columns have no names"),
}


@pytest.mark.parametrize("engine", [None, pytest.param("processes", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_part_is_said_in_one_sentence(name, engine):
    change, message = WRONG[name]
    if engine and name not in ("text", "unreadable"):
        pytest.skip("each way of failing once is enough")
    made = encoder(n_jobs=2).fit(FRAME[:300])
    before = made.transform(FRESH)
    with pytest.raises(InputError, match=message) as caught:
        made.fit(wrong_part(change), engine=engine)
    assert "\n" not in str(caught.value)
    # Nothing is half-written.
    np.testing.assert_array_equal(made.transform(FRESH), before)


@pytest.mark.parametrize("way", ["parts", "iterator"])
@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (X[:900], X[:900, :2], r"part 2.*: rows have the shape \(2,\), and \(3,\) in the other"),
        (X[:900], FRAME[:900], "part 2.*: columns have names, as they have not in other parts"),
        ((X[:900], LABELS[:900]), X[:900], "part 2.*: y is not given, and is in the first part"),
        (X[:900], (X[:900], LABELS[:900]), "part 2.*: y is given, and is not in the first part"),
        ((X[:900], X[:900]), (X[:900], X[:900, 0]), r"part 2.*: y has the shape \(\) for a row"),
    ],
)
def test_parts_that_are_not_alike_are_refused(way, first, second, message):
    """Arrays whose columns differ, names in some parts only, and labels in some parts only."""
    both = [first, second]
    given = Parts(range(2), both.__getitem__) if way == "parts" else iter(both)
    with pytest.raises(InputError, match=message):
        encoder().fit(given)


def test_labels_may_be_a_column_in_one_part_and_an_array_in_another():
    both = [(X[:2000], pd.Series(LABELS[:2000])), (X[2000:], LABELS[2000:])]
    made = RitzEncoder(LabelContext(), 1, n_functions=40)
    expected = made.fit(iter([(X, LABELS)])).transform(FRESH.to_numpy())
    found = made.fit(iter(both)).transform(FRESH.to_numpy())
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_keys_may_be_a_column_of_a_table(whole):
    """Its labels, which need not be places, are not asked for."""
    starts = pd.Series([0, 1000, 2000, 3000], index=[7, 7, 1, 0])
    same(encoder().fit(Parts(starts, lambda start: FRAME[start : start + 1000])), whole)


def test_columns_in_another_order_are_put_in_order(whole):
    keys = [(0, ["a", "b", "c"]), (1000, ["c", "a", "b"]), (2000, ["b", "a", "c"])]
    found = encoder().fit(
        Parts([*keys, (3000, ["a", "c", "b"])], lambda key: FRAME[key[0] : key[0] + 1000][key[1]])
    )
    same(found, whole)


def test_a_chunk_of_an_iterator_is_named_too():
    chunks = iter([FRAME[:600], FRAME[600:1200].assign(b=None)])
    with pytest.raises(InputError, match="part 2: column 'b' holds no numbers"):
        encoder().fit(chunks)

    def broken():
        yield FRAME[:100]
        raise ValueError("no more")

    with pytest.raises(InputError, match=r"part 2 cannot be read \(ValueError: no more\)"):
        encoder().fit(broken())


def test_files_are_named(tmp_path):
    for name in ("a", "b", "c"):
        FRAME.to_parquet(tmp_path / f"{name}.parquet")
    data = pa.dataset.dataset(tmp_path)
    (tmp_path / "b.parquet").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match=r"part 2 of 3 \(.*b\.parquet\) cannot be read"):
        encoder().fit(data)


def test_rows_that_change_between_passes_are_refused():
    left = [500]

    def read(place):
        left[0] -= 1
        return FRAME[: left[0]]

    with pytest.raises(InputError, match="part 1 of 2 had 499 rows when they were counted"):
        encoder().fit(Parts(range(2), read))


@pytest.mark.parametrize("context", [None, KNNContext(5), RBFContext(1.0)])
def test_contexts_of_the_whole_sample_are_refused(context):
    with pytest.raises(InputError, match=r"defined by all rows together.*NoiseContext") as caught:
        RitzEncoder(context).fit(parts(3))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("fit", "message"),
    [
        (lambda: encoder().fit(X, engine="processes"), "engine is for rows in parts"),
        (lambda: encoder().fit(iter([X]), engine="processes"), "X is an iterator"),
        (lambda: encoder().fit(iter([X[:0]])), "the parts have 0 rows together"),
        (lambda: encoder().fit(Parts([0, 1], lambda i: X[:i])), "the parts have 1 rows together"),
        (lambda: encoder().fit(parts(2), LABELS), "y is given beside Parts"),
        (lambda: encoder().fit_transform(parts(2)), "may not fit in memory; call fit"),
        (lambda: Parts([], len), "there are no parts"),
        (lambda: Parts("ab", len), "keys is a str"),
        (lambda: Parts([1], 3), "read is a int"),
        (lambda: Parts({1: 2}, len), "keys is a dict"),
        (lambda: Parts([1], len, 5), "count is a int; give a function"),
        (lambda: Parts([1], len, (5 for _ in "a")), "count is a generator; give a function"),
        (lambda: Parts([1, 2], len, [5, -5]), r"count\[1\] is -5; give the number of rows"),
        (lambda: Parts([1, 2], len, [5.5, 5]), r"count\[0\] is 5.5; give the number of rows"),
        (lambda: Parts([1], len, ["5"]), r"count\[0\] is '5'; give the number of rows"),
        (lambda: Parts([1], len, [1, 2]), "count has 2 numbers, but there are 1 parts"),
    ],
)
def test_calls_that_cannot_be_are_refused(fit, message):
    with pytest.raises(InputError, match=message):
        fit()

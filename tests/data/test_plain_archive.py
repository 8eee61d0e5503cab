"""Saved preparations without text are read without skops and skrub, and as these read them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import skops.io
import skrub
from sklearn.preprocessing import FunctionTransformer

from contextures._plain_archive import NotPlainError, read_plain
from contextures.data import TablePreparation, load_preparation, save_preparation
from contextures.data.storage import PLAIN, TRUSTED
from contextures.exceptions import InputError

HEAVY = (
    *("skops", "skrub", "torch", "dask", "matplotlib", "plotly", "jinja2", "lightgbm", "pytest"),
    *("sklearn.ensemble", "sklearn.linear_model", "sklearn.kernel_approximation"),
)
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "amount": np.where(RNG.random(120) < 0.1, np.nan, RNG.lognormal(size=120)),
        "mostly": np.where(np.arange(120) < 110, 3.0, RNG.normal(size=120)),
        "colour": RNG.choice(["red", "green", None], 120),
        "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(120), unit="D"),
        "flag": RNG.random(120) < 0.5,
        "y": RNG.normal(size=120),
    }
)
FEATURES = FRAME.drop(columns="y")


@pytest.fixture
def saved(tmp_path):
    save_preparation(TablePreparation().fit(FEATURES), tmp_path)
    return tmp_path


def test_a_plain_archive_holds_what_skops_reads_from_it(saved):
    archive = (saved / "preparation.skops").read_bytes()
    names, scaler, words = read_plain(archive, PLAIN)
    others, whole, read = skops.io.loads(archive, trusted=list(TRUSTED))
    assert names == others and list(words) == list(read)
    for name, encoder in words.items():
        assert type(encoder) is type(read[name])
        assert repr(vars(encoder)) == repr(vars(read[name]))  # one category is NaN
    for one, other in (
        (scaler, whole),
        (scaler.robust_scaler_, whole.robust_scaler_),
        (scaler.minmax_scaler_, whole.minmax_scaler_),
    ):
        assert vars(one).keys() == vars(other).keys()
        for name, value in vars(one).items():
            if not name.endswith("scaler_"):
                np.testing.assert_array_equal(value, getattr(other, name))


def test_what_was_read_is_written_again_as_it_was(saved, tmp_path):
    again = load_preparation(saved)
    (tmp_path / "second").mkdir()
    save_preparation(again, tmp_path / "second")
    archive = (tmp_path / "second" / "preparation.skops").read_bytes()
    scaler = skops.io.loads(archive, trusted=list(TRUSTED))[1]
    assert isinstance(scaler, skrub.SquashingScaler)
    expected = TablePreparation().fit_transform(FEATURES)
    np.testing.assert_array_equal(
        load_preparation(tmp_path / "second").transform(FEATURES), expected
    )


@pytest.mark.parametrize(
    "content",
    [
        [FunctionTransformer()],
        {1: "a key that is no word"},
        [np.float32],
        [["a"], skrub.SquashingScaler(), {"text": skrub.StringEncoder()}],
    ],
)
def test_whatever_else_an_archive_holds_is_left_to_skops(content):
    with pytest.raises(NotPlainError):
        read_plain(skops.io.dumps(content), PLAIN)
    with pytest.raises(NotPlainError):
        read_plain(b"no archive", PLAIN)


def test_indicators_that_were_changed_are_refused(saved):
    """The checks of archives hold for plain ones too."""
    preparation = TablePreparation().fit(FEATURES)
    preparation.fitted_["colour"].encoder._n_features_outs = [99]
    save_preparation(preparation, saved)
    with pytest.raises(InputError, match="cannot be read"):
        load_preparation(saved)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_serving_a_run_imports_only_what_it_needs(tmp_path, task):
    """Embedding one row must not wait for libraries that only fitting uses."""
    from contextures.runs import FitOptions, fit_table

    frame = FRAME.assign(y=FRAME["y"] if task == "regression" else np.arange(120) % 3)
    options = FitOptions(target="y", context="knn:20", n_components=4)
    fit_table(frame, tmp_path / "run", options)
    FEATURES.head(1).to_parquet(tmp_path / "one.parquet")
    code = (
        "import sys; from contextures.cli.app import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        f"print('loaded', [name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "embed", "run", "one.parquet", "--out", "embedded.csv"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "loaded []"
    assert len(pd.read_csv(tmp_path / "embedded.csv")) == 1

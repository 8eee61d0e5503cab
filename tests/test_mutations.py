"""What was saved and then changed is refused, or still gives numbers: it never crashes or hangs."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import traceback
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomTreesEmbedding
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from contextures.contexts import KNNContext, MaskContext, RBFContext, SCARFContext
from contextures.data import TablePreparation, load_preparation, save_preparation
from contextures.encoders import (
    NeuralEncoder,
    RitzEncoder,
    SpectralEncoder,
    load_encoder,
    save_encoder,
)
from contextures.exceptions import InputError
from mutations import mutate

N_MUTATIONS = int(os.environ.get("CONTEXTURES_MUTATIONS", "200"))
SECONDS = 10

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 4))
NEW = RNG.normal(size=(5, 4))
FOREST = RandomTreesEmbedding(3, max_depth=3, sparse_output=False, random_state=0)
FRAME = pd.DataFrame(
    {
        "amount": np.where(RNG.random(120) < 0.1, np.nan, RNG.lognormal(size=120)),
        "colour": RNG.choice(["red", "green", "blue"], 120),
        "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(120), unit="D"),
        "name": [f"mill street {i % 90}" for i in range(120)],
        "flag": RNG.random(120) < 0.5,
    }
)
NETWORK = {"max_steps": 10, "network_options": {"width": 8, "depth": 2}, "random_state": 0}

ENCODERS = {
    "spectral": lambda: SpectralEncoder(KNNContext(8), 3),
    "masked": lambda: SpectralEncoder(MaskContext(RBFContext(n_landmarks=30), n_masks=3), 3),
    "ritz": lambda: RitzEncoder(
        SCARFContext(0.5), 3, basis=make_pipeline(StandardScaler(), FOREST), random_state=0
    ),
    "landmarks": lambda: RitzEncoder(KNNContext(8), 3, n_functions=20, random_state=0),
    "neural": lambda: NeuralEncoder(KNNContext(8), 3, **NETWORK),
    "averaged": lambda: NeuralEncoder(
        SCARFContext(0.5), 3, objective="vicreg", n_views=4, **NETWORK
    ),
}


def saved(kind, folder):
    """Save something of a kind; give how to read and use it."""
    if kind == "preparation":
        save_preparation(TablePreparation().fit(FRAME), folder)
        return lambda: load_preparation(folder).transform(FRAME[:5])
    if kind == "checkpoint":
        fitted = NeuralEncoder(KNNContext(8), 3, checkpoint=folder.parent / "training", **NETWORK)
        fitted.fit(X)
        (inner,) = (folder.parent / "training").iterdir()
        inner.rename(folder / inner.name)
        again = NeuralEncoder(KNNContext(8), 3, checkpoint=folder, **NETWORK)
        return lambda: again.fit(X).transform(NEW)
    save_encoder(ENCODERS[kind]().fit(X), folder)
    return lambda: load_encoder(folder).transform(NEW)


def attempt(use, shape):
    """Say what is wrong with how reading and using something ended; None if nothing is."""

    def late(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        found = use()
        if found.shape != shape or not np.isfinite(found).all():
            return f"shape {found.shape}, finite {np.isfinite(found).all()}"
    except InputError:
        return None
    except BaseException:
        return traceback.format_exc()
    finally:
        signal.alarm(0)
    return None


def work(kind, folder, told):
    """Try all mutations of a kind; leave what went wrong in a file."""
    warnings.simplefilter("ignore")
    (folder / "kept").mkdir()
    use = saved(kind, folder / "kept")
    shape = use().shape
    paths = {path.name: path for path in (folder / "kept").rglob("*") if path.is_file()}
    files = {name: path.read_bytes() for name, path in paths.items()}
    wrong = []
    for seed in range(N_MUTATIONS):
        told.write_text(json.dumps([seed, wrong]))
        for name, content in mutate(files, np.random.default_rng(seed)).items():
            paths[name].write_bytes(content)
        if (found := attempt(use, shape)) is not None:
            wrong.append([seed, found])
    told.write_text(json.dumps([None, wrong]))
    os._exit(0)


@pytest.mark.parametrize("kind", [*ENCODERS, "preparation", "checkpoint"])
def test_a_changed_file_is_refused_or_still_gives_numbers(tmp_path, kind):
    """In a process of its own, which a crash would end."""
    told = tmp_path / "told.json"
    child = multiprocessing.get_context("fork").Process(target=work, args=(kind, tmp_path, told))
    child.start()
    child.join(N_MUTATIONS * SECONDS)
    seed, wrong = json.loads(told.read_text())
    assert child.exitcode == 0, f"mutation {seed} of {kind} ended or hung the process"
    assert not wrong, "\n".join(f"mutation {seed}: {text}" for seed, text in wrong[:3])

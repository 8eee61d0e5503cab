"""Contexts, losses and a network from outside the package do whatever the library's own do."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys

import numpy as np
import pytest

from contextures import ContextSearch
from contextures.contexts import KNNContext, MonteCarloContext, registry
from contextures.data import demo_table
from contextures.encoders import RitzEncoder, SpectralEncoder, load_encoder, save_encoder
from contextures.evaluation import usefulness
from contextures.exceptions import InputError
from contextures.runs import FitOptions, fit_table
from contextures.selection import parse_context, short_form
from contextures.spectrum import decompose
from outside import LOSSES, MODULE

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((150, 4))
SIGNS = np.sign(RNG.standard_normal((150, 3)))
NEW = RNG.standard_normal((6, 4))

pytestmark = pytest.mark.filterwarnings("ignore::contextures.exceptions.ContextWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the module lies that nobody else knows."""
    found = tmp_path_factory.mktemp("pond")
    (found / "pond_parts.py").write_text(MODULE)
    (found / "pond_losses.py").write_text(LOSSES)
    return found


@pytest.fixture
def parts(folder, monkeypatch):
    """The module, imported; its contexts are forgotten after the test."""
    monkeypatch.setattr(registry, "_KINDS", dict(registry._KINDS))
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "pond_parts", raising=False)
    return importlib.import_module("pond_parts")


@pytest.fixture
def losses(folder, monkeypatch):
    pytest.importorskip("torch")
    pytest.importorskip("lightning_fabric")
    monkeypatch.syspath_prepend(folder)
    return importlib.import_module("pond_losses")


def neural(context, **options):
    from contextures.encoders import NeuralEncoder

    small = {"network_options": {"width": 8, "depth": 2}} if "network" not in options else {}
    return NeuralEncoder(context, 2, **{"max_steps": 5, **small, **options})


def fresh(folder, code, *, imports):
    """Run code in a process of its own, which may know the module."""
    lines = ["import sys", f"sys.path.insert(0, {str(folder)!r})"]
    lines += ["import pond_parts"] if imports else []
    return subprocess.run(
        [sys.executable, "-c", "\n".join([*lines, code])], capture_output=True, text=True
    )


def test_a_transition_is_decomposed_as_dense_algebra_does(parts):
    law = parts.DuckContext(3).fit(ROWS).expand(ROWS)
    scaled = law / np.sqrt(len(ROWS) * law.mean(0))
    exact = np.linalg.svd(scaled)[1][1:]  # the first belongs to the constant
    found = decompose(parts.DuckContext(3), ROWS, 4)
    np.testing.assert_allclose(found.singular_values, exact[:4], atol=1e-9)
    kernel = decompose(parts.SlopeContext(), ROWS, 2)
    values = np.linalg.svd(ROWS[:, :2] - ROWS[:, :2].mean(0))[1]
    np.testing.assert_allclose(kernel.singular_values, values / values[0], atol=1e-9)


def test_what_only_draws_is_counted_or_learned_from(parts):
    """Signs changed with chance c: three singular values of 1 - 2c, then its powers."""
    cube = np.array(np.meshgrid(*[[-1.0, 1.0]] * 3)).reshape(3, -1).T
    found = decompose(MonteCarloContext(parts.SwapContext(0.2), 20_000), cube, 3)
    np.testing.assert_allclose(found.singular_values, 0.6, atol=0.02)
    learned = RitzEncoder(parts.SwapContext(0.2), 3, basis="polynomial").fit(np.tile(cube, (40, 1)))
    np.testing.assert_allclose(learned.singular_values_, 0.6, atol=0.05)


@pytest.mark.parametrize("name", ["DuckContext", "SwapContext", "SlopeContext"])
def test_the_three_encoders_take_them(parts, name, tmp_path):
    context = getattr(parts, name)()
    rows, new = (SIGNS, SIGNS[:5]) if name == "SwapContext" else (ROWS, NEW)
    pytest.importorskip("torch")
    pytest.importorskip("lightning_fabric")
    for encoder in (
        SpectralEncoder(context, 2),
        RitzEncoder(context, 2, n_functions=30),
        neural(context),
    ):
        embedded = encoder.fit_transform(rows)
        assert embedded.shape == (150, 2)
        np.testing.assert_allclose(encoder.transform(rows), embedded, atol=1e-4)
        assert encoder.truncated(1).transform(new).shape == (len(new), 1)
        save_encoder(encoder, tmp_path)
        again = load_encoder(tmp_path)
        np.testing.assert_allclose(again.transform(new), encoder.transform(new), atol=1e-12)
        assert repr(again.context) == repr(encoder.context_)


def test_losses_and_a_network_of_ones_own_are_trained(parts, losses, tmp_path):
    pond = losses.Pond()
    found = [
        neural(parts.DuckContext(), objective=objective, network=pond).fit(ROWS)
        for objective in (losses.Agreement(), losses.as_function)
    ]
    np.testing.assert_array_equal(found[0].transform(NEW), found[1].transform(NEW))
    save_encoder(found[0], tmp_path)
    with pytest.raises(InputError, match="network is a Pond of your own"):
        load_encoder(tmp_path)
    again = load_encoder(tmp_path, network=losses.Pond())
    np.testing.assert_array_equal(again.transform(NEW), found[0].transform(NEW))


def test_short_forms_are_read_and_written(parts):
    assert repr(parse_context("duck:7")) == "DuckContext(n_bins=7)"
    assert short_form(parts.DuckContext(7)) == "duck:7"
    assert short_form(parts.SwapContext(0.3)) == repr(parts.SwapContext(0.3))
    with pytest.raises(InputError, match=r"'many' in the context 'duck:many' is not a whole"):
        parse_context("duck:many")
    with pytest.raises(InputError, match=r"auto, knn:30.* duck"):
        parse_context("goose")


def test_a_search_ranks_them_beside_the_librarys_own(parts):
    candidates = [parts.DuckContext(3), KNNContext(9), parts.SlopeContext(), parts.DuckContext(0)]
    search = ContextSearch(candidates).fit(ROWS)
    table = search.results_.set_index("name")
    assert {"duck:3", "knn:9", "SlopeContext()", "duck:0"} == set(table.index)
    assert table.loc["duck:3", "family"] == "ducks of a pond"
    assert table.loc["SlopeContext()", "family"] == "SlopeContext"
    values = decompose(parts.DuckContext(3), ROWS, 8).singular_values
    # Eight functions: three bins in each of four columns, whose sums are constant.
    whole = usefulness(np.append(values, np.zeros(141))).tau
    tau = ContextSearch(candidates, criterion="tau").fit(ROWS).results_.set_index("name")["tau"]
    assert tau["duck:3"] == pytest.approx(whole, rel=0.02)
    assert isinstance(table.loc["duck:0", "error"], str)


READ = """
import json, numpy as np
from contextures.encoders import load_encoder
from contextures.exceptions import InputError
try:
    encoder = load_encoder({folder!r})
    print(json.dumps(encoder.transform(np.array({rows})).tolist()))
except InputError as error:
    print("refused:", error)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["spectral", "ritz"])
def test_a_fresh_process_reads_them_where_the_module_is_imported(parts, folder, tmp_path, kind):
    """And says what to import where it is not; nothing is imported on a file's word.

    An encoder whose new rows need no context is read without it.
    """
    make = {"spectral": SpectralEncoder, "ritz": RitzEncoder}[kind]
    encoder = make(parts.DuckContext(3), 3).fit(ROWS)
    save_encoder(encoder, tmp_path)
    code = READ.format(folder=str(tmp_path), rows=NEW.tolist())
    done = fresh(folder, code, imports=True)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(json.loads(done.stdout), encoder.transform(NEW), atol=1e-12)
    done = fresh(folder, code, imports=False)
    assert done.returncode == 0, done.stderr
    if kind == "ritz":
        np.testing.assert_allclose(json.loads(done.stdout), encoder.transform(NEW), atol=1e-12)
        return
    assert done.stdout.startswith("refused: the context 'pond_parts.DuckContext' is not known here")
    assert "import" in done.stdout and "Traceback" not in done.stderr
    assert len(done.stdout.strip().splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["auto", "ritz"])
def test_a_run_is_made_over_one_and_reported(parts, folder, tmp_path, encoder):
    table = demo_table("wine")
    options = FitOptions(target=table.target, context="duck:3", encoder=encoder, n_components=4)
    result = fit_table(table, tmp_path / "run", options)
    metrics = result.metrics
    assert metrics["scores"]["contexture"]["score"] > 0.8
    page = (result.folder / "report.html").read_text()
    assert "3 ponds a column" in page
    assert "duck:3" in (result.folder / "run.json").read_text()
    encoder = load_encoder(result.folder)
    assert repr(encoder.context) == "DuckContext(n_bins=3)"
    rows = RNG.standard_normal((4, encoder.n_features_in_))
    code = READ.format(folder=str(result.folder), rows=rows.tolist())
    done = fresh(folder, code, imports=True)
    np.testing.assert_allclose(json.loads(done.stdout), encoder.transform(rows), atol=1e-10)

"""A network asked for as many functions as there are, up to d."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from contextures.contexts import FiniteContext, KNNContext
from contextures.encoders import NeuralEncoder, load_encoder, save_encoder
from contextures.encoders.neural import encoder as module
from contextures.exceptions import RankError
from low_rank import TABLES, N, assert_sound

SMALL = {"width": 32, "depth": 2}

pytestmark = pytest.mark.filterwarnings("ignore::contextures.exceptions.ContextWarning")


def encoder(n_components, context=None, **parameters):
    """A quick one."""
    options = {"max_steps": 15, "network_options": SMALL, "allow_fewer": True, **parameters}
    return NeuralEncoder(context or KNNContext(5), n_components, **options)


@parametrize_with_checks(
    [
        NeuralEncoder(
            KNNContext(n_neighbors=3),
            20,
            max_steps=3,
            network_options={"width": 8, "depth": 2},
            allow_fewer=True,
        )
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("table", TABLES)
def test_one_training_gives_as_many_as_are_sound(table, monkeypatch):
    """Whatever d is, above the number of rows too: nothing is trained again for the rank."""
    rows, runs = TABLES[table], []
    train = module.run
    monkeypatch.setattr(module, "run", lambda *a, **k: (runs.append(1), train(*a, **k))[1])
    distinct = len(np.unique(rows, axis=0))
    for d in (2, 12, 2 * N):
        fitted = encoder(d).fit(rows)
        assert 1 <= len(fitted.singular_values_) <= min(d, distinct - 1)
        assert_sound(fitted, rows, 1e-3)
    assert len(runs) == 3


def test_where_there_are_enough_the_numbers_are_the_same():
    one, other = (encoder(3, allow_fewer=fewer).fit(TABLES["one-hot"]) for fewer in (False, True))
    np.testing.assert_array_equal(
        one.transform(TABLES["one-hot"]), other.transform(TABLES["one-hot"])
    )


def test_it_is_written_cloned_and_cut_like_any_other(tmp_path):
    rows = TABLES["one-hot"]
    fitted = clone(encoder(20)).fit(rows)
    kept = len(fitted.singular_values_)
    assert fitted.n_components == 20 and kept == 5
    save_encoder(fitted, tmp_path)
    again = load_encoder(tmp_path)
    assert again.n_components == kept
    np.testing.assert_allclose(again.transform(rows), fitted.transform(rows), atol=1e-6)
    np.testing.assert_allclose(
        fitted.truncated(2).transform(rows), fitted.transform(rows)[:, :2], atol=1e-12
    )


def test_fewer_outputs_than_are_wanted_at_most_are_allowed():
    assert len(encoder(20, n_outputs=3).fit(TABLES["low rank"]).singular_values_) == 3


def test_not_one_function_is_an_error_of_one_sentence():
    """X and A are independent, so that no function of X says anything of A."""
    with pytest.raises(RankError, match="learned nothing of the context") as caught:
        encoder(2, FiniteContext(np.full((9, 4), 1 / 36))).fit()
    assert caught.value.rank == 0 and ". " not in str(caught.value)

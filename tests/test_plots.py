"""What results draw, on one's own axes or new ones."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

matplotlib.use("agg")

from matplotlib import pyplot

from contextures import ContextSearch
from contextures.contexts import Context, KNNContext, RBFContext
from contextures.spectrum import decompose

ROWS = np.random.default_rng(0).normal(size=(120, 3))


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


class Broken(Context):
    """A candidate that fails."""

    def fit(self, X, y=None):
        raise ValueError("not today")


@pytest.mark.parametrize("context", [KNNContext(10), RBFContext()])
@pytest.mark.parametrize("d", [1, 8])
def test_a_spectrum_draws_its_singular_values_in_order(context, d):
    spectrum = decompose(context, ROWS, n_components=d)
    ax = spectrum.plot()
    (line,) = ax.get_lines()
    np.testing.assert_array_equal(line.get_xdata(), np.arange(1, d + 1))
    np.testing.assert_array_equal(line.get_ydata(), spectrum.singular_values)
    low, high = ax.get_ylim()
    assert low == 0 and high > spectrum.singular_values[0]
    assert ax.get_xlabel() and ax.get_ylabel()
    ax.figure.canvas.draw()


def test_a_spectrum_draws_on_logarithmic_axes():
    ax = pyplot.figure().add_subplot(xscale="log")
    decompose(KNNContext(10), ROWS, n_components=8).plot(ax)
    assert ax.get_xscale() == "log" and len(ax.get_lines()) == 1


def test_results_draw_on_the_axes_that_are_given():
    """Two spectra on one figure; no other figure is opened."""
    figure, (left, right) = pyplot.subplots(1, 2)
    few, many = (decompose(KNNContext(k), ROWS, n_components=4) for k in (5, 50))
    assert few.plot(left) is left
    assert many.plot(ax=left) is left and len(left.get_lines()) == 2
    search = ContextSearch([KNNContext(5), RBFContext()]).fit(ROWS)
    assert search.plot(ax=right) is right
    assert pyplot.get_fignums() == [figure.number]


@pytest.mark.parametrize("criterion", ["tau", "pseudo", "labels"])
def test_a_search_draws_each_candidate_at_its_score(criterion):
    candidates = [KNNContext(5), KNNContext(20), KNNContext(60), RBFContext(), Broken()]
    y = (ROWS[:, 0] > 0).astype(int)
    search = ContextSearch(candidates, criterion=criterion).fit(ROWS, y)
    ax = search.plot()
    drawn = search.results_[search.results_["error"].isna()]
    assert len(drawn) == 4
    points = np.vstack([each.get_offsets() for each in ax.collections])
    np.testing.assert_array_equal(points[:, 0], drawn[criterion].astype(float))
    np.testing.assert_array_equal(points[:, 1], np.arange(4))
    assert [each.get_text() for each in ax.get_yticklabels()] == drawn["name"].tolist()
    bottom, top = ax.get_ylim()
    assert top < bottom, "the best is not at the top"
    assert ax.get_xlabel() and ax.get_ylabel()
    ax.figure.canvas.draw()


def test_a_search_that_is_not_fitted_draws_nothing():
    with pytest.raises(NotFittedError):
        ContextSearch().plot()
    assert not pyplot.get_fignums()

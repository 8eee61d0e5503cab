"""What results show in a notebook: small tables, without scripts, whatever their names hold."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pytest
import sklearn
from sklearn.utils import estimator_html_repr

from contextures import ContextSearch, SpectralEncoder
from contextures._repr import html_table
from contextures.contexts import Context, KNNContext, MaskContext, NoiseContext, RBFContext
from contextures.spectrum import decompose

ROWS = np.random.default_rng(0).normal(size=(120, 3))
HOSTILE = "<script>alert('x')</script>&\""


class Named(KNNContext):
    """Somebody's own context, whose words are markup."""

    @property
    def label(self):
        return HOSTILE


class Unready(Context):
    """Somebody's own context that cannot say what it is before it is fitted."""

    @property
    def label(self):
        raise AttributeError("fit me first")


class Tags(HTMLParser):
    """The elements of a piece of HTML, and its text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text, self.open = set(), "", []
        self.feed(html)
        assert not self.open, "an element is not closed"

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data + " "


SEARCH = [KNNContext(5), KNNContext(20), RBFContext()]
CASES = {
    "spectrum": lambda: decompose(KNNContext(10), ROWS, n_components=8),
    "kernel": lambda: decompose(RBFContext(), ROWS, n_components=2),
    "context": lambda: KNNContext(10),
    "fitted context": lambda: KNNContext(10).fit(ROWS),
    "mask": lambda: MaskContext(KNNContext(10)),
    "sampler": lambda: NoiseContext(0.5).fit(ROWS),
    "mix": lambda: (0.5 * KNNContext(10) + 0.5 * RBFContext()).fit(ROWS),
    "hostile": lambda: Named(5),
    "unready": lambda: Unready(),
    "search": lambda: ContextSearch(SEARCH),
    "fitted search": lambda: ContextSearch(SEARCH).fit(ROWS),
    "hostile search": lambda: ContextSearch([Named(5), Named(20)]).fit(ROWS),
    "usual search": lambda: ContextSearch(),
}


@pytest.mark.parametrize("case", CASES)
def test_html_is_a_small_table_without_scripts(case):
    shown = CASES[case]()._repr_html_()
    seen = Tags(shown)
    assert seen.tags <= {"table", "thead", "tbody", "tr", "th", "td"}
    assert len(shown) < 3000


@pytest.mark.parametrize("case", ["context", "fitted search"])
def test_a_notebook_that_asks_for_a_bundle_is_shown_the_same(case):
    """Jupyter prefers scikit-learn's bundle to the HTML alone."""
    shown = CASES[case]()
    bundle = shown._repr_mimebundle_()
    assert bundle["text/html"] == shown._repr_html_()
    assert bundle["text/plain"] == repr(shown)


def test_html_says_what_was_found():
    spectrum = CASES["spectrum"]()
    text = Tags(spectrum._repr_html_()).text
    assert f"{spectrum.singular_values[0]:.3g}" in text and "8 on 120 rows" in text
    assert "to 120 rows" in Tags(CASES["fitted context"]()._repr_html_()).text
    assert "not yet" in Tags(CASES["context"]()._repr_html_()).text
    search = CASES["fitted search"]()
    text = Tags(search._repr_html_()).text
    best = search.results_.iloc[0]
    assert best["name"] in text and f"{best[search.score_]:.3g}" in text


def test_text_is_escaped_and_cut():
    assert HOSTILE in Tags(html_table({HOSTILE: HOSTILE})).text
    assert HOSTILE in Tags(CASES["hostile"]()._repr_html_()).text
    assert len(html_table({"a": "&" * 10**6})) < 2000


def test_an_encoder_keeps_the_drawing_of_scikit_learn():
    encoder = SpectralEncoder(KNNContext(10), 2)
    assert encoder._repr_html_() and "sk-" in estimator_html_repr(encoder)


def test_the_setting_of_scikit_learn_that_asks_for_text_is_kept():
    with sklearn.config_context(display="text"):
        assert not hasattr(KNNContext(), "_repr_html_")

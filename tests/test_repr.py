"""Results show themselves in a few lines, whatever arrays they hold."""

from __future__ import annotations

import dataclasses
import re
from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from contextures._repr import short_repr
from contextures.contexts import KNNContext
from contextures.spectrum import decompose

PACKAGES = ("contexts", "data", "encoders", "evaluation", "report", "runs", "selection", "spectrum")
LARGE = re.compile(r"Array|ndarray|Frame|Matrix|list\[(Candidate|Column|Tau|Learned|Training)")


def results():
    for name in PACKAGES:
        package = import_module(f"contextures.{name}")
        for public in package.__all__:
            found = getattr(package, public)
            if isinstance(found, type) and dataclasses.is_dataclass(found):
                yield found


@pytest.mark.parametrize("kind", list(results()), ids=lambda kind: kind.__name__)
def test_a_public_result_with_arrays_or_tables_shows_their_shapes(kind):
    large = [f.name for f in dataclasses.fields(kind) if LARGE.search(str(f.type))]
    if large:
        assert kind.__repr__ is short_repr, f"{kind.__name__} shows {large} in full"


def test_a_spectrum_is_shown_in_a_few_lines():
    X = np.random.default_rng(0).normal(size=(3000, 3))
    shown = repr(decompose(KNNContext(20), X, n_components=8))
    assert len(shown) < 500
    assert "left=<ndarray of shape (3000, 8)>" in shown and "solver=" in shown


@dataclasses.dataclass(frozen=True)
class Found:
    value: float
    name: str
    pair: tuple[float, float]
    array: np.ndarray
    frame: pd.DataFrame
    items: list[int]
    inner: object = None

    __repr__ = short_repr


def test_small_values_are_shown_as_ever_and_large_ones_by_shape():
    frame = pd.DataFrame({"a": range(1000)})
    small = Found(0.5, "x", (1.0, 2.0), np.arange(3.0), frame, [1, 2])
    assert repr(small) == (
        "Found(value=0.5, name='x', pair=(1.0, 2.0), array=array([0., 1., 2.]), "
        "frame=<DataFrame of shape (1000, 1)>, items=[1, 2], inner=None)"
    )
    large = dataclasses.replace(small, items=list(range(10**5)), name="x" * 10**5, inner=small)
    assert "items=<list of 100,000>" in repr(large) and len(repr(large)) < 1000

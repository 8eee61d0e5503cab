"""The shape of the house: files that can be read in one go, and imports that only go down."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

import contextures

SOURCE = Path(contextures.__file__).parent
LENGTHS = {
    path.relative_to(SOURCE).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
    for path in SOURCE.rglob("*.py")
}

LONGEST, USUAL = 350, 140


def cycles(names, imports):
    """Give the groups of modules that import each other, directly or by way of others."""
    places = {name: place for place, name in enumerate(names)}
    pairs = [(places[one], places[other]) for one, other in imports]
    rows, columns = zip(*pairs, strict=True)
    shape = len(names), len(names)
    _, labels = connected_components(
        csr_array((np.ones(len(pairs)), (rows, columns)), shape=shape), connection="strong"
    )
    groups = [[names[i] for i in np.flatnonzero(labels == label)] for label in np.unique(labels)]
    return [group for group in groups if len(group) > 1]


def test_no_file_is_too_long_to_read_in_one_go():
    assert len(LENGTHS) > 100
    assert {name: lines for name, lines in LENGTHS.items() if lines > LONGEST} == {}


def test_most_files_hold_one_idea():
    assert median(LENGTHS.values()) < USUAL


def test_a_cycle_is_found():
    found = cycles(["a", "b", "c", "d"], [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")])
    assert found == [["a", "b", "c"]]


def test_no_modules_import_each_other_not_even_for_their_types():
    grimp = pytest.importorskip("grimp")
    graph = grimp.build_graph("contextures", exclude_type_checking_imports=False, cache_dir=None)
    names = sorted(graph.modules)
    imports = [
        (name, other) for name in names for other in graph.find_modules_directly_imported_by(name)
    ]
    assert len(imports) > len(names)
    assert cycles(names, imports) == []

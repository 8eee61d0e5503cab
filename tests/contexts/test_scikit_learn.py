"""scikit-learn's own checks, on every public context over rows of numbers."""

from __future__ import annotations

from importlib.util import find_spec

from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from contexts.cases import CASES, public_contexts
from contextures.contexts import (
    BoostedTreesContext,
    Concatenation,
    ConvexCombination,
    Convolution,
    KNNContext,
    MaskContext,
    RBFContext,
    RoundTrip,
    TeacherContext,
)

LEFT_OUT = {
    "FiniteContext": "X is the number of a row of the joint law",
    "GraphContext": "X is the number of a node",
    "ImageContext": "the checks' rows have not one width, as images of one shape do",
    "LabelContext": "X may be anything, so it is not looked at",
    "MaskedTokensContext": "X is rows of token numbers",
    "MonteCarloContext": "the checks' rows are continuous, and their draws cannot be counted",
    "NextTokensContext": "X may be anything that pairs are made of",
    "NextWindowContext": "X may be anything that pairs are made of",
    "PairContext": "X may be anything that pairs are made of",
}
"""Contexts that the checks do not apply to, and why."""

SMALL = {
    "BoostedTreesContext": [
        BoostedTreesContext(n_estimators=3, min_child_samples=1),
        BoostedTreesContext("predictions", n_estimators=3, min_child_samples=1),
    ],
    "Concatenation": [Concatenation(KNNContext(3), KNNContext(2))],
    "ConvexCombination": [ConvexCombination(KNNContext(3), RBFContext())],
    "Convolution": [Convolution(KNNContext(3), KNNContext(2))],
    "KNNContext": [KNNContext(3), KNNContext(2, n_landmarks=4)],
    "MaskContext": [MaskContext(KNNContext(3), n_masks=2), MaskContext(RBFContext(), n_masks=2)],
    "RBFContext": [RBFContext(), RBFContext(0.5, n_landmarks=3)],
    "RoundTrip": [RoundTrip(KNNContext(3)), RoundTrip(RBFContext(), 2)],
    "TeacherContext": [TeacherContext(StandardScaler())],
}
"""Contexts whose defaults do not suit the few rows of the checks; the others are taken as made."""

# No check is expected to fail.
CHECKED = [
    made
    for name, kind in public_contexts().items()
    if name not in LEFT_OUT and (name != "BoostedTreesContext" or find_spec("lightgbm"))
    for made in (SMALL.get(name) or [kind()])
]


@parametrize_with_checks(CHECKED)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_what_is_left_out_is_not_over_rows_of_any_width():
    """Or needs rows of few values; a new context is checked unless it is listed."""
    assert set(LEFT_OUT) <= set(public_contexts())
    takes = {type(case.context).__name__: case.context.takes for case in CASES.values()}
    over_rows = {name for name in LEFT_OUT if takes[name] == "array"}
    assert over_rows == {"ImageContext", "MonteCarloContext"}

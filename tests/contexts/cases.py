"""Every public context in several variants, each with a small data set: what the contract is for.

A new public context needs a line in ``CASES`` for each way in which it can be made; all tests of
the contract then run over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.gaussian_process.kernels import RBF, DotProduct, Matern
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import contextures.contexts as package
import oracles
from contextures.contexts import (
    BoostedTreesContext,
    Concatenation,
    Context,
    ConvexCombination,
    Convolution,
    CutMixContext,
    DiffusionContext,
    FiniteContext,
    GraphContext,
    ImageContext,
    KernelContext,
    KNNContext,
    LabelContext,
    MaskContext,
    MaskedTokensContext,
    MonteCarloContext,
    NextTokensContext,
    NextWindowContext,
    NoiseContext,
    PairContext,
    RandomMaskContext,
    RBFContext,
    RoundTrip,
    SCARFContext,
    TeacherContext,
)

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((60, 3))
NEW = RNG.standard_normal((7, 3))
CLASSES = np.arange(60) % 3
REALS = ROWS[:, 0] * 1.5
COLOURS = np.array(["red", "green", "blue", "grey"])[RNG.integers(0, 4, 60)]
CUBE = oracles.cube(3).astype(float)
IMAGES = RNG.random((20, 16))
TOKENS = RNG.integers(3, 9, (30, 5))
PREFIXES = NextTokensContext(prefix_length=2).pairs(RNG.integers(3, 6, (30, 5)))
FEW = RNG.integers(0, 3, (60, 2)).astype(float)
WINDOWS = NextWindowContext(width=4).pairs(np.sin(np.arange(70.0)) + RNG.standard_normal(70))
BITS = NextWindowContext(width=2, horizon=1).pairs(RNG.integers(0, 2, 60).astype(float))


@dataclass(frozen=True)
class Case:
    """A context, data for it, and what is known of it beforehand.

    ``new`` are rows that it was not fitted to, None where it describes none; ``form`` the form
    that it has once fitted; ``unwritten`` the attribute for which it cannot be saved; ``slack`` the
    factor by which ``density`` may be above the entries that are stored, None where it is a bound
    alone; ``grows`` the factor by which the fit raises it, as labels tell how many trees there are.
    """

    context: Context
    X: Any = None
    y: Any = None
    new: Any = None
    form: str = "transition"
    unwritten: str | None = None
    slack: float | None = 1.0
    grows: float = 1.0
    needs: str | None = None

    def made(self) -> Any:
        """Give the unfitted context, or skip where a library is missing."""
        if self.needs is not None and find_spec(self.needs) is None:
            pytest.skip(f"{self.needs} is not installed")
        return clone(self.context)

    def fitted(self) -> Any:
        """Give the context, fitted."""
        return self.made().fit(self.X, self.y)


def rows(context, **known):
    """Make a case over rows of numbers."""
    return Case(context, ROWS, new=NEW, **known)


def draws(context, X=ROWS, new=NEW, **known):
    """Make a case of a context that only draws."""
    return Case(context, X, new=new, form="sampler", slack=None, **known)


def trees(output, y, cross_fit=5, **known):
    """Make a case of boosted trees."""
    context = BoostedTreesContext(output, n_estimators=7, min_child_samples=5, cross_fit=cross_fit)
    return Case(context, ROWS, y, NEW, unwritten="model_", needs="lightgbm", **known)


CASES = {
    "knn": rows(KNNContext(n_neighbors=5)),
    "knn brute": rows(KNNContext(n_neighbors=4, algorithm="brute")),
    "knn landmarks": rows(KNNContext(n_neighbors=5, n_landmarks=25, random_state=1)),
    "knn landmarks unseeded": rows(KNNContext(n_neighbors=5, n_landmarks=25)),
    "rbf": rows(RBFContext(gamma=0.5)),
    "rbf default": rows(RBFContext()),
    "rbf narrow": rows(RBFContext(gamma=500.0), slack=None),
    "rbf landmarks": rows(RBFContext(n_landmarks=25, random_state=1)),
    "masked knn": rows(MaskContext(KNNContext(n_neighbors=5)), slack=6.0),
    "masked rbf": rows(MaskContext(RBFContext(), mask_rate=0.5, n_masks=2)),
    "masked knn landmarks": rows(MaskContext(KNNContext(3, n_landmarks=25), n_masks=2), slack=2.0),
    "masked rbf landmarks": rows(
        MaskContext(RBFContext(n_landmarks=20), n_masks=2, random_state=3)
    ),
    "kernel": rows(KernelContext(Matern(2.0, nu=1.5))),
    "kernel default": rows(KernelContext()),
    "kernel centred": rows(
        KernelContext(RBF(2.0), normalization="centred"), form="kernel", slack=None
    ),
    "kernel spanned by some": rows(
        KernelContext(DotProduct(), normalization="centred", n_landmarks=20),
        form="kernel",
        slack=None,
    ),
    "kernel without labels": rows(KernelContext(RBF(), "pseudo-tasks", n_landmarks=25)),
    "kernel of one width": Case(KernelContext(RBF(), "shared"), ROWS, CLASSES, NEW),
    "kernel of widths": Case(
        KernelContext(widths="each", normalization="centred"),
        ROWS,
        REALS,
        NEW,
        form="kernel",
        slack=None,
    ),
    "kernel walk of widths": Case(KernelContext(widths="each"), ROWS, REALS, NEW),
    "labels": Case(LabelContext(), ROWS, CLASSES),
    "labels in words": Case(LabelContext(), ROWS, COLOURS),
    "labels read as classes": Case(LabelContext("classification"), ROWS, CLASSES * 1.0),
    "real targets": Case(LabelContext(), ROWS, REALS, form="kernel", slack=None),
    "several targets": Case(
        LabelContext("regression"), ROWS, ROWS[:, :2], form="kernel", slack=None
    ),
    "graph": Case(GraphContext(oracles.cycle(12)), new=[0, 3, 3]),
    "graph directed": Case(
        GraphContext(sparse.csr_array(np.triu(np.ones((8, 8))) + np.eye(8))), new=[7, 1]
    ),
    "some nodes": Case(GraphContext(oracles.cycle(12)), np.arange(6), new=[1, 3, 3]),
    "finite": Case(FiniteContext(oracles.flips(3, 0.2)), new=[1, 1, 7]),
    "finite sparse": Case(FiniteContext(sparse.csr_array(oracles.masks(3, 0.4))), new=[1, 1, 7]),
    "pairs": Case(PairContext(), CLASSES, COLOURS, [0, 2, 9], slack=None),
    "pairs of names": Case(PairContext(), COLOURS, CLASSES, ["red", "pink"], slack=None),
    "pairs of numbers": Case(PairContext(), CLASSES, FEW[:, 0], [0, 2, 9], slack=None),
    "pairs of rows": Case(PairContext(), FEW, FEW[:, ::-1], [[0, 0], [5, 5]], slack=None),
    "continuous pairs": Case(PairContext(), ROWS, ROWS + 0.1, form="sampler", slack=None),
    "next tokens": Case(
        NextTokensContext(prefix_length=2), *PREFIXES, [[3, 4], [0, 5], [9, 9]], slack=None
    ),
    "next windows": Case(NextWindowContext(width=4), *WINDOWS, form="sampler", slack=None),
    "next bits": Case(NextWindowContext(width=2, horizon=1), *BITS, [[0, 1], [5, 5]], slack=None),
    "teacher": rows(TeacherContext(PCA(2)), form="kernel", unwritten="estimator", slack=None),
    "teacher fitted": rows(
        TeacherContext(PCA(2).fit(ROWS * 3)), form="kernel", unwritten="estimator", slack=None
    ),
    "teacher thresholded": rows(
        TeacherContext(StandardScaler(), threshold=0.5),
        form="kernel",
        unwritten="estimator",
        slack=None,
    ),
    "teacher of classes": Case(
        TeacherContext(LogisticRegression()),
        ROWS,
        CLASSES,
        NEW,
        form="kernel",
        unwritten="estimator",
        slack=None,
    ),
    "teacher with chance": Case(
        TeacherContext(RandomForestClassifier(5, max_depth=3)),
        ROWS,
        CLASSES,
        NEW,
        form="kernel",
        unwritten="estimator",
        slack=None,
    ),
    "teacher fitted to classes": rows(
        TeacherContext(LogisticRegression().fit(ROWS, CLASSES), output="predict"),
        form="kernel",
        unwritten="estimator",
        slack=None,
    ),
    "counted draws": Case(
        MonteCarloContext(SCARFContext(0.3), n_draws=200), CUBE, new=CUBE[:4], slack=None
    ),
    "counted masks": Case(
        MonteCarloContext(RandomMaskContext(0.3), n_draws=300, random_state=1),
        CUBE[1:],
        new=CUBE[:4],
        slack=None,
    ),
    "leaves of trees": trees("leaves", CLASSES, grows=3.0, slack=None),
    "leaves of trees in fold": trees("leaves", CLASSES, None, grows=3.0),
    "predictions in fold": trees("predictions", CLASSES, None, form="kernel", slack=None),
    "predictions of trees": trees("predictions", REALS, form="kernel", slack=None),
    "scarf": draws(SCARFContext(0.3)),
    "scarf uniform": draws(SCARFContext(0.3, "uniform")),
    "scarf normal": draws(SCARFContext(0.3, "normal")),
    "cutmix": draws(CutMixContext(0.4)),
    "masked rows": draws(RandomMaskContext(0.3)),
    "exactly masked rows": draws(RandomMaskContext(0.3, "exact")),
    "rows masked in blocks": draws(RandomMaskContext(0.3, "block")),
    "noise": draws(NoiseContext(0.3)),
    "diffusion": draws(DiffusionContext()),
    "diffusion linear": draws(DiffusionContext("linear")),
    "cropped images": draws(ImageContext((4, 4)), IMAGES, IMAGES[:3] + 0.1),
    "changed images": draws(
        ImageContext((4, 4), crop=None, angles=(0, 90, 20), erase=0.5), IMAGES, IMAGES[:3] + 0.1
    ),
    "combined": rows(0.3 * KNNContext(n_neighbors=5) + 0.7 * RBFContext(gamma=0.5)),
    "three combined": rows(
        ConvexCombination.of([KNNContext(3), KNNContext(6), RBFContext(n_landmarks=9)])
    ),
    "combined with a kernel": Case(
        0.5 * KNNContext(n_neighbors=5) + 0.5 * LabelContext(),
        ROWS,
        REALS,
        form="kernel",
        slack=None,
    ),
    "combined with classes": Case(
        0.5 * KNNContext(n_neighbors=5) + 0.5 * LabelContext(), ROWS, CLASSES
    ),
    "combined draws": draws(0.5 * SCARFContext(0.3) + 0.5 * KNNContext(n_neighbors=5)),
    "combined graphs": Case(
        0.5 * GraphContext(oracles.cycle(12)) + 0.5 * GraphContext(oracles.cycle(12)), new=[0, 3, 3]
    ),
    "concatenated": rows(
        Concatenation(KNNContext(n_neighbors=5), KNNContext(n_neighbors=7)), slack=None
    ),
    "concatenated wide": rows(KNNContext(n_neighbors=5) | RBFContext(n_landmarks=7), slack=None),
    "concatenated classes": Case(LabelContext() | LabelContext(), ROWS, CLASSES),
    "concatenated draws": draws(SCARFContext(0.3) | NoiseContext(0.3)),
    "convolved": rows(KNNContext(n_neighbors=5) @ RBFContext(gamma=0.5), slack=None),
    "convolved sparsely": rows(
        Convolution(KNNContext(n_neighbors=2), KNNContext(3, n_landmarks=30)), slack=None
    ),
    "convolved with classes": Case(
        KNNContext(n_neighbors=5) @ LabelContext(), ROWS, CLASSES, NEW, slack=None
    ),
    "convolved with a kernel": Case(
        KNNContext(n_neighbors=5) @ LabelContext(), ROWS, REALS, NEW, form="kernel", slack=None
    ),
    "convolved in fold": Case(
        Convolution(KNNContext(n_neighbors=5), LabelContext(), cross_fit=None),
        ROWS,
        CLASSES,
        NEW,
        slack=None,
    ),
    "convolved with trees": Case(
        KNNContext(n_neighbors=5)
        @ BoostedTreesContext(n_estimators=3, min_child_samples=5, cross_fit=3),
        ROWS,
        CLASSES,
        NEW,
        unwritten="model_",
        needs="lightgbm",
        slack=None,
        grows=3.0,
    ),
    "convolved from a kernel to classes": Case(
        KernelContext(normalization="centred") @ LabelContext(),
        ROWS,
        CLASSES,
        NEW,
        form="kernel",
        slack=None,
    ),
    "convolved from a kernel": Case(
        LabelContext() @ KNNContext(n_neighbors=5), ROWS, REALS, form="kernel", slack=None
    ),
    "convolved with a mix": Case(
        (0.5 * KNNContext(3) + 0.5 * RBFContext()) @ (0.5 * KNNContext(3) + 0.5 * LabelContext()),
        ROWS,
        REALS,
        NEW,
        form="kernel",
        slack=None,
    ),
    "convolved draws": draws(SCARFContext(0.3) @ NoiseContext(0.3)),
    "convolved draws of neighbours": draws(KNNContext(n_neighbors=5) @ SCARFContext(0.3)),
    "convolved draws to neighbours": draws(
        (0.5 * SCARFContext(0.3) + 0.5 * KNNContext(3)) @ KNNContext(n_neighbors=5)
    ),
    "convolved graphs": Case(
        GraphContext(oracles.cycle(12)) @ GraphContext(oracles.cycle(12)), new=[0, 3], slack=None
    ),
    "round trip": rows(RoundTrip(KNNContext(n_neighbors=5)), slack=None),
    "round trips": rows(KNNContext(n_neighbors=5).round_trip(3), slack=None),
    "round trip of trees": Case(
        BoostedTreesContext(n_estimators=3, min_child_samples=5).round_trip(),
        ROWS,
        CLASSES,
        NEW,
        unwritten="model_",
        needs="lightgbm",
        slack=None,
    ),
    "round trip of classes": Case(LabelContext().round_trip(), ROWS, CLASSES, slack=None),
    "round trip of a kernel": Case(
        LabelContext().round_trip(2), ROWS, REALS, form="kernel", slack=None
    ),
    "round trip of a graph": Case(
        GraphContext(oracles.cycle(12)).round_trip(), new=[0, 3], slack=None
    ),
    "masked tokens": draws(MaskedTokensContext(0.3), TOKENS, TOKENS[:4]),
}


def public_contexts():
    """Give every class of contexts that the package offers, by name."""
    offered = {name: getattr(package, name) for name in package.__all__}
    return {
        name: kind
        for name, kind in offered.items()
        if isinstance(kind, type) and issubclass(kind, Context) and kind is not Context
    }


def without_case(offered):
    """Say where to add a case for each class that has none."""
    known = {type(case.context) for case in CASES.values()}
    return [
        f"{name} has no case: add a line for it to CASES in tests/contexts/cases.py"
        for name, kind in offered.items()
        if kind not in known
    ]


def over(choose):
    """Run a test over the cases that ``choose`` picks."""
    return pytest.mark.parametrize("case", [n for n, case in CASES.items() if choose(case)])


def as_array(matrix):
    """Give a matrix as a plain array."""
    return matrix.toarray() if sparse.issparse(matrix) else np.asarray(matrix)


def drawn(context, X, seed=0, n_views=3):
    """Draw for rows that need not be fitted ones."""
    return context.sample(X, np.random.default_rng(seed), n_views)


def assert_alike(one, other, case):
    """Two fitted contexts say the same of fitted and new rows."""
    assert one.form == other.form
    np.testing.assert_array_equal(one.input_weights_, other.input_weights_)
    if case.form != "sampler":
        np.testing.assert_array_equal(as_array(one.expansion_), as_array(other.expansion_))
        if case.new is not None:
            assert_same_for_new(one, other, case)
        return
    number = np.array([0, 3, 5])
    first, second = (
        each.sample_rows(case.X, number, np.random.default_rng(0), 2) for each in (one, other)
    )
    np.testing.assert_array_equal(first, second)
    if case.new is not None:
        assert_same_for_new(one, other, case)


def assert_same_for_new(one, other, case):
    """Two fitted contexts, perhaps one that holds no fitted rows, say the same of new rows."""
    if case.form != "sampler":
        found, expected = one.expand(case.new), other.expand(case.new)
        np.testing.assert_allclose(as_array(found), as_array(expected), atol=1e-14)
    if case.form != "kernel":
        np.testing.assert_array_equal(drawn(one, case.new), drawn(other, case.new))

"""What the examples share: their options, probes with few labels, and how results are shown."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import TSNE
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer
from threadpoolctl import threadpool_limits

from contextures.evaluation import Task, probe_curve
from contextures.evaluation.metrics import metric_value
from contextures.evaluation.representations.probe import linear_probe

matplotlib.use("Agg")
# Two BLAS threads that contend for a core are far slower than one.
threadpool_limits(1, user_api="blas")

COLOURS = ("#4269d0", "#ff725c", "#3ca951", "#efb118", "#a463f2", "#97bbf5", "#9c6b4e", "#9498a0")
GREY = "#9498a0"

DIMENSIONS = (2, 4, 8, 16, 32, 64)
"""Numbers of coordinates that a probe chooses from."""

STYLE = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.prop_cycle": matplotlib.cycler(color=COLOURS),
    "font.size": 9,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
}


@dataclass
class Example:
    """One run of an example: its options, and the numbers found so far.

    Attributes
    ----------
    name : str
        Names the files written.
    data : Path or None
        A folder of data; None for what comes with scikit-learn or is generated.
    out : Path
        Where the figure and the numbers go.
    quick : bool
        A small form, for tests.
    seed : int
        The first seed.
    found : dict
        Lists of numbers, one for each repetition, by name.
    """

    name: str
    data: Path | None
    out: Path
    quick: bool
    seed: int
    found: dict[str, list[float]] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    @property
    def seeds(self) -> range:
        """The seeds of the repetitions: three, or one in the quick form."""
        return range(self.seed, self.seed + (1 if self.quick else 3))

    @property
    def n_draws(self) -> int:
        """How many draws of labelled rows a score is the mean of."""
        return 2 if self.quick else 5

    def add(self, name: str, value: float) -> None:
        """Note a number of one repetition."""
        self.found.setdefault(name, []).append(float(value))

    def mean(self, name: str) -> float:
        """Give the mean of a number over repetitions."""
        return float(np.mean(self.found[name]))

    def cell(self, name: str) -> str:
        """Give a number as text: its mean and, with several repetitions, its spread."""
        values = self.found.get(name)
        if values is None:
            return "-"
        spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
        return f"{np.mean(values):.3f}{spread}"

    def finish(self, figure: Figure, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table; write the figure and the numbers."""
        print("| " + " | ".join(head) + " |\n" + "|" + " --- |" * len(head))
        for row in rows:
            print("| " + " | ".join(row) + " |")
        self.out.mkdir(parents=True, exist_ok=True)
        figure.savefig(self.out / f"{self.name}.png", dpi=110)
        seconds = time.perf_counter() - self.started
        about = {"bundled": self.data is None, "quick": self.quick, "seconds": round(seconds, 1)}
        text = json.dumps({**about, "results": self.found}, indent=1)
        (self.out / f"{self.name}.json").write_text(text + "\n", encoding="utf-8")
        print(f"\n{seconds:.0f} s; {self.out / self.name}.png and .json")


def example(name: str, doc: str | None) -> Example:
    """Read the options of an example from the command line."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="a folder of data; without it, bundled data")
    parser.add_argument("--out", type=Path, default=Path("examples-out"), help="where results go")
    parser.add_argument("--quick", action="store_true", help="a small form, for tests")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    return Example(name, **vars(parser.parse_args()))


def digits(data: Path | None) -> tuple[Any, Any]:
    """Read images of 8 by 8 pixels from 0 to 1, a row each, and their digits.

    They are scikit-learn's digits, or the larger optdigits from a folder of data.
    """
    if data is None:
        pixels, classes = load_digits(return_X_y=True)
        return pixels / 16, classes
    table = pd.read_parquet(data / "optdigits.parquet")
    return table.iloc[:, :-1].to_numpy(float) / 16, table.iloc[:, -1].to_numpy().astype(int)


def axes(n_panels: int, height: float = 3.2, width: float = 9.6) -> tuple[Figure, Any]:
    """Make a figure with panels side by side."""
    matplotlib.rcParams.update(STYLE)
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(1, n_panels, squeeze=False)[0]


def bars(
    panel: Any,
    run: Example,
    names: Sequence[tuple[str, str]],
    colours: Sequence[str] | None = None,
) -> None:
    """Draw numbers as bars, each labelled with its mean; whiskers show the spread."""
    places = np.arange(len(names))[::-1]
    means = [run.mean(key) for _, key in names]
    spreads = [float(np.std(run.found[key])) for _, key in names]
    most = max(means)
    colours = colours or [GREY if label.startswith("raw") else COLOURS[0] for label, _ in names]
    panel.barh(places, means, xerr=spreads, color=colours, height=0.4, error_kw={"lw": 1})
    for place, mean, spread, (label, _) in zip(places, means, spreads, names, strict=True):
        panel.text(0, place + 0.24, label, va="bottom", fontsize=8)
        panel.text(mean + spread + 0.02 * most, place, f"{mean:.2f}", va="center", fontsize=8)
    panel.set(yticks=[], xlim=(0, 1.18 * most), ylim=(-0.4, len(names) - 0.3))


def class_map(panel: Any, coordinates: Any, classes: Any, seed: int) -> None:
    """Draw rows in the plane by t-SNE of their coordinates, coloured by class."""
    flat = TSNE(random_state=seed, init="pca").fit_transform(coordinates)
    for place, value in enumerate(np.unique(classes)):
        colour = COLOURS[place % len(COLOURS)]
        panel.scatter(*flat[classes == value].T, s=4, lw=0, color=colour, alpha=0.8, label=value)
    panel.set(xticks=[], yticks=[], xlabel="t-SNE, coloured by class")


def labelled_rows(y: Any, n: int, rng: np.random.Generator) -> Any:
    """Draw n rows to label; of classes, about as many of each."""
    order = rng.permutation(len(y))
    if np.asarray(y).dtype.kind == "f":
        return order[:n]
    classes = np.asarray(y)[order]
    turn = np.empty(len(y), dtype=int)
    for value in np.unique(classes):
        mine = np.flatnonzero(classes == value)
        turn[mine] = np.arange(len(mine))
    return order[np.argsort(turn, kind="stable")[:n]]


def few_label_score(
    train: Any,
    test: Any,
    targets: tuple[Any, Any],
    n_labels: int,
    seed: int,
    n_draws: int = 5,
    fit: Callable[[Task, Any, Any], Any] = linear_probe,
    balanced: bool = False,
) -> float:
    """Score a linear probe that is fitted to few labelled rows: accuracy, or R^2 for numbers.

    Parameters
    ----------
    train, test : array of shape (n, d)
        Features.
    targets : tuple
        Targets of both; floats are numbers to predict.
    n_labels : int
        How many training rows are labelled.
    seed : int
        Draws which.
    n_draws : int, default=5
        How many draws of labelled rows the score is the mean of.
    fit : callable
        The probe.
    balanced : bool, default=False
        Whether every class has the same say in the accuracy.

    Returns
    -------
    float
        The mean score on the test rows.
    """
    numbers = np.asarray(targets[0]).dtype.kind == "f"
    task = Task("regression" if numbers else "classification", seed)
    scores = []
    for draw in range(n_draws):
        rows = labelled_rows(targets[0], n_labels, np.random.default_rng((seed, draw)))
        model = fit(task, train[rows], targets[0][rows])
        predicted = model.predict(test)
        scores.append(
            balanced_accuracy_score(targets[1], predicted)
            if balanced
            else metric_value(task.metric, targets[1], predicted)
        )
    return float(np.mean(scores))


def ordered_probe(task: Task, coordinates: Any, target: Any) -> Any:
    """Fit a linear probe to the first of ordered coordinates.

    How many is chosen by 5 folds of the labelled rows, as ``contextures fit`` does.
    """
    dimensions = [d for d in DIMENSIONS if d < coordinates.shape[1]] + [coordinates.shape[1]]
    curve = probe_curve(task, coordinates, target, dimensions)
    best = max(curve, key=lambda point: point[1])[0]
    first = FunctionTransformer(_first, kw_args={"d": best}).fit(coordinates)
    return make_pipeline(first, linear_probe(task, coordinates[:, :best], target))


def _first(rows: Any, d: int) -> Any:
    return rows[:, :d]


def word_probe(task: Task, features: Any, target: Any) -> Any:
    """Fit a linear classifier to word counts, rows scaled to length one, as is usual for words.

    Its penalty is chosen by 3 folds of the labelled rows.
    """
    search = GridSearchCV(
        LogisticRegression(max_iter=1000),
        {"C": np.logspace(-2, 4, 7)},
        cv=StratifiedKFold(3, shuffle=True, random_state=task.seed),
    )
    return make_pipeline(Normalizer(), search).fit(features, target)

"""Two-layer networks of COMPAS under risks: accuracy on average and in the worst group."""

from __future__ import annotations

from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import common
from benchmarks.common import Ledger
from benchmarks.moved import columns_of

WIDTH, BATCH, RATE, DECAY = 64, 128, 1e-3, 1e-4
EPOCHS, TRAINED = 100, 0.7
EPSILONS = {
    "CVaR": 0.0,
    "CVaR-DORO": 0.05,
    "CVaR-DORO, a fifth": 0.2,
    "chi-square": 0.0,
    "chi-square-DORO": 0.05,
    "chi-square-DORO, a fifth": 0.2,
}
PLAIN = ("ERM", "importance weights", "group DRO")
FLIPPED, ROUNDS, TRIMMED = 0.2, 5, 200
"""Share of wrong labels in the sensitivity study; rows of largest loss taken away in each round."""

MEASURES = ("average", "worst", "worst cell", "chosen average", "chosen worst", "swing")
"""Of the last epoch; of that which validation rows choose by their worst group; and how far the
average swings over the second half of the epochs."""


class Rows:
    """COMPAS, with the groups of the paper (which overlap) and the cells that they make."""

    def __init__(self, data: Path) -> None:
        frame = pd.read_parquet(data / "compas.parquet")
        self.X = columns_of(frame.drop(columns="two_year_recid")).astype(np.float32)
        self.y = (frame["two_year_recid"] == "yes").to_numpy().astype(np.int64)
        white, male = frame["race"] == "Caucasian", frame["sex"] == "Male"
        self.cells = (2 * white + male).to_numpy().astype(np.int64)
        self.groups = np.column_stack([white, ~white, male, ~male])


def worst_of(right: Any, groups: Any) -> float:
    """Give the least accuracy of groups that may overlap."""
    return float(min(right[each].mean() for each in groups.T))


def train(
    rows: Rows, places: Any, y: Any, name: str, alpha: float, epochs: int, seed: int
) -> list[Any]:
    """Train, and give the logits of all rows after each epoch."""
    import torch

    from contextures.shift import GroupDRO, balanced_weights, doro

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    X, labels = torch.as_tensor(rows.X), torch.as_tensor(y)
    cells = torch.as_tensor(rows.cells)
    network = torch.nn.Sequential(
        torch.nn.Linear(X.shape[1], WIDTH), torch.nn.ReLU(), torch.nn.Linear(WIDTH, 1)
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE, weight_decay=DECAY)
    online = GroupDRO(4)
    weights = torch.zeros(len(X))
    weights[places] = torch.as_tensor(balanced_weights(rows.cells[places]), dtype=torch.float32)
    logits = []
    for epoch in range(epochs):
        order = np.random.default_rng([seed, epoch]).permutation(places)
        for batch in np.array_split(order, max(len(order) // BATCH, 1)):
            losses = torch.nn.functional.binary_cross_entropy_with_logits(
                network(X[batch])[:, 0], labels[batch].float(), reduction="none"
            )
            if name == "group DRO":
                loss = online(losses, cells[batch])
            elif name == "importance weights":
                loss = (weights[batch] * losses).mean()
            elif name == "ERM":
                loss = losses.mean()
            else:
                kind: Any = "cvar" if name.startswith("CVaR") else "chi_square"
                loss = doro(losses, alpha, EPSILONS[name], kind)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            logits.append(network(X)[:, 0].numpy())
    return logits


def trimmed(rows: Rows, places: Any, y: Any, epochs: int, seed: int) -> Any:
    """Take away the rows that networks trained on the rest find hardest, again and again."""
    for turn in range(ROUNDS):
        scores = train(rows, places, y, "ERM", 1.0, epochs, 100 * seed + turn)[-1][places]
        losses = np.logaddexp(0, -(2 * y[places] - 1) * scores)
        places = places[np.argsort(losses)[:-TRIMMED]]
    return places


def networks(ledger: Ledger, data: Path, quick: bool, repeats: int) -> None:
    """Train each network, on the rows as they are, with wrong labels, and without the hardest."""
    rows = Rows(data)
    epochs = 3 if quick else EPOCHS

    @cache
    def clean(repeat: int) -> Any:
        return trimmed(rows, np.arange(len(rows.y)), rows.y, max(epochs // 5, 1), repeat)

    def once(repeat: int, name: str, alpha: float, labels: str) -> dict[str, Any]:
        rng = np.random.default_rng(repeat)
        order = rng.permutation(len(rows.y))
        fit, validation, test = np.split(
            order, [int(TRAINED * len(order)), int((1 + TRAINED) / 2 * len(order))]
        )
        y, places = rows.y.copy(), fit
        if labels != "as they are":
            # As in the paper, the clean rows are the test for what was trimmed or flipped too.
            kept = clean(repeat)
            fit, validation, test = (np.intersect1d(each, kept) for each in (fit, validation, test))
            places = fit
        if labels == "trimmed, flipped":
            wrong = rng.choice(places, int(FLIPPED * len(places)), replace=False)
            y[wrong] = 1 - y[wrong]
        scores = train(rows, places, y, name, alpha, epochs, repeat)
        right = [(each > 0) == rows.y.astype(bool) for each in scores]
        average = np.array([each[test].mean() for each in right])
        worst = np.array([worst_of(each[test], rows.groups[test]) for each in right])
        chosen = int(
            np.argmax([worst_of(each[validation], rows.groups[validation]) for each in right])
        )
        cells = [right[-1][test][rows.cells[test] == cell].mean() for cell in range(4)]
        half = slice(epochs // 2, None)
        return {
            "average": 100 * float(average[-1]),
            "worst": 100 * float(worst[-1]),
            "worst cell": 100 * float(min(cells)),
            "chosen average": 100 * float(average[chosen]),
            "chosen worst": 100 * float(worst[chosen]),
            "swing": 100 * float(average[half].std()),
        }

    for labels in ("as they are", "trimmed", "trimmed, flipped"):
        plain = labels == "as they are"
        models = [(name, 1.0) for name in (PLAIN if plain else PLAIN[:1])]
        for name in EPSILONS:
            if plain or "fifth" not in name:
                models += [(name, alpha) for alpha in ((0.5, 0.75) if plain else (0.5,))]
        for repeat, (name, alpha) in product(range(1 if quick else repeats), models):
            key = {"part": "networks", "labels": labels, "model": name, "alpha": alpha}
            ledger.once(
                {**key, "repeat": repeat, "quick": quick},
                partial(once, repeat, name, alpha, labels),
            )


def tell_networks(runs: list[dict[str, Any]]) -> str:
    """Lay out means and standard deviations over repeats."""
    frame = pd.DataFrame(runs)
    lines = []
    for (labels, alpha, model), some in frame.groupby(["labels", "alpha", "model"], sort=False):
        values = [f"{some[each].mean():.2f} ± {some[each].std():.2f}" for each in MEASURES]
        lines.append([labels, "" if alpha == 1 else alpha, model, *values, len(some)])
    return common.table(["labels", "alpha", "model", *MEASURES, "repeats"], lines)

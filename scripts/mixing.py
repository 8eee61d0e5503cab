"""Draw docs/figures/mixing.png: the spectra of a weak and a strong context, and of their mixes.

python scripts/mixing.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from contextures.contexts import KNNContext
from contextures.spectrum import decompose

FIGURE = Path(__file__).parents[1] / "docs" / "figures" / "mixing.png"
STRONG, WEAK = KNNContext(n_neighbors=5), KNNContext(n_neighbors=200)
N_FUNCTIONS, N_ROWS = 60, 600

MIXES: dict[str, tuple[Any, str, str]] = {
    "strong: 5 neighbours": (STRONG, "#9498a0", "-"),
    "weak: 200 neighbours": (WEAK, "#9498a0", "--"),
    "both at once: strong | weak": (STRONG | WEAK, "#ff725c", "-"),
    "either: 0.5 * strong + 0.5 * weak": (0.5 * STRONG + 0.5 * WEAK, "#4269d0", "-"),
    "one after the other: strong @ weak": (STRONG @ WEAK, "#3ca951", "-"),
}
"""The contexts, by what they are called, with a colour and a line."""


def spectra(n_rows: int = N_ROWS, n_functions: int = N_FUNCTIONS) -> dict[str, np.ndarray]:
    """Compute the squared singular values of each context on handwritten digits."""
    X = load_digits().data[:n_rows] / 16
    return {
        name: decompose(context, X, n_functions).singular_values ** 2
        for name, (context, _, _) in MIXES.items()
    }


def draw(found: dict[str, np.ndarray], path: Path = FIGURE) -> None:
    """Draw spectra into a file."""
    matplotlib.use("Agg")
    figure = Figure(figsize=(6.4, 3.6), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    for name, squares in found.items():
        _, colour, line = MIXES[name]
        axes.plot(np.arange(1, len(squares) + 1), squares, line, color=colour, label=name)
    axes.set(xlabel="function", ylabel="squared singular value", ylim=(0, 1.02))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    figure.savefig(path)


if __name__ == "__main__":
    draw(spectra())

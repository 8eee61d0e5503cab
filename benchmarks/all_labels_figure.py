"""The picture of ``all_labels``: by how much each table was won or lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from examples.common import COLOURS, GREY, axes

SAID = {
    "won": ("better than tuned boosting", COLOURS[0]),
    "tie": ("level, within one standard error", GREY),
    "lost": ("worse", COLOURS[1]),
}


def draw(found: Mapping[str, tuple[float, float, str]], n_seeds: int, path: Path) -> None:
    """Draw gains in score by table, the largest on top, with a standard error each.

    Parameters
    ----------
    found : mapping of str to tuple
        Of each table the gain, its standard error, and "won", "lost" or "tie".
    n_seeds : int
        How many splits were drawn.
    path : pathlib.Path
        The picture.
    """
    names: Sequence[str] = sorted(found, key=lambda name: found[name][0])
    figure, (panel,) = axes(1, height=0.9 + 0.19 * len(names), width=7.2)
    for verdict, (label, colour) in SAID.items():
        places = [place for place, name in enumerate(names) if found[name][2] == verdict]
        if not places:
            continue
        gains, errors = np.array([found[names[place]][:2] for place in places]).T
        how: Any = {"fmt": "o", "markersize": 5, "lw": 1.4, "color": colour}
        panel.errorbar(gains, places, xerr=errors, label=f"{label}: {len(places)}", **how)
    panel.axvline(0, color=GREY, lw=0.8, zorder=0)
    panel.set_yticks(range(len(names)), names, fontsize=8)
    splits = f"{n_seeds} split{'s' if n_seeds > 1 else ''}"
    panel.set(xlabel="gain in accuracy or R² over tuned boosting", ylim=(-0.7, len(names) - 0.3))
    panel.set_title(f"{len(names)} tables, all labels, {splits}")
    panel.legend(loc="lower right")
    figure.savefig(path, dpi=110, facecolor="white")

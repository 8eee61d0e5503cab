"""The numbers of a comparison of embeddings, as tables of text."""

from __future__ import annotations

from contextures.evaluation.jackknife import CLEAR
from contextures.report import PlainTable
from contextures.runs.compare import Compared
from contextures.runs.comparison_wording import METRICS

MOST_COLUMNS = 4
"""With more embeddings, their errors on each other's tasks are not shown."""


def embedding_table(found: Compared) -> PlainTable:
    """Give a line for each embedding: its size, its scores, its errors on common tasks."""
    comparison, labelled = found.comparison, found.labelled
    header = ["embedding", "coordinates"]
    if labelled is not None:
        header += [f"{METRICS[labelled.task]}, left out", "best ahead by"]
    header.append("error on common tasks")
    others = list(comparison.errors) if len(comparison.errors) <= MOST_COLUMNS else []
    header += [f"on those of {name}" for name in others]
    rows = []
    for name, error in comparison.errors.items():
        row = [name, f"{comparison.dimensions[name]:,}"]
        if labelled is not None:
            apart = {pair.other: pair for pair in labelled.pairs}
            row += [_number(labelled.scores[name]), ""]
            if name in apart:
                low, high = apart[name].interval
                row[-1] = f"{_number(apart[name].difference)} [{_number(low)}, {_number(high)}]"
        row.append(f"{_number(error.value)} ± {_number(CLEAR * error.error)}")
        row += [_number(comparison.own_errors[name][other]) for other in others]
        rows.append(row)
    return PlainTable(
        "The embeddings",
        header,
        rows,
        "Error: squared, of the same probe on the same held-out rows and random tasks, in units of "
        "their variance; 0.5 is noise and 1 is nothing learned. ± two standard errors.",
    )


def agreement_table(found: Compared) -> PlainTable:
    """Give a line for each pair: how alike they are, and what one lacks of the other."""
    comparison = found.comparison
    rows = [
        [
            f"{pair.first}, {pair.second}",
            f"{pair.neighbors:.0%}",
            _number(pair.cka),
            "–" if pair.cca is None else _number(pair.cca),
            f"{len(pair.first_held.lacking)} of {pair.first_held.judged}",
            f"{len(pair.second_held.lacking)} of {pair.second_held.judged}",
            f"{_number(pair.difference.value)} ± {_number(CLEAR * pair.difference.error)}",
            f"{pair.first_wins:.0%}",
        ]
        for pair in comparison.pairs
    ]
    header = ["first, second", "neighbours", "CKA", "CCA"]
    header += ["second lacks", "first lacks", "error, first − second", "first wins"]
    return PlainTable(
        "Agreement",
        header,
        rows,
        f"Neighbours: the share of the {comparison.n_neighbors} nearest in common. CKA: linear, "
        "debiased. CCA: the mean squared canonical correlation. Lacks: leading functions of the "
        "one that are not predicted from the other on held-out rows.",
    )


def _number(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")

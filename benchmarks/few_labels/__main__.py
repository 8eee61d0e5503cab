"""The command: ``python -m benchmarks.few_labels``."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import benchmarks.few_labels
from benchmarks import common
from benchmarks.few_labels import citations, clusters, cost, curve, on_tables

PARTS = {
    "clusters": clusters.run,
    "tables": on_tables.run,
    "curve": curve.run,
    "citations": citations.run,
    "cost": cost.run,
}


def main() -> None:
    """Run the parts asked for, from where their ledger left off, and print."""
    arguments = common.parser(benchmarks.few_labels.__doc__ or "", data=True)
    arguments.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    arguments.add_argument("--results", type=Path, help="JSON lines to go on from and add to")
    arguments.add_argument("--tables", nargs="+", help="names of data sets")
    arguments.add_argument("--labels", nargs="+", type=int, help="a class, or of a table")
    arguments.add_argument("--draws", type=int, default=5)
    arguments.add_argument("--rows", type=int, default=1600, help="rows of a table, at most")
    options = arguments.parse_args()
    if options.data is None:
        arguments.error("--data is needed: a folder of NAME.parquet files and an index.json")
    warnings.simplefilter("ignore")
    ledger = common.Ledger(options.results)
    texts = []
    for part in options.part:
        print(f"part: {part}", file=sys.stderr)
        texts.append(f"### {part}\n\n{PARTS[part](ledger, options.data, options)}")
    common.show("\n\n".join(texts), options.json, ledger.runs)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Draw ``docs/figures/architecture.svg``: the floors of the library, and which imports which.

The order of the floors is that of the import contract in ``pyproject.toml``; the rest is read off
the code, which is parsed and not imported. Needs nothing but Python.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "contextures"
PICTURE = ROOT / "docs" / "figures" / "architecture.svg"

MODULES = "shared files"
"""The lowest floor: single files that every package may import."""

BOX, HEIGHT, STEP, PITCH, MARGIN = 196, 44, 50, 60, 16

STYLE = """
    text { font-family: system-ui, sans-serif; fill: #1b1f24; font-size: 12px; }
    .name { font-size: 15px; font-weight: 600; }
    .size { fill: #57606a; }
    .page { fill: #ffffff; }
    .box { fill: #eaf1fb; stroke: #3b6ea8; }
    .line { stroke: #9aabbd; stroke-width: 1.5; fill: none; }
    .head { fill: #9aabbd; }
    .dot { fill: #2f5f9a; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .size { fill: #a3b0bd; }
      .page { fill: #14181d; }
      .box { fill: #1d2b3c; stroke: #6ea8e5; }
      .line { stroke: #56708c; }
      .head { fill: #56708c; }
      .dot { fill: #9ccbff; }
    }
"""


@dataclass(frozen=True)
class Floor:
    """A package, or the single files below all packages.

    Attributes
    ----------
    name : str
        The package's name.
    files : tuple of str
        Names of its files, from the source folder.
    lines : int
        How many lines they have together.
    imports : frozenset of str
        Names of the other floors that it imports from.
    """

    name: str
    files: tuple[str, ...]
    lines: int
    imports: frozenset[str]


def read_floors(source: Path, project: Path) -> list[Floor]:
    """Read the floors off the code, from top to bottom.

    Parameters
    ----------
    source : pathlib.Path
        The library's folder.
    project : pathlib.Path
        The ``pyproject.toml`` that says which floor is above which.

    Returns
    -------
    list of Floor
        The single files come last.

    Raises
    ------
    SystemExit
        If a package has no floor, a floor has no package, or one imports upwards.
    """
    packages = sorted(path.parent.name for path in source.glob("*/__init__.py"))
    order = [name for name in _layers(project) if not (source / f"{name}.py").is_file()]
    for name in sorted({*packages} ^ {*order}):
        raise SystemExit(
            f"{name} is not both a package and a floor: list the packages of {source.name} among "
            "the layers in pyproject.toml"
        )
    floors = [_read(name, source, packages) for name in [*order, MODULES]]
    for place, floor in enumerate(floors):
        for above in floors[:place]:
            if above.name in floor.imports:
                raise SystemExit(
                    f"{floor.name} imports {above.name}, which is a floor above it; move what both "
                    "need to a floor below"
                )
    return floors


def draw(floors: list[Floor]) -> str:
    """Draw the floors as a staircase: a dot in a package's row is an import of what is below it.

    Parameters
    ----------
    floors : list of Floor
        From top to bottom.

    Returns
    -------
    str
        The text of an SVG file.
    """
    width = 2 * MARGIN + STEP * (len(floors) - 1) + BOX
    height = 2 * MARGIN + PITCH * (len(floors) - 1) + HEIGHT
    places = {floor.name: place for place, floor in enumerate(floors)}
    lines, dots = [], []
    for floor in floors:
        importers = [place for place, each in enumerate(floors) if floor.name in each.imports]
        if importers:
            x, top = _column(places[floor.name]), _top(places[floor.name])
            lines += [
                f'<path class="line" d="M{x} {_middle(min(importers))}V{top - 5}"/>',
                f'<path class="head" d="M{x - 4} {top - 8}h8l-4 8z"/>',
            ]
    for place, floor in enumerate(floors):
        below = sorted(places[name] for name in floor.imports)
        if below:
            y = _middle(place)
            lines.append(f'<path class="line" d="M{_left(place) + BOX} {y}H{_column(below[-1])}"/>')
            dots += [
                f'<circle class="dot" cx="{_column(each)}" cy="{y}" r="4.5">'
                f"<title>{floor.name} imports {floors[each].name}</title></circle>"
                for each in below
            ]
    boxes = [part for place, floor in enumerate(floors) for part in _box(place, floor)]
    body = "\n".join(f"  {part}" for part in [*lines, *dots, *boxes, *_legend(height)])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">\n'
        "  <title>The floors of contextures, and which imports which</title>\n"
        f"  <style>{STYLE}  </style>\n"
        f'  <rect class="page" width="{width}" height="{height}" rx="8"/>\n{body}\n</svg>\n'
    )


def _layers(project: Path) -> list[str]:
    """Give the floors of the import contract, those that lie side by side one after another."""
    contracts = tomllib.loads(project.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["type"] == "layers")
    return [name.strip() for layer in layers for name in layer.replace(":", "|").split("|")]


def _read(name: str, source: Path, packages: list[str]) -> Floor:
    if name == MODULES:
        paths = sorted(path for path in source.glob("*.py") if path.name != "__init__.py")
    else:
        paths = sorted((source / name).rglob("*.py"))
    texts = [path.read_text("utf-8") for path in paths]
    found = {
        parts[1] if parts[1] in packages else MODULES
        for path, text in zip(paths, texts, strict=True)
        for parts in _imported(ast.parse(text), path.relative_to(source.parent))
        if parts[0] == source.name and len(parts) > 1
    }
    return Floor(
        name,
        tuple(path.relative_to(source).as_posix() for path in paths),
        sum(len(text.splitlines()) for text in texts),
        frozenset(found - {name}),
    )


def _imported(tree: ast.Module, path: Path) -> Iterator[list[str]]:
    """Give the parts of each name that a file imports, anywhere in it, also for types alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(path.parts[: -node.level]) if node.level else []
            base += node.module.split(".") if node.module else []
            yield from ([*base, alias.name] for alias in node.names)


def _left(place: int) -> int:
    return MARGIN + STEP * place


def _top(place: int) -> int:
    return MARGIN + PITCH * place


def _middle(place: int) -> int:
    return _top(place) + HEIGHT // 2


def _column(place: int) -> int:
    """Where arrows come down on a box: right of all boxes above it."""
    return _left(place) + BOX - STEP // 2


def _box(place: int, floor: Floor) -> list[str]:
    x, y = _left(place), _top(place)
    # Two digits: a picture of sizes need not be drawn anew for every line.
    digits = 10 ** max(0, len(str(floor.lines)) - 2)
    size = f"{len(floor.files)} files, {round(floor.lines / digits) * digits:,} lines"
    return [
        f'<rect class="box" x="{x}" y="{y}" width="{BOX}" height="{HEIGHT}" rx="6"/>',
        f'<text class="name" x="{x + 12}" y="{y + 19}">{escape(floor.name)}</text>',
        f'<text class="size" x="{x + 12}" y="{y + 35}">{size}</text>',
    ]


def _legend(height: int) -> list[str]:
    words = [
        "A dot: the package of the row",
        "imports the one that the arrow",
        "below the dot leads to.",
        "No arrow leads upwards.",
        "Sizes are rounded.",
    ]
    start = height - MARGIN - 17 * (len(words) - 1) - 4
    return [
        f'<text class="size" x="{MARGIN}" y="{start + 17 * place}">{line}</text>'
        for place, line in enumerate(words)
    ]


if __name__ == "__main__":
    PICTURE.write_text(draw(read_floors(SOURCE, ROOT / "pyproject.toml")), "utf-8")
    print(PICTURE.relative_to(ROOT))

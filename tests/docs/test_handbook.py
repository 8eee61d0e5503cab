"""The pages for those who carry on agree with the code and the folders that they tell of."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs" / "decisions"
STALE = "docs/figures/architecture.svg is not what the code is: run scripts/architecture.py"
SVG = "{http://www.w3.org/2000/svg}"


def load_architecture():
    spec = importlib.util.spec_from_file_location(
        "architecture", ROOT / "scripts" / "architecture.py"
    )
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up while they are made.
    sys.modules["architecture"] = module
    spec.loader.exec_module(module)
    return module


architecture = load_architecture()


def drawn(text):
    """The floors of a picture from top to bottom, and each import as its dot's title has it."""
    picture = ElementTree.fromstring(text)
    floors = [each.text for each in picture.iter(f"{SVG}text") if each.get("class") == "name"]
    dots = [each.find(f"{SVG}title").text for each in picture.iter(f"{SVG}circle")]
    return floors, sorted(dots)


def read():
    return architecture.read_floors(architecture.SOURCE, ROOT / "pyproject.toml")


def test_the_picture_shows_the_packages_and_their_imports():
    """Sizes may be older: they change with every commit."""
    now = drawn(architecture.draw(read()))
    assert drawn(architecture.PICTURE.read_text("utf-8")) == now, STALE


def test_drawing_twice_gives_the_same_file():
    assert architecture.draw(read()) == architecture.draw(read())


def test_every_floor_is_explained():
    told = re.findall(r"^\| `([a-z ]+)` \|", (ROOT / "docs/architecture.md").read_text(), re.M)
    floors = [floor.name for floor in reversed(read())]
    assert told == floors, "tell in docs/architecture.md what each floor is for, lowest first"


@pytest.fixture
def house(tmp_path):
    """A library of two floors and one shared file; ``write`` puts a line into a file of it."""
    project = tmp_path / "pyproject.toml"
    project.write_text(
        '[[tool.importlinter.contracts]]\ntype = "layers"\nlayers = ["upper", "lower", "shared"]\n'
    )
    source = tmp_path / "library"

    def write(name, line=""):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(line)

    for name in ("__init__.py", "shared.py", "upper/__init__.py", "lower/__init__.py"):
        write(name)
    return write, lambda: architecture.read_floors(source, project)


@pytest.mark.parametrize(
    "line",
    [
        "import library.lower.deep",
        "from library import lower",
        "from ..lower.deep import thing",
        "def later():\n    from library.lower.deep import thing",
        "if TYPE_CHECKING:\n    from library.lower import thing",
    ],
)
def test_an_import_is_seen_in_whatever_form(house, line):
    write, floors = house
    write("upper/file.py", line)
    upper, lower, shared = floors()
    assert upper.imports == {"lower"}
    assert lower.imports == shared.imports == set()
    assert drawn(architecture.draw(floors()))[1] == ["upper imports lower"]


def test_shared_files_are_one_floor(house):
    write, floors = house
    write("lower/file.py", "import numpy\nfrom library.shared import thing")
    assert [floor.name for floor in floors()] == ["upper", "lower", architecture.MODULES]
    assert floors()[1].imports == {architecture.MODULES}
    assert floors()[2].files == ("shared.py",)


def test_a_package_without_a_floor_is_refused(house):
    write, floors = house
    write("cellar/__init__.py")
    with pytest.raises(SystemExit, match=r"cellar is not both a package and a floor: list"):
        floors()


def test_an_import_upwards_is_refused(house):
    write, floors = house
    write("lower/file.py", "from library.upper import thing")
    with pytest.raises(SystemExit, match=r"lower imports upper, which is a floor above it; move"):
        floors()


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_files_that_a_page_names_are_there(page):
    """A file that moved must be found again; NAME stands for one that is yet to be written."""
    quoted = re.findall(r"`([\w./-]+(?:\.\w+|/))`", (ROOT / page).read_text("utf-8"))
    named = [each for each in quoted if "/" in each and "NAME" not in each]
    assert len(named) > 10
    places = (ROOT, architecture.SOURCE)
    lost = [each for each in named if not any((place / each).exists() for place in places)]
    assert not lost, f"{page} names what is not there: {', '.join(lost)}"


def test_decisions_are_numbered_listed_and_of_one_form():
    pages = sorted(path.name for path in DECISIONS.glob("0*.md"))
    assert [int(name[:4]) for name in pages] == list(range(1, len(pages) + 1))
    listed = re.findall(r"\]\((0\d{3}[\w-]+\.md)\)", (DECISIONS / "index.md").read_text("utf-8"))
    assert listed == pages, "list every page of docs/decisions in its index.md, in order"
    for name in pages:
        text = (DECISIONS / name).read_text("utf-8")
        assert text.startswith(f"# {name[:4]}: ")
        parts = re.findall(r"^## (.+)$", text, re.M)
        expected = ["Context", "Decision", "Consequences", "What would change our mind"]
        assert parts == expected, name

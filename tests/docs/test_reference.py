"""The API reference lists every public name, and a public name is documented."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("torch")  # the objectives' and the neural encoder's pages need it

DOCS = Path(__file__).parents[2] / "docs"


def load_reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", DOCS / "reference.py")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up while they are made.
    sys.modules["reference"] = module
    spec.loader.exec_module(module)
    return module


reference = load_reference()
NAMES = [each for names in reference.homes().values() for each in names]
USED = [
    each
    for each in NAMES
    if each.kind in ("function", "class") and each.package != "contextures.exceptions"
]


def test_every_package_is_in_the_reference():
    found = {package.split(".")[1] for package in reference.packages()}
    folders = {path.parent.name for path in (DOCS.parent / "src/contextures").glob("*/__init__.py")}
    assert found == (folders - {"cli"}) | {"exceptions"}


@pytest.mark.parametrize("package", reference.packages())
def test_what_a_package_loads_lazily_is_what_it_lists(package):
    """A name that is added to one of the two tables alone would miss its page or its import."""
    module = import_module(package)
    lazily = getattr(module, "_HOME", None)
    assert lazily is None or sorted(lazily) == sorted(module.__all__) == dir(module)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.path)
def test_a_public_name_and_its_methods_have_docstrings(name):
    if name.kind == "value":
        return
    assert name.value.__doc__, f"{name.path} has no docstring"
    if inspect.isclass(name.value):
        # The docstring that a dataclass makes of its signature says nothing.
        assert not name.value.__doc__.startswith(f"{name.name}("), f"{name.path} has no docstring"
        for member, _ in reference.members(name.value):
            doc = inspect.getdoc(getattr(name.value, member))
            assert doc, f"{name.path}.{member} has no docstring"


@pytest.mark.parametrize("name", USED, ids=lambda name: name.path)
def test_what_a_person_calls_shows_how(name):
    """The doctests execute what the docstring shows."""
    assert "\nExamples\n--------\n" in inspect.getdoc(name.value), f"{name.path} has no example"


def test_every_name_gets_a_page_of_its_own(tmp_path):
    reference.write(tmp_path / "api")
    pages = [path.stem for path in (tmp_path / "api").glob("*.rst")]
    assert len(pages) == len(NAMES) + len(reference.packages()) + 1
    # Not every file system tells association.html from Association.html.
    assert len({page.lower() for page in pages}) == len(pages)

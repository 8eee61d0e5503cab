"""The pages of the API reference, made from the public names of the packages.

A public name is one in a package's ``__all__``, so a new one gets its page, and is held to its
docstring, without an edit here.
"""

from __future__ import annotations

import dataclasses
import inspect
import pkgutil
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import contextures

SECTION = re.compile(r"^(Parameters|Returns|Yields|Raises)\n-+$", re.MULTILINE)
BARS = re.compile(r"(``.*?``)|\|")
MEMBERS = (property, cached_property, classmethod, staticmethod)
GROUPS = {
    "function": "Functions",
    "class": "Classes",
    "record": "What functions give",
    "value": "Values",
}


@dataclass(frozen=True)
class Name:
    """A public name.

    Attributes
    ----------
    package : str
        Where it is imported from.
    name : str
        The name.
    value : object
        What it stands for.
    """

    package: str
    name: str
    value: Any

    @property
    def path(self) -> str:
        """The dotted path that imports it."""
        return f"{self.package}.{self.name}"

    @property
    def kind(self) -> str:
        """One of the groups of a package's page."""
        if inspect.isclass(self.value):
            return "record" if dataclasses.is_dataclass(self.value) else "class"
        return "function" if inspect.isroutine(self.value) else "value"


def packages() -> list[str]:
    """List the public packages, and ``contextures.exceptions``, shortest paths first."""
    found = [
        module.name
        for module in pkgutil.walk_packages(contextures.__path__, "contextures.")
        if module.ispkg and hasattr(import_module(module.name), "__all__")
    ]
    return sorted([*found, "contextures.exceptions"], key=lambda path: (path.count("."), path))


def public_names(package: str) -> list[Name]:
    """Give the public names of a package, loaded."""
    module = import_module(package)
    return [Name(package, name, getattr(module, name)) for name in sorted(module.__all__)]


@cache
def homes() -> dict[str, list[Name]]:
    """Give the names that each package documents: those that no package before it has."""
    seen: set[int] = set()
    found: dict[str, list[Name]] = {}
    for package in packages():
        names = public_names(package)
        found[package] = [each for each in names if id(each.value) not in seen]
        seen.update(id(each.value) for each in names)
    return found


def members(owner: type) -> Iterator[tuple[str, type]]:
    """Give the public methods and properties that this library defines, with their owners."""
    for name in dir(owner):
        home = next((base for base in owner.__mro__ if name in vars(base)), None)
        if name.startswith("_") or home is None or not home.__module__.startswith("contextures."):
            continue
        value = vars(home)[name]
        if inspect.isfunction(value) or isinstance(value, MEMBERS):
            yield name, home


def inherited(owner: type, name: str) -> str:
    """Give the sections on parameters and results that a method takes over from a base class."""
    for base in owner.__mro__:
        doc = inspect.getdoc(vars(base).get(name)) or ""
        start = SECTION.search(doc)
        if start and base.__module__.startswith("contextures."):
            return doc[start.start() :]
    return ""


def comment(path: str) -> str:
    """Give the docstring below a public value, in the module of its package that assigns it."""
    # Sphinx is imported where it is needed: the tests of this module do without it.
    from sphinx.pycode import ModuleAnalyzer

    package, _, name = path.rpartition(".")
    for module in sorted(each for each in sys.modules if f"{each}.".startswith(f"{package}.")):
        lines = ModuleAnalyzer.for_module(module).find_attr_docs().get(("", name))
        if lines:
            return "\n".join(lines)
    return ""


@cache
def aliases() -> dict[str, str]:
    """Give the path that documents each name, by every path that imports it."""
    return {
        each.path: _home(each.value)
        for package in ["contextures", *packages()]
        for each in public_names(package)
        if each.name != "__version__"
    }


def follow(app: Any, env: Any, node: Any, shown: Any) -> Any:
    """Lead a reference by another path to where a name is documented (``missing-reference``)."""
    path = aliases().get(node.get("reftarget", ""))
    if path is None:
        return None
    python = env.get_domain("py")
    return python.resolve_xref(env, node["refdoc"], app.builder, "obj", path, node, shown)


def write(folder: Path) -> None:
    """Write the pages of the reference, in place of any that are there.

    Parameters
    ----------
    folder : Path
        Where they go.
    """
    found = homes()
    public = {each.value for names in found.values() for each in names if each.kind == "class"}
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    titles = [f"{package.partition('.')[2]} <{package}>" for package in sorted(found)]
    _page(folder / "index.rst", "API reference", *_index(found), _contents(titles))
    for package, names in found.items():
        stems = {each.path: _stem(each, names) for each in names}
        _page(folder / f"{package}.rst", package, *_package(package, names, stems.values()))
        for each in names:
            _page(folder / f"{stems[each.path]}.rst", each.name, *_name(each, public))


def _index(found: Iterable[str]) -> Iterator[str]:
    quick = [each for each in public_names("contextures") if each.kind != "value"]
    links = ", ".join(f":py:obj:`~{_home(each.value)}`" for each in quick)
    yield f"Every public name, by package. From ``contextures`` itself too: {links}."
    for package in sorted(found):
        summary = (inspect.getdoc(import_module(package)) or "").partition("\n\n")[0]
        yield f":py:mod:`{package}`\n{textwrap.indent(summary, '   ')}"


def _home(value: Any) -> str:
    """Find the path by which a public value is documented."""
    return next(each.path for names in homes().values() for each in names if each.value is value)


def _stem(name: Name, beside: list[Name]) -> str:
    """Name a page's file so that no two differ in case alone."""
    twins = [each for each in beside if each.name.lower() == name.name.lower()]
    return f"{name.path}-{name.kind}" if len(twins) > 1 else name.path


def _package(package: str, own: list[Name], stems: Iterable[str]) -> Iterator[str]:
    yield f".. automodule:: {package}\n   :no-members:"
    yield f".. currentmodule:: {package}"
    here = {each.path for each in own}
    for kind, heading in GROUPS.items():
        group = [each for each in own if each.kind == kind]
        if group:
            rows = "\n".join(f"   {each.name}" for each in group)
            yield f"{heading}\n{'-' * len(heading)}"
            yield f".. autosummary::\n   :nosignatures:\n\n{rows}"
    shared = [each for each in public_names(package) if each.path not in here]
    if shared:
        links = ", ".join(f":py:obj:`~{_home(each.value)}`" for each in shared)
        yield f"Also here: {links}."
    yield _contents(stems)


def _name(name: Name, public: set[type]) -> Iterator[str]:
    yield f".. currentmodule:: {name.package}"
    if name.kind == "function":
        yield f".. autofunction:: {name.path}"
    elif name.kind == "value":
        yield f".. autodata:: {name.path}\n   :no-value:"
    else:
        yield f".. autoclass:: {name.path}"
        own: list[str] = []
        others: dict[type, list[str]] = {}
        for member, home in members(name.value):
            if home is not name.value and home in public:
                others.setdefault(home, []).append(member)
            else:
                own.append(member)
        for member in own:
            is_property = isinstance(
                inspect.getattr_static(name.value, member), (property, cached_property)
            )
            directive = "autoproperty" if is_property else "automethod"
            yield f"   .. {directive}:: {name.path}.{member}"
        for home, taken in others.items():
            path = _home(home)
            links = ", ".join(f":py:obj:`~{path}.{member}`" for member in taken)
            yield f"From :py:class:`~{path}`: {links}."


def _contents(pages: Iterable[str]) -> str:
    rows = "\n".join(f"   {page}" for page in pages)
    return f".. toctree::\n   :hidden:\n\n{rows}"


def _page(path: Path, title: str, *parts: str) -> None:
    path.write_text("\n\n".join([f"{title}\n{'=' * len(title)}", *parts]) + "\n", "utf-8")


def complete(app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Complete a docstring before it is checked (a listener of ``autodoc-process-docstring``).

    A method in whose place a base class documents the parameters takes them over from there. The
    fields of a dataclass are what its constructor takes, so its attributes count as parameters.
    Bars are norms here, never substitutions.
    """
    from sphinx.util import logging

    text = "\n".join(lines)
    if what == "method" and not SECTION.search(text):
        path, _, member = name.rpartition(".")
        package, _, owner = path.rpartition(".")
        text += "\n\n" + inherited(getattr(import_module(package), owner), member)
    if what == "class" and dataclasses.is_dataclass(value) and "Parameters" not in lines:
        text = re.sub(r"^Attributes\n-{10}$", "Parameters\n----------", text, flags=re.MULTILINE)
    if what == "data":
        text = comment(name)
        if not text:
            logging.getLogger(__name__).warning("%s has no docstring: write one below it", name)
    said, heading, examples = text.partition("\nExamples\n--------\n")
    lines[:] = (BARS.sub(lambda bar: bar[1] or r"\|", said) + heading + examples).split("\n")

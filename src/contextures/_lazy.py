"""Loading public names on first use, so that importing a package stays quick."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any


def lazy(
    package: str, home: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make a package's ``__getattr__`` and ``__dir__``.

    Parameters
    ----------
    package : str
        The package's name.
    home : mapping of str to str
        For each public name, the module inside the package that defines it.

    Returns
    -------
    tuple of callable
        ``__getattr__`` and ``__dir__``.
    """

    def load(name: str) -> Any:
        if name in home:
            return getattr(import_module(f"{package}.{home[name]}"), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return load, lambda: sorted(home)


def listed(file: str) -> dict[str, str]:
    """Read a package's public names from its stub, so that they are listed nowhere else.

    Static analysers read the stub in place of the package.

    Parameters
    ----------
    file : str
        The package's ``__init__.py``. The stub is the ``__init__.pyi`` beside it, of lines such as
        ``from .module import Name as Name``.

    Returns
    -------
    dict of str to str
        For each public name, the module inside the package that defines it, as :func:`lazy` takes
        them.
    """
    stub = ast.parse(Path(file).with_suffix(".pyi").read_text(encoding="utf-8"))
    return {
        alias.name: str(each.module)
        for each in stub.body
        if isinstance(each, ast.ImportFrom)
        for alias in each.names
    }

"""Loading public names and optional libraries on first use: importing a package stays quick."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from contextures.exceptions import MissingLibraryError

EXTRAS = {
    "dask": "dask",
    "distributed": "dask",
    "faiss": "fast",
    "lightgbm": "boosting",
    "lightning_fabric": "neural",
    "matplotlib": "plot",
    "openpyxl": "excel",
    "tokenizers": "text",
    "torch": "neural",
}
"""The extra that installs each optional library."""


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
            with optional(f"{package}.{name}"):
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


def missing(library: str, by: str) -> MissingLibraryError:
    """Make the error that says what to install.

    Parameters
    ----------
    library : str
        One of :data:`EXTRAS`.
    by : str
        What needs it.

    Returns
    -------
    MissingLibraryError
        To be raised.
    """
    return MissingLibraryError(
        f"{by} needs {library}, which is not installed; run: pip install "
        f"'contextures[{EXTRAS[library]}]'",
        name=library,
    )


@contextmanager
def optional(by: str) -> Iterator[None]:
    """Say what to install where an import finds an optional library missing.

    Parameters
    ----------
    by : str
        What needs the library.

    Raises
    ------
    MissingLibraryError
        In place of Python's error. A library that is there but cannot be loaded keeps its own.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        raise missing(error.name, by) from None

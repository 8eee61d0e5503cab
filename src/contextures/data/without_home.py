"""skrub where there is no home folder to write to.

When skrub is imported it makes a folder for downloads there, and it imports matplotlib for reports
of its own, which wants a folder for its fonts. Neither is needed here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType

_DOWNLOADS = "SKB_DATA_DIRECTORY"
_PLOTS = ("matplotlib", "matplotlib.pyplot")


def load_skrub() -> None:
    """Import skrub: as it is, or where it could not be, without downloads and plots."""
    if "skrub" in sys.modules:
        return
    if _home_is_writable():
        import_module("skrub")
        return
    with _downloads_nowhere(), _plots_of_nothing():
        import_module("skrub")


def _home_is_writable() -> bool:
    try:
        home = Path.home()
    except RuntimeError:
        return False
    return home.is_dir() and os.access(home, os.W_OK)


@contextmanager
def _downloads_nowhere() -> Iterator[None]:
    """Name a folder that is there, unless the caller has."""
    if os.environ.get(_DOWNLOADS):
        yield
        return
    os.environ[_DOWNLOADS] = str(Path(__file__).resolve().parent)
    try:
        yield
    finally:
        del os.environ[_DOWNLOADS]


@contextmanager
def _plots_of_nothing() -> Iterator[None]:
    """Have ``import matplotlib`` find nothing in it, unless it is there already."""
    if "matplotlib" in sys.modules:
        yield
        return
    package, pyplot = (ModuleType(name) for name in _PLOTS)
    package.pyplot = pyplot  # type: ignore[attr-defined]
    sys.modules.update(dict(zip(_PLOTS, (package, pyplot), strict=True)))
    try:
        yield
    finally:
        for name in _PLOTS:
            sys.modules.pop(name, None)

"""Peers that need help to be imported."""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import types
from typing import Any, ClassVar


class _Stub(types.ModuleType):
    __path__: ClassVar[list[str]] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class _StubFinder:
    """Finds an empty torchvision."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name.partition(".")[0] == "torchvision":
            return importlib.machinery.ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]
        return None

    def create_module(self, spec: Any) -> types.ModuleType:
        return _Stub(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def lightly_losses() -> Any:
    """Load lightly's losses, or None where it is not installed."""
    finder = _StubFinder()
    try:
        importlib.import_module("torchvision")
    except ImportError:
        sys.meta_path.insert(0, finder)  # type: ignore[arg-type]
    try:
        return importlib.import_module("lightly.loss")
    except ImportError:
        return None

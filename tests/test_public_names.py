"""What ``import contextures`` alone gives, and what it does not load."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import contextures

FOLDERS = sorted(
    path.parent.name
    for path in Path(contextures.__file__).parent.glob("*/__init__.py")
    if path.parent.name != "cli"
)
HEAVY = ("torch", "lightning_fabric", "sklearn", "scipy", "pandas", "numpy")


def fresh(code):
    """Run code in a process that has imported nothing, and give what it prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", f"import json, sys\nimport contextures\n{code}"],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def test_importing_loads_no_heavy_library_and_names_every_package():
    code = (
        f"names = dir(contextures); loaded = [name for name in {HEAVY} if name in sys.modules]\n"
        "print(json.dumps([names, loaded]))"
    )
    names, loaded = fresh(code)
    assert loaded == []
    assert {*FOLDERS, "exceptions", *contextures.__all__} <= set(names)


@pytest.mark.parametrize("package", [*FOLDERS, "exceptions"])
def test_a_package_is_an_attribute_that_loads_no_torch(package):
    code = (
        f"module = contextures.{package}\n"
        "print(json.dumps([module.__name__, 'torch' in sys.modules]))"
    )
    assert fresh(code) == [f"contextures.{package}", False]


@pytest.mark.parametrize("name", [each for each in contextures.__all__ if each != "__version__"])
def test_a_name_is_that_of_its_package(name):
    """Both ways to import it, and torch only where the name needs it."""
    if name == "NeuralEncoder":
        pytest.importorskip("torch")
    code = (
        f"from contextures import {name} as one\n"
        f"other = contextures.{name}\n"
        "print(json.dumps([one is other, one.__name__, 'torch' in sys.modules]))"
    )
    assert fresh(code) == [True, name, name == "NeuralEncoder"]


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'NuralEncoder'"):
        _ = contextures.NuralEncoder

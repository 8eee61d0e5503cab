"""``make test-oldest`` tests the lower bounds that pyproject.toml promises."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
EXTRAS = ("fast", "neural", "boosting", "text", "excel", "plot", "test")


def lower_bounds() -> dict[str, Version]:
    """The lower bound of each dependency; fails on one that has none."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = told["project"]["optional-dependencies"]
    lines = told["build-system"]["requires"] + told["project"]["dependencies"]
    found = {}
    for requirement in map(Requirement, lines + [line for name in EXTRAS for line in extras[name]]):
        (bound,) = [one for one in requirement.specifier if one.operator == ">="]
        found[canonicalize_name(requirement.name)] = Version(bound.version)
    return found


def pins() -> dict[str, Version]:
    """The versions in requirements/oldest.txt; fails on a line that is no exact version."""
    found = {}
    for line in (ROOT / "requirements/oldest.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        requirement = Requirement(line)
        (pin,) = requirement.specifier
        assert pin.operator == "==", line
        name = canonicalize_name(requirement.name)
        assert name not in found, f"{name} is pinned twice"
        found[name] = Version(pin.version)
    return found


@pytest.mark.parametrize("name", lower_bounds())
def test_the_oldest_allowed_version_is_the_one_tested(name):
    assert pins().get(name) == lower_bounds()[name]

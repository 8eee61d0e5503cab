"""Objectives by name, and what their classes promise a training loop."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import torch
from cases import MADE, OPTIONS, arguments

import contextures.objectives as package
from contextures.exceptions import InputError
from contextures.objectives import (
    FunctionObjective,
    LinearHead,
    Objective,
    UnderRisk,
    get_objective,
    objective_class,
    objective_names,
)


@pytest.fixture(params=objective_names())
def name(request):
    return request.param


def test_classes_say_what_they_take(name):
    made = objective_class(name)
    assert issubclass(made, Objective)
    assert made.inputs in ("pair", "views", "kernel", "targets")
    assert made.encoder_on in ("X", "A")
    assert made.__name__ in package.__all__
    assert made.__module__ == f"contextures.objectives.{name}"
    required = [
        p
        for p in inspect.signature(made.forward).parameters.values()
        if p.default is inspect.Parameter.empty
    ]
    assert len(required) == 3  # self and two arguments


def test_docstrings_give_loss_minimiser_source(name):
    words = inspect.getdoc(objective_class(name))
    assert "Population loss" in words
    assert "Minimiser" in words or "Fixed point" in words
    assert "References" in words
    assert "arXiv" in words


def test_objectives_keep_no_state_and_take_sync(name):
    objective = get_objective(name, sync=False)
    assert not objective.sync
    assert get_objective(name).sync
    assert not list(objective.parameters())
    assert not objective.state_dict()


def test_losses_are_scalars_with_gradients(name):
    embeddings, constants = arguments(name)
    leaves = [e.clone().requires_grad_() for e in embeddings]
    loss = get_objective(name)(*leaves, *constants)
    assert loss.shape == ()
    loss.backward()
    assert all(torch.isfinite(leaf.grad).all() and leaf.grad.any() for leaf in leaves)


def test_everything_public_is_listed():
    modules = {package.__name__ + "." + name for name in objective_names()}
    classes = {objective_class(name).__name__ for name in objective_names()}
    assert len(modules) == len(classes)
    for exported in package.__all__:
        assert getattr(package, exported) is not None
    assert classes < set(package.__all__)


def test_every_objective_has_its_line_in_the_stub():
    """A class in a file of its own, whose line was forgotten, could not be imported or named."""
    modules = [
        import_module(f"{package.__name__}.{found.name}")
        for found in pkgutil.iter_modules(package.__path__)
    ]
    written = {
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, Objective)
        and value.__module__ == module.__name__
    }
    public = {getattr(package, name) for name in package.__all__}
    assert written <= public
    named = {objective_class(name) for name in objective_names()}
    assert named <= written
    assert written - named == {Objective, LinearHead, FunctionObjective, UnderRisk}


def without_minimum(names):
    """Say of which objectives no test derives what their minimiser is."""
    told = set()
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if path.name == Path(__file__).name:
            continue
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(each, ast.Constant):
                told.add(each.value)
            elif isinstance(each, ast.Name):
                told.add(each.id)
    return [
        f"{name} has no case: add its minimum to tests/objectives/test_minimizers.py"
        for name, made in names.items()
        if not {name, made} & told
    ]


def test_every_objective_has_cases():
    """Of one with options each is made with them, too: those in cases.py are of known ones."""
    names = {name: objective_class(name).__name__ for name in objective_names()}
    assert not without_minimum(names)
    assert without_minimum({**names, "brand_new": "BrandNew"}) == [
        "brand_new has no case: add its minimum to tests/objectives/test_minimizers.py"
    ]
    assert set(OPTIONS) <= set(names)
    assert {name for name, _ in MADE} == set(names)


@pytest.mark.parametrize(("name", "options"), MADE, ids=[f"{n}-{o}" for n, o in MADE])
def test_what_is_declared_to_whiten_does(name, options):
    """By the Cholesky factor: lower triangular maps then change nothing, up to the ridge."""
    objective = get_objective(name, **options)
    embeddings, constants = arguments(name)
    lower = torch.eye(4, dtype=torch.float64) + 0.5 * torch.ones(4, 4, dtype=torch.float64).tril()
    n_mapped = 2 if objective.inputs == "views" else 1
    mapped = [e @ lower.T if place < n_mapped else e for place, e in enumerate(embeddings)]
    same = torch.isclose(
        objective(*embeddings, *constants), objective(*mapped, *constants), rtol=1e-3
    )
    assert bool(same) == objective.whitens


def test_no_floor_above_asks_for_the_class_of_an_objective():
    """What a training needs to know of a loss is declared, so one of the caller's own can do it."""
    here = Path(package.__file__).parent
    classes = {objective_class(name).__name__ for name in objective_names()}
    modules = {f"contextures.objectives.{name}" for name in objective_names()}
    asked = [
        (path.name, alias.name)
        for path in here.parent.rglob("*.py")
        if here not in path.parents
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(each, ast.ImportFrom)
        and str(each.module).startswith("contextures.objectives")
        for alias in each.names
        if alias.name in classes or each.module in modules
    ]
    assert not asked


def test_unknown_names_and_options_are_refused():
    with pytest.raises(InputError, match=r"objective='vicregg' is unknown; give one of barlow"):
        get_objective("vicregg")
    with pytest.raises(InputError, match=r"objective 'vicreg' cannot be made.*'ridge'"):
        get_objective("vicreg", ridge=1.0)


def test_torch_is_imported_only_when_an_objective_is():
    code = (
        "import sys, contextures, contextures.objectives as o; n = o.objective_names(); "
        "assert 'torch' not in sys.modules; o.get_objective(n[0]); assert 'torch' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

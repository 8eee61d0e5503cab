"""Above the contexts nobody asks which class a context is, nor looks for what one of them has.

So a context that is defined elsewhere is treated as the library's own. Allowed are
``isinstance(value, Context)``, making contexts (defaults, candidates), and registering a function
for a class with ``singledispatch``, which others can do too.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import contextures
from contexts.cases import CASES
from contextures.contexts.base import Context
from contextures.contexts.registry import words

FLOORS = (
    "engines",
    "spectrum",
    "encoders",
    "evaluation",
    "shift",
    "regression",
    "selection",
    "prediction",
    "data",
    "report",
    "runs",
    "cli",
)
ROOT = Path(contextures.__file__).parent
MODULES = [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]

HIDDEN = {"adjacency", "base", "gamma", "mask_token", "n_landmarks", "n_masks", "n_neighbors"}
"""Parameters that only some contexts have."""

TYPED = {"label", "labels"}
"""What a person may have typed, which the command that fits refuses with a sentence of its own."""


def subclasses(kind):
    """Give all classes below one."""
    return {kind} | {each for below in kind.__subclasses__() for each in subclasses(below)}


def class_names():
    """Give the names of the library's classes of contexts, except for the base of all."""
    assert words()  # which imports all of them
    own = [each for each in subclasses(Context) if each.__module__.startswith("contextures.")]
    return {each.__name__ for each in own} - {"Context"}


def display_texts():
    """Give what contexts are called where they are shown."""
    found = [(case.context.label, case.context.kind) for case in CASES.values()]
    return {text for pair in found for text in pair} - TYPED


NAMES, TEXTS = class_names(), display_texts()


def mentions(node):
    """Give the names that an expression is made of."""
    inside = list(ast.walk(node))
    names = {each.id for each in inside if isinstance(each, ast.Name)}
    return names | {each.attr for each in inside if isinstance(each, ast.Attribute)}


def strings(node):
    return {
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


def is_context(node):
    """Whether an expression is a context by its name."""
    last = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return last.strip("_").split("_")[-1] == "context"


def of_class(node):
    """Whether an expression asks for a class: type(x), x.__class__ or its name."""
    return any(
        (isinstance(each, ast.Call) and getattr(each.func, "id", "") == "type")
        or (isinstance(each, ast.Attribute) and each.attr in ("__class__", "__name__"))
        for each in ast.walk(node)
    )


def takes_text(node):
    """Whether an expression takes what a context is called."""
    return bool(mentions(node) & {"context_label", "family_name"}) or any(
        isinstance(each, ast.Attribute)
        and each.attr in ("label", "kind")
        and is_context(each.value)
        for each in ast.walk(node)
    )


def fault(node):
    """Say what is wrong with a piece of code, None if nothing is."""
    if isinstance(node, ast.Call):
        return fault_of_call(node)
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        if any(of_class(side) for side in sides) and (
            any(mentions(side) & NAMES or strings(side) & NAMES for side in sides)
            or any("context" in name for side in sides for name in mentions(side))
        ):
            return "compares a class"
        if any(strings(side) & (TEXTS | NAMES) for side in sides):
            return "compares with a text that is shown"
        if any(takes_text(side) for side in sides):
            return "compares a text that is shown"
        short = ["short_form" in mentions(side) for side in sides]
        if any(short) and not all(short):  # two short forms tell whether contexts are the same
            return "compares a short form"
    if isinstance(node, ast.MatchClass) and mentions(node.cls) & NAMES:
        return "matches a class"
    if isinstance(node, ast.Attribute) and is_context(node.value):
        if node.attr in HIDDEN:
            return f"takes {node.attr} of a context"
        if node.attr.startswith("_") and not node.attr.startswith("__"):
            return f"takes {node.attr} of a context"
    return None


def fault_of_call(node):
    called = getattr(node.func, "id", getattr(node.func, "attr", ""))
    if called in ("isinstance", "issubclass") and mentions(node.args[1]) & NAMES:
        return "asks for a class"
    shown = {"label", "kind", "family", "family_name", "short_form"}
    owner = getattr(node.func, "value", node.func)
    if called in ("startswith", "endswith") and mentions(owner) & shown:
        return "looks into a text that is shown"
    if called in ("hasattr", "getattr", "attrgetter") and len(node.args) > 1:
        wanted = strings(node.args[1])
        if wanted & HIDDEN:
            return f"looks for {wanted & HIDDEN}"
        if is_context(node.args[0]) and any(name.endswith("_") for name in wanted):
            return f"looks for {wanted} of a context"
    return None


def registered(node):
    """Whether this is a function for one class, which another can be registered beside."""
    return isinstance(node, ast.FunctionDef) and any(
        mentions(decorator) & {"register"} for decorator in node.decorator_list
    )


def faults(source):
    """Find what asks for a class of contexts in the code of a module."""
    found, todo = [], [ast.parse(source)]
    while todo:
        node = todo.pop()
        if registered(node):
            continue
        what = fault(node)
        if what is not None:
            found.append(f"line {node.lineno}: {ast.unparse(node)[:80]} {what}")
        todo += ast.iter_child_nodes(node)
    return found


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ROOT)) for path in MODULES])
def test_no_module_asks_which_class_a_context_is(path):
    assert not faults(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "code",
    [
        "isinstance(context, KNNContext)",
        "isinstance(value, (int, contexts.MaskContext))",
        "issubclass(kind, SupportContext)",
        "type(context) is RBFContext",
        "type(context) == type(other_context)",
        "type(context).__name__ == 'KNNContext'",
        "name in ('KNNContext', 'RBFContext')",
        "context.__class__ is kind",
        "hasattr(context, 'expansion_')",
        "getattr(self.context_, 'points_', None)",
        "getattr(value, 'n_neighbors', 1)",
        "hasattr(value, 'adjacency')",
        "context.mask_token",
        "encoder.context_.base",
        "self.context._held",
        "context.kind == 'x'",
        "row['family'] == 'nearest neighbours'",
        "family_name(context) != other",
        "short_form(context) == 'knn'",
        "short_form(context).startswith('knn')",
        "candidate.family.startswith('masked')",
        "match context:\n    case KNNContext(): pass",
    ],
)
def test_what_asks_for_a_class_is_found(code):
    assert faults(code)


@pytest.mark.parametrize(
    "code",
    [
        "isinstance(context, Context)",
        "context = KNNContext(n_neighbors=5)",
        "context.form == 'kernel' and context.n_searches > 1",
        "getattr(encoder, 'context_', None)",
        "short_form(context) == short_form(other)",
        "f'{type(context).__name__} only draws'",
        "isinstance(source, DrawnSource)",
        "@law.register\ndef _(context: SCARFContext):\n    return context.base",
    ],
)
def test_what_may_be_asked_is_let_be(code):
    assert not faults(code)


def test_all_floors_above_the_contexts_are_looked_at():
    folders = {path.name for path in ROOT.iterdir() if (path / "__init__.py").is_file()}
    assert folders == {*FLOORS, "contexts", "objectives"}
    assert len(NAMES) > 20 and "SupportContext" in NAMES

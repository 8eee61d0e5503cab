"""What a base class leaves unwritten, and what an optional library is missing for."""

from __future__ import annotations

import ast
import importlib
import inspect
import io
import pickle
import pkgutil
import re
import subprocess
import sys
import textwrap
import tomllib
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import contextures
from contextures._lazy import EXTRAS, missing, optional
from contextures.contexts import BoostedTreesContext, KNNContext, NoiseContext, TextTokenizer
from contextures.data.binary import read_binary
from contextures.encoders import save_encoder
from contextures.engines import tree_reduce
from contextures.exceptions import InputError, MissingLibraryError
from contextures.runs.encoder_choice import check_kind
from contextures.spectrum import decompose

pytest.importorskip("torch")
pytest.importorskip("lightning_fabric")
from contextures.encoders import NeuralEncoder

ROOT = Path(contextures.__file__).parent
EXTRAS_DECLARED = tomllib.loads((ROOT.parents[1] / "pyproject.toml").read_text("utf-8"))["project"][
    "optional-dependencies"
]
ROWS = np.random.default_rng(0).standard_normal((60, 3))


def classes():
    """Every class of the package, public or not."""
    found = set()
    for module in pkgutil.walk_packages(contextures.__path__, "contextures."):
        if module.name.startswith("contextures.cli"):
            continue
        loaded = importlib.import_module(module.name)
        found |= {v for v in vars(loaded).values() if inspect.isclass(v)}
    return sorted(
        (each for each in found if each.__module__.startswith("contextures.")),
        key=lambda each: f"{each.__module__}.{each.__qualname__}",
    )


def bare(member):
    """The function behind a method or property; None for anything else."""
    member = getattr(member, "fget", None) or getattr(member, "__func__", None) or member
    return member if inspect.isfunction(member) else None


def left_unwritten(function):
    """Whether a function's body, beside its docstring, is to raise that it is not written."""
    if "unwritten" not in function.__code__.co_names:
        return False
    body = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0].body
    return len(body) <= 2 and isinstance(body[-1], ast.Raise)


UNWRITTEN = [
    pytest.param(owner, name, id=f"{owner.__qualname__}.{name}")
    for owner in classes()
    for name, member in vars(owner).items()
    if (function := bare(member)) is not None
    and function.__module__ == owner.__module__
    and left_unwritten(function)
]


@pytest.mark.parametrize(("owner", "name"), UNWRITTEN)
def test_an_unwritten_method_names_what_to_write(owner, name):
    member = vars(owner)[name]
    function = bare(member)
    takes = inspect.signature(function).parameters.values()
    given = [
        None for each in list(takes)[1:] if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    made = owner if isinstance(member, classmethod) else object.__new__(owner)
    with pytest.raises(NotImplementedError) as caught:
        function(made, *given)
    said = str(caught.value)
    assert said.startswith(f"{owner.__name__} leaves ")
    # A private method is reached through a public one, which is what to write.
    named = said.partition("write ")[2].partition(",")[0]
    assert named == name or (name.startswith("_") and hasattr(owner, named))
    assert not named.startswith("_")
    assert "\n" not in said


def test_nothing_is_left_unwritten_in_another_way():
    """By InputError, which says that the caller gave something wrong, or by a bare error."""
    assert len(UNWRITTEN) > 10
    for path in ROOT.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "is an outline" not in text, path
        assert "raise NotImplementedError" not in text, path


def test_only_one_place_says_what_to_install():
    """No other error does, so a missing library is an ImportError wherever it is found missing."""
    raised = [
        ast.unparse(each)
        for path in ROOT.rglob("*.py")
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(each, ast.Raise) and "pip install" in ast.unparse(each)
    ]
    assert not raised


@pytest.mark.parametrize("library", EXTRAS)
def test_the_extra_that_is_named_installs_the_library(library):
    wanted = library.replace("_", "-")
    declared = " ".join(EXTRAS_DECLARED[EXTRAS[library]])
    names = re.split(r"[^\w-]", declared)  # distributed is an extra of dask's
    assert any(each.startswith(wanted) for each in names)
    error = missing(library, "This")
    again = pickle.loads(pickle.dumps(error))
    for each in (error, again):
        assert isinstance(each, ImportError)
        assert isinstance(each, InputError)
        assert each.name == library
        assert str(each) == (
            f"This needs {library}, which is not installed; run: pip install "
            f"'contextures[{EXTRAS[library]}]'"
        )


def test_every_optional_library_is_known():
    """An import that the core must not make belongs to an extra, which the error can name."""
    linted = tomllib.loads((ROOT.parents[1] / "pyproject.toml").read_text("utf-8"))["tool"]
    core = linted["importlinter"]["contracts"][1]
    # What no module may import at all, as XGBoost, needs none.
    used = {each.split(" -> ")[1] for each in core["ignore_imports"]}
    forbidden = {each for each in core["forbidden_modules"] if find_spec(each) is not None}
    assert forbidden & used <= set(EXTRAS)
    assert {"torch", "lightgbm"} <= used


def workbook():
    """What begins as a workbook does; the library that reads it is missed before it is opened."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as book:
        book.writestr("[Content_Types].xml", "<x/>")
        book.writestr("xl/workbook.xml", "<x/>")
    return packed.getvalue()


def on_a_cluster():
    """Ask for a scheduler that is not looked for before the library is."""
    return tree_reduce(max, [1, 2], max, engine="tcp://127.0.0.1:9")


TRIGGERS = {
    "dask": on_a_cluster,
    "distributed": on_a_cluster,
    "tokenizers": lambda: TextTokenizer().fit(["a b c", "b c d"] * 5),
    "lightgbm": lambda: BoostedTreesContext().fit(ROWS, ROWS[:, 0]),
    "faiss": lambda: KNNContext(5, algorithm="hnsw").fit(ROWS),
    "lightning_fabric": lambda: NeuralEncoder(NoiseContext(0.5), 1).fit(ROWS),
    "matplotlib": lambda: decompose(KNNContext(5), ROWS, 2).plot(),
    "openpyxl": lambda: read_binary(Path("book.xlsx"), workbook()),
    "torch": lambda: check_kind("neural", None),
}


@pytest.mark.parametrize("library", EXTRAS)
def test_a_missing_library_is_an_import_error(library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingLibraryError, match=rf"needs {library}.*\[{EXTRAS[library]}\]"):
        TRIGGERS[library]()


def test_a_library_that_cannot_be_loaded_keeps_its_own_error():
    """A broken installation is not mended by installing the extra."""
    with pytest.raises(ImportError, match="libcudart") as caught, optional("This"):
        raise ImportError("libcudart.so: cannot open shared object file", name="torch")
    assert not isinstance(caught.value, MissingLibraryError)
    with pytest.raises(ModuleNotFoundError, match="colour"), optional("This"):
        raise ModuleNotFoundError("No module named 'colour'", name="colour")


HIDDEN = """
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, *others):
        return None if name == "torch" else self.finder.find_spec(name, *others)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""


def without_torch(code, *arguments):
    """Run code in a process in which torch is not to be found, as where it is not installed."""
    command = [sys.executable, "-c", f"{HIDDEN}\n{code}", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize(
    "statement",
    [
        "from contextures import NeuralEncoder",
        "from contextures.encoders.neural import NeuralEncoder",
        "from contextures.objectives import VICReg",
        "from contextures.objectives import get_objective; get_objective('vicreg')",
    ],
)
def test_names_that_need_torch_say_so(statement):
    done = without_torch(f"try:\n    {statement}\nexcept ImportError as e:\n    print(e)")
    assert "needs torch, which is not installed; run: pip install" in done.stdout, done.stderr


def test_an_encoder_on_disk_that_needs_torch_is_not_called_damaged(tmp_path):
    small = {"width": 8, "depth": 2}
    save_encoder(
        NeuralEncoder(KNNContext(5), 1, max_steps=2, network_options=small).fit(ROWS), tmp_path
    )
    done = without_torch(
        "from contextures.encoders import load_encoder\n"
        "try:\n    load_encoder(sys.argv[1])\nexcept ImportError as e:\n    print(e)",
        str(tmp_path),
    )
    assert "NeuralEncoder needs torch" in done.stdout, done.stderr


def test_the_command_line_says_it_in_one_sentence(tmp_path):
    np.savetxt(tmp_path / "t.csv", ROWS, delimiter=",", header="a,b,c", comments="")
    done = without_torch(
        "from contextures.cli.app import main\nmain()",
        *("fit", str(tmp_path / "t.csv"), "--encoder", "neural", "--out", str(tmp_path / "run")),
    )
    assert done.returncode == 2
    assert done.stderr == (
        "contextures: --encoder neural needs torch, which is not installed; run: pip install "
        "'contextures[neural]'\n"
    )
    assert not (tmp_path / "run").exists()

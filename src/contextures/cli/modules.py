"""Modules of the caller's own, whose contexts the commands can then name."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from contextures.exceptions import InputError


def import_named(name: str) -> None:
    """Import a module by its dotted name, from the working folder too, or say why it cannot be.

    Parameters
    ----------
    name : str
        The name, such as ``my_contexts`` for ``my_contexts.py`` in the working folder.

    Raises
    ------
    InputError
        If there is no such module, or importing it fails.
    """
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        import_module(name)
    except Exception as error:  # whatever code of the caller's own raises
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"--import {name!r} failed: {reason}; give the name of a module, without .py"
        ) from None

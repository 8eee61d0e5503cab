"""Archives of plain parts read without skops, whose import takes longer than serving does.

skops imports every estimator of scikit-learn, and with them whatever array libraries are installed.
An archive that holds only numbers, words, arrays, lists, mappings and objects of a few known types
is read here in its place, by the same rule: no type but those named by the caller, no code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import numpy as np

Types = Mapping[tuple[str, str], Callable[[], type[Any]]]
"""For each module and name of a type in an archive, what gives the type to make."""


class NotPlainError(Exception):
    """An archive that holds something else, or is damaged: skops is to read it, or refuse it."""


def read_plain(archive: bytes, types: Types) -> Any:
    """Read a skops archive of plain parts.

    Parameters
    ----------
    archive : bytes
        The archive, which is known not to unpack to too much.
    types : mapping
        The types of the objects that it may hold.

    Returns
    -------
    object
        What was written.

    Raises
    ------
    NotPlainError
        If it holds anything else.
    """
    try:
        with ZipFile(BytesIO(archive)) as opened:
            return _made(json.loads(opened.read("schema.json")), opened, types)
    except NotPlainError:
        raise
    except Exception as error:  # whatever a damaged archive makes of it
        raise NotPlainError(str(error)) from None


def _made(node: Any, opened: ZipFile, types: Types) -> Any:
    kind, of = node["__loader__"], (node["__module__"], node["__class__"])
    if kind == "JsonNode" and of == ("builtins", "str"):
        return json.loads(node["content"])
    if (kind, *of) in (("ListNode", "builtins", "list"), ("TupleNode", "builtins", "tuple")):
        parts = [_made(part, opened, types) for part in node["content"]]
        return parts if kind == "ListNode" else tuple(parts)
    if kind == "DictNode" and of == ("builtins", "dict"):
        return _mapping(node, opened, types)
    if kind == "NdArrayNode" and of == ("numpy", "ndarray"):
        return _array(node, opened, types)
    if kind == "ObjectNode" and of in types:
        made = types[of]()
        one: Any = object.__new__(made)
        state = _made(node["content"], opened, types)
        if hasattr(one, "__setstate__"):
            one.__setstate__(state)
        else:
            one.__dict__.update(state)
        return one
    raise NotPlainError(f"{kind} of {of}")


def _mapping(node: Any, opened: ZipFile, types: Types) -> dict[str, Any]:
    """Give a mapping from words, as the attributes of objects are."""
    words = {"__class__": "str", "__module__": "builtins", "__loader__": "TypeNode"}
    for key_type in node["key_types"]["content"]:
        if words.items() - key_type.items():
            raise NotPlainError("keys that are no words")
    return {name: _made(part, opened, types) for name, part in node["content"].items()}


def _array(node: Any, opened: ZipFile, types: Types) -> Any:
    if node["type"] == "numpy":
        return np.load(BytesIO(opened.read(node["file"])), allow_pickle=False)
    if node["type"] != "json" or len(_made(node["shape"], opened, types)) != 1:
        raise NotPlainError("an array of several dimensions")
    parts = [_made(part, opened, types) for part in node["content"]]
    array = np.empty(len(parts), dtype=object)
    array[:] = parts
    return array

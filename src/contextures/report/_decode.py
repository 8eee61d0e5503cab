"""Dataclasses to JSON's own types and back, checked against their annotations."""

from __future__ import annotations

import dataclasses
import types
import typing
from math import isfinite as finite
from typing import Any

from contextures.exceptions import InputError


def to_plain(value: Any) -> Any:
    """Return ``value`` in JSON's own types, with ``None`` for numbers that are not finite."""
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return to_plain(value.tolist())
    if isinstance(value, float):
        return float(value) if finite(value) else None
    return str(value) if isinstance(value, str) else value


def build(kind: Any, value: Any, path: str) -> Any:
    """Return ``value`` as a ``kind``, or raise :class:`InputError` naming ``path``."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is types.UnionType:
        return _build_union(arguments, value, path)
    if origin is list and isinstance(value, list):
        if arguments[0] is float and all(type(item) is float and finite(item) for item in value):
            return list(value)  # the most of a report, and the path of none is needed
        return [build(arguments[0], item, f"{path}[{i}]") for i, item in enumerate(value)]
    if origin is dict and isinstance(value, dict):
        return {key: build(arguments[1], item, f"{path}[{key!r}]") for key, item in value.items()}
    if dataclasses.is_dataclass(kind) and isinstance(value, dict):
        return _build_dataclass(kind, value, path)
    if kind is float and type(value) in (int, float) and finite(value):
        return float(value)
    if origin is None and kind is not float and type(value) is kind:
        return value
    name = getattr(origin or kind, "__name__", str(kind))
    raise InputError(f"{path} cannot be {value!r:.60}; it must be of type {name}.")


def _build_union(options: tuple[Any, ...], value: Any, path: str) -> Any:
    """Return ``value`` as the first of ``options`` that takes it."""
    kinds = [option for option in options if option is not type(None)]
    if value is None and len(kinds) < len(options):
        return None
    for kind in kinds[:-1]:
        try:
            return build(kind, value, path)
        except InputError:
            continue
    return build(kinds[-1], value, path)


def _build_dataclass(kind: Any, value: dict[str, Any], path: str) -> Any:
    """Return the dataclass ``kind`` built from an object's members."""
    hints = typing.get_type_hints(kind)
    for name in value:
        if name not in hints:
            raise InputError(f"{path} has an unknown field {name!r}; remove it.")
    for member in dataclasses.fields(kind):
        optional = (
            member.default is not dataclasses.MISSING
            or member.default_factory is not dataclasses.MISSING
        )
        if member.name not in value and not optional:
            raise InputError(f"{path} lacks the field {member.name!r}; write the report again.")
    members = {
        name: build(hints[name], item, f"{path}.{name}" if path else name)
        for name, item in value.items()
    }
    return kind(**members)

"""Small changes to the files of something saved, as a disk or a stranger might make them."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np

VALUES = [
    *(None, True, -1, 0, 1, 3, 7, 10**9, 2**63, 10**400, 0.5, -0.5, 1e308, "x", "", [], {}, [[]]),
    *(float("nan"), float("inf"), ["x"], {"kind": "x"}, {"array": "x"}, [1] * 50),
]


def mutate(files, rng):
    """Change one of the files, given as bytes by name; give all of them."""
    name = sorted(files)[rng.integers(len(files))]
    changed = rng.choice([_flipped, _cut, _inside, _inside])(name, files[name], rng)
    return {**files, name: changed}


def _flipped(name, content, rng):
    data = bytearray(content)
    for place in rng.integers(len(data), size=rng.integers(1, 9)):
        data[place] = rng.integers(256)
    return bytes(data)


def _cut(name, content, rng):
    return content[: rng.integers(len(content))]


def _inside(name, content, rng):
    ending = name.rsplit(".", 1)[-1]
    return {"json": _json, "safetensors": _arrays, "skops": _archive}.get(ending, _flipped)(
        name, content, rng
    )


def _json(name, content, rng):
    value = json.loads(content)
    paths = list(_paths(value, ()))
    path = paths[rng.integers(len(paths))]
    at = value
    for key in path[:-1]:
        at = at[key]
    if rng.random() < 0.1:
        del at[path[-1]]
    else:
        at[path[-1]] = VALUES[rng.integers(len(VALUES))]
    return json.dumps(value).encode()


def _paths(value, path):
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from _paths(inner, (*path, key))


def _array(array, rng):
    """Change the shape, the type or some numbers of an array."""
    kind = rng.integers(7)
    if kind == 0 and array.ndim:
        return array[:-1]
    if kind == 1:
        return np.concatenate([array.ravel(), array.ravel()])
    if kind == 2:
        return array.T if array.ndim > 1 else array[None]
    if kind == 3 and array.dtype.names is None:
        return array.astype(rng.choice(["float32", "int64", "bool", "uint8"]))
    changed = np.array(array, order="C")
    if array.dtype.names is not None:
        field = rng.choice(array.dtype.names)
        changed[field][rng.integers(len(changed))] = rng.choice([-1, 0, 1, 9, 250])
    elif array.dtype.kind == "f" and array.size:
        wild = [np.nan, np.inf, -np.inf, 1e308, -1e200, 0.0, 1e-320]
        changed.reshape(-1)[rng.integers(array.size)] = np.asarray(rng.choice(wild), array.dtype)
    elif array.dtype.kind in "iu" and array.size:
        wild = [-1, 0, 1, 10**6, np.iinfo(array.dtype).max]
        changed.reshape(-1)[rng.integers(array.size)] = np.array(rng.choice(wild)).astype(
            array.dtype
        )
    return changed


def _arrays(name, content, rng):
    from safetensors.numpy import load, save

    arrays = load(content)
    key = sorted(arrays)[rng.integers(len(arrays))]
    if rng.random() < 0.1:
        del arrays[key]
    else:
        arrays[key] = np.ascontiguousarray(_array(arrays[key], rng))
    return save(arrays)


def _archive(name, content, rng):
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        parts = {part: opened.read(part) for part in opened.namelist()}
    part = sorted(parts)[rng.integers(len(parts))]
    if part.endswith(".json") or rng.random() < 0.4:
        parts["schema.json"] = _json(name, parts["schema.json"], rng)
    elif part.endswith(".npy"):
        array = np.load(io.BytesIO(parts[part]), allow_pickle=False)
        kept = io.BytesIO()
        np.save(kept, _array(array, rng), allow_pickle=False)
        parts[part] = kept.getvalue()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        for inner, data in parts.items():
            opened.writestr(inner, data)
    return packed.getvalue()

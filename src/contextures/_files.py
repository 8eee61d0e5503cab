"""Files that are written whole, and read back with a clear word when they are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from contextures.exceptions import InputError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place and rename it, so that no half file bears the name."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)


def to_json(value: Any) -> bytes:
    """Give a value as readable JSON."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def read_pair(
    folder: Path, description: str, content: str, what: str, layout: int
) -> tuple[dict[str, Any], bytes]:
    """Read the JSON description and the content of something saved.

    Parameters
    ----------
    folder : pathlib.Path
        Where both lie.
    description, content : str
        Their names.
    what : str
        What was saved, for messages.
    layout : int
        The ``format`` that this release reads.

    Returns
    -------
    tuple
        The description and the content.

    Raises
    ------
    InputError
        If one is missing, cannot be read, or is of another layout.
    """
    try:
        described = json.loads((folder / description).read_text(encoding="utf-8"))
        data = (folder / content).read_bytes()
    except FileNotFoundError as error:
        raise InputError(
            f"{str(folder)!r} holds no {what} ({Path(error.filename or '').name} is missing); "
            "give a directory that contextures fit wrote"
        ) from None
    except (ValueError, OSError) as error:
        raise InputError(f"the {what} in {str(folder)!r} cannot be read: {error}") from None
    if not isinstance(described, dict) or described.get("format") != layout:
        raise InputError(
            f"the {what} in {str(folder)!r} has another layout than this release reads; "
            "fit it again"
        )
    return described, data

"""Compressed files, opened up to a bound."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from contextures.data.words import listed
from contextures.exceptions import InputError

LEAST_BOUND = 256 * 2**20
"""This much may come out of any compressed file, however small."""

MOST_TIMES = 100
"""Beyond that, this many times its size: tables shrink tenfold, only bombs a thousandfold."""

_CHUNK = 2**22


def _zstd(source: IO[bytes]) -> Any:
    import pyarrow as pa

    return pa.CompressedInputStream(pa.PythonFile(source, "r"), "zstd")


_OPENERS: tuple[tuple[bytes, str, Callable[[IO[bytes]], Any]], ...] = (
    (b"\x1f\x8b", "gzip", lambda source: gzip.GzipFile(fileobj=source)),
    (b"BZh", "bzip2", lambda source: bz2.BZ2File(source)),
    (b"\xfd7zXZ\x00", "xz", lambda source: lzma.LZMAFile(source)),  # noqa: SIM115
    (b"\x28\xb5\x2f\xfd", "zstd", _zstd),
)
_BROKEN = (
    *(OSError, EOFError, ValueError, NotImplementedError),
    *(zlib.error, lzma.LZMAError, zipfile.BadZipFile),
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OTHERS = (
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (b"Rar!", "RAR archive"),
    (b"\x04\x22\x4d\x18", "file compressed with lz4"),
    (b"\x1f\x9d", "file compressed with compress"),
)


def unpacked(file: Path, data: bytes) -> bytes:
    """Give the content of a compressed file; what is not compressed as it is.

    Parameters
    ----------
    file : pathlib.Path
        Where it comes from, for messages.
    data : bytes
        The whole file.

    Returns
    -------
    bytes
        Its content, that of the only file in a ZIP archive.

    Raises
    ------
    InputError
        If it is damaged, becomes far too large, or holds several files.
    """
    for _ in range(2):  # a compressed file in an archive
        inner = _unpacked_once(file, data)
        if inner is None:
            return data
        data = inner
    return data


def is_workbook(data: bytes) -> bool:
    """Tell a workbook, which is a ZIP archive too."""
    if not data.startswith(_ZIP):
        return False
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError):
        return False
    return bool(names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"})


def _unpacked_once(file: Path, data: bytes) -> bytes | None:
    for magic, name, opener in _OPENERS:
        if data.startswith(magic):
            return _read(file, data, name, partial(opener, BytesIO(data)))
    for magic, name in _OTHERS:
        if data.startswith(magic):
            raise InputError(
                f"the file {str(file)!r} is a {name}, which is not read here; decompress it first"
            )
    if not data.startswith(_ZIP) or is_workbook(data):
        return None
    try:
        archive = zipfile.ZipFile(BytesIO(data))
        names = [
            item.filename
            for item in archive.infolist()
            if not item.is_dir()
            and not item.filename.startswith("__MACOSX/")
            and not Path(item.filename).name.startswith(".")
        ]
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        raise InputError(
            f"the file {str(file)!r} is a damaged spreadsheet or ZIP archive; save the table in it "
            "as CSV"
        ) from None
    if len(names) != 1:
        held = f"{len(names)} files ({listed(names)})" if names else "no file"
        raise InputError(
            f"the ZIP archive {str(file)!r} holds {held}, and one is needed; unpack the table"
        )
    return _read(file, data, "ZIP", lambda: archive.open(names[0]))


def _read(file: Path, data: bytes, name: str, opened: Callable[[], Any]) -> bytes:
    bound = max(LEAST_BOUND, MOST_TIMES * len(data))
    parts, size = [], 0
    try:
        with opened() as stream:
            while part := stream.read(_CHUNK):
                size += len(part)
                if size > bound:
                    raise InputError(
                        f"the {name} file {str(file)!r} holds more than {bound // 2**20:,} MiB, "
                        f"over {size // len(data):,} times its size; if it is a table all the "
                        "same, decompress it first"
                    )
                parts.append(bytes(part))
    except InputError:
        raise
    except RuntimeError:  # of zipfile, where a password is needed
        raise InputError(f"the file in {str(file)!r} is encrypted; decompress it first") from None
    except _BROKEN:
        raise InputError(
            f"the file {str(file)!r} is a damaged {name} file; copy or compress it again"
        ) from None
    return b"".join(parts)

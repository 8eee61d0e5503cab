"""skops archives of fitted transformers and models: written, and opened without running code."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from contextures._archive_contents import check_contents
from contextures._plain_archive import NotPlainError, Types, read_plain
from contextures.exceptions import InputError

ALWAYS_UNPACKED = 2**26
MOST_RATIO = 200
"""An archive unpacks to at most 64 MiB, or so many times its own size: more is a bomb."""


def write_archive(content: Any, trusted: Sequence[str], what: str) -> bytes:
    """Give an object as a skops archive, or say why it would not be opened again.

    Parameters
    ----------
    content : object
        Fitted estimators, or lists or dicts of them.
    trusted : sequence of str
        The types that it may hold besides numpy's and scikit-learn's own.
    what : str
        What is written, as the subject of messages: ``"the basis (PCA)"``.

    Returns
    -------
    bytes
        The archive.

    Raises
    ------
    InputError
        If it holds another type.
    """
    import skops.io

    archive: bytes = skops.io.dumps(content, compression=ZIP_DEFLATED)
    strange = _strange(archive, trusted)
    if strange:
        raise InputError(
            f"{what} holds the type {strange[0]!r}, which would not be opened again; choose one "
            "made of scikit-learn's own parts"
        )
    return archive


def read_archive(
    archive: bytes, trusted: Sequence[str], kind: str, where: str, plain: Types | None = None
) -> Any:
    """Open a skops archive that anyone may have changed: no code of its own, and nothing broken.

    Parameters
    ----------
    archive : bytes
        The archive.
    trusted : sequence of str
        The types that it may hold besides numpy's and scikit-learn's own. They are fixed where
        this is called, so that a changed archive cannot name others.
    kind, where : str
        What is read and from where, for messages: ``"encoder"``, ``"'run'"``.
    plain : mapping, optional
        Types by which an archive that holds no others is read without skops; see
        :func:`contextures._plain_archive.read_plain`.

    Returns
    -------
    object
        What was written. Whatever compiled code in it would follow blindly has been checked, at
        any depth; see :func:`contextures._archive_contents.check_contents`.

    Raises
    ------
    InputError
        If it is damaged, holds another type, or unpacks to far more than its size.
    """
    try:
        check_unpacked(archive)
        content = _read_plain(archive, plain or {})
        if content is not None:
            check_contents(content)
            return content
        import skops.io

        strange = _strange(archive, trusted)
        if strange:
            raise InputError(
                f"the {kind} in {where} holds the type {strange[0]!r}, which no {kind} has; it "
                "was changed or comes from another release, so fit it again"
            )
        content = skops.io.loads(archive, trusted=list(trusted))
        check_contents(content)
    except InputError:
        raise
    except Exception as error:  # whatever a damaged archive makes skops raise
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(f"the {kind} in {where} cannot be read: {reason}; fit it again") from None
    return content


def _read_plain(archive: bytes, types: Types) -> Any:
    """Read an archive that holds only such types; None where it holds anything else."""
    try:
        return read_plain(archive, types) if types else None
    except NotPlainError:
        return None


def _strange(archive: bytes, trusted: Sequence[str]) -> list[str]:
    import skops.io

    return sorted(set(skops.io.get_untrusted_types(data=archive)) - set(trusted))


def check_unpacked(archive: bytes) -> None:
    """Refuse a ZIP archive that says that it unpacks to too much; no more than said is read.

    Raises
    ------
    ValueError
        If it does.
    zipfile.BadZipFile
        If it is no archive.
    """
    with ZipFile(BytesIO(archive)) as opened:
        unpacked = sum(part.file_size for part in opened.infolist())
    if unpacked > max(ALWAYS_UNPACKED, MOST_RATIO * len(archive)):
        raise ValueError(f"it unpacks to {unpacked:,} bytes, over {MOST_RATIO} times its size")

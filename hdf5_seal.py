"""The seal of an HDF5 file of ours.

A file begins with a block of text that names its format, its version, and the length and SHA-256 of
all that follows, which is plain HDF5 (readers of HDF5 skip the block).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from .errors import FileFormatError

BLOCK = 512  # bytes; HDF5 looks for itself at 0, 512, 1024 …
SEAL = b"spikewatt-"
CHUNK = 2**20  # bytes that are hashed at once
SAME_HASH = "the content has the hash stored with it"


def sealed(image: bytes, file_format: str, version: int) -> bytes:
    """An HDF5 image after its seal.

    Parameters
    ----------
    image : bytes
        HDF5, which begins with its signature.
    file_format : str
        Name of the format.
    version : int
        Of the format.
    """
    digest = hashlib.sha256(head(file_format, version))
    digest.update(image)
    return seal(file_format, version, len(image), digest.hexdigest()) + image


def head(file_format: str, version: int) -> bytes:
    """What a seal begins with; it is hashed before the image."""
    return f"{file_format} {version}\n".encode()


def seal(file_format: str, version: int, size: int, sha256: str) -> bytes:
    """The block in front of an image of `size` bytes; `sha256` is that of the head and of it."""
    text = head(file_format, version) + f"{size} bytes\nsha256 {sha256}\n".encode()
    return text.ljust(BLOCK, b"\0")


def check_seal(path: Path, block: bytes, file, file_format: str) -> None:
    """Raise FileFormatError unless `block` is the seal of what follows it in an open file."""
    first, _, rest = block.partition(b"\n")
    found = first.decode("ascii", "replace").rpartition(" ")[0]
    if found != file_format:
        law = f"must be a {file_format} file"
        raise FileFormatError(str(path), law, repr(found), file_format)

    size, _, rest = rest.partition(b" bytes\nsha256 ")
    stored = os.fstat(file.fileno()).st_size - BLOCK
    if not size.isdigit() or len(size) > 18 or int(size) > stored:
        raise not_whole(path, file_format, f"{stored} bytes after the seal")

    digest = hashlib.sha256(first + b"\n")
    while part := file.read(CHUNK):
        digest.update(part)
    named = rest.rstrip(b"\0\n")
    same = named == digest.hexdigest().encode() and int(size) == stored
    if not same or block != _again(first, size, named):
        named_text = named.decode("ascii", "replace")
        raise FileFormatError(str(path), SAME_HASH, digest.hexdigest()[:12], named_text[:12])


def _again(first: bytes, size: bytes, named: bytes) -> bytes:
    """The block as it was written."""
    text = first + b"\n" + size + b" bytes\nsha256 " + named + b"\n"
    return text.ljust(BLOCK, b"\0")


def not_whole(path: Path, file_format: str, why: str) -> FileFormatError:
    """The error of a file that is damaged or of another kind."""
    got = f"a truncated or foreign file ({why[:160]})"
    return FileFormatError(str(path), f"must be a whole {file_format} file", got)

"""What identifies a saved model: the hash of its folder."""

import hashlib
from pathlib import Path


def folder_hash(folder: Path) -> str:
    """SHA-256 over the names and bytes of a folder's files, in order of name."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()

"""What a runtime folder swears to: the hash of each of its files, and of what it was made from."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from newsvoice.errors import NewsvoiceError
from newsvoice.records import write_json

MANIFEST: Final = "manifest.json"
ADVICE: Final = "build one: make repro"


@dataclass(frozen=True, slots=True)
class Manifest:
    """SHA-256 by name: `files` of the folder but this one, `sources` (weights, data, parameters) it was made from."""

    files: Mapping[str, str]
    sources: Mapping[str, str]

    @classmethod
    def write(cls, folder: Path, sources: Mapping[str, str]) -> "Manifest":
        """Hash the files that lie in `folder` and write the manifest beside them."""
        names = sorted(path.name for path in folder.iterdir() if path.name != MANIFEST)
        manifest = cls({name: file_hash(folder / name) for name in names}, sources)
        write_json(folder / MANIFEST, asdict(manifest))
        return manifest

    @classmethod
    def check(cls, folder: Path) -> "Manifest":
        """Read the manifest and compare every file with it.

        Raises `NewsvoiceError` when the folder or its manifest is missing or broken, or when a file is
        missing, changed or not named.
        """
        if not folder.is_dir():
            raise NewsvoiceError("no model here", where=str(folder), advice=ADVICE)
        path = folder / MANIFEST
        try:
            value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            manifest = cls(**value)
            promised, present = dict(manifest.files), {p.name for p in folder.iterdir() if p.name != MANIFEST}
        except (OSError, ValueError, TypeError) as error:
            raise NewsvoiceError("not the manifest of a runtime", where=str(path), advice=ADVICE) from error
        for name in sorted(promised.keys() | present):
            if name not in present:
                reason = "is missing"
            elif name not in promised:
                reason = "is not in the manifest"
            elif file_hash(folder / name) != promised[name]:
                reason = "is not the file that was exported (another SHA-256)"
            else:
                continue
            raise NewsvoiceError(f"broken model: {name} {reason}", where=str(folder), advice=ADVICE)
        return manifest


def file_hash(path: Path) -> str:
    """SHA-256 of a file, or over names and bytes of a folder's files in order of name."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for inner in sorted(p for p in path.rglob("*") if p.is_file()):
        digest.update(f"{inner.relative_to(path).as_posix()} {file_hash(inner)}\n".encode())
    return digest.hexdigest()

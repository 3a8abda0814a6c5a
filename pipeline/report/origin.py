"""What identifies a run without a date: hashes of data and models, and the versions the lock files pin."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pipeline.classifiers.registry import MODELS
from pipeline.folders import folder_hash

# Whatever could change a figure of the report.
DECISIVE: Final = ("torch", "transformers", "scikit-learn", "numpy", "scipy", "trafilatura", "dvc", "matplotlib")


def origin(
    *,
    articles: Path,
    models: Path,
    locks: Sequence[Path],
    processor: Mapping[str, Any],
    decisive: Sequence[str] = DECISIVE,
) -> dict[str, Any]:
    """Return SHA-256 of the article records and of each model folder, pinned versions, and the processor type."""
    pins = pinned("\n".join(lock.read_text(encoding="utf-8") for lock in locks))
    return {
        "articles_sha256": hashlib.sha256(articles.read_bytes()).hexdigest(),
        "models_sha256": {name: folder_hash(models / name) for name in MODELS},
        "versions": {name: pins[name] for name in decisive if name in pins},
        "processor": dict(processor),
    }


def pinned(lock: str) -> dict[str, str]:
    """Return `{package: version}` of the `name==version` lines of a requirements file."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)", lock, flags=re.M))

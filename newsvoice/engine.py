"""What answers: the surface that every engine has, and where its model lies.

All that labels texts (command line, API, archives) is written against `Engine`; which class stands
behind it is decided here and nowhere else.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from newsvoice.records import Prediction, Sentence

# Where the pipeline leaves its model, looked for from the working directory and from a source checkout.
MODEL_FOLDER = Path("models/classifier")
MODEL_VARIABLE = "NEWSVOICE_MODEL"


class Engine(Protocol):
    """Sentences in reading order, whole articles at a time, to one prediction each, in order.

    A sentence's prediction depends on its article alone: sentences of other articles (told apart by
    `Sentence.article`) may be given along and change nothing.
    """

    def predict(self, sentences: Sequence[Sentence], /) -> list[Prediction]:
        """Return a prediction a sentence."""
        ...


def load_engine(model: Path | None = None) -> Engine:
    """Load the model folder asked for, or the default. Raises `NewsvoiceError` when it is missing or broken."""
    from newsvoice.runtime.classifier import Classifier

    return Classifier.load(find_model(model))


def find_model(model: Path | None) -> Path:
    """Return the folder asked for, or the first default that exists (the default itself, to be reported missing)."""
    if model is not None:
        return model
    if named := os.environ.get(MODEL_VARIABLE):
        return Path(named)
    checkout = Path(__file__).resolve().parents[1] / MODEL_FOLDER
    return checkout if not MODEL_FOLDER.is_dir() and checkout.is_dir() else MODEL_FOLDER


def fingerprint(folder: Path) -> str:
    """Return a SHA-256 over names and bytes of a model folder's files: does the same model answer?"""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            digest.update(
                f"{path.relative_to(folder).as_posix()} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode()
            )
    return digest.hexdigest()

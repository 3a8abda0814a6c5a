"""What answers: the surface that every engine has, and where its model lies.

All that labels texts (command line, API, archives) is written against `Engine`; which class stands
behind it is decided here and nowhere else.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from newsvoice.records import Prediction, Sentence

if TYPE_CHECKING:
    from newsvoice.runtime.model import SentenceModel

# Where the pipeline leaves its model, looked for from the working directory and from a source checkout.
MODEL_FOLDER = Path("models/runtime")
MODEL_VARIABLE = "NEWSVOICE_MODEL"
# Where a wheel has its model, inside the package.
PACKAGED = "model"


class Engine(Protocol):
    """Sentences in reading order, whole articles at a time, to one prediction each, in order.

    A sentence's prediction depends on its article alone: sentences of other articles (told apart by
    `Sentence.article`) may be given along and change nothing.
    """

    def predict(self, sentences: Sequence[Sentence], /) -> list[Prediction]:
        """Return a prediction a sentence."""
        ...


def load_engine(model: Path | None = None) -> "SentenceModel":
    """Load the model folder asked for, or the default: an exported one, or one of transformers (needs torch).

    Raises `NewsvoiceError` when it is missing or broken.
    """
    folder = find_model(model)
    if is_transformers(folder):
        from newsvoice.runtime.classifier import Classifier

        return Classifier.load(folder)
    from newsvoice.runtime.exported import ExportedModel

    return ExportedModel.load(folder)


def is_transformers(folder: Path) -> bool:
    """Tell a folder of transformers, which the pipeline trains, from an exported one."""
    return (folder / "config.json").is_file()


def find_model(model: Path | None) -> Path:
    """Return the folder asked for, or the first default that exists.

    Defaults: what `$NEWSVOICE_MODEL` names, `models/runtime` of the working directory, that of the source
    checkout, the model inside the installed package; without any, the first, to be reported missing.
    """
    if model is not None:
        return model
    if named := os.environ.get(MODEL_VARIABLE):
        return Path(named)
    package = Path(__file__).resolve().parent
    candidates = (MODEL_FOLDER, package.parent / MODEL_FOLDER, package / PACKAGED)
    return next((folder for folder in candidates if folder.is_dir()), MODEL_FOLDER)

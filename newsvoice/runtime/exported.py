"""What users run: the folder that the `export` stage writes, loaded without torch."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from newsvoice.errors import NewsvoiceError
from newsvoice.rules import RULES_VERSION
from newsvoice.runtime.backends import Backend, open_graph
from newsvoice.runtime.encoding import DESCRIPTION, ModelDescription, Window
from newsvoice.runtime.manifest import Manifest
from newsvoice.runtime.model import SentenceModel
from newsvoice.runtime.tokens import Tokenizer
from newsvoice.text.segment import SEGMENTER_VERSION

GRAPH: Final = "model.onnx"
# What the graph names as the file of its large tensors.
WEIGHTS: Final = "weights.bin"
# The manifest's source that a graph's numbers come from, and as much of its hash as a record shows.
WEIGHTS_SOURCE: Final = "weights"
HASH_DIGITS: Final = 12


class ExportedModel(SentenceModel):
    """A graph computed by OpenVINO or ONNX Runtime (`backend.name` says which)."""

    def __init__(self, backend: Backend, text_tokenizer: Tokenizer, description: ModelDescription) -> None:
        super().__init__(text_tokenizer, description)
        self.backend = backend

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Check a runtime folder against its manifest and load it.

        Raises `NewsvoiceError` when anything is missing, broken, changed, or made for another splitter or other rules.
        """
        manifest = Manifest.check(folder)
        description = ModelDescription.load(folder)
        for what, made_for, here in (
            ("splitter", description.segmenter, SEGMENTER_VERSION),
            ("rules", description.rules, RULES_VERSION),
        ):
            if made_for != here:
                raise NewsvoiceError(
                    f"made for {what} {made_for}, this newsvoice has {here}",
                    where=str(folder / DESCRIPTION),
                    advice="export it anew: make repro",
                )
        # Records say which training answered: two models of one name are told apart by the weights they were made from.
        weights = manifest.sources.get(WEIGHTS_SOURCE, "")[:HASH_DIGITS]
        description = replace(description, name=f"{description.name}@{weights}" if weights else description.name)
        return cls(open_graph(folder / GRAPH), Tokenizer.load(folder), description)

    def token_logits(self, laid: Sequence[Window]) -> list[NDArray[np.floating]]:
        """Return `(tokens, 3)` logits of each window, each computed alone."""
        return self.begin(laid)()

    def begin(self, laid: Sequence[Window]) -> Callable[[], list[NDArray[np.floating]]]:
        """Begin with the windows; what is returned waits for their logits."""
        return self.backend.begin(laid)

"""The yardsticks: the same fine-tuned weights in transformers and torch, float32, without anything of ours.

    python -m benchmarks.plain MODEL TEXT...

`Pipeline` is what a user would write: `transformers.pipeline("text-classification")`, one sentence at a time.
The model was trained to answer for a sentence among others, so the pipeline's head answers on weights of
which some are new, and its labels mean nothing; its work, encoder and head on each sentence, is the honest
one to compare with. `Windows` gives the model's own labels: it reads what `newsvoice` reads.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline
from transformers.utils import logging

from newsvoice.labels import NAMES
from newsvoice.records import Sentence
from newsvoice.runtime.encoding import ModelDescription, Window
from newsvoice.runtime.model import SentenceModel
from newsvoice.runtime.tokens import Tokenizer
from newsvoice.text.ingest import parse_article
from newsvoice.text.segment import segment


class Pipeline:
    """Transformers' own pipeline over sentences, which `newsvoice` has split."""

    def __init__(self, folder: Path) -> None:
        # It would say that the head is new.
        logging.set_verbosity_error()
        self.classify = pipeline("text-classification", model=str(folder), device="cpu")

    def label(self, sentences: Sequence[Sentence]) -> list[str]:
        """Return a label a sentence."""
        answers = self.classify([sentence.text for sentence in sentences], truncation=True)
        return [answer["label"] for answer in answers]


class Windows(SentenceModel):
    """Lays the windows and weighs the rules as `newsvoice` does, so that answers agree; the rest is transformers'."""

    def __init__(self, folder: Path, *, batch: int = 1) -> None:
        self.model = AutoModelForTokenClassification.from_pretrained(folder).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        super().__init__(Tokenizer.of(self.tokenizer.backend_tokenizer), ModelDescription.load(folder))
        self.batch = batch

    def token_logits(self, laid: Sequence[Window]) -> list[NDArray[np.floating]]:
        """Return `(tokens, 3)` logits of each window, padded to the longest of its batch as they come."""
        found: list[NDArray[np.floating]] = []
        for first in range(0, len(laid), self.batch):
            together = laid[first : first + self.batch]
            inputs = self.tokenizer.pad(
                {"input_ids": [w.input_ids for w in together], "token_type_ids": [w.type_ids for w in together]},
                return_tensors="pt",
            )
            with torch.no_grad():
                found += list(self.model(**inputs).logits.numpy())
        return found

    def label(self, sentences: Sequence[Sentence]) -> list[str]:
        """Return a label a sentence."""
        return [NAMES[number] for number in self.predict_proba(sentences).argmax(axis=1)]


def main() -> None:
    """Label text files with the pipeline and print a label a line."""
    model = Pipeline(Path(sys.argv[1]))
    for path in map(Path, sys.argv[2:]):
        article = parse_article(path.read_text(encoding="utf-8"), article_id=path.stem)
        print("\n".join(model.label(segment(article))))


if __name__ == "__main__":
    main()

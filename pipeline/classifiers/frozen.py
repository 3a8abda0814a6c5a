"""The encoder as it was published, its sentence embeddings under logistic regression: what fine-tuning must beat."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from transformers import AutoModel

from newsvoice.labels import INDEX, NAMES
from newsvoice.records import Sentence
from newsvoice.runtime.classifier import TOKEN_BUDGET, collate
from newsvoice.runtime.encoding import length_sorted_batches
from newsvoice.text.plain import marked
from pipeline.classifiers.encoders import load_encoder
from pipeline.classifiers.transformer import FinetuneSettings
from pipeline.labelling.label import LabelledSentence


class FrozenClassifier:
    """Mean-pooled embeddings of single sentences, scikit-learn's default strength. A study's yardstick: not saved."""

    def __init__(self, settings: FinetuneSettings) -> None:
        self.settings = settings
        self.encoder, self.tokenizer = load_encoder(AutoModel, settings.encoder, settings.revision)
        self.regression: Any = None

    def fit(self, train: Sequence[LabelledSentence], validation: Sequence[LabelledSentence]) -> Self:
        """Fit the regression on `train` alone."""
        self.regression = LogisticRegression(max_iter=2000, class_weight="balanced")
        self.regression.fit(self.embed(train), [INDEX[s.label] for s in train])
        return self

    def predict_proba(self, sentences: Sequence[Sentence]) -> NDArray[np.float64]:
        """Score each sentence alone."""
        probabilities = np.zeros((len(sentences), len(NAMES)))
        if sentences:
            probabilities[:, self.regression.classes_] = self.regression.predict_proba(self.embed(sentences))
        return probabilities

    def save(self, folder: Path) -> None:
        """Refuse: nothing reads it."""
        raise NotImplementedError("a yardstick of the study; fit it again")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Refuse: nothing writes it."""
        raise NotImplementedError("a yardstick of the study; fit it again")

    def embed(self, sentences: Sequence[Sentence]) -> NDArray[np.float32]:
        """Return `(n, width)` unit vectors."""
        rows = self.token_ids(sentences)
        vectors = np.zeros((len(rows), self.encoder.config.hidden_size), dtype=np.float32)
        with torch.inference_mode():
            for batch in length_sorted_batches([len(row) for row in rows], token_budget=TOKEN_BUDGET):
                vectors[batch] = self.vectors([rows[number] for number in batch]).numpy()
        return vectors

    def token_ids(self, sentences: Sequence[Sentence]) -> list[list[int]]:
        """Return each sentence's token ids, special ones included."""
        texts = [marked(s.text, in_quotation=s.in_quotation) for s in sentences]
        rows: list[list[int]] = self.tokenizer(texts, truncation=True, max_length=self.settings.window_tokens)[
            "input_ids"
        ]
        return rows

    def vectors(self, ids: Sequence[Sequence[int]]) -> torch.Tensor:
        """Return `(n, width)` unit vectors: the mean of the token states, as the encoder was trained to be read."""
        inputs = collate(self.encoder, self.tokenizer, ids, [[0] * len(row) for row in ids])
        mask = inputs["attention_mask"].unsqueeze(-1)
        mean = (self.encoder(**inputs).last_hidden_state * mask).sum(1) / mask.sum(1)
        return torch.nn.functional.normalize(mean, dim=-1)

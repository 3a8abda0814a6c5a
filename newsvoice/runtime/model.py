"""What every trained model does, whichever engine computes it: windows, a sentence from its tokens, calibration.

An engine only has to give the logits of every token of a window.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from newsvoice.labels import NAMES
from newsvoice.records import Prediction, Sentence
from newsvoice.rules import labels_by_rules
from newsvoice.runtime.encoding import ModelDescription, Tokens, Window, tokenize, windows
from newsvoice.runtime.tokens import Tokenizer


class SentenceModel(ABC):
    """Sentences in reading order, whole articles at a time, to probabilities and predictions.

    A sentence's answer depends on its article alone.
    """

    def __init__(self, text_tokenizer: Tokenizer, description: ModelDescription) -> None:
        self.text_tokenizer = text_tokenizer
        self.description = description

    @abstractmethod
    def token_logits(self, laid: Sequence[Window]) -> list[NDArray[np.floating]]:
        """Return `(tokens, 3)` logits of each window, in order."""

    def begin(self, laid: Sequence[Window]) -> Callable[[], list[NDArray[np.floating]]]:
        """Return what waits for the windows' logits; an engine that works on its own begins here, others when asked."""
        return lambda: self.token_logits(laid)

    def predict_proba(self, sentences: Sequence[Sentence]) -> NDArray[np.float64]:
        """Return `(n, 3)` probabilities in the order of `newsvoice.labels`, for sentences in reading order."""
        return self._probabilities(sentences, self._tokenize(sentences))

    def predict(self, sentences: Sequence[Sentence]) -> list[Prediction]:
        """Return a prediction a sentence, in order."""
        tokens = self._tokenize(sentences)
        return [
            Prediction(
                article=sentence.article,
                index=sentence.index,
                start=sentence.start,
                end=sentence.end,
                text=sentence.text,
                label=NAMES[int(row.argmax())],
                probabilities=dict(zip(NAMES, (round(float(p), 4) for p in row), strict=True)),
                in_quotation=sentence.in_quotation,
                model=self.description.name,
                truncated=read.truncated,
            )
            for sentence, read, row in zip(sentences, tokens, self._probabilities(sentences, tokens), strict=True)
        ]

    def _tokenize(self, sentences: Sequence[Sentence]) -> list[Tokens]:
        return tokenize(self.text_tokenizer, sentences, window_tokens=self.description.window_tokens)

    def _probabilities(self, sentences: Sequence[Sentence], tokens: Sequence[Tokens]) -> NDArray[np.float64]:
        laid = windows(
            self.text_tokenizer,
            sentences,
            tokens,
            window_tokens=self.description.window_tokens,
            context_tokens=self.description.context_tokens,
        )
        wait = self.begin(laid)
        second_opinion = self._second_opinion(sentences)
        logits = np.zeros((len(sentences), len(NAMES)))
        for window, by_token in zip(laid, wait(), strict=True):
            for span in window.own:
                logits[span.position] = pool(by_token[span.start : span.end], self.description.sharpness)
        return softmax(logits / self.description.temperature + second_opinion)

    def _second_opinion(self, sentences: Sequence[Sentence]) -> NDArray[np.float64]:
        """Return what the codebook's rules add to each sentence's logits, `(n, 3)`."""
        offsets = self.description.offsets
        rows = [offsets[label] for label in labels_by_rules(sentences)] if offsets else np.zeros(len(NAMES))
        return np.asarray(rows, dtype=np.float64).reshape(-1, len(NAMES))


def pool(by_token: NDArray[np.floating], sharpness: float) -> NDArray[np.float64]:
    """Return a sentence's logits, one a label, from those of its tokens, `(tokens, labels)`, at least one.

    They are the tokens' mean at a sharpness of 0 and go towards their maximum as it grows (log-mean-exp, Pinheiro
    and Collobert 2015), so that one loaded word can count for more than its share of a long sentence.
    """
    logits = by_token.astype(np.float64)
    if not sharpness:
        return np.asarray(logits.mean(axis=0))
    return np.asarray((np.logaddexp.reduce(sharpness * logits, axis=0) - np.log(len(logits))) / sharpness)


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn each row of logits into probabilities."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return result

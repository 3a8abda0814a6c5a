"""A trained model folder, loaded for inference with torch and transformers (extra `[inference]`).

`models/classifier/` is a plain `transformers` folder, so `AutoModelForTokenClassification` reads it too; a
sentence's logits are the mean of its tokens' logits. This class adds what the folder's `newsvoice.json`
says: windows, temperature, label order.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES
from newsvoice.records import Prediction, Sentence
from newsvoice.runtime.encoding import (
    DESCRIPTION,
    ModelDescription,
    Tokens,
    length_sorted_batches,
    tokenize,
    windows,
)

# Padded tokens a forward pass; larger batches gain nothing on two cores and cost memory.
TOKEN_BUDGET = 2048
# What a model folder holds beside its description; weights are safetensors, never pickle.
FILES = ("config.json", "model.safetensors", "tokenizer.json")


class Classifier:
    """Sentences in, probabilities out. A sentence's answer depends on its article alone, not on the batch.

    (Padding and batching move float32 logits by rounding only, below 1e-5; tests hold this.)
    """

    def __init__(self, model: Any, tokenizer: Any, description: ModelDescription) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.description = description

    @classmethod
    def load(cls, folder: Path) -> "Classifier":
        """Load a model folder. Raises `NewsvoiceError` when it, or the extra `[inference]`, is missing."""
        if not folder.is_dir():
            raise NewsvoiceError("no model here", where=str(folder), advice="build one: make repro")
        description = ModelDescription.load(folder)
        # Without its tokenizer file, transformers would go on with an empty vocabulary.
        if missing := [name for name in FILES if not (folder / name).is_file()]:
            raise NewsvoiceError(f"broken model (no {missing[0]})", where=str(folder), advice="make repro")
        try:
            from safetensors import SafetensorError
            from transformers import AutoModelForTokenClassification, AutoTokenizer
            from transformers.utils import logging
        except ImportError:
            raise NewsvoiceError(
                "running the model needs torch and transformers", advice="pip install 'newsvoice[inference]'"
            ) from None
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        try:
            model = AutoModelForTokenClassification.from_pretrained(folder, local_files_only=True)
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, SafetensorError) as error:
            reason = str(error).splitlines()[0]
            raise NewsvoiceError(f"broken model ({reason})", where=str(folder), advice="make repro") from error
        longest = getattr(model.config, "max_position_embeddings", description.window_tokens)
        if description.window_tokens > longest:
            raise NewsvoiceError(
                f"window_tokens {description.window_tokens} is more than the model's {longest} positions",
                where=str(folder / DESCRIPTION),
            )
        return cls(model, tokenizer, description)

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
        return tokenize(self.tokenizer, sentences, window_tokens=self.description.window_tokens)

    def _probabilities(self, sentences: Sequence[Sentence], tokens: Sequence[Tokens]) -> NDArray[np.float64]:
        import torch

        laid = windows(
            self.tokenizer,
            sentences,
            tokens,
            window_tokens=self.description.window_tokens,
            context_tokens=self.description.context_tokens,
        )
        logits = np.zeros((len(sentences), len(NAMES)))
        device = next(self.model.parameters()).device
        with torch.inference_mode():
            for batch in length_sorted_batches([len(w.input_ids) for w in laid], token_budget=TOKEN_BUDGET):
                rows = [laid[number] for number in batch]
                inputs = collate([w.input_ids for w in rows], [w.type_ids for w in rows], self.tokenizer)
                by_token = self.model(**{k: v.to(device) for k, v in inputs.items()}).logits.double().cpu().numpy()
                for row, number in zip(by_token, batch, strict=True):
                    for span in laid[number].own:
                        logits[span.position] = row[span.start : span.end].mean(axis=0)
        scaled = torch.from_numpy(logits / self.description.temperature)
        probabilities: NDArray[np.float64] = torch.softmax(scaled, dim=-1).numpy()
        return probabilities


def collate(
    ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]], tokenizer: Any, *, multiple: int = 1
) -> dict[str, Any]:
    """Pad token and type ids to tensors `(batch, tokens)`, of those inputs that the tokenizer's model takes.

    `tokens` is rounded up to `multiple`.
    """
    import torch

    width = -(-max(map(len, ids)) // multiple) * multiple
    shape = len(ids), width
    inputs = {
        "input_ids": torch.full(shape, tokenizer.pad_token_id),
        "token_type_ids": torch.zeros(shape, dtype=torch.long),
        "attention_mask": torch.zeros(shape, dtype=torch.long),
    }
    for number, (row, row_types) in enumerate(zip(ids, types, strict=True)):
        inputs["input_ids"][number, : len(row)] = torch.tensor(row)
        inputs["token_type_ids"][number, : len(row)] = torch.tensor(row_types)
        inputs["attention_mask"][number, : len(row)] = 1
    return {name: tensor for name, tensor in inputs.items() if name in tokenizer.model_input_names}

"""A trained model folder, loaded for inference with torch and transformers (extra `[inference]`).

`models/classifier/` is a plain `transformers` folder, so `AutoModelForSequenceClassification` reads it
too; this class adds what the folder's `newsvoice.json` says: context, temperature, label order.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES
from newsvoice.records import Prediction, Sentence
from newsvoice.runtime.encoding import DESCRIPTION, Encoded, ModelDescription, encode, length_sorted_batches, text_pairs

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
            from transformers import AutoModelForSequenceClassification, AutoTokenizer
            from transformers.utils import logging
        except ImportError:
            raise NewsvoiceError(
                "running the model needs torch and transformers", advice="pip install 'newsvoice[inference]'"
            ) from None
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        try:
            model = AutoModelForSequenceClassification.from_pretrained(folder, local_files_only=True)
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, SafetensorError) as error:
            reason = str(error).splitlines()[0]
            raise NewsvoiceError(f"broken model ({reason})", where=str(folder), advice="make repro") from error
        longest = getattr(model.config, "max_position_embeddings", description.max_tokens)
        if description.max_tokens > longest:
            raise NewsvoiceError(
                f"max_tokens {description.max_tokens} is more than the model's {longest} positions",
                where=str(folder / DESCRIPTION),
            )
        return cls(model, tokenizer, description)

    def predict_proba(self, sentences: Sequence[Sentence]) -> NDArray[np.float64]:
        """Return `(n, 3)` probabilities in the order of `newsvoice.labels`, for sentences in reading order."""
        return self._probabilities(self._encode(sentences))

    def predict(self, sentences: Sequence[Sentence]) -> list[Prediction]:
        """Return a prediction a sentence, in order."""
        encoded = self._encode(sentences)
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
                truncated=inputs.truncated,
            )
            for sentence, inputs, row in zip(sentences, encoded, self._probabilities(encoded), strict=True)
        ]

    def _encode(self, sentences: Sequence[Sentence]) -> list[Encoded]:
        pairs = text_pairs(sentences, context_sentences=self.description.context_sentences)
        return encode(self.tokenizer, pairs, max_tokens=self.description.max_tokens)

    def _probabilities(self, encoded: Sequence[Encoded]) -> NDArray[np.float64]:
        import torch

        logits = torch.zeros(len(encoded), len(NAMES))
        device = next(self.model.parameters()).device
        with torch.inference_mode():
            for batch in length_sorted_batches([len(e.input_ids) for e in encoded], token_budget=TOKEN_BUDGET):
                inputs = collate([encoded[position] for position in batch], pad_id=self.tokenizer.pad_token_id)
                accepted = {k: v.to(device) for k, v in inputs.items() if k in self.tokenizer.model_input_names}
                logits[batch] = self.model(**accepted).logits.float().cpu()
        scaled = logits.double() / self.description.temperature
        probabilities: NDArray[np.float64] = torch.softmax(scaled, dim=-1).numpy()
        return probabilities


def collate(encoded: Sequence[Encoded], *, pad_id: int, multiple: int = 1) -> dict[str, Any]:
    """Pad inputs to a batch of tensors `(batch, tokens)`; `tokens` is rounded up to `multiple`."""
    import torch

    width = max(len(e.input_ids) for e in encoded)
    width = -(-width // multiple) * multiple
    ids = torch.full((len(encoded), width), pad_id)
    types = torch.zeros_like(ids)
    mask = torch.zeros_like(ids)
    for row, e in enumerate(encoded):
        ids[row, : len(e.input_ids)] = torch.tensor(e.input_ids)
        types[row, : len(e.input_ids)] = torch.tensor(e.token_type_ids)
        mask[row, : len(e.input_ids)] = 1
    return {"input_ids": ids, "token_type_ids": types, "attention_mask": mask}

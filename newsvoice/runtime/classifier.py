"""A trained model folder, loaded for inference with torch and transformers (extra `[pipeline]`).

`models/classifier/` is a plain `transformers` folder, so `AutoModelForTokenClassification` reads it too; how a
sentence's logits come from its tokens' stands in its `newsvoice.json`. Training and evaluation use it; users run what
the `export` stage makes of it (`newsvoice.runtime.exported`).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsvoice.errors import NewsvoiceError
from newsvoice.runtime.encoding import DESCRIPTION, ModelDescription, Window, length_sorted_batches
from newsvoice.runtime.model import SentenceModel
from newsvoice.runtime.tokens import TOKENIZER, Tokenizer

# Padded tokens a forward pass; larger batches gain nothing on two cores and cost memory.
TOKEN_BUDGET = 2048
# What a model folder holds beside its description; weights are safetensors, never pickle.
FILES = ("config.json", "model.safetensors", TOKENIZER)


class Classifier(SentenceModel):
    """A torch model and its `transformers` tokenizer.

    Padding and batching move float32 logits by rounding only, below 1e-5; tests hold this.
    """

    def __init__(self, model: Any, tokenizer: Any, description: ModelDescription) -> None:
        super().__init__(Tokenizer.of(tokenizer.backend_tokenizer), description)
        self.model = model.eval()
        self.tokenizer = tokenizer

    @classmethod
    def load(cls, folder: Path) -> "Classifier":
        """Load a model folder. Raises `NewsvoiceError` when it, or the extra `[pipeline]`, is missing."""
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
                "a folder of transformers needs torch to run", advice="pip install 'newsvoice[pipeline]'"
            ) from None
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        try:
            model = AutoModelForTokenClassification.from_pretrained(folder, local_files_only=True)
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, SafetensorError) as error:
            reason = str(error).splitlines()[0]
            raise NewsvoiceError(f"broken model ({reason})", where=str(folder), advice="make repro") from error
        check_length(model, description.window_tokens, where=str(folder / DESCRIPTION))
        return cls(model, tokenizer, description)

    def token_logits(self, laid: Sequence[Window]) -> list[NDArray[np.floating]]:
        """Return `(tokens, 3)` logits of each window, computed in batches of similar length."""
        import torch

        found: dict[int, NDArray[np.floating]] = {}
        lengths = [len(window.input_ids) for window in laid]
        device = next(self.model.parameters()).device
        with torch.inference_mode():
            for batch in length_sorted_batches(lengths, token_budget=TOKEN_BUDGET):
                rows = [laid[number] for number in batch]
                inputs = collate(self.model, self.tokenizer, [w.input_ids for w in rows], [w.type_ids for w in rows])
                logits = self.model(**{k: v.to(device) for k, v in inputs.items()}).logits.float().cpu().numpy()
                found |= {number: row[: lengths[number]] for number, row in zip(batch, logits, strict=True)}
        return [found[number] for number in range(len(laid))]


def model_inputs(model: Any) -> tuple[str, ...]:
    """Names of the inputs that a model takes: segment ids only where it tells two segments apart, as BERT does.

    DistilBERT, RoBERTa, ModernBERT and DeBERTa as published do not. To them a quotation is marked in the text alone
    (`newsvoice.text.plain.marked`).
    """
    segments = ("token_type_ids",) if (getattr(model.config, "type_vocab_size", None) or 0) > 1 else ()
    return ("input_ids", *segments, "attention_mask")


def check_length(model: Any, window_tokens: int, *, where: str) -> None:
    """Raise `NewsvoiceError` when a model has fewer positions than a window has tokens."""
    positions = getattr(model.config, "max_position_embeddings", None) or window_tokens
    table = getattr(getattr(model.base_model, "embeddings", None), "position_embeddings", None)
    if (padding := getattr(table, "padding_idx", None)) is not None:
        # RoBERTa counts positions from behind the padding's.
        positions -= padding + 1
    if window_tokens > positions:
        raise NewsvoiceError(
            f"window_tokens {window_tokens} is more than the model's {positions} positions", where=where
        )


def collate(
    model: Any, tokenizer: Any, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]], *, multiple: int = 1
) -> dict[str, Any]:
    """Pad token and type ids to tensors `(batch, tokens)`, of those inputs that the model takes.

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
    return {name: inputs[name] for name in model_inputs(model)}

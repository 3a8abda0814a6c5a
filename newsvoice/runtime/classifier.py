"""A trained model folder, loaded for inference with torch and transformers (extra `[pipeline]`).

`models/classifier/` is a plain `transformers` folder, so `AutoModelForTokenClassification` reads it too; a
sentence's logits are the mean of its tokens' logits. Training and evaluation use it; users run what the
`export` stage makes of it (`newsvoice.runtime.exported`).
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
        longest = getattr(model.config, "max_position_embeddings", description.window_tokens)
        if description.window_tokens > longest:
            raise NewsvoiceError(
                f"window_tokens {description.window_tokens} is more than the model's {longest} positions",
                where=str(folder / DESCRIPTION),
            )
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
                inputs = collate([w.input_ids for w in rows], [w.type_ids for w in rows], self.tokenizer)
                logits = self.model(**{k: v.to(device) for k, v in inputs.items()}).logits.float().cpu().numpy()
                found |= {number: row[: lengths[number]] for number, row in zip(batch, logits, strict=True)}
        return [found[number] for number in range(len(laid))]


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

"""Texts to token ids by a model folder's `tokenizer.json`: the same code in training and in inference."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from newsvoice.errors import NewsvoiceError

TOKENIZER: Final = "tokenizer.json"


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """A `tokenizers.Tokenizer`, and the two special tokens it sets around a text (BERT: `[CLS]`, `[SEP]`)."""

    backend: Any
    opening: int
    closing: int

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a model folder's tokenizer. Raises `NewsvoiceError` when it is missing or broken."""
        import tokenizers

        try:
            return cls.of(tokenizers.Tokenizer.from_file(str(folder / TOKENIZER)))
        # The library raises bare exceptions.
        except Exception as error:
            reason = str(error).splitlines()[0]
            raise NewsvoiceError(
                f"broken model ({reason})", where=str(folder / TOKENIZER), advice="make repro"
            ) from error

    @classmethod
    def of(cls, backend: Any) -> Self:
        """Wrap a `tokenizers.Tokenizer`, of a `transformers` tokenizer its `backend_tokenizer`.

        Raises `ValueError` when it sets anything else around a text than one token on each side.
        """
        # As published, MiniLM's file pads every text to 128 tokens.
        backend.no_padding()
        backend.no_truncation()
        around = backend.encode("").ids
        if len(around) != 2:
            raise ValueError(f"the tokenizer sets {len(around)} special tokens around a text, not one on each side")
        return cls(backend, *around)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return each text's token ids, without special tokens and uncut."""
        return [row.ids for row in self.backend.encode_batch(list(texts), add_special_tokens=False)]

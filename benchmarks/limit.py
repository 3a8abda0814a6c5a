"""How fast this machine could label if it did nothing but the encoder's int8 products."""

import time
from collections.abc import Iterable
from pathlib import Path

import torch
from transformers import AutoConfig

# Tokens in one product; which is fastest is tried on the machine.
ROWS = (64, 128, 192, 384, 768, 1536)


class Int8Products:
    """oneDNN's packed int8 products of all layers of a model folder's encoder, on `rows` tokens at once."""

    def __init__(self, folder: Path, rows: int) -> None:
        config = AutoConfig.from_pretrained(folder)
        width, inner = config.hidden_size, config.intermediate_size
        self.rows, self.layers = rows, config.num_hidden_layers
        self.work = []
        # Inputs and outputs of one layer: query, key, value, output, and the two of the feed-forward part.
        for inputs, outputs in [(width, width)] * 4 + [(width, inner), (inner, width)]:
            weight = torch.randint(-127, 127, (outputs, inputs), dtype=torch.int8)
            self.work.append(
                (
                    torch.randint(0, 255, (rows, inputs), dtype=torch.uint8),
                    torch.ops.onednn.qlinear_prepack(weight, [rows, inputs]),
                    torch.full((outputs,), 0.01),
                    torch.zeros(outputs, dtype=torch.int64),
                )
            )

    @classmethod
    def fastest(cls, folder: Path, rows: Iterable[int] = ROWS) -> "Int8Products":
        """Return the products of that number of tokens that gives the highest rate here."""
        tried = [cls(folder, number) for number in rows]
        for products in tried:
            products.tokens_per_second(least_tokens=1000)
        return max(tried, key=lambda products: products.tokens_per_second())

    def tokens_per_second(self, *, least_tokens: int = 20_000) -> float:
        """Run all layers' products on at least so many tokens and return the rate."""
        repeats = -(-least_tokens // self.rows)
        started = time.perf_counter()
        for _ in range(repeats * self.layers):
            for values, weight, scale, zero in self.work:
                torch.ops.onednn.qlinear_pointwise(
                    values, 0.02, 128, weight, scale, zero, None, 1.0, 0, torch.float32, "none", [], ""
                )
        return repeats * self.rows / (time.perf_counter() - started)

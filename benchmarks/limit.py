"""How fast this machine could label if it did nothing but the encoder's int8 products."""

import time

import torch

LAYERS, WIDTH, INNER = 6, 384, 1536
# Inputs and outputs of one layer's products: query, key, value, output, and the two of the feed-forward part.
SHAPES = [(WIDTH, WIDTH)] * 4 + [(WIDTH, INNER), (INNER, WIDTH)]


class Int8Products:
    """oneDNN's packed int8 products on `rows` tokens at once, as many as keep every thread busy."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        onednn = torch.ops.onednn
        self.work = []
        for inputs, outputs in SHAPES:
            weight = torch.randint(-127, 127, (outputs, inputs), dtype=torch.int8)
            self.work.append(
                (
                    torch.randint(0, 255, (rows, inputs), dtype=torch.uint8),
                    onednn.qlinear_prepack(weight, [rows, inputs]),
                    torch.full((outputs,), 0.01),
                    torch.zeros(outputs, dtype=torch.int64),
                )
            )

    def tokens_per_second(self, *, repeats: int = 10) -> float:
        """Run all layers' products some times and return the rate."""
        started = time.perf_counter()
        for _ in range(repeats * LAYERS):
            for values, weight, scale, zero in self.work:
                torch.ops.onednn.qlinear_pointwise(
                    values, 0.02, 128, weight, scale, zero, None, 1.0, 0, torch.float32, "none", [], ""
                )
        return repeats * self.rows / (time.perf_counter() - started)

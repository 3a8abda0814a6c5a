"""This process among those that train one model together, as `accelerate launch` starts them.

Each step's batch is dealt out to the processes and their gradients are summed, so that every process takes the step
that one process alone would take, but for rounding. All of them hold the same weights; the first one writes.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import torch


@dataclass(frozen=True, slots=True)
class Processes:
    """How many train together, and which of them this is (0 is the first)."""

    count: int
    rank: int

    @classmethod
    def present(cls, *, device: str) -> Self:
        """Join the others where there are any; a lone process loads nothing for it."""
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:
            return cls(1, 0)
        from accelerate import PartialState

        state = PartialState(cpu=torch.device(device).type == "cpu")
        return cls(state.num_processes, state.process_index)

    def share(self, rows: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        """Return this process's rows of a batch given as columns: every `count`-th one, perhaps none."""
        return {name: column[self.rank :: self.count] for name, column in rows.items()}

    def sum(self, tensors: Iterable[torch.Tensor]) -> None:
        """Replace each tensor by its sum over all processes."""
        if self.count == 1:
            return
        from accelerate.utils import reduce

        for tensor in tensors:
            tensor.copy_(reduce(tensor, reduction="sum"))

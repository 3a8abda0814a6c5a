"""SetFit's recipe (Tunstall et al. 2022) on the same encoder and data, as a yardstick beside ours.

The encoder learns from pairs of sentences: embeddings of one label should point the same way, of two labels be at a
right angle. Logistic regression then reads the embeddings, as it reads the frozen encoder's.

Batch, learning rate and loss are the defaults of the package `setfit` 1.2. The number of pairs is not: it makes tens
of millions of a corpus like this, and a bounded sample keeps the yardstick to minutes. The package itself would put
three more into the lock file for what is one loop here, and run it in float32 where ours takes bf16.
"""

from collections.abc import Sequence
from typing import Final, Self

import numpy as np
import torch
from numpy.typing import NDArray

from newsvoice.labels import INDEX
from pipeline.classifiers.frozen import FrozenClassifier
from pipeline.classifiers.optimisation import make_deterministic, optimiser_and_schedule, resolve_precision
from pipeline.classifiers.transformer import FinetuneSettings
from pipeline.labelling.label import LabelledSentence

BATCH_PAIRS: Final = 16
LEARNING_RATE: Final = 2e-5
WARMUP_SHARE: Final = 0.1


class ContrastiveClassifier(FrozenClassifier):
    """A frozen classifier whose encoder has been trained on `pairs` pairs before it was frozen."""

    def __init__(self, settings: FinetuneSettings, *, pairs: int) -> None:
        super().__init__(settings)
        self.pairs = pairs

    def fit(self, train: Sequence[LabelledSentence], validation: Sequence[LabelledSentence]) -> Self:
        """Train the encoder, then the regression, on `train` alone."""
        s = self.settings.effective()
        make_deterministic(threads=s.threads, seed=s.seed)
        precision = resolve_precision(s.precision, "cpu")
        ids = self.token_ids(train)
        labels = np.array([INDEX[sentence.label] for sentence in train])
        first, second = sample_pairs(labels, self.pairs, seed=s.seed)
        batches = range(0, len(first), BATCH_PAIRS)
        optimiser, scheduler = optimiser_and_schedule(
            self.encoder,
            steps=len(batches),
            learning_rate=LEARNING_RATE,
            weight_decay=s.weight_decay,
            warmup_share=WARMUP_SHARE,
            reproducible=s.reproducible,
        )
        self.encoder.set_attn_implementation("eager")
        self.encoder.train()
        for start in batches:
            sides = [side[start : start + BATCH_PAIRS] for side in (first, second)]
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
                left, right = self.vectors([ids[number] for side in sides for number in side]).float().chunk(2)
            wanted = torch.tensor(labels[sides[0]] == labels[sides[1]], dtype=torch.float32)
            loss = torch.nn.functional.mse_loss((left * right).sum(-1), wanted)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            scheduler.step()
            optimiser.zero_grad(set_to_none=True)
        self.encoder.eval()
        return super().fit(train, validation)


def sample_pairs(labels: NDArray[np.int64], count: int, *, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw positions of `count` pairs, half of one label and half of two, each from all such pairs alike.

    Fewer when there is one label only.
    """
    rng = np.random.default_rng(seed)
    # Three labels agree by chance in a third of all pairs or more; drawn eightfold, both halves fill.
    first, second = rng.integers(len(labels), size=(2, 8 * count))
    same = labels[first] == labels[second]
    halves = [np.flatnonzero(kind)[: count // 2] for kind in (same & (first != second), ~same)]
    chosen = rng.permutation(np.concatenate(halves))
    return first[chosen], second[chosen]

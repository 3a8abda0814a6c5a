"""What a model folder says of labelled sentences, in a process of its own: variables are read as libraries load.

python -m benchmarks.answers MODEL SENTENCES.jsonl PROBABILITIES.npy
"""

import sys
from pathlib import Path

import numpy as np

from newsvoice.records import read_records
from newsvoice.runtime.backends import threads
from newsvoice.runtime.exported import GRAPH, ExportedModel
from newsvoice.runtime.model import SentenceModel
from pipeline.labelling.label import LabelledSentence


def load(folder: Path) -> SentenceModel:
    """Open an exported folder as users do, any other with PyTorch."""
    if (folder / GRAPH).exists():
        return ExportedModel.load(folder)
    import torch

    from newsvoice.runtime.classifier import Classifier

    torch.set_num_threads(threads())
    return Classifier.load(folder)


def main() -> None:
    """Write the `(n, 3)` probabilities of the sentences, float64, as a NumPy file."""
    model, sentences, output = map(Path, sys.argv[1:])
    np.save(output, load(model).predict_proba(read_records(sentences, LabelledSentence)))


if __name__ == "__main__":
    main()

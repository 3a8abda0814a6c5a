"""What a model folder says of labelled sentences, in a process of its own: variables are read as libraries load.

    python -m benchmarks.answers MODEL SENTENCES.jsonl PROBABILITIES.npy

Writes `(n, 3)` probabilities, float64, as a NumPy file.
"""

import sys
from pathlib import Path

import numpy as np

from newsvoice.engine import load_engine
from newsvoice.records import read_records
from pipeline.labelling.label import LabelledSentence

if __name__ == "__main__":
    model, sentences, output = map(Path, sys.argv[1:])
    np.save(output, load_engine(model).predict_proba(read_records(sentences, LabelledSentence)))

"""Stage `contrast`: contrast pairs become labelled sentences for training and for test."""

import argparse

from newsvoice.records import write_json, write_jsonl
from pipeline.labelling.contrast import describe, labelled, read_pairs
from pipeline.stages.command import run


def main(paths: argparse.Namespace) -> None:
    """Write the settled pairs of each use; describe all of them."""
    pairs = read_pairs(paths.pairs)
    usable = [pair for pair in pairs if pair.usable]
    write_jsonl(paths.train, labelled([pair for pair in usable if not pair.for_test]))
    write_jsonl(paths.test, labelled([pair for pair in usable if pair.for_test]))
    write_json(paths.metrics, describe(pairs))


if __name__ == "__main__":
    run(__doc__, main, inputs=("pairs",), outputs=("train", "test", "metrics"))

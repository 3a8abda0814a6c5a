"""Stage `contrast`: contrast pairs become labelled sentences for training and for test."""

import argparse

from newsvoice.records import write_json, write_jsonl
from pipeline.config import load_settings
from pipeline.labelling.contrast import by_use, describe, labelled, read_pairs
from pipeline.splits import SplitSettings
from pipeline.stages.command import run


def main(paths: argparse.Namespace) -> None:
    """Write the settled pairs of each use; describe all of them."""
    pairs = read_pairs(paths.pairs)
    uses = by_use(pairs, load_settings(paths.params, "split", SplitSettings).trains_only)
    write_jsonl(paths.train, labelled(uses.training))
    write_jsonl(paths.test, labelled(uses.test))
    write_json(paths.metrics, describe(pairs, uses))


if __name__ == "__main__":
    run(__doc__, main, inputs=("params", "pairs"), outputs=("train", "test", "metrics"))

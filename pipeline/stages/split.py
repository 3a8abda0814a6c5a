"""Stage `split`: labelled sentences are dealt into train, validation and test by whole articles."""

import argparse

from newsvoice.records import read_articles, read_records, write_json, write_jsonl
from pipeline.config import load_settings
from pipeline.labelling.label import LabelledSentence
from pipeline.splits import SPLITS, SplitSettings, split_articles
from pipeline.stages.command import run


def main(paths: argparse.Namespace) -> None:
    """Deal out the articles and write one file a split."""
    settings = load_settings(paths.params, "split", SplitSettings)
    sentences = read_records(paths.labelled, LabelledSentence)
    genre_of = {article.id: article.meta.get("genre", "unstated") for article in read_articles(paths.articles)}
    splits, description = split_articles(sentences, settings, genre_of=genre_of)
    for name in SPLITS:
        write_jsonl(paths.splits / f"{name}.jsonl", splits[name])
    write_json(paths.metrics, description)


if __name__ == "__main__":
    run(__doc__, main, inputs=("params", "labelled", "articles"), outputs=("splits", "metrics"))

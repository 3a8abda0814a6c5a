"""Stage `label`: sentences meet their gold annotations; the rest get the rules' votes."""

import argparse

from newsvoice.annotations import read_annotations
from newsvoice.records import Sentence, read_articles, read_records, write_json, write_jsonl
from pipeline.labelling.label import label_sentences
from pipeline.stages.command import run


def main(paths: argparse.Namespace) -> None:
    """Label every sentence and measure labels, rules, splitter and agreement."""
    articles = read_articles(paths.articles)
    sentences = read_records(paths.sentences, Sentence)
    files = {file.stem: file for file in sorted(paths.annotations.glob("*.jsonl"))}
    labelling = label_sentences(
        articles,
        sentences,
        {article: read_annotations(file) for article, file in files.items()},
        source_of={article: str(file) for article, file in files.items()},
    )
    write_jsonl(paths.labelled, labelling.sentences)
    write_json(paths.metrics, labelling.metrics)


if __name__ == "__main__":
    run(__doc__, main, inputs=("articles", "sentences", "annotations"), outputs=("labelled", "metrics"))

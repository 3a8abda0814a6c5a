"""Stage `segment`: articles become sentences with offsets."""

import argparse

from newsvoice.records import read_articles, write_jsonl
from newsvoice.text.segment import segment
from pipeline.stages.command import run


def main(paths: argparse.Namespace) -> None:
    """Split every article, in order."""
    articles = read_articles(paths.articles)
    write_jsonl(paths.sentences, (sentence for article in articles for sentence in segment(article)))


if __name__ == "__main__":
    run(__doc__, main, inputs=("articles",), outputs=("sentences",))

"""Stage `ingest`: a folder of article files becomes one JSON Lines file of articles."""

import argparse
import logging

from newsvoice.errors import NewsvoiceError
from newsvoice.records import Article, write_jsonl
from newsvoice.text.ingest import SUFFIXES, read_article
from pipeline.stages.command import run

log = logging.getLogger(__name__)


def main(paths: argparse.Namespace) -> None:
    """Read every article, in order of file name. Two files of one stem would share an id: an error."""
    files = sorted(p for p in paths.raw.iterdir() if p.suffix.lower() in SUFFIXES)
    articles: dict[str, Article] = {}
    for file in files:
        article = read_article(file)
        if article.id in articles:
            raise NewsvoiceError(f"a second article named {article.id!r}", where=str(file), advice="rename one")
        articles[article.id] = article
    if not articles:
        raise NewsvoiceError(
            "no articles", where=str(paths.raw), advice=f"put {', '.join(sorted(SUFFIXES))} files there"
        )
    write_jsonl(paths.articles, articles.values())
    set_aside = sum(block.kind == "boilerplate" for article in articles.values() for block in article.blocks)
    log.info("%d articles, %d blocks set aside as boilerplate", len(articles), set_aside)


if __name__ == "__main__":
    run(__doc__, main, inputs=("raw",), outputs=("articles",))

"""An engine without a model, for tests of everything around one; its own command line is `python -m` this module.

Labels follow from the text alone. A few words do as they say: CRASH raises, EXIT ends the process, FORGET
runs out of memory; NEWSVOICE_TEST_DELAY is seconds an article takes.
"""

import os
import sys
import time
import zlib
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from newsvoice.labels import NAMES
from newsvoice.records import Prediction, Sentence

DELAY, COMMITS = "NEWSVOICE_TEST_DELAY", "NEWSVOICE_TEST_COMMIT_SECONDS"


class FakeEngine:
    def predict(self, sentences: Sequence[Sentence]) -> list[Prediction]:
        predictions = []
        for article, group in groupby(sentences, key=lambda sentence: sentence.article):
            time.sleep(float(os.environ.get(DELAY, "0")))
            # As an engine that reads along what stands before: the article's first sentence is part of each answer.
            own = list(group)
            predictions += [_prediction(sentence, first=own[0].text, article=article) for sentence in own]
        return predictions


def _prediction(sentence: Sentence, *, first: str, article: str) -> Prediction:
    if "CRASH" in sentence.text:
        raise RuntimeError("it crashed\nbadly")
    if "FORGET" in sentence.text:
        raise MemoryError
    if "EXIT" in sentence.text:
        os._exit(9)
    drawn = zlib.crc32(f"{first}\0{sentence.text}".encode())
    best = 0.4 + drawn % 1000 / 2000
    probabilities = dict.fromkeys(NAMES, round((1 - best) / 2, 4)) | {NAMES[drawn % 3]: round(best, 4)}
    return Prediction(
        article=article,
        index=sentence.index,
        start=sentence.start,
        end=sentence.end,
        text=sentence.text,
        label=NAMES[drawn % 3],
        probabilities=probabilities,
        in_quotation=sentence.in_quotation,
        model="fake",
        truncated=len(sentence.text) > 500,
    )


def load_fake(model: Path | None = None) -> FakeEngine:
    return FakeEngine()


if __name__ == "__main__":
    # Imported by name, as worker processes will: what `__main__` defines cannot be sent to them.
    from newsvoice import archive, cli, engine
    from tests.newsvoice import fake_engine

    engine.load_engine = fake_engine.load_fake
    archive.COMMIT_SECONDS = float(os.environ.get(COMMITS, archive.COMMIT_SECONDS))
    sys.argv[0] = "newsvoice"
    cli.main()

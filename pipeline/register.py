"""How dense prose is: habits of a text in uses per hundred words, beside those of printed news.

    python -m pipeline.register --record reports/two_sample.json DRAFT [DRAFT ...]

A two-sample check (`make two-sample`) says how far corpus and real news lie apart; these rates say in what, in terms
that a writer can follow: names, abstract nouns, long words, chains of clauses. A writer reworks a draft until
its rates lie in the bands, which are those of a dozen real articles drawn at random.
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from newsvoice.labels import NOT_PROSE
from newsvoice.records import Sentence
from newsvoice.text.plain import plain
from pipeline.corpus import parse_draft

# As many articles as a batch has; the band holds nine of ten such draws.
BATCH: Final = 12
BAND: Final = (5.0, 95.0)
HABITS: Final = {
    "names: capitals inside a sentence": re.compile(r"(?<=\s)[“‘\"'(]?[A-Z]"),
    "words of nine letters or more": re.compile(r"[A-Za-z]{9,}"),
    "abstract nouns (-tion, -ity, -ment, -ness, -ance, -ism)": re.compile(
        r"\w{3,}(?:tion|sion|ity|ment|ness|ance|ism)s?\b"
    ),
    "number words": re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b", re.IGNORECASE),
    "figures": re.compile(r"\b\d+"),
    "commas": re.compile(","),
    "“, and”": re.compile(r", and\b"),
    "“had”": re.compile(r"\bhad\b"),
    "“said”": re.compile(r"\bsaid\b"),
    "“to”": re.compile(r"\bto\b"),
    "words in -ing": re.compile(r"\w{3,}ing\b"),
    "words in -ly": re.compile(r"\w{3,}ly\b"),
    "pronouns of the third person": re.compile(r"\b(?:it|its|they|them|their|he|him|his|she|her)\b", re.IGNORECASE),
}


def rates(sentences: Sequence[str]) -> NDArray[np.float64]:
    """Return the uses of each of `HABITS` per hundred words of `sentences`, in that order."""
    words, *uses = _totals(sentences)
    return np.array(uses, dtype=np.float64) * 100 / max(1.0, float(words))


def register(corpus: Sequence[Sentence], real: Sequence[Sentence], *, samples: int, seed: int) -> list[dict[str, Any]]:
    """Return one row a habit: its rate in either set, and the band of real batches."""
    by_article: dict[str, list[str]] = {}
    for sentence in real:
        by_article.setdefault(sentence.article, []).append(plain(sentence.text))
    totals = np.array([_totals(texts) for texts in by_article.values()])
    drawn = totals[np.random.default_rng(seed).integers(len(totals), size=(samples, BATCH))].sum(axis=1)
    low, high = np.percentile(drawn[:, 1:] * 100 / drawn[:, :1], BAND, axis=0)
    ours, theirs = (rates([plain(s.text) for s in side]) for side in (corpus, real))
    return [
        {"habit": habit, "corpus": float(a), "real": float(b), "low": float(c), "high": float(d)}
        for habit, a, b, c, d in zip(HABITS, ours, theirs, low, high, strict=True)
    ]


def compare(draft: Sequence[str], bands: Sequence[dict[str, Any]]) -> list[str]:
    """Return one line a habit: whether the draft's rate lies in the band, the rate, the band."""
    lines = []
    for band, rate in zip(bands, rates(draft), strict=True):
        verdict = "low" if rate < band["low"] else "high" if rate > band["high"] else "ok"
        lines.append(f"{verdict:<5}{rate:6.2f}  ({band['low']:.2f} to {band['high']:.2f})  {band['habit']}")
    return lines


def _totals(sentences: Sequence[str]) -> NDArray[np.float64]:
    """Return the number of words, then the uses of each habit."""
    words = sum(len(text.split()) for text in sentences)
    return np.array([words, *(sum(len(p.findall(text)) for text in sentences) for p in HABITS.values())], dtype=float)


def main() -> None:
    """Print the rates of all drafts together."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.register", description=__doc__.splitlines()[0])
    parser.add_argument("drafts", type=Path, nargs="+")
    parser.add_argument("--record", type=Path, required=True)
    arguments = parser.parse_args()
    bands = json.loads(arguments.record.read_text(encoding="utf-8"))["register"]
    sentences = [
        plain(mark.text)
        for draft in arguments.drafts
        for mark in parse_draft(draft.read_text(encoding="utf-8"), where=str(draft))[1]
        if mark.votes[0].label != NOT_PROSE
    ]
    sys.stdout.write("\n".join(compare(sentences, bands)) + "\n")


if __name__ == "__main__":
    main()

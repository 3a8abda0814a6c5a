"""Contrast pairs: two sentences in one context, a small edit apart, with different labels.

A model that has learnt the topic or the tone gets one of the two right; a model that has learnt the
codebook gets both (cf. Gardner et al. 2020). Three quarters of the pairs train, a quarter is test only;
which is decided by the pair's id alone, so that a new pair never moves an old one.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from newsvoice.agreement import agreement
from newsvoice.annotations import Annotation, Vote, check_votes
from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES, NOT_PROSE
from newsvoice.records import read_jsonl
from newsvoice.text.segment import from_sentences, sentence_spans
from pipeline.labelling.label import CONTEXT, Gold, LabelledSentence, with_gold, with_label

# One pair in this many is for test only.
TEST_EVERY: Final = 4
SIDES: Final = ("a", "b")


@dataclass(frozen=True, slots=True)
class ContrastPair:
    """Two annotated sentences that stand in the same context; `rule` tags what of the codebook they turn on."""

    id: str
    rule: str
    before: str
    sentences: tuple[Annotation, Annotation]

    @property
    def usable(self) -> bool:
        """Whether both labels are settled, prose, and different."""
        labels = {sentence.label for sentence in self.sentences}
        return len(labels) == 2 and labels <= set(NAMES)

    @property
    def for_test(self) -> bool:
        """Whether the pair is kept for test."""
        return int(hashlib.sha256(self.id.encode()).hexdigest(), 16) % TEST_EVERY == 0


def read_pairs(path: Path) -> list[ContrastPair]:
    """Read pairs; raises `NewsvoiceError` with file and line for a broken or repeated one."""
    pairs: dict[str, ContrastPair] = {}
    for number, value in read_jsonl(path):
        where = f"{path}:{number}"
        try:
            one, other = (
                Annotation(0, len(s["text"]), s["text"], tuple(Vote(**vote) for vote in s["votes"]))
                for s in value["sentences"]
            )
            pair = ContrastPair(value["id"], value["rule"], value["before"], (one, other))
        except (KeyError, TypeError, ValueError) as error:
            raise NewsvoiceError(
                f"broken pair ({error})", where=where, advice="fields are id, rule, before and two sentences"
            ) from error
        for sentence in pair.sentences:
            check_votes(sentence, where=where)
        if pair.id in pairs:
            raise NewsvoiceError(f"a second pair {pair.id!r}", where=where)
        pairs[pair.id] = pair
    return list(pairs.values())


def labelled(pairs: Sequence[ContrastPair]) -> list[LabelledSentence]:
    """Return each pair as two small articles, `ID-a` and `ID-b`: the context, then one of the sentences.

    Sentences of the context have no label; they are marked as `context`, to be read along.
    """
    sentences = []
    for pair in pairs:
        context = [pair.before[start:end] for start, end in sentence_spans(pair.before, 0, len(pair.before))]
        for side, annotation in zip(SIDES, pair.sentences, strict=True):
            texts = [*context, annotation.text]
            *before, target = from_sentences(texts, article=f"{pair.id}-{side}", paragraphs=[0] * len(texts))
            assert annotation.label is not None
            sentences += [with_label(s, NOT_PROSE, CONTEXT, 0.0) for s in before]
            sentences.append(with_gold(target, Gold(annotation.label, annotation.shares)))
    return sentences


def describe(pairs: Sequence[ContrastPair]) -> dict[str, Any]:
    """Count pairs by rule and use, and measure the agreement of the passes on their sentences."""
    annotations = [sentence for pair in pairs for sentence in pair.sentences]
    usable = [pair for pair in pairs if pair.usable]
    return {
        "pairs": len(pairs),
        "usable": len(usable),
        "for_training": sum(not pair.for_test for pair in usable),
        "for_test": sum(pair.for_test for pair in usable),
        "agreement": agreement(annotations),
        "by_rule": dict(sorted(Counter(pair.rule for pair in usable).items())),
    }

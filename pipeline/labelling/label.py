"""Every sentence gets a label: gold where an annotation covers it, else the rules' vote."""

import bisect
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from newsvoice.agreement import agreement
from newsvoice.annotations import Annotation, check_against
from newsvoice.errors import NewsvoiceError
from newsvoice.labels import INDEX, NAMES, NOT_PROSE
from newsvoice.metrics import classification_scores, confusion_matrix
from newsvoice.records import Article, Sentence
from newsvoice.rules import FUNCTIONS, RuleLabel, label_by_rules

GOLD, RULES = "gold", "rules"
# A sentence that stands before a labelled one to be read along; its label is `none` and nobody learns or scores it.
CONTEXT = "context"


@dataclass(frozen=True, slots=True)
class LabelledSentence(Sentence):
    """A sentence, its label, where the label is from (`gold`, `rules`, `context`) and how sure it is (0 to 1).

    `shares` says how the annotators' votes are spread over the labels, in their order; None without votes.
    """

    label: str
    source: str
    confidence: float
    shares: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class Labelling:
    """What the label stage returns: labelled sentences in article order, and its metrics."""

    sentences: list[LabelledSentence]
    metrics: dict[str, Any]


def label_sentences(
    articles: Sequence[Article],
    sentences: Sequence[Sentence],
    annotations: Mapping[str, Sequence[Annotation]],
    *,
    source_of: Mapping[str, str],
) -> Labelling:
    """Join sentences with gold annotations by offset; label the rest by rules; measure both.

    `annotations` and `source_of` (the file to name in errors) are keyed by article id. A sentence takes
    the gold label that covers most of its characters; covered less than half, it goes to the rules.
    Sentences that are gold `none` are left out and counted.

    Raises `NewsvoiceError` when an annotation names no article, or a passage its article does not hold.
    """
    for article in articles:
        if article.id in annotations:
            check_against(article, list(annotations[article.id]), where=source_of[article.id])
    if unknown := sorted(set(annotations) - {article.id for article in articles}):
        raise NewsvoiceError(
            "annotations of no article", where=source_of[unknown[0]], advice="add the article or remove the file"
        )
    labelled, rule_labels, gold_labels = [], [], []
    not_prose = 0
    for sentence in sentences:
        rules = label_by_rules(sentence)
        gold = covering(sentence, annotations.get(sentence.article, ()))
        if gold is not None and gold.label == NOT_PROSE:
            not_prose += 1
            continue
        if gold is not None:
            labelled.append(with_gold(sentence, gold))
            gold_labels.append(gold.label)
            rule_labels.append(rules)
        else:
            labelled.append(with_label(sentence, rules.label, RULES, rules.confidence))
    everything = [annotation for marks in annotations.values() for annotation in marks]
    by_genre: dict[str, list[Annotation]] = {}
    for article in articles:
        by_genre.setdefault(article.meta.get("genre", "unstated"), []).extend(annotations.get(article.id, ()))
    metrics = {
        "articles": len(articles),
        "annotated_articles": sum(article.id in annotations for article in articles),
        "sentences": len(labelled),
        "left_out_as_not_prose": not_prose,
        "by_source": {kind: sum(s.source == kind for s in labelled) for kind in (GOLD, RULES)},
        "by_label": {name: sum(s.label == name for s in labelled) for name in NAMES},
        "unsettled": sum(annotation.disputed for annotation in everything),
        "agreement": agreement(everything),
        "agreement_by_genre": {
            genre: {"passages": len(marks), "alpha": agreement(marks)["alpha"]}
            for genre, marks in sorted(by_genre.items())
            if marks
        },
        "segmentation": segmentation_scores(articles, sentences, annotations),
        "rules": rule_scores(rule_labels, gold_labels),
    }
    return Labelling(sentences=labelled, metrics=metrics)


@dataclass(frozen=True, slots=True)
class Gold:
    """The settled label that covers a sentence, and how the votes on its passage are spread."""

    label: str
    shares: Mapping[str, float]


def covering(sentence: Sentence, annotations: Sequence[Annotation]) -> Gold | None:
    """Return the label whose passages cover most of a sentence, if that is at least half; None otherwise.

    `annotations` are in order. A sentence that joins several passages takes the label that covers most of
    its characters together, with the votes on the passage that covers most.
    """
    covered: dict[str, int] = {}
    widest: dict[str, tuple[int, Mapping[str, float]]] = {}
    first = bisect.bisect_right(annotations, sentence.start, key=lambda annotation: annotation.end)
    for annotation in annotations[first:]:
        if annotation.start >= sentence.end:
            break
        if annotation.label is None:
            continue
        overlap = min(annotation.end, sentence.end) - max(annotation.start, sentence.start)
        covered[annotation.label] = covered.get(annotation.label, 0) + overlap
        if overlap > widest.get(annotation.label, (0,))[0]:
            widest[annotation.label] = overlap, annotation.shares
    if not covered:
        return None
    label = max(covered, key=lambda name: covered[name])
    if 2 * covered[label] < sentence.end - sentence.start:
        return None
    return Gold(label, widest[label][1])


def segmentation_scores(
    articles: Sequence[Article],
    sentences: Sequence[Sentence],
    annotations: Mapping[str, Sequence[Annotation]],
) -> dict[str, Any]:
    """Compare splitter and annotators: sentence spans found, and blocks set aside as boilerplate."""
    found = {(s.article, s.start, s.end) for s in sentences if s.article in annotations}
    prose: set[tuple[str, int, int]] = set()
    furniture: set[tuple[str, int, int]] = set()
    for article_id, marks in annotations.items():
        for mark in marks:
            (furniture if mark.label == NOT_PROSE else prose).add((article_id, mark.start, mark.end))
    set_aside = {
        (article.id, block.start, block.end)
        for article in articles
        if article.id in annotations
        for block in article.blocks
        if block.kind == "boilerplate"
    }
    return {
        "sentences": _precision_recall(found - furniture, prose),
        "boilerplate": _precision_recall(set_aside, furniture),
    }


def rule_scores(rule_labels: Sequence[RuleLabel], gold_labels: Sequence[str]) -> dict[str, Any]:
    """Judge the labelling functions against gold, together and one by one."""
    if not gold_labels:
        return {"sentences": 0}
    matrix = confusion_matrix([INDEX[g] for g in gold_labels], [INDEX[r.label] for r in rule_labels])
    covered = [(rule, gold) for rule, gold in zip(rule_labels, gold_labels, strict=True) if rule.votes]
    spoken: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for rule, gold in covered:
        for name in rule.votes:
            spoken[name] += 1
            right[name] += _LABEL_OF[name] == gold
    return {
        "sentences": len(gold_labels),
        "coverage": len(covered) / len(gold_labels),
        "accuracy_where_covered": sum(r.label == g for r, g in covered) / len(covered) if covered else None,
        **classification_scores(matrix),
        "confusion": matrix.tolist(),
        "functions": {
            f.name: {
                "question": f.question,
                "votes": spoken[f.name],
                "accuracy": _share(right[f.name], spoken[f.name]),
            }
            for f in FUNCTIONS
        },
    }


_LABEL_OF = {function.name: function.label.name for function in FUNCTIONS}


def with_gold(sentence: Sentence, gold: Gold) -> LabelledSentence:
    """Return the sentence with its gold label and the votes behind it; those for `none` are left out of account."""
    counted = sum(gold.shares.get(name, 0.0) for name in NAMES)
    shares = [round(gold.shares.get(name, 0.0) / counted, 3) for name in NAMES]
    return replace(with_label(sentence, gold.label, GOLD, gold.shares.get(gold.label, 0.0)), shares=shares)


def with_label(sentence: Sentence, label: str, source: str, confidence: float) -> LabelledSentence:
    """Return the sentence with its label, the label's source and how sure it is, to three digits."""
    fields = {name: getattr(sentence, name) for name in Sentence.__slots__}
    return LabelledSentence(**fields, label=label, source=source, confidence=round(confidence, 3))


def _precision_recall(found: set[Any], true: set[Any]) -> dict[str, float | int | None]:
    hits = len(found & true)
    return {
        "found": len(found),
        "true": len(true),
        "precision": _share(hits, len(found)),
        "recall": _share(hits, len(true)),
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None

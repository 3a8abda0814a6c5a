"""Records for tests, with defaults for what a test does not care about."""

from collections.abc import Sequence
from itertools import product

from newsvoice.annotations import Annotation, Vote
from newsvoice.labels import ANALYSIS, EDITORIAL_FRAMING, INDEX, NAMES, REPORTED_SPEECH
from newsvoice.records import Sentence
from pipeline.evaluation.predictions import ScoredSentence
from pipeline.labelling.label import GOLD, LabelledSentence

R, A, E = REPORTED_SPEECH.name, ANALYSIS.name, EDITORIAL_FRAMING.name

# Each label has words of its own; the rules recognise the first and the last.
_SUBJECTS = ("harbour", "ferry", "bakery", "orchard", "library", "quarry")
_TOY = {
    R: ("“We will open the {} again,” Mayor Low said.", "Envoys told the council that the {} would open."),
    A: ("The {} opened at noon with four rooms.", "Workers moved the {} two streets north in April."),
    E: ("The {} is a shameful farce and a disgrace.", "What a reckless, cynical circus the {} is!"),
}


def sentence(text: str, *, article: str = "a", index: int = 0, in_quotation: bool = False) -> Sentence:
    return Sentence(
        article=article, index=index, start=0, end=len(text), text=text, paragraph=0, in_quotation=in_quotation
    )


def labelled(
    text: str, label: str, *, article: str = "a", index: int = 0, source: str = GOLD, in_quotation: bool = False
) -> LabelledSentence:
    return LabelledSentence(
        article=article,
        index=index,
        start=0,
        end=len(text),
        text=text,
        paragraph=0,
        in_quotation=in_quotation,
        label=label,
        source=source,
        confidence=1.0,
    )


def toy_set(prefix: str = "toy") -> list[LabelledSentence]:
    """Six articles of six sentences, easy to tell apart by their words."""
    return [
        labelled(text.format(subject), label, article=f"{prefix}-{subject}", index=index)
        for subject in _SUBJECTS
        for index, (label, text) in enumerate((label, _TOY[label][n]) for n, label in product((0, 1), (A, R, E)))
    ]


def scored(
    gold: str, probabilities: Sequence[float], *, article: str = "a", index: int = 0, **other: object
) -> ScoredSentence:
    defaults = {"text": "The ferry left at noon.", "paragraph": 0, "in_quotation": False}
    return ScoredSentence(
        article=article, index=index, gold=gold, probabilities=tuple(probabilities), **defaults | other
    )


def one_hot(label: str, *, confidence: float = 1.0) -> list[float]:
    rest = (1 - confidence) / (len(NAMES) - 1)
    row = [rest] * len(NAMES)
    row[INDEX[label]] = confidence
    return row


def votes(**labels: str) -> tuple[Vote, ...]:
    return tuple(Vote(annotator, label) for annotator, label in labels.items())


def annotation(text: str, passage: str, *passes: Vote) -> Annotation:
    """Annotate the first occurrence of a passage."""
    start = text.index(passage)
    return Annotation(start=start, end=start + len(passage), text=passage, votes=passes)

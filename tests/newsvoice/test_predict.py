from pathlib import Path

import pytest

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES, UNCERTAIN
from newsvoice.predict import Labelled, label_article, label_lines
from newsvoice.runtime.classifier import Classifier
from newsvoice.text.ingest import parse_article
from newsvoice.text.segment import segment

ARTICLE = parse_article(
    "Fee rises\n\nBy Ada Low\n\nThe council met. “We pay for it all,” he said.\n\nShips left.", article_id="fee"
)


@pytest.fixture(scope="module")
def classifier(tiny_model: Path) -> Classifier:
    return Classifier.load(tiny_model)


def by_line(text: str, classifier: Classifier) -> list[Labelled]:
    return list(label_lines(text, article_id="fee", engine=classifier))


def test_every_sentence_of_an_article_is_labelled_in_order(classifier: Classifier) -> None:
    labelled = label_article(ARTICLE, classifier)
    sentences = segment(ARTICLE)

    assert labelled.article is ARTICLE
    assert [(p.index, p.start, p.end, p.text) for p in labelled.predictions] == [
        (s.index, s.start, s.end, s.text) for s in sentences
    ]
    assert {p.label for p in labelled.predictions} <= set(NAMES)
    assert [p.in_quotation for p in labelled.predictions] == [False, False, True, False]


def test_the_same_article_gets_the_same_answer(classifier: Classifier) -> None:
    assert label_article(ARTICLE, classifier) == label_article(ARTICLE, classifier)


def test_doubt_changes_the_label_and_nothing_else(classifier: Classifier) -> None:
    sure, doubtful = (label_article(ARTICLE, classifier, min_confidence=p).predictions for p in (0.0, 1.0))

    assert {p.label for p in doubtful} == {UNCERTAIN}
    assert [p.probabilities for p in doubtful] == [p.probabilities for p in sure]


def test_only_what_is_below_the_threshold_is_doubtful(classifier: Classifier) -> None:
    best = sorted(max(p.probabilities.values()) for p in label_article(ARTICLE, classifier).predictions)
    labels = [p.label for p in label_article(ARTICLE, classifier, min_confidence=best[-1]).predictions]

    assert best[0] < best[-1]
    assert labels.count(UNCERTAIN) == sum(p < best[-1] for p in best)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_lines_are_sentences_and_an_empty_line_begins_an_article(classifier: Classifier, end: str) -> None:
    text = end.join(["The council met. It voted.", "Ships pay.", "", " \t", "“We pay for it all,” he said.", "", ""])
    labelled = by_line(text, classifier)

    assert [(one.article.id, [p.text for p in one.predictions]) for one in labelled] == [
        ("fee", ["The council met. It voted.", "Ships pay."]),
        ("fee#2", ["“We pay for it all,” he said."]),
    ]
    for one in labelled:
        assert one.article.text == text
        assert [p.index for p in one.predictions] == list(range(len(one.predictions)))
        assert {p.article for p in one.predictions} == {one.article.id}
        assert [text[p.start : p.end] for p in one.predictions] == [p.text for p in one.predictions]
        assert [(b.start, b.end) for b in one.article.blocks] == [(p.start, p.end) for p in one.predictions]


@pytest.mark.parametrize("lead", ["\n\n", " \n", "\r\n\r\n", "\ufeff", "\ufeff\n\n"], ids=ascii)
def test_what_leads_the_first_line_is_no_article(classifier: Classifier, lead: str) -> None:
    labelled = by_line(lead + "Ships pay.\n\nTugs pay.", classifier)

    assert [(one.article.id, [p.text for p in one.predictions]) for one in labelled] == [
        ("fee", ["Ships pay."]),
        ("fee#2", ["Tugs pay."]),
    ]


def test_lines_give_what_the_same_sentences_give_in_an_article(classifier: Classifier) -> None:
    article = parse_article("The council met. It voted. Ships pay.", article_id="fee")
    [lines] = by_line("The council met.\nIt voted.\nShips pay.", classifier)

    assert [p.probabilities for p in lines.predictions] == [
        p.probabilities for p in label_article(article, classifier).predictions
    ]


def test_lines_below_the_threshold_are_doubtful(classifier: Classifier) -> None:
    [labelled] = label_lines("Ships pay.", article_id="fee", engine=classifier, min_confidence=1.0)

    assert [p.label for p in labelled.predictions] == [UNCERTAIN]


@pytest.mark.parametrize("text", ["", "\n\n", " \t\r\n \r\n", "\ufeff\n"], ids=ascii)
def test_no_lines_are_refused(classifier: Classifier, text: str) -> None:
    with pytest.raises(NewsvoiceError, match=r"^fee\.txt: no lines"):
        list(label_lines(text, article_id="fee", engine=classifier, where="fee.txt"))

from collections.abc import Sequence

import pytest

from newsvoice.annotate.candidates import candidates
from newsvoice.annotations import Annotation, Vote
from newsvoice.labels import NAMES
from newsvoice.records import Prediction, Sentence
from newsvoice.text.ingest import parse_article
from tests.newsvoice.annotate.build import A, E, R, candidate
from tests.newsvoice.annotate.conftest import ARTICLE

SENTENCES = [
    "Fee rises",
    "The council met on Monday.",
    "“We pay for it all,” he said.",
    "The fee is 9 crowns.",
    "It is a shameful fee — and who will pay?",
]


def always_analysis(sentences: Sequence[Sentence]) -> list[Prediction]:
    shares = dict(zip(NAMES, (0.1, 0.8, 0.1), strict=True))
    return [Prediction(s.article, s.index, s.start, s.end, s.text, A, shares, s.in_quotation, "toy") for s in sentences]


def test_every_sentence_is_a_candidate_in_its_context() -> None:
    article = parse_article(ARTICLE, article_id="fee")
    found = candidates(article, always_analysis)

    assert [c.text for c in found] == SENTENCES
    assert all(ARTICLE[c.start : c.end] == c.text for c in found)
    assert (found[0].before, found[0].after) == ("", SENTENCES[1])
    assert (found[3].before, found[3].after) == (f"{SENTENCES[1]} {SENTENCES[2]}", SENTENCES[4])
    assert found[4].after == ""


def test_the_rules_speak_or_are_silent() -> None:
    found = candidates(parse_article(ARTICLE, article_id="fee"), always_analysis)

    assert [c.rules for c in found] == [None, None, R, None, E]
    assert [c.disagrees for c in found] == [False, False, True, False, True]


def test_what_is_annotated_is_no_candidate_even_in_part() -> None:
    start = ARTICLE.index("met on")
    done = [Annotation(start, start + 6, "met on", (Vote("ada", A),))]
    found = candidates(parse_article(ARTICLE, article_id="fee"), always_analysis, done=done)

    assert [c.text for c in found] == [SENTENCES[0], *SENTENCES[2:]]
    # Its text is context still.
    assert found[1].before == f"{SENTENCES[0]} {SENTENCES[1]}"


@pytest.mark.parametrize(
    ("probabilities", "rules", "usefulness"),
    [((0.2, 0.7, 0.1), None, 0.5), ((0.2, 0.7, 0.1), A, 0.5), ((0.2, 0.7, 0.1), E, 1.0), ((0, 1, 0), None, 0.0)],
)
def test_doubt_and_contradiction_make_a_sentence_useful(
    probabilities: tuple[float, ...], rules: str | None, usefulness: float
) -> None:
    assert candidate(probabilities=probabilities, rules=rules).usefulness == pytest.approx(usefulness)


def test_the_reason_is_given_in_words() -> None:
    assert candidate(rules=E).why == f"{A} 70%, {R} 20%; the rules say {E}"
    assert candidate(rules=A).why == f"{A} 70%, {R} 20%"

from collections.abc import Sequence

import pytest

from newsvoice.explain import MOST_VARIANTS, explain
from newsvoice.labels import NAMES
from newsvoice.predict import Word
from newsvoice.records import Prediction, Sentence
from newsvoice.text.ingest import parse_article
from newsvoice.text.segment import segment

REPORTED, ANALYSIS, _ = NAMES


class CueEngine:
    """Says reported speech where "said" stands in a sentence, and a little more where it stands in the one before."""

    def __init__(self, *, reads_along: bool = False) -> None:
        self.reads_along = reads_along
        self.asked: list[Sentence] = []

    def predict(self, sentences: Sequence[Sentence]) -> list[Prediction]:
        self.asked += sentences
        answers = []
        for position, s in enumerate(sentences):
            before = sentences[position - 1] if position else None
            along = before is not None and before.article == s.article and "said" in before.text
            p = (0.9 if "said" in s.text else 0.2) + 0.05 * (along and self.reads_along)
            answers.append(
                Prediction(
                    article=s.article,
                    index=s.index,
                    start=s.start,
                    end=s.end,
                    text=s.text,
                    label=REPORTED if p > 0.5 else ANALYSIS,
                    probabilities=dict(zip(NAMES, (p, 0.95 - p, 0.05), strict=True)),
                    in_quotation=s.in_quotation,
                    model="cue",
                )
            )
        return answers


def explained(text: str, engine: CueEngine) -> list[dict[str, float]]:
    """Weights by word, a mapping a sentence."""
    article = parse_article(text, article_id="a")
    sentences = segment(article)
    words = explain(sentences, engine.predict(sentences), engine)
    return [{article.text[w.start : w.end]: w.weight for w in of_sentence} for of_sentence in words]


def test_the_word_that_decides_weighs_most() -> None:
    [weights] = explained("The mayor said the fee rose.", CueEngine())

    assert weights == {"The": 0, "mayor": 0, "said": 0.7, "the": 0, "fee": 0, "rose": 0}


def test_a_word_against_the_label_weighs_less_than_nothing() -> None:
    class Contrary(CueEngine):
        def predict(self, sentences: Sequence[Sentence]) -> list[Prediction]:
            def answer(s: Sentence) -> Prediction:
                p = 0.6 if "but" in s.text else 0.9
                values = dict(zip(NAMES, (p, 1 - p, 0.0), strict=True))
                return Prediction(s.article, s.index, s.start, s.end, s.text, REPORTED, values, False, "c")

            return [answer(s) for s in sentences]

    [weights] = explained("He said but left.", Contrary())
    assert weights["but"] == pytest.approx(-0.3)


def test_offsets_point_into_the_article() -> None:
    text = "---\ntopic: sea\n---\nThe *fee* rose.\n\nNobody’s ship-owner said U.S. Navy."
    assert [list(weights) for weights in explained(text, CueEngine())] == [
        ["The", "fee", "rose"],
        ["Nobody’s", "ship-owner", "said", "U.S", "Navy"],
    ]


def test_sentences_are_read_with_what_stands_before_them() -> None:
    engine = CueEngine(reads_along=True)
    _, second = explained("She said no. It rained.", engine)

    # Without its context the second sentence would be surer by 0.05 whichever word is left out.
    assert second == {"It": 0, "rained": 0}
    articles = {s.article for s in engine.asked}
    # The article, then each sentence as it is and without each of its words.
    assert len(articles) == 1 + (1 + 3) + (1 + 2)


def test_at_most_two_sentences_before_are_given_along() -> None:
    engine = CueEngine()
    explained("It rained. She left. He left. They stayed.", engine)

    variants = [s for s in engine.asked if s.article != "a"]
    groups = {article: sum(s.article == article for s in variants) for article in {s.article for s in variants}}
    # Each of the four sentences has two words: three questions, with 0, 1, 2 and 2 sentences before.
    assert sorted(groups.values()) == [1] * 3 + [2] * 3 + [3] * 6


def test_only_the_sentences_asked_for_are_weighed() -> None:
    engine = CueEngine()
    sentences = segment(parse_article("It rained. She said no. He left.", article_id="a"))
    predictions = engine.predict(sentences)
    engine.asked.clear()
    first, second, third = explain(sentences, predictions, engine, only={1})

    assert (first, third) == ((), ())
    assert second == explain(sentences, predictions, CueEngine())[1]
    # As it is and without each of three words, every time behind the one sentence before it.
    assert len(engine.asked) == 2 * (1 + 3)


def test_a_long_sentence_is_tried_in_stretches() -> None:
    engine = CueEngine()
    words = [f"w{n}" for n in range(500)] + ["said", "so."]
    [weights] = explained(" ".join(words), engine)

    assert len(engine.asked) <= 1 + MOST_VARIANTS
    assert len(weights) <= MOST_VARIANTS
    [(heaviest, weight)] = [(text, weight) for text, weight in weights.items() if weight]
    assert "said" in heaviest
    assert weight == pytest.approx(0.7)
    assert " ".join(weights).split() == " ".join(words).rstrip(".").split()


@pytest.mark.parametrize("text", ["No.", "“No,”", "!"])
def test_no_engine_meets_an_empty_text(text: str) -> None:
    engine = CueEngine()
    sentence = Sentence("a", 0, 10, 10 + len(text), text, 0, False)
    [words] = explain([sentence], engine.predict([sentence]), engine)

    assert all(s.text.strip() for s in engine.asked)
    start = 10 + text.find("No")
    assert words == ((Word(start, start + 2, 0.0),) if "No" in text else ())


def test_no_sentences_have_no_words() -> None:
    assert explain([], [], CueEngine()) == []

"""What must hold of every text, however odd."""

from itertools import pairwise

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from newsvoice.errors import NewsvoiceError
from newsvoice.records import Article
from newsvoice.text.ingest import parse_article
from newsvoice.text.plain import plain
from newsvoice.text.quotations import quotation_spans
from newsvoice.text.segment import from_sentences, segment, segment_lines

thorough = settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.filter_too_much]
)

NEWS_PIECES = (
    'The mayor left. She said no. “We pay,” ‘It’s ours.’ "Stop!" U.S. Gov. Ada Low 9 a.m. Inc. St. No. 10 3.5 '
    "1. J. … ... ? ! — ( ) [ ] > # * - _ ' ” ’ \ufeff Advertisement By Photo: --- x: y I | é ß 東京 İ ǅ"
).split(" ")
SEPARATORS = ("", " ", "  ", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\t", "\u00a0", "\u2028", "\x0c", "\x85")

newsy = st.lists(st.tuples(st.sampled_from(NEWS_PIECES), st.sampled_from(SEPARATORS))).map(
    lambda pairs: "".join(piece + separator for piece, separator in pairs)
)
texts = newsy | st.text() | st.tuples(newsy, st.text(), newsy).map("".join)


def parsed(text: str) -> Article:
    assume(any(c.isalpha() for c in text))
    try:
        return parse_article(text, article_id="a")
    except NewsvoiceError:
        assume(False)
        raise


@thorough
@given(texts)
def test_offsets_give_every_sentence_back(text: str) -> None:
    for sentence in segment(parsed(text)):
        assert text[sentence.start : sentence.end] == sentence.text
        assert sentence.text == sentence.text.strip()
        assert sentence.text


@thorough
@given(texts)
def test_sentences_come_in_order_without_overlap(text: str) -> None:
    sentences = segment(parsed(text))

    assert [s.index for s in sentences] == list(range(len(sentences)))
    assert all(a.end <= b.start for a, b in pairwise(sentences))
    assert all(a.paragraph <= b.paragraph for a, b in pairwise(sentences))


@thorough
@given(texts)
def test_every_letter_of_the_prose_is_in_exactly_one_sentence(text: str) -> None:
    article = parsed(text)
    sentences = segment(article)

    for block in article.blocks:
        if block.kind == "boilerplate":
            continue
        for position in range(block.start, block.end):
            if text[position].isalpha():
                assert sum(s.start <= position < s.end for s in sentences) == 1


@thorough
@given(texts)
def test_every_letter_of_the_body_is_in_exactly_one_block(text: str) -> None:
    article = parsed(text)
    assume(not article.meta)

    for position, character in enumerate(text):
        if character.isalpha():
            assert sum(b.start <= position < b.end for b in article.blocks) == 1


@thorough
@given(texts)
def test_quotations_come_in_order_and_stay_in_their_paragraphs(text: str) -> None:
    paragraphs = [(b.start, b.end) for b in parsed(text).blocks if b.kind != "boilerplate"]
    spans = quotation_spans(text, paragraphs)

    assert all(start < end for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert all(any(first <= start and end <= last for first, last in paragraphs) for start, end in spans)


@thorough
@given(st.lists(newsy.map(lambda line: " ".join(line.replace("\ufeff", "").split()))))
def test_each_line_with_words_is_one_sentence(lines: list[str]) -> None:
    text = "\n".join(lines)
    sentences = segment_lines(text, article="a", start=0, end=len(text))

    assert [s.text for s in sentences] == [line for line in lines if line]
    assert all(text[s.start : s.end] == s.text for s in sentences)


@thorough
@given(st.lists(st.tuples(st.text(min_size=1), st.booleans()), min_size=1))
def test_ready_made_sentences_keep_their_texts(rows: list[tuple[str, bool]]) -> None:
    paragraphs = [sum(new for _, new in rows[: n + 1]) for n in range(len(rows))]
    sentences = from_sentences([text for text, _ in rows], article="a", paragraphs=paragraphs)

    assert [s.text for s in sentences] == [text for text, _ in rows]
    assert [s.paragraph for s in sentences] == paragraphs
    assert all(a.end < b.start for a, b in pairwise(sentences))


@thorough
@given(texts)
def test_plain_text_is_one_line_without_invisible_characters(text: str) -> None:
    shown = plain(text)

    assert shown == " ".join(shown.split())
    assert not set(shown) & set("\u00ad\u200b\u202e\u2066\ufeff")

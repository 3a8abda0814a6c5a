import pytest

from newsvoice.predict import Word
from newsvoice.render.weights import LEAST_WEIGHT, LONGEST_WORD, MOST_WORDS, contrary, heaviest, levels, pieces

TEXT = "The mayor said on Monday that it rained."


def words(start: int = 0, **weights: float) -> list[Word]:
    """Weigh the named words of the text, the others not at all."""
    found = []
    for text in TEXT.rstrip(".").split():
        place = TEXT.index(text) + start
        found.append(Word(place, place + len(text), weights.get(text, 0.0)))
    return found


def test_a_word_shows_by_its_share_of_the_heaviest() -> None:
    assert levels(words(said=0.6, mayor=0.3, Monday=0.1)) == [0, 1, 2, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("weights", [{}, {"said": LEAST_WEIGHT / 2}, {"said": -0.5}])
def test_nothing_shows_where_nothing_weighs(weights: dict[str, float]) -> None:
    assert set(levels(words(**weights))) == {0}
    assert heaviest(TEXT, words(**weights), start=0) == []


@pytest.mark.parametrize("start", [0, 70])
def test_pieces_are_the_sentence_cut_where_words_show(start: int) -> None:
    found = list(pieces(TEXT, words(start, said=0.6, mayor=0.3), start=start))
    assert "".join(piece for piece, _, _ in found) == TEXT
    assert [(piece, level) for piece, level, _ in found if level] == [("mayor", 1), ("said", 2)]


def test_words_for_and_against_are_named_the_weightiest_first() -> None:
    found = words(said=0.3, mayor=0.6, Monday=-0.1, rained=-0.4, The=-LEAST_WEIGHT / 2)
    assert heaviest(TEXT, found, start=0) == [("mayor", 0.6), ("said", 0.3)]
    assert contrary(TEXT, found, start=0) == [("rained", -0.4), ("Monday", -0.1)]


def test_few_words_are_named_and_no_long_one_whole() -> None:
    text = "w" * 500
    assert heaviest(text, [Word(0, 500, 0.5)], start=0) == [("w" * LONGEST_WORD, 0.5)]
    assert len(contrary(TEXT, words(**dict.fromkeys(TEXT.rstrip(".").split(), -0.5)), start=0)) == MOST_WORDS


def test_controls_of_a_text_do_not_reach_the_page() -> None:
    text = "a\u202eb\x1bc"
    assert "".join(piece for piece, _, _ in pieces(text, [Word(0, 5, 0.5)], start=0)) == "abc"

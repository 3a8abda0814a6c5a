import pytest

from newsvoice.annotate.votes import vote_of, with_vote, without_vote
from newsvoice.annotations import Annotation, Vote
from newsvoice.errors import NewsvoiceError
from newsvoice.records import Article
from tests.newsvoice.annotate.build import A, E, R

TEXT = "Ships pay. She left. He stayed."
ARTICLE = Article("ship", TEXT, ())
SHIPS = Annotation(0, 10, TEXT[:10], (Vote("writer", A), Vote("ada", R, 2), Vote("ben", A)))
HE = Annotation(21, 31, TEXT[21:], (Vote("writer", A),))


def vote(label: str, *, start: int = 0, end: int = 10, annotator: str = "ada") -> list[Annotation]:
    return with_vote([SHIPS, HE], ARTICLE, start=start, end=end, vote=Vote(annotator, label), where="f:1")


def test_a_vote_joins_the_others() -> None:
    assert vote(E, annotator="cleo")[0].votes == (*SHIPS.votes, Vote("cleo", E))


def test_a_new_vote_takes_the_old_ones_place() -> None:
    assert vote(E) == [Annotation(0, 10, TEXT[:10], (Vote("writer", A), Vote("ada", E), Vote("ben", A))), HE]


def test_a_new_passage_stands_in_order() -> None:
    changed = vote(E, start=11, end=20)
    assert [mark.text for mark in changed] == ["Ships pay.", "She left.", "He stayed."]
    assert changed[1].votes == (Vote("ada", E),)


@pytest.mark.parametrize("span", [(5, 10), (0, 11), (0, 31), (8, 22)])
def test_a_passage_across_another_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(NewsvoiceError, match=r"f:1: ship\[\d+:\d+\] crosses the annotated passage \[0:10\]"):
        vote(E, start=span[0], end=span[1])


@pytest.mark.parametrize("span", [(-1, 4), (4, 4), (9, 4), (0, 32), (10, 11)])
def test_no_passage_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(NewsvoiceError, match="f:1: no passage from"):
        with_vote([], ARTICLE, start=span[0], end=span[1], vote=Vote("ada", A), where="f:1")


def test_an_unknown_label_is_refused_with_the_known_ones() -> None:
    with pytest.raises(NewsvoiceError, match=f"f:1: unknown label 'opinion'; labels are {R}, {A}, {E}, none"):
        vote("opinion")


def test_a_vote_can_be_taken_back() -> None:
    assert without_vote([SHIPS, HE], start=0, end=10, annotator="ada")[0].votes == (SHIPS.votes[0], SHIPS.votes[2])
    assert without_vote([SHIPS, HE], start=21, end=31, annotator="writer") == [SHIPS]
    assert without_vote([SHIPS, HE], start=21, end=31, annotator="ada") == [SHIPS, HE]


def test_the_vote_of_somebody() -> None:
    assert vote_of(SHIPS, "ada") == Vote("ada", R, 2)
    assert vote_of(HE, "ada") is None

from collections.abc import Sequence

import pytest

from newsvoice.annotations import Annotation
from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NOT_PROSE
from newsvoice.records import Article, Sentence
from newsvoice.text.ingest import parse_article
from newsvoice.text.segment import segment
from pipeline.labelling.label import GOLD, RULES, Gold, Labelling, covering, label_sentences
from tests.pipeline.build import A, E, R, annotation, votes

ONE, TWO, THREE = "The pier shut in May.", "Critics say it leaks.", "What a farce!"
TEXT = f"{ONE} {TWO} {THREE}"
ARTICLE = Article("pier", TEXT, ())
MARKS = [
    annotation(TEXT, ONE, *votes(writer=A, reader=A)),
    annotation(TEXT, TWO, *votes(writer=R, reader=R)),
    annotation(TEXT, THREE, *votes(writer=E, reader=E)),
]


def cut(*passages: str, text: str = TEXT, article: str = "pier") -> list[Sentence]:
    spans = [(text.index(passage), passage) for passage in passages]
    return [
        Sentence(article, index, start, start + len(passage), passage, paragraph=0, in_quotation=False)
        for index, (start, passage) in enumerate(spans)
    ]


def label(sentences: Sequence[Sentence], marks: Sequence[Annotation], article: Article = ARTICLE) -> Labelling:
    return label_sentences(
        [article], sentences, {article.id: list(marks)}, source_of={article.id: f"{article.id}.jsonl"}
    )


def test_annotated_sentences_are_gold_with_the_votes_confidence() -> None:
    marks = [MARKS[0], annotation(TEXT, TWO, *votes(writer=A, reader=R, adjudicator=R)), MARKS[2]]
    found = label(cut(ONE, TWO, THREE), marks).sentences
    assert [(s.label, s.source, s.confidence) for s in found] == [(A, GOLD, 1.0), (R, GOLD, 0.667), (E, GOLD, 1.0)]
    assert found[1].shares == [0.667, 0.333, 0.0]
    assert [(s.start, s.end, s.text) for s in found] == [(m.start, m.end, m.text) for m in MARKS]


@pytest.mark.parametrize(
    ("passage", "expected"),
    [
        (f"{TWO} {THREE}", (R, GOLD)),
        (f"shut in May. {TWO}", (R, GOLD)),
        ("The pier shut in", (A, GOLD)),
        ("May. Critics say it leaks. What", (R, GOLD)),
    ],
    ids=["joined", "shifted", "part", "middle"],
)
def test_gold_survives_another_cut_of_the_sentences(passage: str, expected: tuple[str, str]) -> None:
    (found,) = label(cut(passage), MARKS).sentences
    assert (found.label, found.source) == expected


def test_a_sentence_that_is_gold_in_its_lesser_part_goes_to_the_rules() -> None:
    (found,) = label(cut(TEXT), MARKS[:1]).sentences
    assert found.source == RULES


def test_a_sentence_joined_from_passages_of_one_label_keeps_it() -> None:
    marks = [annotation(TEXT, passage, *votes(writer=A)) for passage in (ONE, TWO, THREE)]
    (found,) = label(cut(TEXT), marks).sentences
    assert (found.label, found.source) == (A, GOLD)


@pytest.mark.parametrize(("end", "is_gold"), [(10, True), (9, False)])
def test_half_a_sentence_must_be_covered(end: int, is_gold: bool) -> None:
    (whole,) = cut("The pier shut in May")
    mark = Annotation(0, end, TEXT[:end], votes(writer=E))
    assert covering(whole, [mark]) == (Gold(E, {E: 1.0}) if is_gold else None)


def test_sentences_without_annotation_get_the_rules_label() -> None:
    found = label(cut(ONE, TWO, THREE), [MARKS[0]]).sentences
    assert [(s.label, s.source, s.confidence) for s in found] == [(A, GOLD, 1.0), (R, RULES, 1.0), (E, RULES, 1.0)]


def test_an_article_without_annotations_is_labelled_by_rules() -> None:
    found = label_sentences([ARTICLE], cut(ONE, TWO, THREE), {}, source_of={})
    assert [(s.label, s.source, s.confidence) for s in found.sentences] == [
        (A, RULES, 0.5),
        (R, RULES, 1.0),
        (E, RULES, 1.0),
    ]
    assert found.metrics["annotated_articles"] == 0
    assert found.metrics["rules"] == {"sentences": 0}
    assert found.metrics["segmentation"]["sentences"]["recall"] is None


def test_a_sentence_still_in_dispute_goes_to_the_rules() -> None:
    disputed = annotation(TEXT, THREE, *votes(writer=A, reader=R))
    found = label(cut(ONE, TWO, THREE), [*MARKS[:2], disputed])
    assert (found.sentences[2].label, found.sentences[2].source) == (E, RULES)
    assert found.metrics["unsettled"] == 1


def test_what_is_no_prose_is_left_out_and_counted() -> None:
    furniture = annotation(TEXT, THREE, *votes(writer=NOT_PROSE, reader=NOT_PROSE))
    found = label(cut(ONE, TWO, THREE), [*MARKS[:2], furniture])
    assert [s.text for s in found.sentences] == [ONE, TWO]
    assert found.metrics["left_out_as_not_prose"] == 1
    assert found.metrics["sentences"] == 2


def test_metrics_count_sources_and_labels() -> None:
    metrics = label(cut(ONE, TWO, THREE), MARKS[:2]).metrics
    assert metrics["by_source"] == {GOLD: 2, RULES: 1}
    assert metrics["by_label"] == {R: 1, A: 1, E: 1}
    assert (metrics["articles"], metrics["annotated_articles"]) == (1, 1)


def test_rules_are_judged_on_gold_alone() -> None:
    marks = [annotation(TEXT, ONE, *votes(writer=E)), *MARKS[1:]]
    rules = label(cut(ONE, TWO, THREE), marks).metrics["rules"]
    assert (rules["sentences"], rules["coverage"], rules["accuracy_where_covered"]) == (3, 2 / 3, 1.0)
    assert rules["accuracy"] == 2 / 3
    assert rules["functions"]["stated_kind_of_source"] == {"question": 1, "votes": 1, "accuracy": 1.0}
    assert rules["functions"]["prescription"] == {"question": 2, "votes": 0, "accuracy": None}


def test_the_splitter_is_judged_by_the_annotators_bounds() -> None:
    found = label(cut(ONE, f"{TWO} {THREE}"), MARKS).metrics["segmentation"]["sentences"]
    assert found == {"found": 2, "true": 3, "precision": 1 / 2, "recall": 1 / 3}


def test_boilerplate_is_judged_by_what_annotators_call_no_prose() -> None:
    text = f"A Pier Shuts\n\nBy Ada Low\n\n{ONE} {TWO}"
    article = parse_article(text, article_id="pier")
    marks = [
        annotation(text, "A Pier Shuts", *votes(writer=NOT_PROSE)),
        annotation(text, "By Ada Low", *votes(writer=NOT_PROSE)),
        annotation(text, ONE, *votes(writer=A)),
        annotation(text, TWO, *votes(writer=R)),
    ]
    found = label(segment(article), marks, article).metrics["segmentation"]
    assert found["boilerplate"] == {"found": 1, "true": 2, "precision": 1.0, "recall": 0.5}
    assert found["sentences"] == {"found": 2, "true": 2, "precision": 1.0, "recall": 1.0}


def test_agreement_is_told_by_genre() -> None:
    article = Article("pier", TEXT, (), {"genre": "opinion"})
    marks = [*MARKS[:2], annotation(TEXT, THREE, *votes(writer=E, reader=A))]
    metrics = label(cut(ONE, TWO, THREE), marks, article).metrics
    assert metrics["agreement_by_genre"] == {"opinion": {"passages": 3, "alpha": metrics["agreement"]["alpha"]}}


def test_an_article_edited_under_its_annotations_is_an_error() -> None:
    edited = Article("pier", TEXT.replace("May", "June"), ())
    with pytest.raises(NewsvoiceError, match=r"pier\.jsonl:1: pier\[0:21\] is 'The pier shut in June', not"):
        label(cut(ONE), MARKS, edited)


def test_annotations_of_no_article_are_an_error() -> None:
    with pytest.raises(NewsvoiceError, match=r"harbour\.jsonl"):
        label_sentences(
            [ARTICLE],
            cut(ONE),
            {"pier": MARKS, "harbour": MARKS},
            source_of={"pier": "pier.jsonl", "harbour": "harbour.jsonl"},
        )

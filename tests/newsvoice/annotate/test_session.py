import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newsvoice.annotate.review.session import ABSENT, Session
from newsvoice.annotate.review.wanted import Wanted, read_wanted
from newsvoice.annotations import Annotation, Vote, read_annotations
from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES, NOT_PROSE
from newsvoice.records import Prediction, Sentence, write_jsonl
from tests.newsvoice.annotate.build import A, E, R
from tests.newsvoice.annotate.conftest import ARTICLE

PASSAGES = [
    "Fee rises",
    "By Ada Low",
    "The council met on Monday.",
    "“We pay for it all,” he said.",
    "The fee is 9 crowns.",
    "It is a shameful fee — and who will pay?",
]
START = ARTICLE.index("The council")
SPAN = {"start": START, "end": START + len(PASSAGES[2])}


@pytest.fixture
def gold(folder: Path) -> Path:
    return folder / "gold" / "fee.jsonl"


def session(folder: Path, **more: Any) -> Session:
    files = {name: folder / "articles" / f"{name}.txt" for name in ("fee", "ship")}
    return Session(files, annotations=folder / "gold", annotator="ada", **more)


def mark(text: str, *votes: Vote) -> Annotation:
    start = ARTICLE.index(text)
    return Annotation(start, start + len(text), text, votes)


def unit(state: dict[str, Any], text: str) -> dict[str, Any]:
    [found] = [u for u in state["units"] if u["text"] == text]
    return dict(found)


def test_an_article_is_shown_whole_boilerplate_included(folder: Path) -> None:
    state = session(folder).state(0)

    assert [u["text"] for u in state["units"]] == PASSAGES
    assert [u["kind"] for u in state["units"]] == ["headline", "boilerplate", *["paragraph"] * 4]
    assert all(ARTICLE[u["start"] : u["end"]] == u["text"] for u in state["units"])
    assert state["version"] == ABSENT
    assert [u["guess"] for u in state["units"]] == [A, NOT_PROSE, A, R, A, E]
    # The rules vouch for the quotation, and for the shameful fee; where they are silent, somebody should look.
    assert [u["doubtful"] for u in state["units"]] == [True, False, True, False, True, False]


def test_the_models_doubt_and_the_rules_contradiction_are_doubtful(folder: Path) -> None:
    def predict(sentences: Sequence[Sentence]) -> list[Prediction]:
        shares = [(0.1, 0.8, 0.1) if n else (0.4, 0.5, 0.1) for n in range(len(sentences))]
        return [
            Prediction(s.article, s.index, s.start, s.end, s.text, A, dict(zip(NAMES, p, strict=True)), False, "toy")
            for s, p in zip(sentences, shares, strict=True)
        ]

    state = session(folder, predict=predict).state(0)
    assert [u["text"] for u in state["units"] if u["doubtful"]] == [PASSAGES[0], PASSAGES[3], PASSAGES[5]]
    assert unit(state, PASSAGES[5])["why"] == f"The model: {A} 80%, {R} 10%; the rules say {E}."


def test_a_vote_is_on_disk_when_it_is_answered(folder: Path, gold: Path) -> None:
    review = session(folder)
    answer = review.vote(0, **SPAN, label=E, version=ABSENT)

    assert not answer.outdated
    assert read_annotations(gold) == [mark(PASSAGES[2], Vote("ada", E))]
    assert unit(answer.state, PASSAGES[2])["own"] == E
    assert not unit(answer.state, PASSAGES[2])["doubtful"]
    assert answer.state == review.state(0)
    assert answer.state == session(folder).state(0)


def test_an_outdated_vote_writes_nothing_and_brings_what_is_there(folder: Path, gold: Path) -> None:
    one, other = session(folder), session(folder)
    one.vote(0, **SPAN, label=E, version=ABSENT)
    before = gold.read_bytes()
    answer = other.vote(0, **SPAN, label=A, version=ABSENT)

    assert answer.outdated
    assert gold.read_bytes() == before
    assert unit(answer.state, PASSAGES[2])["own"] == E
    assert not other.vote(0, **SPAN, label=A, version=answer.state["version"]).outdated


def test_a_vote_taken_back_leaves_no_trace(folder: Path, gold: Path) -> None:
    review = session(folder)
    version = review.vote(0, **SPAN, label=E, version=ABSENT).state["version"]
    answer = review.vote(0, **SPAN, label=None, version=version, undo=True)

    assert not gold.exists()
    assert answer.state["version"] == ABSENT
    assert unit(answer.state, PASSAGES[2])["doubtful"]


def test_new_labels_are_counted_not_keys(folder: Path, gold: Path) -> None:
    write_jsonl(gold, [mark(PASSAGES[2], Vote("ada", E)), mark(PASSAGES[4], Vote("ada", A))])
    review = session(folder)
    version = review.state(0)["version"]
    # Corrected twice, back to what it was, taken back, confirmed; and one that was new and is taken back.
    for text, label in [(2, A), (2, R), (3, A), (3, R), (4, E), (4, A), (5, E), (5, None), (0, A), (0, A)]:
        span = {"start": mark(PASSAGES[text]).start, "end": mark(PASSAGES[text]).end}
        version = review.vote(0, **span, label=label, version=version).state["version"]
    assert review.labelled == 3


def test_other_peoples_votes_stay_and_are_shown(folder: Path, gold: Path) -> None:
    others = (Vote("ben", A, 2, E), Vote("cleo", E))
    write_jsonl(gold, [mark(PASSAGES[2], *others), mark(PASSAGES[4], Vote("ben", A))])
    review = session(folder)
    state = review.state(0)

    assert unit(state, PASSAGES[2])["votes"] == [{"annotator": "ben", "label": A}, {"annotator": "cleo", "label": E}]
    assert (unit(state, PASSAGES[2])["gold"], unit(state, PASSAGES[4])["gold"]) == (None, A)
    # Disputed: to be settled. Agreed: no longer doubtful, whatever the rules say.
    assert unit(state, PASSAGES[2])["doubtful"]
    assert not unit(state, PASSAGES[4])["doubtful"]
    review.vote(0, **SPAN, label=E, version=state["version"])
    assert read_annotations(gold)[0].votes == (*others, Vote("ada", E))


def test_the_same_label_again_keeps_a_noted_doubt(folder: Path, gold: Path) -> None:
    write_jsonl(gold, [mark(PASSAGES[2], Vote("ada", A, 2, E))])
    review = session(folder)
    before = gold.read_bytes()
    review.vote(0, **SPAN, label=A, version=review.state(0)["version"])
    assert gold.read_bytes() == before


def test_a_blind_pass_shows_nobody_elses_mind(folder: Path, gold: Path) -> None:
    write_jsonl(gold, [mark(PASSAGES[2], Vote("ben", A), Vote("ada", E)), mark(PASSAGES[4], Vote("ben", A))])
    state = session(folder, blind=True).state(0)

    assert all(u["votes"] == [] and u["gold"] is None and u["guess"] is None and u["why"] == "" for u in state["units"])
    assert unit(state, PASSAGES[2])["own"] == E
    assert [u["doubtful"] for u in state["units"]] == [True, False, False, True, True, True]


def test_annotated_passages_stand_where_they_cross_the_splitters(folder: Path, gold: Path) -> None:
    joined = "The council met on Monday. “We pay for it all,” he said."
    write_jsonl(gold, [mark(joined, Vote("ben", R))])
    state = session(folder).state(0)
    assert [u["text"] for u in state["units"]] == [*PASSAGES[:2], joined, *PASSAGES[4:]]
    with pytest.raises(NewsvoiceError, match="crosses the annotated passage"):
        session(folder).vote(0, **SPAN, label=A, version=state["version"])


def test_only_what_a_list_wants_is_doubtful_until_it_is_answered(folder: Path, gold: Path) -> None:
    write_jsonl(gold, [mark(PASSAGES[2], Vote("writer", A)), mark(PASSAGES[4], Vote("writer", A), Vote("ada", A))])
    wanted = {
        "fee": [
            Wanted(m.start, m.end, A, tuple(v.annotator for v in m.votes), "Listed.") for m in read_annotations(gold)
        ]
    }
    review = session(folder, wanted=wanted)
    state = review.state(0)
    assert [u["text"] for u in state["units"] if u["doubtful"]] == [PASSAGES[2], PASSAGES[4]]
    assert unit(state, PASSAGES[2])["why"].startswith("Listed.")

    # A confirmation is an answer, although an older vote of the same person said so already.
    for text in (PASSAGES[2], PASSAGES[4]):
        span = {"start": mark(text).start, "end": mark(text).end}
        state = review.vote(0, **span, label=A, version=state["version"]).state
    assert not any(u["doubtful"] for u in state["units"])
    # Undone, it is wanted again.
    state = review.vote(0, **span, label=A, version=state["version"], undo=True).state
    assert [u["text"] for u in state["units"] if u["doubtful"]] == [PASSAGES[4]]
    # A new session knows the answers that are newer than the list.
    assert [u["text"] for u in session(folder, wanted=wanted).state(0)["units"] if u["doubtful"]] == [PASSAGES[4]]


@pytest.mark.parametrize(
    ("span", "label", "message"),
    [
        ((START, START), A, "no passage"),
        ((0, 10**6), A, "no passage"),
        ((START, START + 3), "opinion", "unknown label"),
    ],
)
def test_a_vote_on_nothing_is_refused(
    folder: Path, gold: Path, span: tuple[int, int], label: str, message: str
) -> None:
    with pytest.raises(NewsvoiceError, match=message):
        session(folder).vote(0, start=span[0], end=span[1], label=label, version=ABSENT)
    assert not gold.exists()


def test_an_article_edited_under_review_is_named(folder: Path) -> None:
    review = session(folder)
    review.state(0)
    (folder / "articles/fee.txt").write_text("Something else. Entirely.")
    with pytest.raises(NewsvoiceError, match=r"fee\.txt: the article was edited while under review; start"):
        review.state(0)
    with pytest.raises(NewsvoiceError, match="was edited"):
        review.vote(0, **SPAN, label=A, version=ABSENT)


def test_stale_or_broken_gold_is_named(folder: Path, gold: Path) -> None:
    write_jsonl(gold, [Annotation(0, 5, "Other", (Vote("ben", A),))])
    with pytest.raises(NewsvoiceError, match=r"fee\.jsonl:1: fee\[0:5\]"):
        session(folder).state(0)
    gold.write_text("{")
    with pytest.raises(NewsvoiceError, match=r"fee\.jsonl:1: not JSON"):
        session(folder).state(0)


def test_a_hostile_text_is_shown_without_what_steers_a_screen(folder: Path) -> None:
    (folder / "articles/fee.txt").write_text("The \u202efee\u202c rose\x07 <b>today</b>.\n", encoding="utf-8")
    [only] = session(folder).state(0)["units"]
    assert only["text"] == "The fee rose <b>today</b>."


def rows(*changes: dict[str, object]) -> str:
    good = {"article": "fee", "start": 3, "end": 9, "given": A, "suggested": E, "annotators": ["ben"]}
    return json.dumps({"rows": [good | change for change in changes]})


def test_a_list_is_read_in_its_order(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text(rows({"article": "ship"}, {}, {"article": "ship", "start": 10, "end": 12}))
    found = read_wanted(path)
    assert list(found) == ["ship", "fee"]
    assert [w.start for w in found["ship"]] == [3, 10]
    assert found["fee"] == [Wanted(3, 9, A, ("ben",), f"Listed: labelled {A}, unseen it looks like {E}.")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "list.json: not JSON"),
        ("[]", "list.json: no rows in it; make suspects"),
        ('{"rows": []}', "list.json: no rows in it"),
        ('{"rows": [7]}', "list.json: row 1: broken row"),
        (rows({}, {"start": "x"}), "list.json: row 2: broken row"),
        ('{"rows": [{"article": "fee"}]}', "list.json: row 1: broken row (KeyError('given'))"),
    ],
)
def test_a_broken_list_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "list.json"
    path.write_text(text)
    with pytest.raises(NewsvoiceError) as caught:
        read_wanted(path)
    assert message in str(caught.value)
    with pytest.raises(NewsvoiceError, match="cannot read"):
        read_wanted(tmp_path / "gone.json")


def test_a_list_of_another_text_is_refused(folder: Path) -> None:
    start = ARTICLE.index(PASSAGES[4])
    listed = Wanted(start, start + len(PASSAGES[4]), A, (), "Listed.", PASSAGES[4])
    assert session(folder, wanted={"fee": [listed]}).state(0)["units"]
    changed = replace(listed, text="Another sentence.")
    with pytest.raises(NewsvoiceError, match=r"'Another sentence\.' does not stand there; make the list anew"):
        session(folder, wanted={"fee": [changed]}).state(0)

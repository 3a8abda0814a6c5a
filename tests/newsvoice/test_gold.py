import json
from pathlib import Path
from typing import Any

import pytest

from newsvoice.errors import NewsvoiceError
from newsvoice.gold import GoldSet, read_gold


def row(text: str, label: str = "analysis", **more: Any) -> dict[str, Any]:
    return {"text": text, "label": label, **more}


def gold_of(tmp_path: Path, *values: Any) -> GoldSet:
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return read_gold(path)


def placed(gold: GoldSet) -> list[tuple[str, int, str]]:
    return [(s.article, s.paragraph, s.text) for s in gold.sentences]


def test_a_line_can_be_a_sentence(tmp_path: Path) -> None:
    gold = gold_of(tmp_path, row("Ships pay."), row("A mere gift.", "editorial_framing"))

    assert placed(gold) == [("sentences", 0, "Ships pay."), ("sentences", 0, "A mere gift.")]
    assert gold.labels == ["analysis", "editorial_framing"]


def test_sentences_are_gathered_by_article(tmp_path: Path) -> None:
    gold = gold_of(tmp_path, row("A1.", article="a"), row("B1.", article="b"), row("A2.", article="a"))

    assert [(s.article, s.index, s.text) for s in gold.sentences] == [("a", 0, "A1."), ("a", 1, "A2."), ("b", 0, "B1.")]


@pytest.mark.parametrize("key", ["doc", "id", "article"])
def test_a_line_can_be_an_article(tmp_path: Path, key: str) -> None:
    gold = gold_of(tmp_path, {key: "fee", "sentences": [row("One."), row("Two.", "reported_speech")]})

    assert placed(gold) == [("fee", 0, "One."), ("fee", 0, "Two.")]
    assert gold.labels == ["analysis", "reported_speech"]


def test_an_article_without_a_name_is_called_by_its_line(tmp_path: Path) -> None:
    gold = gold_of(tmp_path, {"sentences": [row("One.")]}, {"sentences": [row("Two.")]})

    assert [s.article for s in gold.sentences] == ["line 1", "line 2"]


@pytest.mark.parametrize("key", ["para", "paragraph"])
def test_paragraphs_change_with_their_value(tmp_path: Path, key: str) -> None:
    values = [7, 7, "b", 7]
    gold = gold_of(tmp_path, {"id": "a", "sentences": [row(f"{n}.", **{key: v}) for n, v in enumerate(values)]})

    assert [s.paragraph for s in gold.sentences] == [0, 0, 1, 2]


def test_what_is_no_prose_is_left_out(tmp_path: Path) -> None:
    gold = gold_of(tmp_path, row("One."), row("By Ada Low", "none"), row("Two."))

    assert placed(gold) == [("sentences", 0, "One."), ("sentences", 0, "Two.")]
    assert gold.labels == ["analysis", "analysis"]


def test_a_quotation_is_known_over_several_sentences(tmp_path: Path) -> None:
    gold = gold_of(tmp_path, row("“We pay."), row("We always did.", "reported_speech"), row("You don’t.”"))

    assert [s.in_quotation for s in gold.sentences] == [True, True, True]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"text": "One."}, "needs 'text' and 'label'"),
        ({"label": "analysis"}, "needs 'text' and 'label'"),
        (row("One.", "opinion"), "unknown label 'opinion'; labels are reported_speech, analysis, editorial_framing"),
        (row("One.", "Analysis"), "unknown label 'Analysis'"),
        ({"text": "One.", "label": None}, "unknown label None"),
        ({"text": "One.", "label": ["analysis"]}, "unknown label"),
        (row(" \n"), "an empty sentence"),
        ({"text": 3, "label": "analysis"}, "an empty sentence"),
        ({"sentences": [row("One."), {"text": "Two."}]}, "needs 'text' and 'label'"),
        ({"sentences": ["One."]}, "needs 'text' and 'label'"),
        ({"sentences": "One."}, "'sentences' is not a list"),
        ({"sentences": None}, "sentences"),
        ({"sentences": 3}, "sentences"),
        ({"id": "a", "sentences": [row("Two.")]}, "a second article 'a'"),
    ],
    ids=str,
)
def test_a_bad_line_is_named(tmp_path: Path, value: Any, message: str) -> None:
    with pytest.raises(NewsvoiceError, match=rf"gold\.jsonl:2: .*{message}"):
        gold_of(tmp_path, {"id": "a", "sentences": [row("One.")]}, value)


@pytest.mark.parametrize("values", [[], [row("By Ada Low", "none")], [{"sentences": []}]], ids=str)
def test_a_set_without_sentences_is_refused(tmp_path: Path, values: list[Any]) -> None:
    with pytest.raises(NewsvoiceError, match=r"gold\.jsonl: no labelled sentences"):
        gold_of(tmp_path, *values)


def test_a_table_is_told_how_to_become_a_gold_set(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    path.write_text("text,label\nThe fee rose.,analysis\n", encoding="utf-8")
    with pytest.raises(NewsvoiceError, match=r"gold\.csv: a table; write JSON Lines"):
        read_gold(path)

import json
from pathlib import Path

import pytest

from newsvoice.errors import NewsvoiceError
from pipeline.errors import (
    NO_RULE,
    UNREAD,
    Kind,
    by_question,
    count,
    listing,
    main,
    page,
    read_kinds,
    refuse_inside,
    wrong,
)
from tests.pipeline.build import A, E, R, labelled, one_hot, scored

ROOT = Path(__file__).parents[2]
RULES = ["q1-indirect", "q2-irony", NO_RULE]
HEAD = "article\tsentence\tpredicted\trule\ttype\n"
SENTENCES = [
    scored(A, one_hot(R, confidence=0.8), article="x/one", index=0, text="First."),
    scored(A, one_hot(A), article="x/one", index=1, text="Second."),
    scored(R, one_hot(E), article="x/two", index=2, text="Third."),
]


def table(folder: Path, *rows: str) -> Path:
    path = folder / "types.tsv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_errors_are_known_by_numbers_from_1_and_the_wrong_label() -> None:
    assert list(wrong(SENTENCES)) == [(1, 1, "R"), (2, 3, "E")]


def test_a_reader_gets_what_nobody_has_read_in_its_context() -> None:
    told = listing(SENTENCES, {(2, 3, "E"): Kind("q2-irony", "x")})
    assert told == "1\t1\tR\tgold A, 80%\n    >>> First.\n      A Second.\n"


def test_counts_are_by_rule_and_kind_and_the_unread_come_last(tmp_path: Path) -> None:
    path = table(tmp_path, "1\t1\tR\tq1-indirect\tcue", "2\t3\tE\tq2-irony\tjoke", "9\t9\tR\tq2-irony\tjoke")
    before = {(1, 1, "R"): 0, (1, 1, "E"): 0, (5, 5, "R"): 0}
    now = {(2, 3, "E"): 0, (9, 9, "R"): 0}
    assert count(before, now, read_kinds(path, rules=RULES)) == [
        {"rule": "q2-irony", "type": "joke", "before": 0, "now": 2},
        {"rule": "q1-indirect", "type": "cue", "before": 1, "now": 0},
        {"rule": "", "type": UNREAD, "before": 2, "now": 0},
    ]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("one\t1\tR\tq1-indirect\tx", r"types\.tsv:2: article and sentence are numbers"),
        ("1\t1\tX\tq1-indirect\tx", r"types\.tsv:2: unknown letter 'X'; R, A or E"),
        ("1\t1\tR\tq9\tx", r"types\.tsv:2: unknown rule 'q9'; a tag of the contrast pairs, or gold-in-doubt"),
        ("1\t1\tR\tq1-indirect\t", r"types\.tsv:2: no type"),
        ("1\t1\tR", r"types\.tsv:2: unknown rule None"),
    ],
)
def test_a_broken_row_is_an_error_with_its_place(tmp_path: Path, row: str, says: str) -> None:
    with pytest.raises(NewsvoiceError, match=says):
        read_kinds(table(tmp_path, row), rules=RULES)


def test_two_minds_about_one_error_are_an_error(tmp_path: Path) -> None:
    row = "1\t1\tR\tq1-indirect\tx"
    with pytest.raises(NewsvoiceError, match=r"types\.tsv:3: a second line on this error"):
        read_kinds(table(tmp_path, row, row), rules=RULES)


def test_a_table_with_other_columns_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "types.tsv").write_text("article\ttext\n", encoding="utf-8")
    with pytest.raises(NewsvoiceError, match="columns are not article, sentence, predicted, rule, type"):
        read_kinds(tmp_path / "types.tsv", rules=RULES)


def test_texts_of_the_set_are_not_written_into_a_repository(tmp_path: Path) -> None:
    with pytest.raises(NewsvoiceError, match="lies in a repository"):
        refuse_inside(ROOT / "unread.txt")
    refuse_inside(tmp_path / "unread.txt")


def test_questions_add_up() -> None:
    rows = [
        {"rule": "q1-indirect", "type": "a", "before": 2, "now": 1},
        {"rule": "q1-headline", "type": "b", "before": 1, "now": 3},
        {"rule": NO_RULE, "type": "c", "before": 1, "now": 1},
    ]
    assert by_question(rows) == {"Q1": {"before": 3, "now": 4}, NO_RULE: {"before": 1, "now": 1}}


@pytest.fixture
def arguments(tmp_path: Path, saved_models: Path) -> list[str]:
    """What both actions are given; the set has six articles of six sentences."""
    from tests.pipeline.build import toy_set

    lines = [json.dumps({"text": s.text, "label": s.label, "article": s.article}) for s in toy_set("abroad")]
    lines.append(json.dumps({"text": "Rain fell.", "label": labelled("", E).label, "article": "rain"}))
    (tmp_path / "news.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "sets.yaml").write_text(f"news: {tmp_path}/news.jsonl\n", encoding="utf-8")
    table(tmp_path, "7\t1\tA\tq2-irony\tjoke")
    pairs, types = ROOT / "data/raw/contrast.jsonl", tmp_path / "types.tsv"
    return ["--sets", f"{tmp_path}/sets.yaml", "--pairs", str(pairs), "--types", str(types)]


def test_both_actions_run_on_models_and_no_text_enters_record_or_page(
    tmp_path: Path, arguments: list[str], saved_models: Path
) -> None:
    model = str(saved_models / "classifier")
    unread = tmp_path / "unread.txt"
    main(["list", "--model", model, "--output", str(unread), *arguments])
    record, written = tmp_path / "record.json", tmp_path / "page.md"
    main(["count", "--before", model, "--now", model, "--record", str(record), "--page", str(written), *arguments])
    found = json.loads(record.read_text(encoding="utf-8"))
    assert found["set"] == "news"
    assert found["errors"]["now"] == sum(row["now"] for row in found["rows"])
    assert unread.read_text(encoding="utf-8").count(">>>") == sum(
        row["now"] for row in found["rows"] if row["type"] == UNREAD
    )
    for document in (record, written):
        assert "Rain fell" not in document.read_text(encoding="utf-8")
    assert page(found) == written.read_text(encoding="utf-8")


def test_a_set_that_is_not_here_stops_it(tmp_path: Path, arguments: list[str], saved_models: Path) -> None:
    (tmp_path / "news.jsonl").unlink()
    with pytest.raises(SystemExit, match="news is not here; the record stays as it is"):
        main(["list", "--model", str(saved_models / "classifier"), "--output", str(tmp_path / "x.txt"), *arguments])


def test_the_page_and_the_table_in_the_repository_fit_the_record() -> None:
    record = json.loads((ROOT / "reports/errors.json").read_text(encoding="utf-8"))
    assert page(record) == (ROOT / "docs/errors.md").read_text(encoding="utf-8")
    assert set((ROOT / "docs/errors.tsv").read_text(encoding="utf-8").splitlines()[0].split("\t")) >= {
        "article",
        "rule",
    }

"""`annotate export` and `annotate import` as a user runs them: out, labelled, and back."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from newsvoice.annotations import read_annotations
from newsvoice.labels import NAMES
from tests.newsvoice.annotate.build import A, E, R
from tests.newsvoice.annotate.conftest import ARTICLE, Run

SENTENCES = 8
LABELS = {"The ship was late.": A, "It is a shameful fee — and who will pay?": E, "“We pay for it all,” he said.": R}
TO_FILE = {"label-studio": "out.json", "doccano": "out.jsonl", "csv": "out.csv"}


def label_tasks(path: Path) -> None:
    tasks = json.loads(path.read_text(encoding="utf-8"))
    for number, task in enumerate(tasks):
        label = LABELS.get(task["data"]["sentence"])
        result = [{"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": [label]}}]
        task["annotations"] = [{"id": number, "completed_by": 1, "result": result if label else []}]
    path.write_text(json.dumps(tasks), encoding="utf-8")


def label_lines(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    done = [
        {"id": n, **row, "label": [LABELS[row["sentence"]]]} for n, row in enumerate(rows) if row["sentence"] in LABELS
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in done), encoding="utf-8")


def label_table(path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "label": LABELS.get(row["sentence"], "")} for row in rows)


FILL: dict[str, Callable[[Path], None]] = {"label-studio": label_tasks, "doccano": label_lines, "csv": label_table}


@pytest.mark.parametrize("tool", TO_FILE)
def test_out_labelled_and_back(run: Run, folder: Path, tool: str) -> None:
    out = TO_FILE[tool]
    assert run("export", "articles", "-o", out, "--to", tool).code == 0
    FILL[tool](folder / out)
    arguments = ("import", out, "--articles", "articles", "--annotations", "gold", "--annotator", "ada")
    outcome = run(*arguments)

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("3 votes added, 0 changed, 0 as before, in 2 articles")
    fee, ship = read_annotations(folder / "gold/fee.jsonl"), read_annotations(folder / "gold/ship.jsonl")
    assert {mark.text: mark.label for mark in [*fee, *ship]} == LABELS
    assert all(ARTICLE[mark.start : mark.end] == mark.text for mark in fee)
    assert {vote.annotator for mark in fee for vote in mark.votes} == {"ada"}
    # Once more: nothing changes.
    before = (folder / "gold/fee.jsonl").read_bytes()
    assert run(*arguments).out.startswith("0 votes added, 0 changed, 3 as before")
    assert (folder / "gold/fee.jsonl").read_bytes() == before


def test_label_studios_interface_is_written_beside_the_tasks(run: Run, folder: Path) -> None:
    outcome = run("export", "articles", "-o", "out.json", "--to", "label-studio")
    assert (folder / "out.xml").read_text().startswith("<View>")
    assert outcome.err.splitlines() == [
        "out.xml: the labelling interface (Settings, Labeling Interface, Code)",
        f"out.json: {SENTENCES} of {SENTENCES} sentences, most useful first",
    ]


def test_tasks_do_not_take_the_name_of_their_interface(run: Run, folder: Path) -> None:
    outcome = run("export", "articles", "-o", "tasks.XML", "--to", "label-studio")
    assert outcome.code == 1
    assert outcome.err == (
        "newsvoice: tasks.XML: the labelling interface takes this name; let the tasks end in .json\n"
    )
    assert not list(folder.glob("tasks*"))


def test_a_limit_and_what_is_annotated_shorten_the_export(run: Run, folder: Path) -> None:
    run("export", "articles", "-o", "out.csv", "--to", "csv", "--limit", 3)
    assert len(list(csv.reader(io.StringIO((folder / "out.csv").read_text(), newline="")))) == 4
    run("export", "articles", "-o", "out.jsonl", "--to", "doccano")
    label_lines(folder / "out.jsonl")
    run("import", "out.jsonl", "--articles", "articles", "--annotations", "gold", "--annotator", "ada")
    outcome = run("export", "articles", "-o", "more.jsonl", "--to", "doccano", "--annotations", "gold", "--limit", 0)
    rows = [json.loads(line) for line in (folder / "more.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == SENTENCES - 3
    assert not {row["sentence"] for row in rows} & set(LABELS)
    assert f"{SENTENCES - 3} of {SENTENCES - 3}" in outcome.err


@pytest.mark.parametrize(("tool", "column"), [("doccano", "label"), ("csv", "label")])
def test_the_guess_is_filled_in_when_asked_for(run: Run, folder: Path, tool: str, column: str) -> None:
    run("export", "articles", "-o", TO_FILE[tool], "--to", tool, "--prefill")
    outcome = run("import", TO_FILE[tool], "--articles", "articles", "--annotations", "gold", "--annotator", "ada")
    assert outcome.out.startswith(f"{SENTENCES} votes added")


def test_a_second_annotators_votes_join_and_agreement_is_measured(run: Run, folder: Path) -> None:
    header = "article,start,end,sentence,label,annotator\n"
    (folder / "out.csv").write_text(
        header + "ship,0,18,The ship was late.,A,ada\nship,0,18,The ship was late.,E,ben\n"
        "ship,19,29,Ships pay.,A,ada\nship,19,29,Ships pay.,A,ben\n"
    )
    outcome = run("import", "out.csv", "--articles", "articles", "--annotations", "gold")

    marks = read_annotations(folder / "gold/ship.jsonl")
    assert [[(v.annotator, v.label) for v in mark.votes] for mark in marks] == [
        [("ada", A), ("ben", E)],
        [("ada", A), ("ben", A)],
    ]
    assert "disputed: 1 passage; settle with `annotate review --annotator adjudicator`" in outcome.out
    assert "agreement on 2 passages with two votes or more (differing: 1):" in outcome.out
    assert "Krippendorff's α" in outcome.out
    assert "ada × ben (2 passages)" in outcome.out


def test_doccanos_zip_names_its_people(run: Run, folder: Path) -> None:
    row = {"article": "ship", "start": 0, "end": 18, "sentence": "The ship was late."}
    with zipfile.ZipFile(folder / "out.zip", "w") as archive:
        archive.writestr("ada.jsonl", json.dumps(row | {"label": [A]}))
        archive.writestr("ben.jsonl", json.dumps(row | {"label": [E]}) + "\n")
        archive.writestr("README.txt", "hello")
    assert run("import", "out.zip", "--articles", "articles", "--annotations", "gold").code == 0
    [mark] = read_annotations(folder / "gold/ship.jsonl")
    assert [(v.annotator, v.label) for v in mark.votes] == [("ada", A), ("ben", E)]


def lines(*changes: dict[str, object]) -> str:
    good = {"article": "ship", "start": 0, "end": 18, "sentence": "The ship was late.", "label": [A]}
    return "".join(json.dumps(good | change) + "\n" for change in changes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (lines({"article": "../ship"}), "out.jsonl:1: no article '../ship'; name its folder: --articles"),
        (
            lines({}, {"sentence": "The ship was early."}),
            "out.jsonl:2: ship[0:18] is 'The ship was late.', not 'The ship was early.'; the article was edited",
        ),
        (lines({"start": -5}), "out.jsonl:1: no passage from -5 to 18 in ship"),
        (lines({"end": 10_000}), "out.jsonl:1: ship[0:10000] is "),
        (lines({"label": ["opinion"]}), "out.jsonl:1: unknown label 'opinion'; labels are"),
        (lines({}, {"label": [E]}), f"out.jsonl:2: ada calls it {A} and {E}"),
        (lines({"start": 4, "sentence": "ship was late."}, {}), "out.jsonl:2: ship[0:18] crosses the annotated"),
    ],
    ids=["article", "text", "before", "behind", "label", "two-minds", "crossing"],
)
def test_what_does_not_fit_is_refused_with_its_place_and_nothing_is_written(
    run: Run, folder: Path, text: str, message: str
) -> None:
    (folder / "out.jsonl").write_text(text)
    outcome = run("import", "out.jsonl", "--articles", "articles", "--annotations", "gold", "--annotator", "ada")

    assert outcome.code == 1
    assert outcome.out == ""
    assert outcome.err.splitlines()[0].startswith(f"newsvoice: {message}")
    assert outcome.err.splitlines()[-1] == "newsvoice: nothing was imported"
    assert not list((folder / "gold").iterdir())


def test_many_misfits_are_counted(run: Run, folder: Path) -> None:
    (folder / "out.jsonl").write_text(lines(*[{"article": f"a{n}"} for n in range(25)], {}))
    outcome = run("import", "out.jsonl", "--articles", "articles", "--annotations", "gold", "--annotator", "ada")
    assert len(outcome.err.splitlines()) == 7
    assert "… and 20 more" in outcome.err


def test_rows_that_cannot_be_read_are_named_together_with_those_that_do_not_fit(run: Run, folder: Path) -> None:
    rows = ["0,x,A", "0,18,opinion", "1.5,?,E", "0,18,A", ",18,A"]
    table = "".join(f"ship,{places},The ship was late.\n" for places in rows)
    (folder / "out.csv").write_text(f"article,start,end,label,sentence\n{table}")
    outcome = run("import", "out.csv", "--articles", "articles", "--annotations", "gold", "--annotator", "ada")
    assert outcome.code == 1
    assert [line.removeprefix("newsvoice: ") for line in outcome.err.splitlines()] == [
        "out.csv:2: not a whole number: end 'x'",
        "out.csv:4: not a whole number: start '1.5', end '?'",
        "out.csv:6: not a whole number: start ''",
        f"out.csv:3: unknown label 'opinion'; labels are {R}, {A}, {E}, none",
        f"out.csv:5: ada calls it opinion and {A}",
        "nothing was imported",
    ]


def test_an_import_stops_at_gold_that_the_article_has_left_behind(run: Run, folder: Path) -> None:
    (folder / "gold").mkdir()
    stale = {"start": 0, "end": 5, "text": "A shi", "votes": [{"annotator": "ben", "label": A}]}
    (folder / "gold/ship.jsonl").write_text(json.dumps(stale) + "\n")
    (folder / "out.jsonl").write_text(lines({}))
    outcome = run("import", "out.jsonl", "--articles", "articles", "--annotations", "gold", "--annotator", "ada")
    assert outcome.code == 1
    assert "gold/ship.jsonl:1: ship[0:5] is 'The s', not 'A shi'" in outcome.err
    assert "ada" not in (folder / "gold/ship.jsonl").read_text()


def test_a_confirmed_vote_keeps_its_doubt(run: Run, folder: Path) -> None:
    (folder / "gold").mkdir()
    vote = {"annotator": "ada", "label": A, "confidence": 2, "runner_up": E}
    mark = {"start": 0, "end": 18, "text": "The ship was late.", "votes": [vote]}
    (folder / "gold/ship.jsonl").write_text(json.dumps(mark) + "\n")
    (folder / "out.jsonl").write_text(lines({}))
    run("import", "out.jsonl", "--articles", "articles", "--annotations", "gold", "--annotator", "ada")
    assert json.loads((folder / "gold/ship.jsonl").read_text()) == mark


def test_line_breaks_that_a_tool_rewrote_still_fit(run: Run, folder: Path) -> None:
    (folder / "articles/ship.txt").write_text("The ship\r\nwas late.\n", newline="")
    (folder / "out.jsonl").write_text(lines({"end": 19, "sentence": "The ship\nwas late."}))
    run("import", "out.jsonl", "--articles", "articles", "--annotations", "gold", "--annotator", "ada")
    assert read_annotations(folder / "gold/ship.jsonl")[0].text == "The ship\r\nwas late."


@pytest.mark.parametrize(
    ("person", "names", "advice"),
    [
        (1, [], "labelled by '1'; say who that is: --annotator 1=NAME"),
        (None, [], "labelled by nobody named; say who that is: --annotator NAME"),
    ],
)
def test_a_label_of_nobody_known_is_refused(
    run: Run, folder: Path, person: int | None, names: list[str], advice: str
) -> None:
    row = {"article": "ship", "start": 0, "end": 18, "sentence": "The ship was late.", "label": A, "annotator": person}
    (folder / "out.json").write_text(json.dumps([row]))
    outcome = run("import", "out.json", "--articles", "articles", "--annotations", "gold")
    assert outcome.code == 1
    assert advice in outcome.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "gone.json", "--articles", "articles", "--annotations", "gold"], "gone.json: no such file"),
        (["import", "x.pdf", "--articles", "articles", "--annotations", "gold"], "x.pdf: not an export by its ending"),
        (["import", "x.zip", "--articles", "articles", "--annotations", "gold"], "x.zip: broken zip"),
        (["import", "x.pdf", "--articles", "nowhere", "--annotations", "gold"], "nowhere: no such folder"),
        (["import", "x.pdf", "--articles", "empty", "--annotations", "gold"], "x.pdf: not an export"),
        (["export", "empty", "-o", "o", "--to", "csv"], "empty: no article in this folder"),
        (["export", "gone.txt", "-o", "o", "--to", "csv"], "gone.txt: no such file; check the path"),
        (["export", "gone.txt", "-o", "o", "--to", "csv"], "gone.txt: no such file"),
        (["export", "articles/fee.txt", "empty2/fee.md", "-o", "o", "--to", "csv"], "a second article 'fee' beside"),
    ],
)
def test_what_cannot_be_read_is_named(run: Run, folder: Path, arguments: list[str], message: str) -> None:
    (folder / "empty").mkdir()
    (folder / "empty2").mkdir()
    (folder / "empty2/fee.md").write_text("Ships pay.")
    for name in ("x.pdf", "x.zip"):
        (folder / name).write_text("x")
    outcome = run(*arguments)
    assert outcome.code == 1
    assert message in outcome.err
    assert not (folder / "o").exists()


def test_nothing_left_to_label_is_said(run: Run, folder: Path) -> None:
    run("export", "articles", "-o", "all.csv", "--to", "csv", "--prefill", "--limit", 0)
    run("import", "all.csv", "--articles", "articles", "--annotations", "gold", "--annotator", "ada")
    outcome = run("export", "articles", "-o", "o.csv", "--to", "csv", "--annotations", "gold")
    assert outcome.code == 1
    assert "no sentence left to label" in outcome.err


def test_without_its_extra_votes_are_kept_and_agreement_is_not_measured(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "krippendorff", None)
    (folder / "out.jsonl").write_text(lines({}))
    outcome = run("import", "out.jsonl", "--articles", "articles", "--annotations", "gold", "--annotator", "ada")
    assert outcome.code == 0
    assert (folder / "gold/ship.jsonl").exists()
    assert "agreement not measured: measuring agreement needs krippendorff; pip install" in outcome.err


def test_guesses_are_the_models(run: Run, folder: Path) -> None:
    run("export", "articles", "-o", "out.json", "--to", "label-studio")
    tasks = json.loads((folder / "out.json").read_text())
    assert {task["data"]["guess"] for task in tasks} <= set(NAMES)
    assert {task["predictions"][0]["model_version"] for task in tasks} == {"tiny"}

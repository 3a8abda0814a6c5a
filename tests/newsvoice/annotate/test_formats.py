"""What goes out comes back: the three formats, by themselves and as their tools write them."""

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import pytest

from newsvoice.annotate import doccano, label_studio, sheet
from newsvoice.annotate.exchange import END_MARK, START_MARK, Batch
from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES, NOT_PROSE
from tests.newsvoice.annotate.build import A, E, R, candidate

TEXTS = [
    "Ships pay.",
    "=1+1 is “two”, he said;\nand <b>left</b> & \u2028 went.",
    "'- So it goes, \U0001f6a2 she\tsaid.",
    "@home, 'quoted'",
]
RANKED = [candidate(text, index=n, before="It rained." if n else "", after="") for n, text in enumerate(TEXTS)]


def annotated_task(task: dict, label: str | None, person: object = 1, **more: object) -> dict:
    """A task as Label Studio's JSON export has it."""
    result = [{**task["predictions"][0]["result"][0], "id": "x", "value": {"choices": [label]}}] if label else []
    annotation = {"id": 7, "completed_by": person, "was_cancelled": False, "result": result, **more}
    return {"id": 3, "annotations": [annotation], "data": task["data"], "drafts": [], "project": 1}


def from_label_studio(labels: list[str]) -> Batch:
    tasks = json.loads(label_studio.dump(RANKED))
    done = [annotated_task(task, label) for task, label in zip(tasks, labels, strict=True)]
    return label_studio.load(json.dumps(done), where="f")


def from_json_min(labels: list[str]) -> Batch:
    tasks = json.loads(label_studio.dump(RANKED))
    done = [
        {**t["data"], "id": 3, "annotator": 1, "annotation_id": 7, **({"label": label} if label else {})}
        for t, label in zip(tasks, labels, strict=True)
    ]
    return label_studio.load(json.dumps(done), where="f")


def from_doccano(labels: list[str]) -> Batch:
    rows = [json.loads(line) for line in doccano.dump(RANKED).split("\n") if line]
    done = [
        {"id": n, **row, "label": [label] if label else [], "Comments": []}
        for n, (row, label) in enumerate(zip(rows, labels, strict=True))
    ]
    return doccano.load("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in done), where="f")


def from_sheet(labels: list[str]) -> Batch:
    import csv
    import io

    rows = list(csv.reader(io.StringIO(sheet.dump(RANKED).removeprefix("\ufeff"), newline="")))
    column = rows[0].index("label")
    for row, label in zip(rows[1:], labels, strict=True):
        row[column] = label
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerows(rows)
    return sheet.load(stream.getvalue(), where="f")


@pytest.mark.parametrize("labelled", [from_label_studio, from_json_min, from_doccano, from_sheet])
def test_every_label_comes_back_on_its_passage(labelled: Callable[[list[str]], Batch]) -> None:
    batch = labelled([R, NOT_PROSE, "", E])

    assert [(b.article, b.start, b.end, b.label) for b in batch.labels] == [
        ("a", 0, len(TEXTS[0]), R),
        ("a", 0, len(TEXTS[1]), NOT_PROSE),
        ("a", 0, len(TEXTS[3]), E),
    ]
    assert [b.text for b in batch.labels] == [TEXTS[0], TEXTS[1], TEXTS[3]]
    assert batch.unlabelled == 1


def test_label_studio_gets_tasks_whose_fields_the_interface_shows() -> None:
    tasks = json.loads(label_studio.dump(RANKED))
    root = ElementTree.fromstring(label_studio.interface())
    control = root.find("Choices")

    assert control is not None
    shown = {element.get("value", "")[1:] for element in root.iter() if element.get("value", "").startswith("$")}
    assert all(shown <= set(task["data"]) for task in tasks)
    assert [choice.get("value") for choice in control] == [*NAMES, NOT_PROSE]
    assert [choice.get("hotkey") for choice in control] == ["1", "2", "3", "0"]
    [result] = tasks[0]["predictions"][0]["result"]
    assert (result["from_name"], result["to_name"]) == (control.get("name"), control.get("toName"))
    assert control.get("toName") in {text.get("name") for text in root.findall("Text")}
    assert result["value"] == {"choices": [A]}
    ids = [r["id"] for task in tasks for p in task["predictions"] for r in p["result"]]
    assert len(set(ids)) == len(tasks)


def test_no_text_that_a_tool_shows_is_empty() -> None:
    data = json.loads(label_studio.dump(RANKED))[0]["data"]
    assert (data["before"], data["after"]) == (START_MARK, END_MARK)
    assert all(value != "" for value in data.values())


def test_doccano_gets_the_sentence_pointed_at_in_its_context_and_no_guess_as_label() -> None:
    row = json.loads(doccano.dump(RANKED).split("\n")[1])
    assert row["text"] == f"It rained.\n\n▶ {TEXTS[1]}\n\n{END_MARK}"
    assert row["label"] == []
    assert row["guess"] == A
    assert json.loads(doccano.dump(RANKED, prefill=True).split("\n")[1])["label"] == [A]
    # `id` and `data` are doccano's own.
    assert not {"id", "data"} & set(row)


def test_a_spreadsheet_runs_none_of_our_cells() -> None:
    cells = [cell for row in sheet.dump(RANKED).split("\n") for cell in row.split(",")]
    assert not [cell for cell in cells if cell.lstrip('"')[:1] in "=+-@" and cell.strip('"')]


def test_a_table_may_come_back_with_semicolons_letters_and_names() -> None:
    text = "article;start;end;sentence;label;annotator\nfee;0;4;Ship;e;ben\nfee;5;9;pays; R ;\nfee;10;11;!;;ben\n"
    batch = sheet.load(text, where="f")
    assert [(b.label, b.annotator) for b in batch.labels] == [(E, "ben"), (R, None)]
    assert batch.unlabelled == 1


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("editorial framing", E),
        ("Reported_Speech", R),
        (" ANALYSIS ", A),
        ("reported  Speech", R),
        ("n", NOT_PROSE),
        ("Not prose", NOT_PROSE),
        ("None", NOT_PROSE),
        ("Opinion Piece", "Opinion Piece"),
    ],
)
@pytest.mark.parametrize("labelled", [from_label_studio, from_json_min, from_doccano, from_sheet])
def test_a_label_may_be_written_as_the_page_shows_it(
    labelled: Callable[[list[str]], Batch], written: str, label: str
) -> None:
    assert [b.label for b in labelled([written, "", "", ""]).labels] == [label]


def test_skipped_and_empty_tasks_are_unlabelled() -> None:
    tasks = json.loads(label_studio.dump(RANKED))
    done = [
        annotated_task(tasks[0], R, was_cancelled=True),
        annotated_task(tasks[1], None),
        {"data": tasks[2]["data"], "annotations": []},
        {"data": tasks[3]["data"]},
    ]
    assert label_studio.load(json.dumps(done), where="f") == Batch(unlabelled=4)


@pytest.mark.parametrize(
    ("person", "name"), [(3, "3"), ({"id": 3, "email": "ada@example.org"}, "ada@example.org"), ({"id": 3}, "3")]
)
def test_label_studio_says_who_labelled(person: object, name: str) -> None:
    task = annotated_task(json.loads(label_studio.dump(RANKED))[0], R, person)
    assert label_studio.load(json.dumps([task]), where="f").labels[0].annotator == name


def test_several_annotations_of_a_task_are_several_labels() -> None:
    task = annotated_task(json.loads(label_studio.dump(RANKED))[0], R, 1)
    task["annotations"] += annotated_task(json.loads(label_studio.dump(RANKED))[0], E, 2)["annotations"]
    batch = label_studio.load(json.dumps([task]), where="f")
    assert [(b.label, b.annotator) for b in batch.labels] == [(R, "1"), (E, "2")]
    assert batch.unlabelled == 0


GOOD = {"article": "fee", "start": 0, "end": 4, "sentence": "Ship"}


@pytest.mark.parametrize(
    ("load", "text", "message"),
    [
        (label_studio.load, "{", "f:1: not JSON"),
        (label_studio.load, "{}", "f: not a list of tasks; export from Label Studio as JSON"),
        (label_studio.load, "[7]", "f: task 1: not a task"),
        (label_studio.load, '[{"data": []}]', "f: task 1: not a task as Label Studio"),
        (label_studio.load, '[{"data": {}, "annotations": [{"result": [{}, {"from_name": "label"}]}]}]', "f: task 1:"),
        (label_studio.load, '[{"data": {}, "annotations": [7]}]', "f: task 1: not an annotation"),
        (doccano.load, "{", "f:1: not JSON"),
        (doccano.load, "\n[]", "f:2: not a JSON object"),
        (sheet.load, "", "f:1: no column 'label'"),
        (sheet.load, "a,b\n", "f:1: no column 'label'; keep the columns"),
        (sheet.load, "label,article\nE,fee\n", "f:1: no column 'start'; keep the columns"),
    ],
)
def test_what_is_no_export_is_named(load: Callable[..., Batch], text: str, message: str) -> None:
    with pytest.raises(NewsvoiceError) as caught:
        load(text, where="f")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"label": [A, E]}, "2 labels on one sentence; allow one only"),
        ({"label": [[0, 3, A]]}, "[[0, 3, 'analysis']] is not a label"),
        ({"sentence": 7}, "article or sentence is not text"),
        ({"start": "x"}, "not a whole number: start 'x'"),
        ({"start": None, "end": 2.5}, "not a whole number: start None, end 2.5"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_the_others_are_read(change: dict[str, object], problem: str) -> None:
    row = GOOD | {"label": [A]}
    batch = doccano.load("".join(json.dumps(r) + "\n" for r in (row, row | change, row)), where="f")
    assert [label.where for label in batch.labels] == ["f:1", "f:3"]
    assert batch.problems == [f"f:2: {problem}"]


def test_a_row_without_a_field_is_named() -> None:
    [problem] = doccano.load(json.dumps({"text": "x", "label": [A]}), where="f").problems
    assert problem == "f:1: no field 'article'; keep the fields that `annotate export` wrote"


def test_two_choices_of_label_studio_are_too_many() -> None:
    [problem] = label_studio.load(json.dumps([{**GOOD, "label": {"choices": [A, E]}}]), where="f").problems
    assert problem == "f: task 1: 2 labels on one sentence; allow one only"

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from newsvoice.documents import Document, Position
from newsvoice.schema import KINDS, VERSION, schema
from newsvoice.work import Task, label_chunk
from tests.newsvoice.fake_engine import FakeEngine
from tests.newsvoice.test_render import HOSTILE, UNSEEN

SCHEMAS = Path(__file__).parents[2] / "docs/schemas"
COLUMNS = {"id": 7, "tags": ["a", None], "text": "a column of that name", "half": "\ud83d"}


def written(**task: Any) -> list[dict[str, Any]]:
    texts = [HOSTILE, UNSEEN, "Fee rises\n\nBy Ada Low\n\n“We pay. We always did.", "Ships " + "pay " * 300 + "now."]
    documents = [Document(f"a:{n}", "a", Position(), text=text) for n, text in enumerate(texts)]
    documents.append(Document("b:1", "b:1", Position(), text="Tugs pay.", columns=COLUMNS))
    done = label_chunk(documents, FakeEngine(), Task(**task))
    assert done.articles == 5
    return [json.loads(line) for line in done.data.splitlines()]


@pytest.mark.parametrize("task", [{}, {"explain": True}, {"min_confidence": 1.0}], ids=str)
def test_every_record_is_valid(task: dict[str, Any]) -> None:
    validator = Draft202012Validator(schema("record"))
    records = written(**task)

    assert [list(validator.iter_errors(record)) for record in records] == [[]] * len(records)
    assert all(("words" in record) == ("explain" in task) for record in records)
    assert records[-1]["columns"] == COLUMNS


def test_every_summary_is_valid() -> None:
    validator = Draft202012Validator(schema("summary"))
    records = written(summary=True)

    assert [list(validator.iter_errors(record)) for record in records] == [[]] * 5
    assert all(sum(record["counts"].values()) == record["sentences"] for record in records)


@pytest.mark.parametrize("kind", KINDS)
def test_schemas_are_schemas_and_versioned(kind: str) -> None:
    Draft202012Validator.check_schema(schema(kind))
    assert schema(kind)["$id"] == f"urn:newsvoice:{kind}:{VERSION}"


@pytest.mark.parametrize(
    "change",
    [{"label": "opinion"}, {"start": -1}, {"index": "0"}, {"probabilities": {}}, {"more": 1}, {"words": [{}]}],
    ids=str,
)
def test_a_wrong_record_is_not_valid(change: dict[str, Any]) -> None:
    validator = Draft202012Validator(schema("record"))
    record = written()[0]

    assert not validator.is_valid(record | change)
    for name in record:
        assert not validator.is_valid({key: value for key, value in record.items() if key != name})


@pytest.mark.parametrize("kind", KINDS)
def test_the_schemas_in_the_documentation_are_these(kind: str) -> None:
    stale = "stale: newsvoice schema KIND > docs/schemas/KIND.schema.json"
    assert json.loads((SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8")) == schema(kind), stale

"""Label Studio: tasks with predictions, the labelling interface, and annotations back.

Formats: https://labelstud.io/guide/predictions (tasks), https://labelstud.io/tags/choices (interface),
https://labelstud.io/guide/task_format (export as JSON). JSON-MIN, one flat record an annotation, is read too.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from newsvoice.annotate.candidates import Candidate
from newsvoice.annotate.exchange import Batch, fields
from newsvoice.errors import NewsvoiceError
from newsvoice.labels import LABELS, NOT_PROSE

# Names that interface, predictions and annotations share.
CONTROL: Final = "label"
OBJECT: Final = "text"


def dump(ranked: Sequence[Candidate]) -> str:
    """Return tasks for Label Studio's import, the model's label as each task's prediction."""
    tasks = [_task(candidate, rank=rank) for rank, candidate in enumerate(ranked, start=1)]
    return json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"


def _task(candidate: Candidate, *, rank: int) -> dict[str, Any]:
    result = {
        "id": f"guess-{rank}",
        "type": "choices",
        "from_name": CONTROL,
        "to_name": OBJECT,
        "value": {"choices": [candidate.label]},
    }
    score = round(candidate.probabilities[candidate.label], 4)
    prediction = {"model_version": candidate.model, "score": score, "result": [result]}
    return {"data": fields(candidate, rank=rank), "predictions": [prediction]}


def interface() -> str:
    """Return the labelling interface (Settings, Labeling Interface, Code): context, sentence, labels by key."""
    choices = [(label.name, label.definition, key) for key, label in enumerate(LABELS, start=1)]
    choices.append((NOT_PROSE, "not the article's prose: byline, caption, credit", 0))
    lines = [
        f"    <Choice value={quoteattr(name)} hotkey={quoteattr(str(key))} hint={quoteattr(hint)}/>"
        for name, hint, key in choices
    ]
    return "\n".join(
        [
            "<View>",
            '  <Header value="$article" size="6"/>',
            '  <Text name="before" value="$before"/>',
            '  <Header value="Label this sentence:" size="5"/>',
            f'  <Text name="{OBJECT}" value="$sentence"/>',
            f'  <Choices name="{CONTROL}" toName="{OBJECT}" choice="single-radio" required="true">',
            *lines,
            "  </Choices>",
            '  <Text name="after" value="$after"/>',
            "</View>\n",
        ]
    )


def load(text: str, *, where: str) -> Batch:
    """Read an export as JSON or JSON-MIN; skipped tasks and drafts count as unlabelled.

    Raises `NewsvoiceError` naming file and task for what is not such an export.
    """
    try:
        tasks = json.loads(text)
    except json.JSONDecodeError as error:
        raise NewsvoiceError(f"not JSON ({error.msg})", where=f"{where}:{error.lineno}") from None
    if not isinstance(tasks, list):
        raise NewsvoiceError("not a list of tasks", where=where, advice="export from Label Studio as JSON")
    batch = Batch()
    for number, task in enumerate(tasks, start=1):
        place = f"{where}: task {number}"
        if not isinstance(task, dict):
            raise NewsvoiceError("not a task", where=place)
        found = list(_annotations(task, where=place))
        for row, label, person in found:
            batch.add(row, label, annotator=person, where=place)
        batch.unlabelled += not found
    return batch


def _annotations(task: dict[str, Any], *, where: str) -> Iterator[tuple[dict[str, Any], object, object]]:
    """Yield a task's fields, label and person for every annotation that has a label."""
    if "data" not in task:
        if label := _flat(task.get(CONTROL)):
            yield task, label, task.get("annotator")
        return
    annotations = task.get("annotations", [])
    if not isinstance(task["data"], dict) or not isinstance(annotations, list):
        raise NewsvoiceError("not a task as Label Studio exports it", where=where)
    for annotation in annotations:
        try:
            if annotation.get("was_cancelled"):
                continue
            chosen = [r["value"]["choices"] for r in annotation["result"] if r.get("from_name") == CONTROL]
            person = annotation.get("completed_by")
        except (AttributeError, KeyError, TypeError):
            raise NewsvoiceError("not an annotation as Label Studio exports it", where=where) from None
        if isinstance(person, dict):
            person = person.get("email") or person.get("id")
        if chosen and chosen[0]:
            yield task["data"], chosen[0], person


def _flat(value: object) -> object:
    """JSON-MIN writes one choice as text and several as an object."""
    return value.get("choices") if isinstance(value, dict) else value

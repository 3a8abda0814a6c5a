"""JSON Schemas of what `newsvoice predict` writes, versioned: `newsvoice schema`, and `docs/schemas/`.

A version's records stay valid under it: a field that is added raises the minor number, one that is
removed or means something else raises the major one.
"""

from typing import Any, Final

from newsvoice.labels import LABELS, NAMES, UNCERTAIN

VERSION: Final = "1.0"
_MODEL: Final = "Name of the model, and behind @ the first digits of the SHA-256 of the folder it was exported from"
KINDS: Final = ("record", "summary", "rejected")


def schema(kind: str) -> dict[str, Any]:
    """Return the schema of one of `KINDS`: a sentence's record, an article's summary, a rejected document."""
    fields, optional, title = {
        "record": (_record(), ("words", "columns"), "One sentence, as newsvoice labels it"),
        "summary": (_summary(), ("columns",), "One article: how many sentences speak in each voice (--summary)"),
        "rejected": (_rejected(), (), "One document that could not be labelled (OUTPUT.rejected.jsonl)"),
    }[kind]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:newsvoice:{kind}:{VERSION}",
        "title": title,
        "type": "object",
        "properties": fields,
        "required": [name for name in fields if name not in optional],
        "additionalProperties": False,
    }


def _record() -> dict[str, Any]:
    return {
        "article": _text("The article's id: file name, or table and row"),
        "index": _count("Place among the article's sentences, from 0"),
        "start": _count("Offset of the first character in the original text, in Unicode code points"),
        "end": _count("Offset behind the last character: original[start:end] == text"),
        "text": _text("The sentence as it stands in the original"),
        "label": {
            "enum": [*NAMES, UNCERTAIN],
            "description": "; ".join(
                [*(f"{label.name}: {label.definition}" for label in LABELS), f"{UNCERTAIN}: below --min-confidence"]
            ),
        },
        "probabilities": _by_voice(NAMES, {"type": "number", "minimum": 0, "maximum": 1}, "Probability of each label"),
        "in_quotation": {
            "type": "boolean",
            "description": "Most of the letters stand between quotation marks, its own or those of a longer quotation",
        },
        "model": _text(_MODEL),
        "truncated": {"type": "boolean", "description": "The sentence was too long for the model and was read in part"},
        "words": {
            "type": "array",
            "description": "With --explain: what the label's probability loses without each word",
            "items": {
                "type": "object",
                "properties": {
                    "start": _count("Offset into the original text, like the sentence's"),
                    "end": _count("Offset behind the word"),
                    "weight": {"type": "number", "minimum": -1, "maximum": 1},
                },
                "required": ["start", "end", "weight"],
                "additionalProperties": False,
            },
        },
        "columns": _columns(),
    }


def _summary() -> dict[str, Any]:
    voices = (*NAMES, UNCERTAIN)
    return {
        "article": _text("The article's id"),
        "sentences": _count("How many sentences it has"),
        "counts": _by_voice(voices, {"type": "integer", "minimum": 0}, "Sentences of each label"),
        "shares": _by_voice(voices, {"type": "number", "minimum": 0, "maximum": 1}, "Shares of each label"),
        "model": _text(_MODEL),
        "columns": _columns(),
    }


def _rejected() -> dict[str, Any]:
    return {
        "article": _text("The id it would have had"),
        "where": _text("File, or file and row"),
        "reason": _text("Why it could not be labelled"),
        "input": {"description": "The row it was: an object, or a line that is not JSON; null for a file"},
    }


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _count(description: str) -> dict[str, Any]:
    return {"type": "integer", "minimum": 0, "description": description}


def _columns() -> dict[str, Any]:
    return {"type": "object", "description": "The other columns of the table's row, as they were"}


def _by_voice(names: tuple[str, ...], value: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": dict.fromkeys(names, value),
        "required": list(names),
        "additionalProperties": False,
    }

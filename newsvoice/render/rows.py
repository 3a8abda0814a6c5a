"""Labelled articles as records: JSON Lines and CSV, one record a sentence."""

import csv
import io

from newsvoice.labels import NAMES
from newsvoice.predict import Labelled
from newsvoice.records import to_json

CSV_FIELDS = (
    "article",
    "index",
    "start",
    "end",
    "text",
    "label",
    *(f"p_{name}" for name in NAMES),
    "in_quotation",
    "model",
    "truncated",
)


def jsonl(labelled: Labelled) -> str:
    """Return one JSON object a line, as `newsvoice.records.Prediction` describes it."""
    return "".join(to_json(prediction) + "\n" for prediction in labelled.predictions)


def csv_header() -> str:
    """Return the CSV's first line."""
    return ",".join(CSV_FIELDS) + "\n"


def csv_rows(labelled: Labelled) -> str:
    """Return CSV records (every text quoted, `\\n` line ends), probabilities in columns of their own."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    for p in labelled.predictions:
        probabilities = [p.probabilities[name] for name in NAMES]
        flags = [str(p.in_quotation).lower(), p.model, str(p.truncated).lower()]
        writer.writerow([p.article, p.index, p.start, p.end, p.text, p.label, *probabilities, *flags])
    return stream.getvalue()

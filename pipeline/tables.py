"""Plot data as CSV: what DVC's templates draw."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from newsvoice.records import write_text


def write_csv(path: Path, fields: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the named fields of rows, floats rounded to six digits; a row's other fields are left out."""
    table = io.StringIO()
    writer = csv.DictWriter(table, fieldnames=fields, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()} for row in rows)
    write_text(path, table.getvalue())

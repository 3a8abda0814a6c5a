"""Scores of a model for a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from newsvoice.labels import LABELS, NAMES


def print_scores(result: Mapping[str, Any], console: Console) -> None:
    """Print what `newsvoice.evaluate.evaluate_gold` returns."""
    macro_f1 = with_interval(result["macro_f1"], result["macro_f1_interval"])
    console.print(f"{result['sentences']} sentences of {result['articles']} articles")
    console.print(f"macro-F1 {macro_f1}, accuracy {result['accuracy']:.3f}\n")
    table = Table(box=None, pad_edge=False)
    table.add_column("label")
    for heading in (
        "precision",
        "recall",
        "F1 (95 % interval)",
        "sentences",
        *(f"→ {label.letter}" for label in LABELS),
    ):
        table.add_column(heading, justify="right")
    for name, row in zip(NAMES, result["confusion"], strict=True):
        scores = result["labels"][name]
        table.add_row(
            name,
            f"{scores['precision']:.3f}",
            f"{scores['recall']:.3f}",
            with_interval(scores["f1"], scores["f1_interval"]),
            str(scores["support"]),
            *map(str, row),
        )
    console.print(table)


def with_interval(value: float, bounds: Sequence[float] | None) -> str:
    """Write `0.881 (0.850–0.910)`, or the value alone where no interval could be made."""
    return f"{value:.3f}" + (f" ({bounds[0]:.3f}–{bounds[1]:.3f})" if bounds else "")

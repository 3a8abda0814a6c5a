"""Labelled articles for a terminal: colour, a mark for those who see none, wrapped text."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from newsvoice.labels import BY_NAME, EDITORIAL_FRAMING, LABELS, REPORTED_SPEECH, UNCERTAIN
from newsvoice.output import printable
from newsvoice.predict import Labelled, Word
from newsvoice.records import Prediction
from newsvoice.render.weights import levels

_DOUBT_STYLE, _DOUBT_MARK = "dim", "?"
# Columns of a terminal from which a summary has room for headings; they are short even so.
WIDE = 80
_SHORT = {REPORTED_SPEECH.name: "reported", EDITORIAL_FRAMING.name: "framing"}


def render(labelled: Labelled) -> Group:
    """Return one article as a table with a line of shares below it, for any `rich` console."""
    table = Table(
        title=Text(printable(labelled.article.id)), title_style="bold", title_justify="left", box=None, pad_edge=False
    )
    table.add_column("#", justify="right", style="dim")
    table.add_column("voice", no_wrap=True)
    table.add_column("p", justify="right", no_wrap=True)
    table.add_column("sentence", overflow="fold")
    for position, prediction in enumerate(labelled.predictions):
        best = max(prediction.probabilities.values())
        style, mark = _look(prediction.label)
        words = labelled.words[position] if labelled.words else ()
        text = _sentence(prediction, words)
        text.stylize_before(f"{style} italic" if prediction.in_quotation else style)
        table.add_row(str(prediction.index), Text(f"{mark} {prediction.label}", style=style), f"{best:.2f}", text)
    return Group(table, Text(""), _shares(labelled), Text(""))


def _sentence(prediction: Prediction, words: Sequence[Word]) -> Text:
    """Return a sentence's text, its weighty words underlined.

    Marks are set piece by piece, for what is printed is shorter than the original (see `printable`).
    """
    if not words:
        return Text(printable(prediction.text))
    text, end = Text(), prediction.start
    for word, level in zip(words, levels(words), strict=True):
        text.append(_piece(prediction, end, word.start))
        text.append(_piece(prediction, word.start, word.end), style=("", "underline", "bold underline")[level])
        end = word.end
    text.append(_piece(prediction, end, prediction.end))
    return text


def _piece(prediction: Prediction, start: int, end: int) -> str:
    passage = prediction.text[start - prediction.start : end - prediction.start]
    # `plain` trims; a space at either edge of a piece stands between two words.
    left, right = passage[:1].isspace(), passage[-1:].isspace()
    body = printable(passage)
    return body if not body and not left else f"{' ' * left}{body}{' ' * (right and bool(body))}"


def legend(*, words: bool = False, doubt: bool = False) -> Text:
    """One line that says what the colours and styles mean."""
    parts = [Text.assemble((f"{label.mark} {label.name}", label.terminal)) for label in LABELS]
    if doubt:
        parts.append(Text.assemble((f"{_DOUBT_MARK} {UNCERTAIN}", _DOUBT_STYLE)))
    parts.append(Text("italic: inside a quotation", style="italic dim"))
    if words:
        parts.append(Text.assemble(("underlined", "underline dim"), (": weighs for it", "dim")))
    return Text("   ").join(parts)


def _look(label: str) -> tuple[str, str]:
    known = BY_NAME.get(label)
    return (known.terminal, known.mark) if known else (_DOUBT_STYLE, _DOUBT_MARK)


def _shares(labelled: Labelled) -> Text:
    total = len(labelled.predictions)
    parts = [Text(f"{total} sentence{'' if total == 1 else 's'}:", style="bold")]
    for name in (*BY_NAME, UNCERTAIN):
        count = sum(p.label == name for p in labelled.predictions)
        if count or name in BY_NAME:
            parts.append(Text(f"{count} {name} ({count / max(1, total):.0%})", style=_look(name)[0]))
    return Text(" ").join(parts)


def print_table(labelled: Labelled, console: Console) -> None:
    """Print one article to a console."""
    console.print(render(labelled))


def print_summary(records: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print articles' summary records (`newsvoice.render.rows.records`) as a table, all of them in its last row."""
    total = {
        "article": "all" if len(records) != 1 else "",
        "sentences": sum(record["sentences"] for record in records),
        "counts": {name: sum(r["counts"][name] for r in records) for name in (*BY_NAME, UNCERTAIN)},
    }
    names = [name for name in (*BY_NAME, UNCERTAIN) if total["counts"][name] or name in BY_NAME]
    # Where names of articles would have no room, marks alone head the columns.
    wide = console.width >= WIDE
    if not wide:
        console.print(legend(), "")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("article", overflow="fold", min_width=12)
    table.add_column("sentences", justify="right", no_wrap=True)
    for name in names:
        style, mark = _look(name)
        title = f"{mark} {_SHORT.get(name, name)}" if wide else mark
        table.add_column(Text(title, style=style), justify="right", no_wrap=True)
    for record in [*records, *([total] if len(records) > 1 else [])]:
        shares = [record["counts"][name] / max(1, record["sentences"]) for name in names]
        style = "bold" if record is total else ""
        cells = [f"{share:.0%}" for share in shares]
        table.add_row(Text(printable(record["article"])), f"{record['sentences']:,}", *cells, style=style)
    console.print(table)

"""Labelled articles for a terminal: colour, a mark for those who see none, wrapped text."""

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from newsvoice.labels import BY_NAME, LABELS, UNCERTAIN
from newsvoice.predict import Labelled
from newsvoice.text.plain import plain

_DOUBT_STYLE, _DOUBT_MARK = "dim", "?"


def render(labelled: Labelled) -> Group:
    """Return one article as a table with a line of shares below it, for any `rich` console."""
    table = Table(
        title=Text(printable(labelled.article.id)), title_style="bold", title_justify="left", box=None, pad_edge=False
    )
    table.add_column("#", justify="right", style="dim")
    table.add_column("voice", no_wrap=True)
    table.add_column("p", justify="right", no_wrap=True)
    table.add_column("sentence", overflow="fold")
    for prediction in labelled.predictions:
        best = max(prediction.probabilities.values())
        style, mark = _look(prediction.label)
        text = Text(printable(prediction.text), style=style)
        if prediction.in_quotation:
            text.stylize("italic")
        table.add_row(str(prediction.index), Text(f"{mark} {prediction.label}", style=style), f"{best:.2f}", text)
    return Group(table, Text(""), _shares(labelled), Text(""))


def legend() -> Text:
    """One line that says what the colours mean."""
    parts = [Text.assemble((f"{label.mark} {label.name}", label.terminal)) for label in LABELS]
    return Text("   ").join([*parts, Text("italic: inside a quotation", style="italic dim")])


def printable(text: str) -> str:
    """Plain text without control characters, so that no article can steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in plain(text))


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

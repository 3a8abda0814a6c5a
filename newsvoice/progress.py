"""How far a long run has come: a bar on standard error with rate and time left."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from newsvoice.output import console_for


@contextmanager
def progress(total: int | None, *, done: int, show: bool) -> Iterator[Callable[[int, int], None]]:
    """Give a function to call with `(weight, sentences)` of every piece of work done.

    `total` is the weight of all work (None where nobody knows: the bar then shows that it goes on), `done` what
    was done before (a resumed run). The bar goes when the work ends.
    """
    if not show:
        yield lambda weight, sentences: None
        return
    import sys

    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("labelling"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[sentences]:,} sentences, {task.fields[rate]:,.0f} a second"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    began = time.monotonic()
    with Progress(*columns, console=console_for(sys.stderr), transient=True) as bar:
        task = bar.add_task("labelling", total=total, completed=done, sentences=0, rate=0.0)
        labelled = 0

        def advance(weight: int, sentences: int) -> None:
            nonlocal labelled
            labelled += sentences
            rate = labelled / max(1e-3, time.monotonic() - began)
            bar.update(task, advance=weight, sentences=labelled, rate=rate)

        yield advance

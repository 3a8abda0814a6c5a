"""`newsvoice predict --engine ray`: what is checked before, said on the way and left behind at the end."""

import contextlib
import json
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from newsvoice.cli_run import PartlyDoneError
from newsvoice.errors import NewsvoiceError
from newsvoice.output import MOST_NOTES

if TYPE_CHECKING:
    from newsvoice.stores import Place
    from newsvoice.work import Task

# As other programs that write folders of parts call it: the folder is whole. Readers of tables pass it over.
DONE = "_SUCCESS"
# By the ending of the output's name.
FORMS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", "": "parquet"}


def predict_on_cluster(
    inputs: tuple[str, ...],
    output: str | None,
    form: str | None,
    task: "Task",
    *,
    text_field: str | None,
    jobs: int,
    model: Path | None,
) -> None:
    """Label tables on the Ray cluster at hand, or on a new one of this machine's cores.

    `output` becomes a folder of part files, `output.rejected.jsonl` one of what was rejected. `jobs`: how
    many processes label; 0 for one a core. Raises `click.UsageError` for what does not go together,
    `NewsvoiceError` for what the user can mend, `PartlyDoneError` if documents were rejected.
    """
    if output is None or "-" in inputs:
        raise click.UsageError("--engine ray reads tables and writes a folder: name inputs and --output")
    # The address of a store may end in settings: s3://news/labels.parquet?region=eu-west-1
    form = form or FORMS.get(PurePosixPath(output.partition("?")[0]).suffix.lower(), "")
    if form not in FORMS.values():
        raise click.UsageError("--engine ray writes jsonl and parquet: choose with --format")
    _require_ray()
    from newsvoice.cluster import COUNTS, Archive, label
    from newsvoice.engine import find_model, load_engine
    from newsvoice.progress import progress
    from newsvoice.stores import Place, find_tables

    folder = find_model(model)
    # A model that does not load here does not load anywhere, and here it says so in one line.
    load_engine(folder)
    places, sources = find_tables(inputs)
    target = Place.of(output)
    rejected = target.beside("rejected.jsonl")
    for place in (target, rejected):
        _claim(place)
    total = dict.fromkeys(COUNTS, 0)
    reasons: list[str] = []
    size = sum(max(1, source.size) for _, source in sources)
    with (
        _connected(jobs) as workers,
        progress(size, done=0, show=sys.stderr.isatty()) as advance,
    ):
        task = replace(task, columns=True, text_field=text_field or task.text_field)
        archive = Archive(places, sources, task, target, rejected, form, workers)
        for part in label(archive, folder):
            for name in COUNTS:
                total[name] += part[name]
            reasons = (reasons + part["reasons"])[:MOST_NOTES]
            advance(part["weight"], part["sentences"])
    _conclude(target, rejected, total, reasons)


def _require_ray() -> None:
    """Import Ray, told beforehand to send nothing home and to keep its internal complaints in its own logs."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        import ray.data  # noqa: F401
    except ImportError:
        raise NewsvoiceError("--engine ray needs Ray", advice="pip install 'newsvoice[cluster]'") from None


def _claim(place: "Place") -> None:
    """Make the folder that parts go to; what is in the way is the user's to remove."""
    try:
        if place.list(place.path, deep=False):
            advice = "name another output, or delete it"
            raise NewsvoiceError("holds files of another run", where=place.shown, advice=advice)
        place.files.create_dir(place.path)
    except OSError as error:
        reason = error.strerror or str(error).partition("\n")[0]
        raise NewsvoiceError(f"cannot write ({reason})", where=place.shown, advice="name another output") from error


@contextlib.contextmanager
def _connected(jobs: int) -> Iterator[int]:
    """Connect to the cluster that RAY_ADDRESS names, else start one of this machine; give the number of workers."""
    import ray

    ours = not ray.is_initialized()
    try:
        if ours:
            address = os.environ.get("RAY_ADDRESS", "local")
            ray.init(address, log_to_driver=False, logging_level="ERROR", include_dashboard=False)
        # The bar is our own, and so is the line that says what failed; the whole story is in Ray's log.
        ray.data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        warnings.filterwarnings("ignore", module=r"ray\.")
        yield jobs or max(1, int(ray.cluster_resources().get("CPU", 1)))
    except (ray.exceptions.RayError, ConnectionError) as error:
        # A traceback of another machine, with advice of Ray's behind it.
        named = re.findall(r"^[\w.]*(?:Error|Exception)\b: .*", str(error), re.M)
        reason = named[-1] if named else f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        raise NewsvoiceError(f"the cluster failed ({reason})", advice="see the logs in /tmp/ray") from error
    finally:
        if ours:
            ray.shutdown()


def _conclude(target: "Place", rejected: "Place", total: dict[str, int], reasons: list[str]) -> None:
    """Mark the output as whole, remove what stayed empty, say what was left out."""
    from newsvoice.output import printable

    complaints = [printable(reason) for reason in reasons]
    if (more := total["rejections"] - len(reasons)) > 0:
        complaints.append(f"… and {more:,} more")
    if not total["articles"]:
        for place in (target, rejected):
            place.files.delete_dir(place.path)
        raise NewsvoiceError("\n".join(complaints) or "nothing to label in it")
    target.write(DONE, (json.dumps(total, indent=1) + "\n").encode())
    if not total["rejections"]:
        rejected.files.delete_dir(rejected.path)
    if total["set_aside"] or total["truncated"]:
        aside, cut = f"{total['set_aside']:,} passages set aside", f"{total['truncated']:,} sentences read in part"
        click.echo(f"{aside}, {cut}", err=True)
    if total["rejections"]:
        failed = f"{total['rejections']:,} of {total['documents']:,} inputs failed; the rest is done"
        raise PartlyDoneError("\n".join([*complaints, f"{failed}; see {rejected.shown}"]))

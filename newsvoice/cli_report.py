"""`newsvoice report`: what the pipeline of a checkout says about its runs.

The package never imports the pipeline, which an installed wheel does not have; it starts it.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from newsvoice.errors import NewsvoiceError

# Where the pipeline stands beside this package in a checkout.
CHECKOUT = Path(__file__).resolve().parents[1]
COMPARE = "pipeline.compare"


@click.command(short_help="Compare two runs of the pipeline, sentence by sentence.")
@click.option(
    "--compare",
    "runs",
    nargs=2,
    required=True,
    metavar="RUN_A RUN_B",
    help="Two git revisions, DVC experiments, or `workspace`.",
)
@click.option(
    "--model", metavar="NAME", help="majority, rules, tfidf or classifier. Default: the last, the transformer."
)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write Markdown there, not to standard output.")
def report(runs: tuple[str, str], model: str | None, output: Path | None) -> None:
    """Tell what got better and worse between two runs, sentence by sentence, with the paired test.

    \b
    newsvoice report --compare HEAD workspace
    newsvoice report --compare HEAD exp-1a2b3 --model tfidf -o compare.md

    Run it in a clone of the repository, in the environment that `make repro` sets up. A run's predictions come from
    DVC's cache: those that were made or pulled here.
    """
    if not (CHECKOUT / Path(*COMPARE.split("."))).with_suffix(".py").is_file() or find_spec("dvc") is None:
        raise NewsvoiceError(
            "compares runs of the pipeline, which is not installed here",
            where="newsvoice report",
            advice="use it in a clone of the repository: make repro",
        )
    options = [*(["--model", model] if model else []), *(["--output", str(output)] if output else [])]
    path = os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", COMPARE, *runs, *options]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)

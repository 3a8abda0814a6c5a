"""Two runs of one model, sentence by sentence: what got better, what got worse, and whether it is more than chance.

    python -m pipeline.compare RUN_A RUN_B
    python -m pipeline.compare HEAD workspace --model tfidf --output compare.md

A run is a git revision, the name of a DVC experiment, or `workspace`. Predictions are fetched by DVC from its
cache (or a remote, where there is one); where they lie is read from the run's own `dvc.yaml`.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

import yaml

from newsvoice.errors import NewsvoiceError
from newsvoice.evaluate import SAMPLES, SEED
from newsvoice.labels import NAMES
from newsvoice.records import write_text
from pipeline.classifiers.registry import MODELS, TITLES, TRANSFORMER
from pipeline.evaluation.changes import changes, share
from pipeline.evaluation.predictions import TEST_PREDICTIONS, ScoredSentence
from pipeline.report.render import render

WORKSPACE: Final = "workspace"


def read_run(repository: Path, run: str, model: str) -> list[ScoredSentence]:
    """Return a run's predictions of one model on its test split.

    Raises `NewsvoiceError` when there is no such run, or its predictions are neither here nor in a remote.
    """
    from dvc.api import DVCFileSystem
    from dvc.exceptions import DvcException
    from dvc_data.index import DataIndexError

    try:
        files = DVCFileSystem(str(repository), rev=_revision(repository, run))
        folder = predictions_folder(yaml.safe_load(files.read_text("dvc.yaml")), model)
        text = files.read_text(f"{folder}/{TEST_PREDICTIONS}")
    except (OSError, DvcException, DataIndexError) as error:
        raise NewsvoiceError(
            f"no predictions of {model!r} to be had ({_first_line(error)})",
            where=run,
            advice=f"make them once: git checkout {run} && dvc repro predict; or dvc pull, where there is a remote",
        ) from error
    return [_scored(line, where=f"{run}:{number}") for number, line in enumerate(text.splitlines(), start=1)]


def predictions_folder(document: Any, model: str) -> str:
    """Return where a parsed `dvc.yaml` has its stage `predict` write; raises `NewsvoiceError` when it has none."""
    try:
        (folder,) = document["stages"]["predict"]["outs"]
    except (KeyError, TypeError, ValueError):
        raise NewsvoiceError("no stage `predict` with one output", where="dvc.yaml") from None
    return str(folder).replace("${item.model}", model)


def _revision(repository: Path, run: str) -> str | None:
    """Return the commit of a git revision or DVC experiment; None for the working tree."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.scm import RevError, SCMError, resolve_rev

    if run == WORKSPACE:
        return None
    try:
        with Repo(str(repository)) as repo:
            return str(resolve_rev(repo.scm, run))
    except (RevError, SCMError) as error:
        raise NewsvoiceError(
            "no such run", where=run, advice="name a git revision, a DVC experiment (dvc exp show) or `workspace`"
        ) from error
    except DvcException as error:
        raise NewsvoiceError(_first_line(error), where=str(repository)) from error


def _scored(line: str, *, where: str) -> ScoredSentence:
    try:
        value = json.loads(line)
        return ScoredSentence(**value | {"probabilities": tuple(value["probabilities"])})
    except (ValueError, TypeError, KeyError) as error:
        raise NewsvoiceError("not a prediction of this version", where=where) from error


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def report(before: list[ScoredSentence], after: list[ScoredSentence], *, names: tuple[str, str], model: str) -> str:
    """Return the comparison of two runs called `names` as Markdown.

    Raises `NewsvoiceError` when they share no sentence with the same gold label.
    """
    shared = share(before, after)
    if not shared.pairs:
        raise NewsvoiceError("share no test sentence", where=" and ".join(names))
    found = changes(shared, samples=SAMPLES, seed=SEED)
    context = {"before": names[0], "after": names[1], "title": TITLES[model], "names": NAMES}
    return render("compare.md.j2", context | {"shared": shared, "found": found})


def main(arguments: list[str] | None = None) -> None:
    """Parse, fetch both runs, and print or write the comparison."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", metavar="RUN_A", help="git revision, DVC experiment, or `workspace`")
    parser.add_argument("after", metavar="RUN_B", help="the same, to be compared with RUN_A")
    parser.add_argument("--model", default=TRANSFORMER, help=f"one of {', '.join(MODELS)}")
    parser.add_argument("--repository", type=Path, default=Path(), metavar="FOLDER")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write Markdown there, not to standard output")
    options = parser.parse_args(arguments)
    try:
        if options.model not in MODELS:
            raise NewsvoiceError(f"no model {options.model!r}", advice=f"one of {', '.join(MODELS)}")
        runs = [read_run(options.repository, run, options.model) for run in (options.before, options.after)]
        text = report(*runs, names=(options.before, options.after), model=options.model)
        if options.output:
            write_text(options.output, text)
    except NewsvoiceError as error:
        sys.exit(f"newsvoice: {error}")
    if not options.output:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()

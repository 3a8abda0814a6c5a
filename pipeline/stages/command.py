"""What every stage's command line shares: paths in, one line out on failure."""

import argparse
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from newsvoice.errors import NewsvoiceError


def run(
    purpose: str,
    stage: Callable[[argparse.Namespace], None],
    *,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
) -> None:
    """Parse `--input PATH` for every name, run the stage, and turn a `NewsvoiceError` into one line and exit 1.

    A name that ends in `?` is optional (None when not given); every other option is a path.
    """
    parser = argparse.ArgumentParser(description=purpose)
    for name in (*inputs, *outputs):
        optional = name.endswith("?")
        parser.add_argument(f"--{name.rstrip('?').replace('_', '-')}", type=Path, required=not optional)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    # Libraries' chatter is not the stage's report.
    for library in ("httpx", "datasets", "filelock", "matplotlib"):
        logging.getLogger(library).setLevel(logging.WARNING)
    try:
        stage(arguments)
    except NewsvoiceError as error:
        sys.exit(str(error))

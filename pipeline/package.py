"""A wheel with the exported model inside: `make wheel`.

    python -m pipeline.package --runtime models/runtime --wheels dist

The package is copied aside, so that a checkout never holds a second model.
"""

import argparse
import logging
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from newsvoice.engine import PACKAGED
from newsvoice.errors import NewsvoiceError
from newsvoice.runtime.manifest import Manifest
from pipeline.stages.command import run

log = logging.getLogger(__name__)

ROOT: Final = Path(__file__).resolve().parents[1]
# What setuptools reads beside the package itself.
PROJECT_FILES: Final = ("pyproject.toml", "README.md", "LICENSE")
MOST_BYTES: Final = 40_000_000


def build_wheel(runtime: Path, wheels: Path) -> Path:
    """Build the wheel into a folder and return its path.

    Raises `NewsvoiceError` when the runtime is not whole, the build fails, or the wheel is over `MOST_BYTES`.
    """
    Manifest.check(runtime)
    with tempfile.TemporaryDirectory() as scratch:
        source, built = Path(scratch) / "source", Path(scratch) / "built"
        shutil.copytree(
            ROOT / "newsvoice", source / "newsvoice", ignore=shutil.ignore_patterns("__pycache__", PACKAGED)
        )
        shutil.copytree(runtime, source / "newsvoice" / PACKAGED)
        for name in PROJECT_FILES:
            shutil.copy(ROOT / name, source)
        command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
        done = subprocess.run([*command, "--wheel-dir", built, source], capture_output=True, text=True, check=False)
        if done.returncode:
            raise NewsvoiceError(f"no wheel: {(done.stderr.strip() or '?').splitlines()[-1]}", where=str(wheels))
        [wheel] = built.iterdir()
        if (size := wheel.stat().st_size) > MOST_BYTES:
            raise NewsvoiceError(f"{size / 1e6:.1f} MB, more than {MOST_BYTES / 1e6:.0f} MB", where=wheel.name)
        wheels.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheel, wheels / wheel.name))


def main(paths: argparse.Namespace) -> None:
    """Build, and say where it lies and how large it is."""
    wheel = build_wheel(paths.runtime, paths.wheels)
    log.info("%s: %.1f MB", wheel, wheel.stat().st_size / 1e6)


if __name__ == "__main__":
    run(__doc__, main, inputs=("runtime",), outputs=("wheels",))

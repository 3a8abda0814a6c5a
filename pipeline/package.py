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
import zipfile
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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


def installed_megabytes(wheel: Path) -> dict[str, float]:
    """Size on disk, by package, of a wheel and all that its base install needs, as they lie in this environment."""
    with zipfile.ZipFile(wheel) as archive:
        own = sum(entry.file_size for entry in archive.infolist())
        [name] = [entry for entry in archive.namelist() if entry.endswith(".dist-info/METADATA")]
        metadata = Parser().parsestr(archive.read(name).decode())
    found = {metadata["Name"]: own / 1e6}
    wanted = list(metadata.get_all("Requires-Dist") or ())
    while wanted:
        requirement = Requirement(wanted.pop())
        asked_for = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        name = canonicalize_name(requirement.name)
        if not asked_for or name in found:
            continue
        package = distribution(name)
        files = (Path(str(file.locate())) for file in package.files or ())
        found[name] = sum(file.stat().st_size for file in files if file.is_file()) / 1e6
        wanted += package.requires or ()
    return found


def main(paths: argparse.Namespace) -> None:
    """Build, and say where it lies and how large it is, packed and installed."""
    wheel = build_wheel(paths.runtime, paths.wheels)
    sizes = installed_megabytes(wheel)
    largest = sorted(sizes, key=lambda name: -sizes[name])[:4]
    parts = ", ".join(f"{name} {sizes[name]:.0f}" for name in largest)
    packed, unpacked = wheel.stat().st_size / 1e6, sum(sizes.values())
    log.info("%s: %.1f MB; installed %.0f MB with what it needs (%s)", wheel, packed, unpacked, parts)


if __name__ == "__main__":
    run(__doc__, main, inputs=("runtime",), outputs=("wheels",))

"""Write the lock files from pyproject.toml: `python requirements/lock.py` (needs `uv` on the path).

What is pinned stays pinned; `--upgrade` moves every package to its newest version. Four files. Three are for
one reason: torch. The package index serves torch for Linux with CUDA libraries as
separate packages of several gigabytes; CPU builds of the same version need none of them. So `torch.txt`
holds torch alone, `cuda.txt` the libraries, and `lock.txt` the rest. The Makefile asks for torch among
local wheels first, because pip, given hashes, prefers the index's file to a local one; and it installs
the libraries only when `pip check` finds them missing, that is, when the index's build was taken.

`cluster.txt` is Ray and what it alone needs: large, not to be had on every platform, and needed by tests only.

uv resolves for every platform and writes the index's hashes; the hash of a local CPU wheel of the same
version (found through PIP_FIND_LINKS) is added to torch's, so that either build passes.
"""

import argparse
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The packages that only torch's CUDA build asks for.
CUDA_ONLY = re.compile(r"^(nvidia-|cuda-|triton==)")
# Those that only Ray asks for.
CLUSTER_ONLY = re.compile(r"^(ray|msgpack)==")
FILES = ("lock.txt", "torch.txt", "cuda.txt", "cluster.txt")


def resolve(present: str, *, options: Sequence[str] = ()) -> list[str]:
    """Return uv's resolution as blocks, one a package, hashes included; pins of the `present` lock are kept."""
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-annotate", "--no-header", "--extra", "dev", "--extra", "cluster", "pyproject.toml", *options]
    with tempfile.TemporaryDirectory() as folder:
        # uv prefers the versions that it finds in its output file.
        output = Path(folder) / "lock.txt"
        output.write_text(present)
        subprocess.run([*command, "--output-file", output], cwd=ROOT, check=True)
        return re.split(r"\n(?=[a-z0-9])", output.read_text().strip())


def local_torch_hashes(version: str) -> list[str]:
    """Hash the CPU wheels of torch that pip would find on this machine."""
    folder = Path(os.environ.get("PIP_FIND_LINKS", "/nonexistent"))
    wheels = sorted(folder.glob(f"torch-{version}*.whl")) if folder.is_dir() else []
    return [hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels]


def known_torch_hashes(lock: Path, version: str) -> set[str]:
    """Hashes in the present lock, so that relocking elsewhere does not lose the CPU wheel's."""
    if not lock.exists():
        return set()
    block = re.search(rf"^torch=={re.escape(version)}.*", lock.read_text(), re.M | re.S)
    return set(re.findall(r"sha256:([0-9a-f]{64})", block.group())) if block else set()


def main() -> None:
    """Resolve, add the CPU wheel's hash, write the files."""
    parser = argparse.ArgumentParser(description="Write the lock files from pyproject.toml.")
    parser.add_argument("--upgrade", action="store_true", help="move every package to its newest version")
    options = ["--upgrade"] if parser.parse_args().upgrade else []
    folder = ROOT / "requirements"
    present = "".join((folder / name).read_text() for name in FILES if (folder / name).exists())
    files: dict[str, list[str]] = {name: [] for name in FILES}
    for block in resolve(present, options=options):
        if match := re.match(r"torch==([0-9.]+)", block):
            hashes = set(re.findall(r"sha256:([0-9a-f]{64})", block))
            more = (set(local_torch_hashes(match[1])) | known_torch_hashes(folder / "torch.txt", match[1])) - hashes
            block += "".join(f" \\\n    --hash=sha256:{digest}" for digest in sorted(more))
            files["torch.txt"].append(block)
        elif CLUSTER_ONLY.match(block):
            files["cluster.txt"].append(block)
        else:
            files["cuda.txt" if CUDA_ONLY.match(block) else "lock.txt"].append(block)
    for name, blocks in files.items():
        (folder / name).write_text("# Written by requirements/lock.py; do not edit.\n" + "\n".join(blocks) + "\n")


if __name__ == "__main__":
    main()

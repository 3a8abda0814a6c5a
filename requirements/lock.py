"""Write the lock files from pyproject.toml: `python requirements/lock.py` (needs `uv` on the path).

Two files, for one reason: torch. The package index serves torch for Linux with CUDA libraries as
separate packages of several gigabytes; CPU builds of the same version need none of them. So
`lock.txt` holds everything but those libraries, and `cuda.txt` holds them. The Makefile installs the
second only when `pip check` finds them missing, that is, when the index's build was taken.

uv resolves for every platform and writes the index's hashes; the hash of a local CPU wheel of the same
version (found through PIP_FIND_LINKS) is added to torch's, so that either build passes.
"""

import hashlib
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The packages that only torch's CUDA build asks for.
CUDA_ONLY = re.compile(r"^(nvidia-|cuda-|triton==)")


def resolve() -> list[str]:
    """Return uv's resolution as blocks, one a package, hashes included."""
    command = ["uv", "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-annotate", "--no-header", "--extra", "dev", "pyproject.toml"]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return re.split(r"\n(?=[a-z0-9])", output.strip())


def local_torch_hashes(version: str) -> list[str]:
    """Hash the CPU wheels of torch that pip would find on this machine."""
    folder = Path(os.environ.get("PIP_FIND_LINKS", "/nonexistent"))
    wheels = sorted(folder.glob(f"torch-{version}*.whl")) if folder.is_dir() else []
    return [hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels]


def known_torch_hashes(lock: Path, version: str) -> set[str]:
    """Hashes in the present lock, so that relocking elsewhere does not lose the CPU wheel's."""
    if not lock.exists():
        return set()
    block = re.search(rf"^torch=={re.escape(version)}.*?(?=^[a-z])", lock.read_text(), re.M | re.S)
    return set(re.findall(r"sha256:([0-9a-f]{64})", block.group())) if block else set()


def main() -> None:
    """Resolve, add the CPU wheel's hash, write both files."""
    folder = ROOT / "requirements"
    locked, cuda = [], []
    for block in resolve():
        if match := re.match(r"torch==([0-9.]+)", block):
            present = set(re.findall(r"sha256:([0-9a-f]{64})", block))
            more = (set(local_torch_hashes(match[1])) | known_torch_hashes(folder / "lock.txt", match[1])) - present
            block += "".join(f" \\\n    --hash=sha256:{digest}" for digest in sorted(more))
        (cuda if CUDA_ONLY.match(block) else locked).append(block)
    note = "# Written by requirements/lock.py; do not edit.\n"
    (folder / "lock.txt").write_text(note + "\n".join(locked) + "\n")
    (folder / "cuda.txt").write_text(note + "\n".join(cuda) + "\n")


if __name__ == "__main__":
    main()

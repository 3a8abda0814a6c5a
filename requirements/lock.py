"""Write the lock files from pyproject.toml: `python requirements/lock.py` (needs `uv` on the path).

Three files, for one reason: torch. The package index serves torch for Linux with CUDA libraries as
separate packages of several gigabytes; CPU builds of the same version need none of them. So `torch.txt`
holds torch alone, `cuda.txt` the libraries, and `lock.txt` the rest. The Makefile asks for torch among
local wheels first, because pip, given hashes, prefers the index's file to a local one; and it installs
the libraries only when `pip check` finds them missing, that is, when the index's build was taken.

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
    block = re.search(rf"^torch=={re.escape(version)}.*", lock.read_text(), re.M | re.S)
    return set(re.findall(r"sha256:([0-9a-f]{64})", block.group())) if block else set()


def main() -> None:
    """Resolve, add the CPU wheel's hash, write the three files."""
    folder = ROOT / "requirements"
    files: dict[str, list[str]] = {"lock.txt": [], "torch.txt": [], "cuda.txt": []}
    for block in resolve():
        if match := re.match(r"torch==([0-9.]+)", block):
            present = set(re.findall(r"sha256:([0-9a-f]{64})", block))
            more = (set(local_torch_hashes(match[1])) | known_torch_hashes(folder / "torch.txt", match[1])) - present
            block += "".join(f" \\\n    --hash=sha256:{digest}" for digest in sorted(more))
            files["torch.txt"].append(block)
        else:
            files["cuda.txt" if CUDA_ONLY.match(block) else "lock.txt"].append(block)
    for name, blocks in files.items():
        (folder / name).write_text("# Written by requirements/lock.py; do not edit.\n" + "\n".join(blocks) + "\n")


if __name__ == "__main__":
    main()

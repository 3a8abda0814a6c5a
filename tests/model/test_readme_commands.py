"""README's commands, run as they stand there; those that are not run are named with the reason."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOT_RUN = {
    "make repro": "the main job itself: tests/e2e does it small, `.ci/run` whole",
    "make test": "this very run",
    "source .venv/bin/activate": "the tests' own environment",
    "pip install dist/newsvoice-0.1.0-py3-none-any.whl": "tests/contract/test_package.py installs the wheel",
}
# So that `newsvoice` is this checkout's, whatever is installed.
SHELL = f'set -euo pipefail\nnewsvoice() {{ "{sys.executable}" -m newsvoice.cli "$@"; }}\n'
TEXT = "The council met on Monday. “We pay for it all,” Mayor Low said. What a shameful farce!\n"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", README, flags=re.M | re.S)


def commands() -> list[str]:
    """Every line of README's shell blocks, without its comment."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [without_comment(line) for line in lines if without_comment(line)]


def without_comment(line: str) -> str:
    return re.sub(r"\s+#.*", "", line).strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that README's commands name."""
    import pyarrow as pa
    from pyarrow import parquet

    found = tmp_path_factory.mktemp("readme")
    (found / "data").symlink_to(ROOT / "data")
    (found / "article.txt").write_text(TEXT, encoding="utf-8")
    (found / "articles").mkdir()
    shutil.copy(found / "article.txt", found / "articles/one.txt")
    (found / "page.html").write_text(f"<html><body><article><p>{TEXT * 3}</p></article></body></html>")
    (found / "gold.jsonl").write_text('{"text": "It rained.", "label": "analysis"}\n')
    parquet.write_table(pa.table({"body": [TEXT, TEXT], "id": [1, 2]}), found / "news-1.parquet")
    return found


def environment() -> dict[str, str]:
    model = {"NEWSVOICE_MODEL": str(ROOT / "models/runtime")}
    return os.environ | model | {"PYTHONPATH": str(ROOT)}


@pytest.mark.model
@pytest.mark.skipif(not (ROOT / "models/runtime").exists(), reason="no model here: make repro")
@pytest.mark.parametrize("command", [c for c in commands() if c not in NOT_RUN])
def test_a_command_of_readme_does_its_work(command: str, folder: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", SHELL + command], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    words = shlex.split(command)
    outputs = [folder / words[place + 1] for place, word in enumerate(words) if word == "--output"]
    assert [path for path in outputs if not path.stat().st_size] == []
    assert done.stdout or outputs


@pytest.mark.model
@pytest.mark.skipif(not (ROOT / "models/runtime").exists(), reason="no model here: make repro")
def test_the_python_of_readme_runs() -> None:
    [code] = blocks("python")
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2


def test_what_is_not_run_stands_in_readme() -> None:
    assert len(commands()) > 10
    assert sorted(set(NOT_RUN) - set(commands())) == []


def test_every_target_and_module_that_readme_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    assert sorted(set(re.findall(r"(?:^|`)make ([a-z-]+)", README, flags=re.M)) - targets) == []
    modules = set(re.findall(r"python -m ((?:pipeline|newsvoice)[\w.]+)", README))
    assert [name for name in modules if not (ROOT / Path(*name.split("."))).with_suffix(".py").exists()] == []

"""The wheel: what is in it, how large it is, and that it labels where nothing but its own dependencies is."""

import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from newsvoice.errors import NewsvoiceError
from newsvoice.runtime.manifest import MANIFEST
from pipeline import package
from pipeline.package import MOST_BYTES, build_wheel, installed_megabytes

ROOT = Path(__file__).parents[2]
RUNTIME = ROOT / "models/runtime"
HEAVY = {"torch", "transformers", "scikit-learn", "dvc", "datasets", "onnx"}

# Read by Python when it starts: whatever asks for an address or a connection fails, and says so.
NO_NETWORK = """
import sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        raise RuntimeError(f"the network is cut: {event}")

sys.addaudithook(refuse)
"""

pytestmark = pytest.mark.package


def without_network() -> list[str]:
    """Return what leaves a command no network at all, libraries written in C included, where that may be done."""
    command = ["unshare", "--map-root-user", "--net"]
    try:
        return command if subprocess.run([*command, "true"], capture_output=True).returncode == 0 else []
    except OSError:
        return []


@pytest.fixture(scope="module")
def wheel(tiny_runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel with the real model where there is one, else with the tiny one."""
    runtime = RUNTIME if (RUNTIME / MANIFEST).exists() else tiny_runtime
    return build_wheel(runtime, tmp_path_factory.mktemp("wheels"))


def test_it_holds_package_and_model_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    assert {"newsvoice/cli.py", "newsvoice/py.typed", "newsvoice/render/article.html.j2"} <= names
    model = {name for name in names if name.startswith("newsvoice/model/")}
    assert model == {
        f"newsvoice/model/{n}"
        for n in ("manifest.json", "model.onnx", "newsvoice.json", "tokenizer.json", "weights.bin")
    }
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"newsvoice"}


def test_it_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size <= MOST_BYTES


def test_a_wheel_too_large_is_refused(tiny_runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MOST_BYTES", 1000)

    with pytest.raises(NewsvoiceError, match="MB, more than"):
        build_wheel(tiny_runtime, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_runtime_is_not_packed(tmp_path: Path) -> None:
    with pytest.raises(NewsvoiceError, match="no model here"):
        build_wheel(tmp_path / "nowhere", tmp_path)


def test_its_base_install_is_inference_only(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [n for n in archive.namelist() if n.endswith("METADATA")]
        required = Parser().parsestr(archive.read(name).decode()).get_all("Requires-Dist") or []
    base = [line for line in required if "extra ==" not in line]

    assert len(base) == len(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"])
    assert {re.split(r"[^a-z0-9-]", line)[0] for line in base} & HEAVY == set()


def test_the_installed_size_counts_all_that_the_base_install_needs_and_no_extra(wheel: Path) -> None:
    sizes = installed_megabytes(wheel)

    assert {"newsvoice", "numpy", "onnxruntime", "tokenizers", "click", "mdurl"} <= sizes.keys()
    assert not sizes.keys() & (HEAVY | {"trafilatura", "pyarrow"})
    assert sizes["newsvoice"] > wheel.stat().st_size / 1e6
    assert all(size > 0 for size in sizes.values())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of the wheel's own; its dependencies are lent by this one, those of the pipeline are barred."""
    environment = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(environment, with_pip=False)
    install = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", wheel]
    subprocess.run([sys.executable, "-m", "pip", "--python", environment / "bin/python", *install], check=True)
    [site] = environment.glob("lib/python*/site-packages")
    lent = next(path for path in sys.path if path.endswith("site-packages"))
    (site / "lent.pth").write_text(f"{lent}\n")
    # First on the path, and broken: whatever imports one of these fails.
    for name in ("torch", "transformers", "sklearn", "dvc", "onnx", "pipeline"):
        (site / f"{name}.py").write_text(f"raise ImportError('{name} is barred')\n")
    (site / "sitecustomize.py").write_text(NO_NETWORK)
    return environment


def newsvoice(environment: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*without_network(), environment / "bin/newsvoice", *arguments],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if not k.startswith(("NEWSVOICE", "PYTHON"))},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_labels_from_where_it_is_installed_without_a_network(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "fee.txt").write_text("The council met. “We pay,” he said.")
    done = newsvoice(installed, tmp_path, "predict", "fee.txt", "--format", "jsonl")

    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 2


def test_it_says_in_one_line_that_it_has_no_pipeline(installed: Path, tmp_path: Path) -> None:
    done = newsvoice(installed, tmp_path, "report", "--compare", "HEAD~1", "HEAD")

    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"newsvoice: .*not installed here; use it in a clone.*\n", done.stderr)


def test_the_ban_on_the_network_holds(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK)
    program = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')"
    done = subprocess.run(
        [*without_network(), sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "RuntimeError: the network is cut: socket.getaddrinfo"

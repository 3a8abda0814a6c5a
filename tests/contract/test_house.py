"""Rules of the house that a tool can check."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsvoice.labels import NAMES

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 300
HEAVY = {"torch", "transformers", "sklearn", "dvc", "datasets", "scipy", "safetensors", "trafilatura", "tokenizers"}
HEAVY |= {"openvino", "onnxruntime", "onnx"}
UNSAFE = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}

NEWSVOICE = sorted((ROOT / "newsvoice").rglob("*.py"))
CODE = [*NEWSVOICE, *sorted((ROOT / "pipeline").rglob("*.py"))]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imported(nodes: Iterator[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "." * node.level


def at_import_time(module: ast.AST) -> Iterator[ast.AST]:
    """Everything that runs when a module is imported: not the bodies of functions, not `TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from at_import_time(node)


def docstrings(module: ast.Module) -> set[ast.expr]:
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        node.body[0].value
        for node in ast.walk(module)
        if isinstance(node, owners) and node.body and isinstance(node.body[0], ast.Expr)
    }


def strings(module: ast.Module) -> list[str]:
    """Every string of a module but its docstrings."""
    left_out = docstrings(module)
    return [
        node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in left_out
    ]


def top(name: str) -> str:
    return name.partition(".")[0]


every_file = pytest.mark.parametrize("file", CODE, ids=relative)


@pytest.mark.parametrize("file", NEWSVOICE, ids=relative)
def test_newsvoice_never_imports_the_pipeline(file: Path) -> None:
    found = {top(name) for name in imported(ast.walk(tree(file)))}
    assert not found & {"pipeline", "benchmarks", "tests"}


@pytest.mark.parametrize("file", NEWSVOICE, ids=relative)
def test_newsvoice_imports_nothing_heavy_before_it_is_needed(file: Path) -> None:
    found = {top(name) for name in imported(at_import_time(tree(file)))}
    assert not found & HEAVY


def test_package_files_are_empty() -> None:
    packages = [
        path for folder in ("newsvoice", "pipeline", "benchmarks") for path in (ROOT / folder).rglob("__init__.py")
    ]
    assert len(packages) >= 10
    assert [relative(path) for path in packages if path.stat().st_size] == []


@every_file
def test_label_names_are_spelt_out_in_one_place(file: Path) -> None:
    spelt = [text for text in strings(tree(file)) if text in NAMES or any("_" in n and n in text for n in NAMES)]
    assert bool(spelt) == (relative(file) == "newsvoice/labels.py")


@every_file
def test_no_file_is_too_long_to_read(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@every_file
def test_nothing_unsafe_is_loaded(file: Path) -> None:
    module = tree(file)
    assert not {top(name) for name in imported(ast.walk(module))} & UNSAFE
    for node in ast.walk(module):
        if isinstance(node, ast.keyword) and node.arg in {"trust_remote_code", "allow_pickle"}:
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False


@every_file
def test_no_module_is_named_after_a_dependency_or_after_nothing(file: Path) -> None:
    assert file.stem not in {
        *HEAVY,
        *UNSAFE,
        "krippendorff",
        "matplotlib",
        "numpy",
        "skops",
        "utils",
        "helpers",
        "misc",
    }


@every_file
def test_paths_of_the_pipeline_stand_in_dvc_yaml(file: Path) -> None:
    folders = ("data/", "reports/", "logs/")
    # `.ci/run` compares two fixed files; they are named beside that comparison. Advice may name a place.
    allowed = {"pipeline/reproducibility.py": {"reports/metrics.json"}}
    found = {text for text in strings(tree(file)) if text.startswith(folders) and " " not in text}
    assert found <= allowed.get(relative(file), set())


@pytest.mark.parametrize("file", [*NEWSVOICE, *(f for f in CODE if "labelling" in f.parts)], ids=relative)
def test_the_library_prints_nothing_itself(file: Path) -> None:
    calls = [node for node in ast.walk(tree(file)) if isinstance(node, ast.Call)]
    assert [call.lineno for call in calls if ast.unparse(call.func) == "print"] == []


def test_the_checks_see_what_they_look_for() -> None:
    module = ast.parse(
        "import torch.nn\n"
        "if TYPE_CHECKING:\n    import dvc\n"
        "class A:\n    '''analysis'''\n    from sklearn import svm\n"
        "def f():\n    '''reported_speech'''\n    import scipy\n    return f'p_{x}_analysis'\n"
    )
    assert set(imported(at_import_time(module))) == {"torch.nn", "sklearn"}
    assert set(imported(ast.walk(module))) == {"torch.nn", "dvc", "sklearn", "scipy"}
    assert strings(module) == ["p_", "_analysis"]


def test_the_reports_fit_where_they_go() -> None:
    """A mail takes the page, and a comment of a pull request takes 65,536 characters."""
    assert (ROOT / "reports/report.html").stat().st_size < 3_000_000
    assert len((ROOT / "reports/report.md").read_text(encoding="utf-8")) < 65_536

"""What dvc.yaml promises: a stage depends on all that decides its outputs, and on the test split only where it may."""

import ast
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEST_SETS = ("data/splits/test.jsonl", "data/contrast/test.jsonl")


def expanded() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every stage, one a value of a matrix."""
    for name, stage in yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"].items():
        matrix = stage.pop("matrix", None)
        if matrix is None:
            yield name, stage
            continue
        ((key, values),) = matrix.items()
        for value in values:
            text = yaml.safe_dump(stage, width=10_000).replace(f"${{item.{key}}}", value)
            yield f"{name}@{value}", yaml.safe_load(text)


STAGES = dict(expanded())
every_stage = pytest.mark.parametrize("name", STAGES)


def paths(stage: dict[str, Any], *keys: str) -> set[str]:
    """Paths under the given keys, whether or not they have options."""
    entries = [entry for key in keys for entry in stage.get(key, [])]
    return {entry if isinstance(entry, str) else next(iter(entry)) for entry in entries}


def options(stage: dict[str, Any]) -> dict[str, str]:
    """The `--option value` pairs of a stage's command."""
    words = shlex.split(stage["cmd"])
    assert words[:2] == ["python", "-m"]
    assert len(words) % 2 == 1
    return dict(zip(words[3::2], words[4::2], strict=True))


def module_file(name: str) -> Path | None:
    """The file of a module of this repository; None for packages and everything else."""
    path = ROOT / Path(*name.split(".")).with_suffix(".py")
    return path if path.is_file() else None


@cache
def imports(file: Path) -> frozenset[Path]:
    """Local modules that a file imports itself, inside functions too, but not for type checkers alone."""
    found = set()
    waiting: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            continue
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import hides what it imports"
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        found |= {path for name in names if (path := module_file(name))}
        waiting.extend(ast.iter_child_nodes(node))
    return frozenset(found)


def reachable(module: str) -> set[str]:
    """Repository paths of a module and everything it imports, directly or not."""
    start = module_file(module)
    assert start is not None
    found, waiting = {start}, [start]
    while waiting:
        new = imports(waiting.pop()) - found
        found |= new
        waiting.extend(new)
    return {path.relative_to(ROOT).as_posix() for path in found}


def module_of(stage: dict[str, Any]) -> str:
    return shlex.split(stage["cmd"])[2]


def covers(path: str, listed: set[str]) -> bool:
    """Whether a path is listed, or a folder whose parts are."""
    return path in listed or any(other.startswith(f"{path}/") for other in listed)


def test_the_walk_over_imports_finds_indirect_and_late_ones() -> None:
    found = reachable("newsvoice.cli")
    assert {"newsvoice/errors.py", "newsvoice/runtime/classifier.py", "newsvoice/text/abbreviations.py"} <= found
    assert "newsvoice/labels.py" in reachable("pipeline.stages.label")


@every_stage
def test_a_stage_runs_the_module_of_its_name(name: str) -> None:
    assert module_of(STAGES[name]) == f"pipeline.stages.{name.partition('@')[0]}"


@every_stage
def test_deps_cover_what_a_stage_imports(name: str) -> None:
    stage = STAGES[name]
    assert sorted(reachable(module_of(stage)) - paths(stage, "deps")) == []


@every_stage
def test_no_code_is_a_dep_that_a_stage_does_not_import(name: str) -> None:
    stage = STAGES[name]
    code = {path for path in paths(stage, "deps") if path.endswith(".py")}
    assert sorted(code - reachable(module_of(stage))) == []


@every_stage
def test_templates_are_a_dep_where_they_are_rendered(name: str) -> None:
    stage = STAGES[name]
    renders = "pipeline/report/render.py" in reachable(module_of(stage))
    assert ("pipeline/report/templates" in paths(stage, "deps")) == renders


@every_stage
def test_every_path_of_a_command_is_declared(name: str) -> None:
    stage = STAGES[name]
    declared = paths(stage, "deps", "outs", "metrics", "plots")
    if stage.get("params"):
        declared.add("params.yaml")
    undeclared = {o: p for o, p in options(stage).items() if not p.startswith("logs/") and not covers(p, declared)}
    assert undeclared == {}


@every_stage
def test_every_output_is_a_path_of_the_command(name: str) -> None:
    stage = STAGES[name]
    assert sorted(paths(stage, "outs", "metrics", "plots") - set(options(stage).values())) == []


@every_stage
def test_params_cover_the_sections_a_stage_loads(name: str) -> None:
    stage = STAGES[name]
    file = module_file(module_of(stage))
    assert file is not None
    sections = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called == "load_settings":
                sections.add(ast.literal_eval(node.args[1]))
            elif called == "paths.params.read_text":
                sections |= set(yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8")))
    listed = set(stage.get("params", []))
    # A stage may need one key of a section that it loads.
    covered = {s for s in sections if any(p.partition(".")[0] == s.partition(".")[0] for p in listed)}
    assert sorted(sections - covered) == []
    assert bool(listed) == ("--params" in options(stage))


@every_stage
def test_only_predict_depends_on_what_is_for_test(name: str) -> None:
    deps = paths(STAGES[name], "deps")
    read = [path for path in TEST_SETS if any(path == dep or path.startswith(f"{dep}/") for dep in deps)]
    assert read == (list(TEST_SETS) if name.startswith("predict@") else [])


def test_some_stage_makes_what_is_for_test() -> None:
    made = {path for stage in STAGES.values() for path in paths(stage, "outs")}
    assert [path for path in TEST_SETS if not any(path == out or path.startswith(f"{out}/") for out in made)] == []


def test_every_dep_is_made_by_a_stage_or_stands_in_the_repository() -> None:
    made = {path for stage in STAGES.values() for path in paths(stage, "outs", "metrics", "plots")}
    missing = {
        f"{name}: {dep}"
        for name, stage in STAGES.items()
        for dep in paths(stage, "deps")
        if not any(dep == out or dep.startswith(f"{out}/") for out in made) and not (ROOT / dep).exists()
    }
    assert sorted(missing) == []


def test_no_two_stages_write_one_path() -> None:
    written = [path for stage in STAGES.values() for path in paths(stage, "outs", "metrics", "plots")]
    assert len(written) == len(set(written))


def test_every_model_of_the_comparison_is_predicted() -> None:
    from pipeline.classifiers.registry import MODELS

    assert [name.partition("@")[2] for name in STAGES if name.startswith("predict@")] == list(MODELS)


def test_the_raw_corpus_is_there() -> None:
    articles = {path.stem for path in (ROOT / "data/raw/articles").iterdir()}
    annotated = {path.stem for path in (ROOT / "data/raw/annotations").glob("*.jsonl")}
    assert "putin-warns-kyiv" in articles
    assert annotated
    assert sorted(annotated - articles) == []


def test_plots_and_artifacts_show_what_stages_write() -> None:
    document = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
    shown = {path for plot in document["plots"] for body in plot.values() for path in body["y"]}
    shown |= {artifact["path"] for artifact in document["artifacts"].values()}
    made = {path for stage in STAGES.values() for path in paths(stage, "outs", "metrics", "plots")}
    assert [path for path in sorted(shown) if not any(path == o or path.startswith(f"{o}/") for o in made)] == []


def test_external_measurement_is_no_stage() -> None:
    sets = yaml.safe_load((ROOT / "external.yaml").read_text(encoding="utf-8"))
    text = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
    assert [path for path in sets.values() if path in text] == []

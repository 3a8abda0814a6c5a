"""Two runs compared end to end, on a tiny repository with two commits and an experiment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from newsvoice.errors import NewsvoiceError
from newsvoice.records import write_jsonl
from pipeline.classifiers.registry import TRANSFORMER
from pipeline.compare import main, predictions_folder, read_run, report
from tests.pipeline.build import A, E, R, one_hot, scored

DVC_YAML = """\
stages:
  predict:
    matrix:
      model: [tfidf, classifier]
    cmd: mkdir -p out/${item.model} && cp source/${item.model}.jsonl out/${item.model}/test.jsonl
    deps:
      - source/${item.model}.jsonl
    outs:
      - out/${item.model}
"""
TEXT = "Rain | fell <script>alert(1)</script>\x1b[31m."


def shell(folder: Path, *command: str) -> None:
    """Run git or dvc without anything of this machine's settings."""
    environment = os.environ | {
        "DVC_NO_ANALYTICS": "1",
        **{f"DVC_{kind}_DIR": str(folder.parent / "dvc") for kind in ("SITE_CACHE", "GLOBAL_CONFIG", "SYSTEM_CONFIG")},
        **{f"GIT_{who}_{what}": "t@t" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def dvc(folder: Path, *arguments: str) -> None:
    shell(folder, sys.executable, "-m", "dvc", *arguments)


def predict(folder: Path, *predicted: str) -> None:
    """Let the transformer say this of three sentences whose gold label is analysis; TF-IDF is always right."""
    for model, labels in ((TRANSFORMER, predicted), ("tfidf", (A, A, A))):
        rows = [scored(A, one_hot(label, confidence=0.9), index=n, text=TEXT) for n, label in enumerate(labels)]
        write_jsonl(folder / f"source/{model}.jsonl", rows)


def commit(folder: Path, tag: str) -> None:
    shell(folder, "git", "add", "--all")
    shell(folder, "git", "commit", "--quiet", "--message", tag)
    shell(folder, "git", "tag", tag)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tag `first` gets one sentence right, `second` two; the experiment `trial` all three, the workspace none."""
    folder = tmp_path_factory.mktemp("compare") / "repository"
    folder.mkdir()
    (folder / "dvc.yaml").write_text(DVC_YAML, encoding="utf-8")
    shell(folder, "git", "init", "--quiet")
    dvc(folder, "init", "--quiet")
    for tag, predicted in (("first", (A, R, R)), ("second", (A, A, E))):
        predict(folder, *predicted)
        dvc(folder, "repro", "--quiet")
        commit(folder, tag)
    predict(folder, A, A, A)
    dvc(folder, "exp", "run", "--quiet", "--name", "trial")
    predict(folder, R, R, R)
    dvc(folder, "repro", "--quiet")
    return folder


def right(repository: Path, run: str, model: str = TRANSFORMER) -> int:
    return sum(s.gold == s.predicted for s in read_run(repository, run, model))


def test_every_kind_of_run_is_read(repository: Path) -> None:
    runs = ("first", "second", "HEAD", "HEAD~1", "trial", "workspace")
    assert {run: right(repository, run) for run in runs} == dict(zip(runs, (1, 2, 2, 1, 3, 0), strict=True))
    assert right(repository, "workspace", "tfidf") == 3


def test_what_got_better_and_worse_is_told(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["first", "second", "--repository", str(repository)])
    told = capsys.readouterr().out
    assert told.startswith("# first → second, fine-tuned transformer")
    assert "1 sentences got better, 0 worse (McNemar p = 1.000)" in told
    assert "## Better: 1" in told
    assert "| a 1 | analysis | reported speech 0.90 | analysis 0.90 | Rain \\| fell &lt;script&gt;" in told
    assert "## Still wrong, but otherwise: 1" in told
    assert "\x1b" not in told


def test_an_experiment_is_compared_into_a_file(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "compare.md"
    main(["second", "trial", "--repository", str(repository), "--output", str(output)])
    assert capsys.readouterr().out == ""
    assert "## Better: 1" in output.read_text(encoding="utf-8")


def test_the_console_command_reaches_it(repository: Path) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "newsvoice.cli", "report", "--compare", "first", "second"],
        cwd=repository,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("# first → second, fine-tuned transformer")


def test_an_unknown_run_is_an_error_that_says_what_a_run_is(repository: Path) -> None:
    with pytest.raises(SystemExit, match="nowhere: no such run; name a git revision, a DVC experiment"):
        main(["nowhere", "second", "--repository", str(repository)])


def test_predictions_that_are_nowhere_are_an_error(repository: Path) -> None:
    with pytest.raises(NewsvoiceError, match="no predictions of 'rules' to be had"):
        read_run(repository, "second", "rules")


def test_a_clone_without_the_predictions_says_how_to_make_them(repository: Path, tmp_path: Path) -> None:
    shell(tmp_path, "git", "clone", "--quiet", str(repository), "clone")
    with pytest.raises(NewsvoiceError, match="git checkout first && dvc repro predict"):
        read_run(tmp_path / "clone", "first", TRANSFORMER)


def test_two_equal_runs_are_told_in_one_sentence(repository: Path) -> None:
    run = read_run(repository, "first", TRANSFORMER)
    told = report(run, run, names=("x", "y"), model=TRANSFORMER)
    assert "both predict the same; macro-F1 is" in told
    assert "McNemar" not in told


def test_a_folder_without_dvc_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NewsvoiceError, match="not inside of a DVC repository"):
        read_run(tmp_path, "HEAD", TRANSFORMER)
    with pytest.raises(NewsvoiceError, match="no predictions of"):
        read_run(tmp_path, "workspace", TRANSFORMER)


def test_runs_without_a_common_sentence_are_an_error() -> None:
    one, other = ([scored(A, one_hot(A), article=name)] for name in "ab")
    with pytest.raises(NewsvoiceError, match="x and y: share no test sentence"):
        report(one, other, names=("x", "y"), model=TRANSFORMER)


def test_what_is_left_out_is_said() -> None:
    one = [scored(A, one_hot(A), index=n) for n in range(3)]
    told = report(one, one[:2], names=("x", "y"), model=TRANSFORMER)
    assert "Left out: 1 sentences only in the first run, 0 only in the second, 0 with another gold label." in told


@pytest.mark.parametrize("document", [None, {}, {"stages": {"predict": {"outs": []}}}, {"stages": {"other": {}}}])
def test_a_pipeline_without_predict_is_an_error(document: object) -> None:
    with pytest.raises(NewsvoiceError, match="no stage `predict`"):
        predictions_folder(document, TRANSFORMER)


def test_an_unknown_model_is_named_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="no model 'foo'; one of majority, rules, tfidf, classifier"):
        main(["HEAD", "workspace", "--model", "foo"])
    assert capsys.readouterr().out == ""

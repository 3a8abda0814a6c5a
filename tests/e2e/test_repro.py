"""The whole pipeline by `dvc repro`, on nine small articles and a random encoder, in a repository of its own."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from newsvoice.labels import ANALYSIS, EDITORIAL_FRAMING, REPORTED_SPEECH
from newsvoice.runtime.encoding import DESCRIPTION
from pipeline.classifiers.registry import TITLES
from pipeline.corpus import add
from pipeline.folders import folder_hash
from pipeline.labelling.label import GOLD, RULES
from tests.tiny_encoder import write_tiny_encoder

ROOT = Path(__file__).parents[2]
# What each article is about, and who speaks in it.
ARTICLES = {
    "harbour": ("Halden", "harbour", "Ines Marlow"),
    "ferry": ("Orvik", "ferry", "Olu Berg"),
    "library": ("Tarn", "library", "Sanna Pike"),
    "orchard": ("Lowmere", "orchard", "Dov Renner"),
    "quarry": ("Brask", "quarry", "Mira Toll"),
    "bakery": ("Esker", "bakery", "Paul Quist"),
    "airfield": ("Vantor", "airfield", "Ada Lund"),
    "museum": ("Polder", "museum", "Ravi Stone"),
    "theatre": ("Kessel", "theatre", "Jo Abend"),
}
DRAFT = """\
genre: {genre}
---
A {place} Reopens Its {title}

N By {person}
A The {thing} of {place} opened on Monday.
R “We are glad,” {person} said.
E It was a shameful farce.

R The town would pay, {person} added.
A Workers had closed the {thing} in May.
E Who will answer for {place}?
R Critics say the {thing} leaks.
A It has nine rooms.
"""
NEW_ARTICLE = """\
Brask Shuts Its Mill

The mill of Brask closed on Friday. Officials say it leaks. What a disgrace!
"""


def environment(repository: Path) -> dict[str, str]:
    """A user's, without the network and without anything of this machine's settings."""
    return os.environ | {
        # The stages call `python`.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONHASHSEED": "0",
        "HF_HUB_OFFLINE": "1",
        "DVC_NO_ANALYTICS": "1",
        **{
            f"DVC_{kind}_DIR": str(repository.parent / "dvc")
            for kind in ("SITE_CACHE", "GLOBAL_CONFIG", "SYSTEM_CONFIG")
        },
    }


def dvc(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=repository,
        env=environment(repository),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def write_corpus(repository: Path) -> None:
    drafts = repository.parent / "drafts"
    drafts.mkdir()
    for number, (slug, (place, thing, person)) in enumerate(ARTICLES.items()):
        genre = ("news report", "opinion", "feature")[number % 3]
        text = DRAFT.format(genre=genre, place=place, thing=thing, title=thing.title(), person=person)
        (drafts / f"{slug}.txt").write_text(text, encoding="utf-8")
    raw = repository / "data/raw"
    add(drafts, articles=raw / "articles", annotations=raw / "annotations")
    sides = (("Critics call it a waste.", REPORTED_SPEECH.name), ("It is a disgrace.", EDITORIAL_FRAMING.name))
    pairs = [
        {
            "id": f"c{n}",
            "rule": "no-source",
            "before": "The mill shut in May.",
            "sentences": [{"text": text, "votes": [{"annotator": "writer", "label": label}]} for text, label in sides],
        }
        for n in range(12)
    ]
    (raw / "contrast.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs), encoding="utf-8")


def write_params(repository: Path) -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["split"] |= {"always_test": ["harbour"], "validation_share": 0.2, "test_share": 0.3}
    params["finetune"] |= {
        "encoder": "encoder",
        "window_tokens": 64,
        "context_tokens": 16,
        "epochs": 1,
        "every_epoch": "",
        "precision": "fp32",
        "threads": 1,
    }
    params["evaluate"] |= {"samples": 100, "min_slice": 1}
    (repository / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("e2e") / "repository"
    for code in ("newsvoice", "pipeline", "requirements"):
        shutil.copytree(ROOT / code, folder / code, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("dvc.yaml", ".gitignore", ".dvcignore"):
        shutil.copy(ROOT / file, folder / file)
    write_corpus(folder)
    write_params(folder)
    texts = [path.read_text(encoding="utf-8") for path in (folder / "data/raw/articles").iterdir()]
    write_tiny_encoder(folder / "encoder", texts)
    (folder / "reports").mkdir()
    for record in ("external", "seeds", "learning_curve", "two_sample", "errors", "suspects"):
        (folder / f"reports/{record}.json").write_text("{}", encoding="utf-8")
    (folder / "benchmarks/results").mkdir(parents=True)
    (folder / "benchmarks/results/runtime.json").write_text("{}", encoding="utf-8")
    (folder / "reports/cost.json").write_text('{"models": {}}', encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    begun = dvc(folder, "init", "--quiet")
    assert begun.returncode == 0, begun.stdout
    return folder


def repro(repository: Path, *targets: str) -> str:
    """Run `dvc repro` to a good end and return what it printed."""
    run = dvc(repository, "repro", *targets)
    assert run.returncode == 0, run.stdout[-3000:]
    return run.stdout


@pytest.fixture(scope="module")
def labelled(repository: Path) -> Path:
    repro(repository, "label")
    return repository


@pytest.fixture(scope="module")
def done(labelled: Path) -> Path:
    repro(labelled)
    return labelled


def test_an_unlabelled_article_dropped_in_is_labelled_by_rules(labelled: Path, tmp_path: Path) -> None:
    repository = shutil.copytree(labelled, tmp_path / "repository")
    (repository / "data/raw/articles/mill.txt").write_text(NEW_ARTICLE, encoding="utf-8")
    repro(repository, "label")
    lines = (repository / "data/labelled.jsonl").read_text(encoding="utf-8").splitlines()
    sentences = [json.loads(line) for line in lines]
    assert [(s["text"], s["label"]) for s in sentences if s["article"] == "mill"] == [
        ("Brask Shuts Its Mill", ANALYSIS.name),
        ("The mill of Brask closed on Friday.", ANALYSIS.name),
        ("Officials say it leaks.", REPORTED_SPEECH.name),
        ("What a disgrace!", EDITORIAL_FRAMING.name),
    ]
    assert {s["source"] for s in sentences if s["article"] == "mill"} == {RULES}
    assert {s["source"] for s in sentences if s["article"] != "mill"} == {GOLD}


def test_repro_ends_with_a_report_that_names_every_model(done: Path) -> None:
    for document in ("reports/report.html", "reports/report.md", "reports/table.md", "docs/model_card.md"):
        text = (done / document).read_text(encoding="utf-8")
        assert [title for title in TITLES.values() if title not in text] == []
    assert "The harbour of Halden opened on Monday." in (done / "reports/report.md").read_text(encoding="utf-8")


def test_a_second_repro_runs_no_stage(done: Path) -> None:
    printed = repro(done)
    assert "Running stage" not in printed
    assert "up to date" in printed


def test_a_repro_killed_at_any_moment_is_made_good_by_the_next(done: Path, tmp_path: Path) -> None:
    repository = shutil.copytree(done, tmp_path / "repository")
    # Else the next run would take the model from there.
    shutil.rmtree(repository / ".dvc/cache")
    model = repository / "models/classifier"
    whole = folder_hash(model)
    moment = random.uniform(0, 15)
    command = [sys.executable, "-m", "dvc", "repro", "--force", "--single-item", "finetune"]
    for has_come in (lambda since: time.monotonic() - since > moment, lambda since: model.exists()):
        # dvc removes it too before it runs the stage.
        shutil.rmtree(model, ignore_errors=True)
        run = subprocess.Popen(
            command, cwd=repository, env=environment(repository), stdout=subprocess.DEVNULL, start_new_session=True
        )
        since = time.monotonic()
        while not has_come(since) and run.poll() is None:
            time.sleep(0.001)
        # It may have come to its end before the moment.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        assert not (model / DESCRIPTION).exists() or folder_hash(model) == whole, f"half a model after {moment:.2f} s"
    assert "Running stage 'finetune'" in repro(repository, "finetune")
    assert folder_hash(model) == whole

"""`annotate review` up to the server: what is asked of the user, and what is guessed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from newsvoice.annotate.review import server as review_server
from newsvoice.annotate.review.server import ReviewServer
from newsvoice.annotations import read_annotations
from newsvoice.labels import NAMES
from tests.newsvoice.annotate.build import A, E
from tests.newsvoice.annotate.conftest import Run


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[ReviewServer]:
    """Servers that were started; each is interrupted at once, after one vote."""
    started: list[ReviewServer] = []

    def interrupted(self: ReviewServer) -> None:
        started.append(self)
        state = self.session.state(0)
        first = state["units"][0]
        self.session.vote(0, start=first["start"], end=first["end"], label=A, version=state["version"])
        raise KeyboardInterrupt

    monkeypatch.setattr(review_server.ReviewServer, "serve_forever", interrupted)
    return started


REVIEW = ("review", "articles/ship.txt", "--annotations", "gold", "--annotator", "ada", "--no-browser")


def test_a_review_says_where_it_is_and_what_was_saved(run: Run, folder: Path, served: list[ReviewServer]) -> None:
    outcome = run(*REVIEW, "--rules")
    assert outcome.code == 0
    assert outcome.out == f"review as ada: {served[0].url}\n"
    assert outcome.err.endswith("\n1 new label by ada, saved in gold\n")
    assert [m.text for m in read_annotations(folder / "gold/ship.jsonl")] == ["The ship was late."]


def test_the_model_guesses_unless_the_rules_are_asked_for(run: Run, served: list[ReviewServer]) -> None:
    run(*REVIEW)
    run(*REVIEW, "--rules")
    why = [server.session.state(0)["units"][1]["why"] for server in served]
    assert why[0].startswith("The model: ")
    assert why[0].partition(" ")[2].partition(" ")[2].partition(" ")[0] in NAMES
    assert why[1] == "The rules are silent."


def test_annotations_lie_beside_the_article(run: Run, folder: Path, served: list[ReviewServer]) -> None:
    (folder / "annotations").mkdir()
    assert run("review", "articles/ship.txt", "--annotator", "ada", "--no-browser", "--rules").code == 0
    assert (folder / "annotations/ship.jsonl").exists()
    (folder / "articles/annotations").mkdir()
    run("review", "articles/ship.txt", "--annotator", "ada", "--no-browser", "--rules")
    assert (folder / "articles/annotations/ship.jsonl").exists()


def test_a_browser_is_opened_at_the_address(
    run: Run, served: list[ReviewServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    run(*[argument for argument in REVIEW if argument != "--no-browser"], "--rules")
    assert opened == [served[0].url]


def test_a_list_chooses_the_articles_and_their_order(run: Run, folder: Path, served: list[ReviewServer]) -> None:
    rows = [
        {"article": name, "start": 0, "end": 9, "given": A, "suggested": E, "annotators": []}
        for name in ("ship", "gone", "fee")
    ]
    (folder / "list.json").write_text(json.dumps({"rows": rows}))
    run("review", "articles", "--only", "list.json", "--annotations", "gold", "--annotator", "ada", "--no-browser")
    assert [name for name, _ in served[0].session.files] == ["ship", "fee"]
    # No model was needed.
    assert served[0].session.predict is None


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["review", "articles/ship.txt", "--annotations", "gold"], 2, "Missing option '--annotator'"),
        (["review", "--annotator", "ada"], 2, "Missing argument"),
        (["review", "articles", "--annotator", " ", "--annotations", "gold"], 2, "'--annotator': an empty name"),
        (["review", "articles/ship.txt", "--annotator", "ada"], 1, "no folder 'annotations' beside it; name one"),
        (["review", "gone.txt", "--annotator", "ada", "--annotations", "gold", "--rules"], 1, "gone.txt: no such file"),
        (["review", "articles", "--annotator", "ada", "--annotations", "gold", "--only", "gone"], 1, "cannot read"),
        (["review", "articles", "--annotator", "ada", "--annotations", "gold", "--only", "l"], 2, "lists no sentence"),
    ],
)
def test_what_is_missing_is_named_before_anything_is_served(
    run: Run, folder: Path, served: list[ReviewServer], arguments: list[str], code: int, message: str
) -> None:
    (folder / "l").write_text(json.dumps({"rows": [{"article": "x", "start": 0, "end": 1, "given": A}]}))
    outcome = run(*arguments, "--no-browser")
    assert outcome.code == code
    assert message in outcome.err
    assert served == []


def test_the_help_is_quick_and_imports_nothing_heavy() -> None:
    program = """
import sys
from newsvoice.cli import main
for arguments in (["--help"], ["annotate", "-h"], *(["annotate", c, "-h"] for c in ("export", "import", "review"))):
    sys.argv = ["newsvoice", *arguments]
    main()
heavy = {"torch", "transformers", "rich", "numpy", "jinja2", "http.server", "krippendorff", "markdown_it"}
print(*sorted(heavy & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.count("Usage: newsvoice") == 5
    assert done.stderr.split() == []

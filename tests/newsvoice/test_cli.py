import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from newsvoice import cli, work
from newsvoice.engine import MODEL_VARIABLE
from newsvoice.labels import LABELS, NAMES, UNCERTAIN
from newsvoice.output import FORMATS, GROWING
from newsvoice.runtime.classifier import Classifier

STREAMED = [form for form in FORMATS if form != "parquet"]

TEXT = "Fee rises\n\nThe council met. “We pay for it all,” he said.\n"
SENTENCES = ["Fee rises", "The council met.", "“We pay for it all,” he said."]


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def complaint(self) -> str:
        """The one line of a run that failed and printed no result."""
        [line] = self.err.splitlines()
        assert self.out == ""
        assert line.startswith("newsvoice: ")
        return line


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


Run = Callable[..., Outcome]


@pytest.fixture
def run(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process, in an empty folder, with the tiny model."""
    monkeypatch.setenv(MODEL_VARIABLE, str(tiny_model))
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: object, stdin: bytes = b"", terminal: bool = False) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["newsvoice", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", (Terminal if terminal else io.TextIOWrapper)(io.BytesIO(stdin)))
        code: Any = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code or 0
        return Outcome(code, *capsys.readouterr())

    return run_command


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "fee.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    rows = [{"text": f"Ship {n} pays.", "label": NAMES[n % 3], "article": f"a{n // 3}"} for n in range(9)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_labelled_sentence_by_sentence(run: Run, article: Path) -> None:
    outcome = run("predict", article)

    assert (outcome.code, outcome.err) == (0, "")
    assert [record["text"] for record in outcome.records] == SENTENCES
    assert {record["article"] for record in outcome.records} == {"fee"}
    assert all(TEXT[record["start"] : record["end"]] == record["text"] for record in outcome.records)
    assert {record["label"] for record in outcome.records} <= set(NAMES)


@pytest.mark.parametrize("arguments", [["predict", "-"], ["predict"]], ids=["dash", "nothing named"])
def test_standard_input_is_read(run: Run, arguments: list[str]) -> None:
    outcome = run(*arguments, stdin=TEXT.encode())

    assert outcome.code == 0
    assert [(record["article"], record["text"]) for record in outcome.records] == [
        ("stdin", text) for text in SENTENCES
    ]


@pytest.mark.parametrize(("data", "message"), [(b"", "no prose"), (b"caf\xe9", "not UTF-8"), (b"a\x00b", "binary")])
def test_unusable_standard_input_is_named(run: Run, data: bytes, message: str) -> None:
    outcome = run("predict", "-", stdin=data)

    assert outcome.code == 1
    assert f"standard input: {message}" in outcome.complaint


def test_a_folder_is_read_at_any_depth_in_order_of_name(run: Run, tmp_path: Path) -> None:
    for name in ("b/c.txt", "b/a.MD", "a.txt", "b/deep/er/z.htm.txt", "notes.pdf", "b/data.json"):
        path = tmp_path / "articles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Ships pay.", encoding="utf-8")

    outcome = run("predict", tmp_path / "articles")

    assert outcome.code == 0
    assert [record["article"] for record in outcome.records] == ["a", "b/a", "c", "z.htm"]


def test_a_folder_without_articles_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    outcome = run("predict", "empty")

    assert outcome.code == 1
    assert "empty: no article in this folder; articles end in .htm" in outcome.complaint


def test_lines_are_sentences_and_empty_lines_part_articles(run: Run) -> None:
    text = "\nShips pay. Tugs do not.\nShe left.\n\n \nFerries pay.\n"
    outcome = run("predict", "--lines", "-", stdin=text.encode())

    assert (outcome.code, outcome.err) == (0, "")
    assert [(record["article"], record["index"], record["text"]) for record in outcome.records] == [
        ("stdin", 0, "Ships pay. Tugs do not."),
        ("stdin", 1, "She left."),
        ("stdin#2", 0, "Ferries pay."),
    ]
    assert all(text[record["start"] : record["end"]] == record["text"] for record in outcome.records)


def test_a_file_without_lines_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "blank.txt").write_text("\n \n")

    outcome = run("predict", "--lines", "blank.txt")

    assert outcome.code == 1
    assert "blank.txt: no lines in it" in outcome.complaint


def test_a_bar_that_nothing_reaches_makes_all_uncertain(run: Run, article: Path) -> None:
    outcome = run("predict", "--min-confidence", 1, article)

    assert outcome.code == 0
    assert {record["label"] for record in outcome.records} == {UNCERTAIN}


def test_the_table_says_uncertain(run: Run, article: Path) -> None:
    outcome = run("predict", "--min-confidence", 1, "-f", "table", article)

    # In the legend, and before every sentence.
    assert outcome.out.count("? uncertain") == 1 + len(SENTENCES)


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("out.csv", "article,index,start,end,text,label,p_"),
        ("out.html", "<!doctype html>"),
        ("out.HTM", "<!doctype html>"),
        ("out.txt", "❝ reported_speech"),
        ("out.jsonl", '{"article": "fee"'),
        ("out", '{"article": "fee"'),
    ],
)
def test_the_output_file_decides_the_format(run: Run, article: Path, name: str, beginning: str) -> None:
    outcome = run("predict", article, "--output", name)

    assert outcome == Outcome(0, "", "")
    assert Path(name).read_text(encoding="utf-8").startswith(beginning)
    assert files(Path()) == sorted(["fee.txt", name])


@pytest.mark.parametrize("form", STREAMED)
def test_standard_output_and_file_get_the_same(run: Run, article: Path, form: str) -> None:
    again = shutil.copy(article, "again.txt")
    printed = run("predict", article, again, "-f", form)
    run("predict", article, again, "-f", form, "-o", "out")

    assert printed.out == Path("out").read_text(encoding="utf-8")
    assert printed.out.count("We pay for it all") == 2


def test_one_bad_file_does_not_stop_the_others(run: Run, article: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"caf\xe9")
    (tmp_path / "last.txt").write_text("Ships pay.")

    outcome = run("predict", "fee.txt", "bad.txt", "last.txt")

    assert outcome.code == 3
    assert [record["article"] for record in outcome.records] == ["fee", "fee", "fee", "last"]
    first, second = outcome.err.splitlines()
    assert first.startswith("newsvoice: bad.txt: not UTF-8")
    assert second == "newsvoice: 1 of 3 inputs failed; the rest is done"


def test_an_empty_folder_counts_as_an_input(run: Run, article: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    outcome = run("predict", "empty", "fee.txt")

    assert outcome.code == 3
    assert len(outcome.records) == len(SENTENCES)
    assert outcome.err.splitlines()[-1] == "newsvoice: 1 of 2 inputs failed; the rest is done"


def test_a_batch_with_a_bad_file_still_writes_the_others(run: Run, article: Path) -> None:
    outcome = run("predict", "gone.txt", article, "-o", "out.jsonl")

    assert outcome.code == 3
    assert outcome.out == ""
    assert outcome.err.splitlines()[-1].endswith("the rest is done; see out.jsonl.rejected.jsonl")
    assert len(Path("out.jsonl").read_text().splitlines()) == len(SENTENCES)
    assert [json.loads(line) for line in Path("out.jsonl.rejected.jsonl").read_text().splitlines()] == [
        {"article": "gone", "where": "gone.txt", "reason": "no such file; check the path", "input": None}
    ]
    assert files(Path()) == ["fee.txt", "out.jsonl", "out.jsonl.rejected.jsonl"]


@pytest.mark.parametrize(
    "arguments", [["gone.txt"], ["gone.txt", "--model", "nowhere"], ["fee.txt", "--model", "nowhere"]], ids=" ".join
)
def test_a_run_without_a_result_leaves_the_old_output_alone(run: Run, article: Path, arguments: list[str]) -> None:
    Path("out.jsonl").write_text("old")

    outcome = run("predict", *arguments, "-o", "out.jsonl")

    assert outcome.code == 1
    assert Path("out.jsonl").read_text() == "old"
    assert files(Path()) == ["fee.txt", "out.jsonl"]


@pytest.mark.parametrize("form", STREAMED)
def test_a_run_that_dies_leaves_no_output(run: Run, article: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    predict = Classifier.predict
    calls = iter([predict])

    def dies_at_the_second_article(self: Classifier, sentences: Any) -> Any:
        return next(calls, die)(self, sentences)

    def die(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Classifier, "predict", dies_at_the_second_article)
    monkeypatch.setattr(work, "CHUNK_DOCUMENTS", 1)
    again = shutil.copy(article, "again.txt")

    with pytest.raises(MemoryError):
        run("predict", article, again, "-f", form, "-o", "out")

    # Records that grow in a file are safe beside it, for a resume.
    safe = ["out.journal", "out.part", "out.rejected.part"] if form in GROWING else []
    assert files(Path()) == ["again.txt", "fee.txt", *safe]


def test_an_interrupt_leaves_no_output(run: Run, article: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Classifier, "predict", interrupt)

    outcome = run("predict", article, "-o", "out.jsonl")

    assert outcome.code == 130
    assert "interrupted" in outcome.err
    assert files(Path()) == ["fee.txt"]


@pytest.mark.parametrize("output", ["nowhere/out.jsonl", "fee.txt/out.jsonl", "folder"])
def test_an_output_that_cannot_be_written_is_named(run: Run, article: Path, output: str) -> None:
    Path("folder").mkdir()

    outcome = run("predict", article, "-o", output)

    assert outcome.code == 1
    assert output in outcome.complaint
    assert "name a" in outcome.complaint
    assert files(Path()) == ["fee.txt", "folder"]


def test_a_device_is_written_to_and_not_replaced(run: Run, article: Path) -> None:
    # A link, so that code which replaces devices hurts no one.
    Path("null").symlink_to(os.devnull)

    assert run("predict", article, "-o", "null").code == 0
    assert Path("null").is_char_device()


@pytest.mark.parametrize("command", [["predict", "fee.txt"], ["evaluate", "gold.jsonl"], ["info"]], ids=" ".join)
def test_a_missing_model_names_the_way_to_one(run: Run, article: Path, gold: Path, command: list[str]) -> None:
    outcome = run(*command, "--model", "nowhere")

    assert outcome.code == 1
    assert "nowhere" in outcome.complaint
    assert "make repro" in outcome.complaint


def test_worker_processes_say_the_same_of_a_missing_model(run: Run, article: Path) -> None:
    assert run("predict", "fee.txt", "--model", "nowhere", "--jobs", 2) == run(
        "predict", "fee.txt", "--model", "nowhere"
    )


def test_a_missing_file_is_named(run: Run) -> None:
    outcome = run("predict", "gone.txt")

    assert outcome.code == 1
    assert outcome.complaint == "newsvoice: gone.txt: no such file; check the path"


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "--colour"],
        ["predict", "--format", "pdf", "-"],
        ["predict", "--min-confidence", "1.5", "-"],
        ["predict", "--min-confidence", "much", "-"],
        ["predict", "--min-confidence", "nan", "-"],
        ["evaluate"],
        ["explain"],
        [],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_two(run: Run, arguments: list[str]) -> None:
    outcome = run(*arguments)

    assert outcome.code == 2
    assert outcome.out == ""
    assert "Usage: " in outcome.err


def test_nothing_named_at_a_terminal_is_wrong_usage(run: Run) -> None:
    outcome = run("predict", terminal=True)

    assert outcome.code == 2
    assert "name a file or folder" in outcome.err


def test_notes_go_to_standard_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "fee.txt").write_text("By Ada Low\n\nShips " + "pay the fee " * 40 + "now. They left.")

    outcome = run("predict", "fee.txt")

    assert outcome.code == 0
    assert [record["truncated"] for record in outcome.records] == [True, False]
    assert outcome.err.splitlines() == [
        "fee: 1 sentence was too long to be read whole (truncated: true)",
        "fee: 1 passage set aside as boilerplate, not labelled",
    ]


def test_labels_lists_every_label_with_its_meaning(run: Run) -> None:
    outcome = run("labels")

    assert (outcome.code, outcome.err) == (0, "")
    words = " ".join(outcome.out.split())
    for label in LABELS:
        assert f"{label.mark} {label.name} {label.definition}" in words


def test_info_says_what_answers_here(run: Run, tiny_model: Path) -> None:
    outcome = run("info")
    said = dict(line.split(":", 1) for line in outcome.out.splitlines())

    assert (outcome.code, outcome.err) == (0, "")
    assert said["newsvoice"].strip() == version("newsvoice")
    assert said["model"].strip() == str(tiny_model)
    assert said["labels"].strip() == ", ".join(NAMES)
    assert said["temperature"].strip() == "1.5"
    assert "sha256 " in said["weights"]
    assert said["torch"].strip() == version("torch")


def test_evaluate_prints_scores(run: Run, gold: Path) -> None:
    outcome = run("evaluate", gold)

    assert (outcome.code, outcome.err) == (0, "")
    assert "9 sentences of 3 articles" in outcome.out
    assert "macro-F1 0." in outcome.out
    assert all(name in outcome.out for name in NAMES)
    assert "…" not in outcome.out


def test_evaluate_writes_json(run: Run, gold: Path) -> None:
    outcome = run("evaluate", gold, "--format", "json")
    result = json.loads(outcome.out)

    assert (outcome.code, outcome.err) == (0, "")
    assert (result["sentences"], result["articles"]) == (9, 3)
    assert [sum(row) for row in result["confusion"]] == [3, 3, 3]
    assert list(result["labels"]) == list(NAMES)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": "Ships pay.", "label": "opinion"}', "gold.jsonl:10: unknown label 'opinion'; labels are"),
        ("{", "gold.jsonl:10: not JSON"),
    ],
)
def test_evaluate_names_a_bad_line(run: Run, gold: Path, line: str, message: str) -> None:
    gold.write_text(gold.read_text() + line)

    outcome = run("evaluate", "gold.jsonl")

    assert outcome.code == 1
    assert message in outcome.complaint


def test_help_version_and_info_import_nothing_heavy(tiny_model: Path) -> None:
    program = """
import sys
from newsvoice.cli import main
for arguments in (["--help"], ["predict", "--help"], ["evaluate", "-h"], ["--version"], ["info"]):
    sys.argv = ["newsvoice", *arguments]
    main()
heavy = {"torch", "transformers", "rich", "numpy", "jinja2", "trafilatura", "sklearn"} & set(sys.modules)
print(*sorted(heavy), file=sys.stderr)
"""
    environment = os.environ | {MODEL_VARIABLE: str(tiny_model)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)

    assert done.stdout.count("Usage: newsvoice") == 3
    assert f"version {version('newsvoice')}" in done.stdout
    assert done.stderr.split() == []


@pytest.mark.parametrize("arguments", [["labels"], ["--help"], ["predict", "--help"]], ids=" ".join)
def test_a_reader_that_has_seen_enough_is_no_error(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "newsvoice.cli", *arguments]
    try:
        done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE)
    finally:
        os.close(writer)

    assert done.stderr == b""
    assert done.returncode == 0


@pytest.mark.parametrize("before", ["", "<!-- saved from a site -->\n" * 40, '<?xml version="1.0"?>\n'])
def test_a_page_on_standard_input_is_read_as_a_page(run: Run, before: str) -> None:
    prose = "The council met on Monday to set the fee. Ships that call at the pier will pay it twice a year."
    page = f"<!DOCTYPE html><html><body><script>var fee = 1;</script><article><p>{prose}</p></article></body></html>"
    done = run("predict", "-", stdin=(before + page).encode())

    assert [record["text"] for record in done.records] == [
        "The council met on Monday to set the fee.",
        "Ships that call at the pier will pay it twice a year.",
    ]


def test_rows_on_standard_input_are_no_article(run: Run) -> None:
    done = run("predict", "-", stdin=b'{"text": "Ships pay."}\n{"text": "Tugs do not."}\n')

    assert done.code == 1
    assert "rows of JSON, not an article; name the field that holds the text: --text-field NAME" in done.complaint

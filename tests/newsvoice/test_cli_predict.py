"""`newsvoice predict` on tables, summaries, explanations and files that grow, with an engine that needs no model."""

import csv
import io
import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from newsvoice import cli, cli_run, engine
from newsvoice.labels import NAMES, UNCERTAIN
from newsvoice.output import FORMATS
from newsvoice.schema import schema
from tests.newsvoice import fake_engine
from tests.newsvoice.fake_engine import DELAY
from tests.newsvoice.test_archive import COMMAND, ROOT, write_archive

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process, in an empty folder; give its exit code, output and complaints."""
    monkeypatch.setattr(engine, "load_engine", fake_engine.load_fake)
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["newsvoice", *map(str, arguments)])
        code: Any = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code or 0
        return code, *capsys.readouterr()

    return run_command


@pytest.fixture
def news(tmp_path: Path) -> Path:
    path = tmp_path / "news.jsonl"
    rows = [
        {"id": 1, "body": "Ships pay. Tugs do not.", "outlet": "Post"},
        {"id": 2, "body": "“We pay,” he said.", "outlet": "Mail"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_table_is_labelled_and_its_columns_kept(run: Run, news: Path) -> None:
    code, out, err = run("predict", news, "--text-field", "body")

    assert (code, err) == (0, "")
    assert [(r["article"], r["index"], r["columns"]) for r in lines(out)] == [
        ("news:1", 0, {"id": 1, "outlet": "Post"}),
        ("news:1", 1, {"id": 1, "outlet": "Post"}),
        ("news:2", 0, {"id": 2, "outlet": "Mail"}),
    ]


def test_csv_keeps_columns_as_json(run: Run, news: Path) -> None:
    code, out, _ = run("predict", news, "--text-field", "body", "-f", "csv", "--explain")
    rows = list(csv.DictReader(out.splitlines()))

    assert code == 0
    assert [json.loads(row["columns"])["outlet"] for row in rows] == ["Post", "Post", "Mail"]
    assert [len(json.loads(row["words"])) for row in rows] == [2, 3, 4]


def test_parquet_in_and_out(run: Run, news: Path, tmp_path: Path) -> None:
    pyarrow, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rows = lines(news.read_text(encoding="utf-8"))
    pq.write_table(pyarrow.Table.from_pylist(rows), "news.parquet")

    assert run("predict", "news.parquet", "--text-field", "body", "-o", "out.parquet") == (0, "", "")
    table = pq.read_table("out.parquet")
    assert [row["columns"]["outlet"] for row in table.to_pylist()] == ["Post", "Post", "Mail"]
    assert {f"p_{name}" for name in NAMES} <= set(table.column_names)
    assert names(tmp_path) == ["news.jsonl", "news.parquet", "out.parquet"]


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_reads_every_kind_of_input(run: Run, news: Path, form: str) -> None:
    Path("a.txt").write_text("Ships pay.")
    Path("b.md").write_text("# Fee rises\n\nShips pay.")
    code, _, err = run("predict", "a.txt", "b.md", news, "--text-field", "body", "-f", form, "-o", "out")

    assert (code, err) == (0, "")
    assert b"Ships pay." in Path("out").read_bytes() or form == "parquet"


def test_the_bare_mistake_of_the_field_says_which_there_are(run: Run, news: Path, tmp_path: Path) -> None:
    code, out, err = run("predict", "news.jsonl", "-o", "out.jsonl")

    assert (code, out) == (1, "")
    assert err.splitlines() == [
        f"newsvoice: news.jsonl:{n}: no field 'text'; name one with --text-field: 'id', 'body', 'outlet'"
        for n in (1, 2)
    ]
    assert names(tmp_path) == ["news.jsonl"]


def test_bad_rows_go_to_a_file_with_reasons_and_the_run_goes_on(run: Run, tmp_path: Path) -> None:
    write_archive(Path("in.jsonl"), articles=200, bad=10)
    code, _, err = run("predict", "in.jsonl", "-o", "out.jsonl")
    rejected = lines(Path("out.jsonl.rejected.jsonl").read_text(encoding="utf-8"))

    assert code == 3
    assert len(lines(Path("out.jsonl").read_text(encoding="utf-8"))) == 180 * 3
    assert [r["where"] for r in rejected] == [f"in.jsonl:{n}" for n in range(10, 201, 10)]
    assert all(r["input"] == "{broken" for r in rejected)
    validator = Draft202012Validator(schema("rejected"))
    assert all(validator.is_valid(r) for r in rejected)
    shown = err.splitlines()
    assert len(shown) == cli_run.MOST_NOTES + 2
    assert shown[-2] == f"newsvoice: … and {20 - cli_run.MOST_NOTES} more"
    assert shown[-1] == "newsvoice: 20 of 200 inputs failed; the rest is done; see out.jsonl.rejected.jsonl"


def test_a_row_that_cannot_be_carried_is_rejected_and_the_run_goes_on(run: Run) -> None:
    deep = "[" * 600 + "]" * 600
    lines = ['{"text": "Ships pay."}', deep, f'{{"text": "Tugs pay.", "tags": {deep}}}', '{"text": null, "score": NaN}']
    Path("news.jsonl").write_text("\n".join([*lines, '{"text": "Boats do not."}']) + "\n", encoding="utf-8")
    code, _, _ = run("predict", "news.jsonl", "-o", "labels.jsonl")
    assert code == 3
    assert [json.loads(line)["text"] for line in Path("labels.jsonl").read_text().splitlines()] == [
        "Ships pay.",
        "Boats do not.",
    ]
    rejected = [json.loads(line) for line in Path("labels.jsonl.rejected.jsonl").read_text().splitlines()]
    assert [row["reason"] for row in rejected] == ["nested too deeply", "nested too deeply", "field 'text' is empty"]
    assert [row["input"] for row in rejected[:2]] == lines[1:3]
    assert rejected[2]["input"] == {"text": None, "score": None}


def test_a_parquet_value_that_python_has_none_for_is_kept_as_text_or_rejected(run: Run) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    texts = arrow.array([b"Ships pay.", b"Tugs pay.", b"Boats do not.", b"\xff"], arrow.binary()).view(arrow.string())
    dates = arrow.array([0, 10**7, 0, 0], arrow.date32())
    parquet.write_table(arrow.table({"text": texts, "when": dates}), "news.parquet")
    code, _, err = run("predict", "news.parquet", "-o", "labels.jsonl")
    assert code == 3
    assert "news.parquet:4: field 'text' cannot be read" in err
    labelled = [json.loads(line) for line in Path("labels.jsonl").read_text().splitlines()]
    assert [(row["text"], row["columns"]["when"]) for row in labelled] == [
        ("Ships pay.", "1970-01-01"),
        ("Tugs pay.", "29349-01-26"),
        ("Boats do not.", "1970-01-01"),
    ]
    [rejected] = [json.loads(line)["input"] for line in Path("labels.jsonl.rejected.jsonl").read_text().splitlines()]
    assert rejected == {"text": "\ufffd", "when": "1970-01-01"}


def test_a_column_in_a_time_zone_that_is_none_ends_no_run(run: Run) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    times = arrow.array([0, 0], arrow.timestamp("us", tz="Nowhere/X"))
    parquet.write_table(arrow.table({"text": ["Ships pay.", "Tugs pay."], "when": times}), "news.parquet")
    code, _, err = run("predict", "news.parquet", "-o", "labels.jsonl")
    assert code == 1
    assert "news.parquet:1: field 'when' cannot be read ('Nowhere/X')" in err


def test_many_notes_are_counted(run: Run) -> None:
    rows = [json.dumps({"text": f"By Ada Low\n\nShip {n} pays."}) + "\n" for n in range(25)]
    Path("in.jsonl").write_text("".join(rows))
    code, _, err = run("predict", "in.jsonl")

    assert code == 0
    assert err.count("set aside as boilerplate") == cli_run.MOST_NOTES
    assert err.splitlines()[-1] == "… in all 25 passages set aside, 0 sentences read in part"


def test_a_summary_says_each_articles_shares(run: Run, news: Path) -> None:
    code, out, _ = run("predict", news, "--text-field", "body", "--summary", "-f", "jsonl")
    [first, second] = lines(out)

    assert code == 0
    assert (first["article"], first["sentences"], first["columns"]["outlet"]) == ("news:1", 2, "Post")
    assert list(first["counts"]) == [*NAMES, UNCERTAIN]
    assert second["shares"] == {name: float(second["counts"][name]) for name in second["counts"]}


def test_a_summary_as_a_table_ends_with_all(run: Run, news: Path) -> None:
    _, out, _ = run("predict", news, "--text-field", "body", "--summary", "-f", "table")
    rows = [line.split() for line in out.splitlines()]

    assert [row[:2] for row in rows] == [["article", "sentences"], ["news:1", "2"], ["news:2", "1"], ["all", "3"]]
    assert sum(int(cell.rstrip("%")) for cell in rows[-1][2:]) in (99, 100, 101)


def test_a_summary_as_csv(run: Run, news: Path) -> None:
    run("predict", news, "--text-field", "body", "--summary", "-o", "out.csv")
    rows = list(csv.DictReader(Path("out.csv").read_text(encoding="utf-8").splitlines()))

    assert [row["sentences"] for row in rows] == ["2", "1"]
    assert all(sum(float(row[f"share_{name}"]) for name in [*NAMES, UNCERTAIN]) == 1 for row in rows)


def test_doubt_is_counted_in_a_summary(run: Run, news: Path) -> None:
    _, out, _ = run("predict", news, "--text-field", "body", "--summary", "--min-confidence", 1)
    assert [record["counts"][UNCERTAIN] for record in lines(out)] == [2, 1]


def test_words_are_weighed_in_records_and_underlined_for_people(run: Run, news: Path) -> None:
    records = lines(run("predict", news, "--text-field", "body", "--explain")[1])
    body = lines(news.read_text(encoding="utf-8"))[0]["body"]

    assert [body[w["start"] : w["end"]] for w in records[0]["words"]] == ["Ships", "pay"]
    assert "underlined: weighs for it" in run("predict", news, "--text-field", "body", "--explain", "-f", "table")[1]
    assert 'class="w2"' in run("predict", news, "--text-field", "body", "--explain", "-f", "html")[1]


def test_the_number_of_processes_changes_nothing(run: Run) -> None:
    write_archive(Path("in.jsonl"), articles=300, bad=40)
    for jobs in (1, 2):
        assert run("predict", "in.jsonl", "-j", jobs, "-o", f"{jobs}.jsonl")[0] == 3

    assert Path("1.jsonl").read_bytes() == Path("2.jsonl").read_bytes()
    assert Path("1.jsonl.rejected.jsonl").read_bytes() == Path("2.jsonl.rejected.jsonl").read_bytes()


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.parquet"])
def test_a_run_that_stopped_is_finished_by_resume(run: Run, name: str, tmp_path: Path) -> None:
    write_archive(Path("in.jsonl"), articles=1000, bad=100)
    with Path("in.jsonl").open("a") as file:
        file.write('{"text": "FORGET it."}\n')
    whole = Path("whole").with_suffix(Path(name).suffix)
    with pytest.raises(MemoryError):
        run("predict", "in.jsonl", "-o", name)
    assert f"{name}.part" in names(tmp_path)
    # The machine has more memory now.
    fake_engine.FakeEngine.predict, saved = forgiving(fake_engine.FakeEngine.predict), fake_engine.FakeEngine.predict
    try:
        code, _, err = run("predict", "in.jsonl", "-o", name)
        assert code == 1
        assert "an unfinished run is here" in err
        assert run("predict", "in.jsonl", "-o", name, "--resume")[0] == 3
        assert run("predict", "in.jsonl", "-o", whole)[0] == 3
    finally:
        fake_engine.FakeEngine.predict = saved  # type: ignore[method-assign]
    assert Path(name).read_bytes() == whole.read_bytes()
    assert not [n for n in names(tmp_path) if "part" in n or "journal" in n]


def forgiving(predict: Any) -> Any:
    from dataclasses import replace

    def predict_all(self: Any, sentences: Any) -> Any:
        return predict(self, [replace(s, text=s.text.replace("FORGET", "Forget")) for s in sentences])

    return predict_all


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (["--min-confidence", "0.5"], "min confidence was 0.0 in the unfinished run and is 0.5 now"),
        (["--summary"], "summary was False"),
        (["more.jsonl"], "inputs was '1 files"),
        (["--text-field", "body"], "text field was 'text'"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_run_with_other_settings_or_inputs_is_refused(run: Run, change: list[str], reason: str) -> None:
    write_archive(Path("in.jsonl"), articles=1000)
    write_archive(Path("more.jsonl"), articles=10)
    with Path("in.jsonl").open("a") as file:
        file.write('{"text": "FORGET it."}\n')
    with pytest.raises(MemoryError):
        run("predict", "in.jsonl", "-o", "out.jsonl")
    code, out, err = run("predict", "in.jsonl", "-o", "out.jsonl", "--resume", *change)

    assert (code, out) == (1, "")
    assert f"out.jsonl: cannot resume: {reason}" in err
    assert Path("out.jsonl.part").stat().st_size


def test_a_changed_input_is_not_gone_on_with(run: Run) -> None:
    write_archive(Path("in.jsonl"), articles=1000)
    with Path("in.jsonl").open("a") as file:
        file.write('{"text": "FORGET it."}\n')
    with pytest.raises(MemoryError):
        run("predict", "in.jsonl", "-o", "out.jsonl")
    with Path("in.jsonl").open("a") as file:
        file.write("\n")

    assert "cannot resume: inputs was" in run("predict", "in.jsonl", "-o", "out.jsonl", "--resume")[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-f", "parquet"], "Parquet cannot be streamed"),
        (["--summary", "-o", "out.html"], "no sentences to colour"),
        (["--summary", "--explain"], "no sentences to explain"),
        (["--resume"], "--resume goes on with a file of records"),
        (["--resume", "-o", "out.html"], "--resume goes on with a file of records"),
        (["-", "--resume", "-o", "out.jsonl"], "cannot read standard input a second time"),
        (["--jobs", "-1"], "Invalid value"),
        (["--engine", "ray"], "name inputs and --output"),
        (["--engine", "ray", "-o", "out.csv"], "--engine ray writes jsonl and parquet"),
        (["--engine", "ray", "-o", "out", "-f", "html"], "--engine ray writes jsonl and parquet"),
        (["--engine", "ray", "-o", "out", "--resume"], "--resume is for the local engine"),
        (["s3://news/a.jsonl"], "s3://news/a.jsonl: object stores are for --engine ray"),
        (["-o", "s3://news/out.jsonl"], "object stores are for --engine ray"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_does_not_go_together_is_wrong_usage(run: Run, news: Path, arguments: list[str], message: str) -> None:
    code, out, err = run("predict", news, *arguments)

    assert (code, out) == (2, "")
    assert message in " ".join(err.split())


def test_without_ray_one_line_says_how_to_get_it(run: Run, news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    code, out, err = run("predict", "--engine", "ray", news, "-o", "out")

    assert (code, out) == (1, "")
    assert err == "newsvoice: --engine ray needs Ray; pip install 'newsvoice[cluster]'\n"


def test_an_output_never_replaces_an_input(run: Run, news: Path) -> None:
    before = news.read_bytes()
    code, _, err = run("predict", news, "-o", "news.jsonl")

    assert code == 1
    assert "news.jsonl: is an input, too; name another output" in err
    assert news.read_bytes() == before


def test_a_finished_output_is_named_where_a_resume_is_asked_for(run: Run, news: Path) -> None:
    arguments = ["predict", news, "--text-field", "body", "-o", "labels.jsonl"]
    assert run(*arguments, "--resume")[2] == ""
    assert run(*arguments, "--resume")[2] == "newsvoice: no unfinished run beside labels.jsonl; it is labelled anew\n"


@pytest.mark.parametrize("kind", ["rejected.jsonl", "part", "journal"])
def test_what_a_run_would_delete_is_no_input(run: Run, news: Path, kind: str) -> None:
    mended = Path(f"labels.jsonl.{kind}")
    mended.write_text(news.read_text(encoding="utf-8"), encoding="utf-8")
    code, _, err = run("predict", news, mended, "--text-field", "body", "-o", "labels.jsonl")
    assert code == 1
    assert err == f"newsvoice: {mended}: is an input, and a file that labels.jsonl needs; name another output\n"
    assert mended.exists()
    assert not Path("labels.jsonl").exists()


def test_what_a_run_would_delete_is_not_read_from_standard_input(news: Path, tmp_path: Path) -> None:
    for name in ("labels.jsonl", "labels.jsonl.part"):
        (tmp_path / name).write_text(news.read_text(encoding="utf-8"), encoding="utf-8")
        with (tmp_path / name).open("rb") as stream:
            arguments = ["predict", "-", "--text-field", "body", "-o", str(tmp_path / "labels.jsonl")]
            done = subprocess.run([*COMMAND, *arguments], stdin=stream, capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 1
        assert f"{name}: is an input" in done.stderr
        assert (tmp_path / name).read_text(encoding="utf-8") == news.read_text(encoding="utf-8")


def test_a_file_that_is_named_twice_is_read_once(run: Run, news: Path) -> None:
    _, once, _ = run("predict", news, "--text-field", "body")
    Path("same").mkdir()
    Path("same/link.jsonl").symlink_to(news)
    assert run("predict", news, news.name, "*.jsonl", "same/link.jsonl", "--text-field", "body")[1] == once


def test_the_lines_of_a_page_are_no_sentences(run: Run) -> None:
    Path("page.html").write_text("<html><body><p>Ships pay.</p></body></html>", encoding="utf-8")
    code, out, err = run("predict", "page.html", "--lines")
    assert (code, out) == (1, "")
    assert "page.html: a web page, whose lines are no sentences; label it without --lines" in err


def test_what_is_closed_is_said(run: Run, news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert "standard input is closed" in run("predict", "-")[2]
    assert "standard input is closed" in run("predict")[2]
    monkeypatch.setattr(sys, "stdout", None)
    assert "standard output is closed; name a file with --output" in run("predict", news)[2]


def test_an_empty_table_is_named(run: Run) -> None:
    Path("in.jsonl").write_text("\n\n")
    assert run("predict", "in.jsonl", "-o", "out.jsonl") == (1, "", "newsvoice: nothing to label in it\n")
    assert names(Path()) == ["in.jsonl"]


def on_a_terminal(*arguments: object, folder: Path, delay: float) -> tuple[int, str, str]:
    """Run the command with a terminal for standard error; give exit code, output and what the terminal got."""
    master, slave = pty.openpty()
    environment = os.environ | {DELAY: str(delay), "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "120"}
    command = [*COMMAND, "predict", *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=slave, env=environment, cwd=folder, text=True
    ) as process:
        os.close(slave)
        seen = b""
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        out, _ = process.communicate(timeout=60)
    os.close(master)
    return process.returncode, out, seen.decode(errors="replace")


def test_long_work_shows_rate_and_time_left(tmp_path: Path) -> None:
    write_archive(tmp_path / "in.jsonl", articles=600)
    code, out, seen = on_a_terminal(tmp_path / "in.jsonl", "-o", "out.jsonl", folder=tmp_path, delay=0.002)

    assert (code, out) == (0, "")
    assert "labelling" in seen
    assert "sentences, " in seen
    assert " a second" in seen
    assert "%" in seen
    assert seen.rstrip().endswith("1,800 sentences of 600 articles: out.jsonl")


def test_nothing_but_results_where_nobody_looks(tmp_path: Path) -> None:
    write_archive(tmp_path / "in.jsonl", articles=50)
    done = subprocess.run(
        [*COMMAND, "predict", "in.jsonl"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(lines(done.stdout)) == 150


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_reader_that_has_seen_enough_ends_the_run(tmp_path: Path, jobs: int) -> None:
    write_archive(tmp_path / "in.jsonl", articles=20_000)
    environment = os.environ | {DELAY: "0.01", "PYTHONPATH": str(ROOT)}
    command = [*COMMAND, "predict", str(tmp_path / "in.jsonl"), "--jobs", str(jobs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = json.loads(process.stdout.readline())
        process.stdout.close()
        # The whole would take minutes.
        assert process.wait(timeout=60) == 0
        assert process.stderr.read() == b""

    assert first["article"] == "in:1"


def test_help_is_quick() -> None:
    """CPU seconds, not wall: a busy machine must not fail it. Bare Python needs about 0.02 of them."""
    program = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
        "print(sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]))\n"
    )
    command = [sys.executable, "-m", "newsvoice.cli", "--help"]
    times = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", program, *command], capture_output=True, text=True, check=True, cwd=ROOT
        )
        times.append(float(done.stdout))
        time.sleep(0.05)

    assert min(times) <= 0.2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(run: Run, shell: str) -> None:
    code, out, err = run("completion", shell)

    assert (code, err) == (0, "")
    assert "_NEWSVOICE_COMPLETE" in out


@pytest.mark.parametrize(
    ("words", "expected"),
    [("newsvoice pre", "predict"), ("newsvoice predict --sum", "--summary"), ("newsvoice predict -f j", "jsonl")],
)
def test_words_are_completed(words: str, expected: str) -> None:
    environment = os.environ | {
        "_NEWSVOICE_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
        "PYTHONPATH": str(ROOT),
    }
    program = "import sys; sys.argv = ['newsvoice']; from newsvoice.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)

    assert expected in {line.partition(",")[2] for line in done.stdout.splitlines()}, done.stderr


def test_the_reference_is_what_help_says() -> None:
    from newsvoice.reference import reference

    stale = "stale: python -m newsvoice.reference > docs/cli.md"
    assert (ROOT / "docs/cli.md").read_text(encoding="utf-8") == reference(), stale


@pytest.mark.parametrize("width", [50, 60, 80])
def test_a_summary_keeps_the_articles_name_on_a_narrow_terminal(width: int) -> None:
    from rich.console import Console

    from newsvoice.render.table import print_summary

    counts = dict.fromkeys((*NAMES, UNCERTAIN), 2)
    stream = io.StringIO()
    print_summary([{"article": "harbour-fee", "sentences": 8, "counts": counts}], Console(file=stream, width=width))

    assert "harbour-fee" in stream.getvalue()
    assert stream.getvalue().count("25%") == 4


def test_rejections_too_many_to_name_are_kept_though_nothing_was_labelled(run: Run, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"text": 5}\n' * 7)
    code, out, err = run("predict", rows, "-o", "out.jsonl")

    assert (code, out) == (1, "")
    assert err.splitlines()[-2:] == ["newsvoice: … and 2 more", "newsvoice: see out.jsonl.rejected.jsonl"]
    assert len((tmp_path / "out.jsonl.rejected.jsonl").read_text().splitlines()) == 7
    assert names(tmp_path) == ["out.jsonl.rejected.jsonl", "rows.jsonl"]


def test_a_format_against_the_ending_is_refused(run: Run, news: Path) -> None:
    code, _, err = run("predict", news, "--text-field", "body", "-f", "html", "-o", "out.csv")
    assert code == 1
    assert err == "newsvoice: out.csv: --format html into a file that ends in .csv; change one of them\n"
    assert not Path("out.csv").exists()
    assert run("predict", news, "--text-field", "body", "-f", "jsonl", "-o", "out.txt")[0] == 0


def test_an_ending_that_promises_another_format_is_refused(run: Run, news: Path) -> None:
    code, out, err = run("predict", news, "--text-field", "body", "-o", "out.xlsx")

    assert (code, out) == (1, "")
    assert err == (
        "newsvoice: out.xlsx: no format has this ending; take .jsonl, .ndjson, .csv, .parquet, .html, .htm, .txt,"
        " or add --format\n"
    )


def test_a_dash_is_standard_output(run: Run, news: Path, tmp_path: Path) -> None:
    code, out, _ = run("predict", news, "--text-field", "body", "-o", "-", "--format", "csv")

    assert code == 0
    assert out.startswith("article,index")
    assert names(tmp_path) == ["news.jsonl"]

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from newsvoice import archive as archive_module
from newsvoice.archive import Archive, State
from newsvoice.documents import Position
from newsvoice.errors import NewsvoiceError
from newsvoice.inputs import find_sources, read_documents
from newsvoice.work import Rejected, Result, Task, chunks, label_chunk
from tests.newsvoice.fake_engine import COMMITS, DELAY, FakeEngine

ROOT = Path(__file__).parents[2]
SETTINGS = {"format": "jsonl", "min confidence": 0.0}
COMMAND = [sys.executable, "-m", "tests.newsvoice.fake_engine"]


def result(text: str, *, after: int, rejected: int = 0) -> Result:
    return Result(
        data=text,
        labelled=(),
        rejected=tuple(Rejected(f"bad{n}", f"in:{n}", "no reason") for n in range(rejected)),
        notes=(),
        documents=1 + rejected,
        articles=1,
        sentences=1,
        truncated=0,
        set_aside=0,
        weight=10,
        after=Position(0, after, after),
    )


RESULTS = [result("one\n", after=1), result("zwei für drei\n", after=2, rejected=2), result("three\n", after=3)]
WHOLE = "".join(r.data for r in RESULTS)


@pytest.fixture(autouse=True)
def commit_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "COMMIT_SECONDS", 0.0)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def resumed(output: Path, **settings: Any) -> Archive:
    return Archive(output, SETTINGS | settings, resume=True)


def rest(archive: Archive) -> Sequence[Result]:
    return RESULTS[archive.state.position.offset :]


class KilledError(Exception):
    pass


def leave_unfinished(output: Path, results: Sequence[Result]) -> None:
    """Run over some results and stop, as an exception or Ctrl-C would."""
    with contextlib.suppress(KilledError), Archive(output, SETTINGS, resume=False) as archive:
        for one in results:
            archive.write(one)
        raise KilledError


def test_a_run_leaves_output_and_rejections_and_nothing_else(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    with Archive(output, SETTINGS, resume=False) as archive:
        for one in RESULTS:
            archive.write(one)
        assert not output.exists()
        archive.finish()

    assert output.read_text(encoding="utf-8") == WHOLE
    assert files(tmp_path) == ["out.jsonl", "out.jsonl.rejected.jsonl"]
    rejections = [json.loads(line) for line in (tmp_path / "out.jsonl.rejected.jsonl").read_text().splitlines()]
    assert [r["article"] for r in rejections] == ["bad0", "bad1"]


def test_a_run_without_rejections_takes_away_those_of_the_run_before(tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text("old")
    (tmp_path / "out.jsonl.rejected.jsonl").write_text("old")
    with Archive(tmp_path / "out.jsonl", SETTINGS, resume=False) as archive:
        archive.write(RESULTS[0])
        archive.finish()

    assert files(tmp_path) == ["out.jsonl"]
    assert (tmp_path / "out.jsonl").read_text() == "one\n"


@pytest.mark.parametrize("done", [1, 2, 3])
def test_a_stopped_run_is_resumed_where_it_stopped(tmp_path: Path, done: int) -> None:
    output = tmp_path / "out.jsonl"
    leave_unfinished(output, RESULTS[:done])
    assert files(tmp_path) == ["out.jsonl.journal", "out.jsonl.part", "out.jsonl.rejected.part"]

    with resumed(output) as archive:
        assert len(rest(archive)) == 3 - done
        for one in rest(archive):
            archive.write(one)
        archive.finish()

    assert output.read_text(encoding="utf-8") == WHOLE
    assert archive.state.articles == 3
    assert archive.state.rejections == 2
    assert len((tmp_path / "out.jsonl.rejected.jsonl").read_text().splitlines()) == 2


def test_what_was_written_after_the_last_commit_is_cut_off(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    leave_unfinished(output, RESULTS[:2])
    for name in ("out.jsonl.part", "out.jsonl.rejected.part"):
        with (tmp_path / name).open("ab") as file:
            file.write('{"half": "a rec\u00f6'.encode()[:-1])

    with resumed(output) as archive:
        archive.write(RESULTS[2])
        archive.finish()

    assert output.read_text(encoding="utf-8") == WHOLE
    assert len((tmp_path / "out.jsonl.rejected.jsonl").read_text().splitlines()) == 2


def test_a_part_shorter_than_the_journal_says_is_refused(tmp_path: Path) -> None:
    leave_unfinished(tmp_path / "out.jsonl", RESULTS[:2])
    os.truncate(tmp_path / "out.jsonl.part", 3)

    with pytest.raises(NewsvoiceError, match=r"out\.jsonl\.part: 3 bytes long, the journal says 19"):
        resumed(tmp_path / "out.jsonl")


def test_a_run_that_did_nothing_leaves_nothing(tmp_path: Path) -> None:
    leave_unfinished(tmp_path / "out.jsonl", [])
    assert files(tmp_path) == []


def test_an_unfinished_run_is_not_overwritten(tmp_path: Path) -> None:
    leave_unfinished(tmp_path / "out.jsonl", RESULTS[:2])

    with pytest.raises(NewsvoiceError, match=r"an unfinished run is here \(2 articles done\); go on with --resume, or"):
        Archive(tmp_path / "out.jsonl", SETTINGS, resume=False)
    assert (tmp_path / "out.jsonl.part").read_text(encoding="utf-8") == RESULTS[0].data + RESULTS[1].data


def test_without_its_journal_a_run_begins_anew(tmp_path: Path) -> None:
    leave_unfinished(tmp_path / "out.jsonl", RESULTS[:2])
    (tmp_path / "out.jsonl.journal").unlink()

    for resume in (True, False):
        with contextlib.suppress(KilledError), Archive(tmp_path / "out.jsonl", SETTINGS, resume=resume) as archive:
            assert archive.state == State()
            assert (tmp_path / "out.jsonl.part").stat().st_size == 0
            raise KilledError


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"min confidence": 0.5}, "min confidence was 0.0 in the unfinished run and is 0.5 now"),
        ({"format": "csv"}, "format was 'jsonl' in the unfinished run and is 'csv' now"),
        ({"new": 1}, "new was None in the unfinished run and is 1 now"),
    ],
    ids=lambda value: str(value)[:16],
)
def test_a_run_with_other_settings_is_not_gone_on_with(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    leave_unfinished(tmp_path / "out.jsonl", RESULTS[:1])

    with pytest.raises(NewsvoiceError, match=rf"out\.jsonl: cannot resume: {message}; run it as before, or delete"):
        resumed(tmp_path / "out.jsonl", **changed)


@pytest.mark.parametrize("journal", ["", "{", "[]", '{"version": 1}', '{"version": 1, "settings": {}, "state": {}}'])
def test_a_broken_journal_is_named(tmp_path: Path, journal: str) -> None:
    leave_unfinished(tmp_path / "out.jsonl", RESULTS[:1])
    (tmp_path / "out.jsonl.journal").write_text(journal)

    with pytest.raises(NewsvoiceError, match=r"out\.jsonl\.journal: not a journal of newsvoice; delete it"):
        resumed(tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl.part").read_text() == "one\n"


def test_a_journal_of_another_version_is_refused(tmp_path: Path) -> None:
    leave_unfinished(tmp_path / "out.jsonl", RESULTS[:1])
    path = tmp_path / "out.jsonl.journal"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 99}))

    with pytest.raises(NewsvoiceError, match="the journal is of another version"):
        resumed(tmp_path / "out.jsonl")


def test_two_runs_do_not_write_one_output(tmp_path: Path) -> None:
    with Archive(tmp_path / "out.jsonl", SETTINGS, resume=False) as first:
        first.write(RESULTS[0])
        for resume in (True, False):
            with pytest.raises(NewsvoiceError, match="another run is writing this output"):
                Archive(tmp_path / "out.jsonl", SETTINGS, resume=resume)
        first.finish()

    assert (tmp_path / "out.jsonl").read_text() == "one\n"


@pytest.mark.parametrize("convert", [False, True], ids=["named", "converted"])
@pytest.mark.parametrize("step", range(8))
def test_a_kill_between_the_last_steps_is_finished_by_a_resume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, convert: bool
) -> None:
    """Every call that changes a name is a moment to be killed at; `step` says which."""
    output = tmp_path / "out.jsonl"

    def upper(part: Path, target: Path) -> None:
        target.write_text(part.read_text(encoding="utf-8").upper(), encoding="utf-8")

    def dying(method: Callable[..., Any], calls: Iterator[int]) -> Callable[..., Any]:
        def die_or_do(*arguments: Any, **options: Any) -> Any:
            if next(calls) == step:
                raise KilledError
            return method(*arguments, **options)

        return die_or_do

    archive = Archive(output, SETTINGS, resume=False)
    for one in RESULTS:
        archive.write(one)
    calls = iter(range(100))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", dying(Path.replace, calls))
        patch.setattr(Path, "unlink", dying(Path.unlink, calls))
        with contextlib.suppress(KilledError):
            archive.finish(upper if convert else None)
    archive._records.close()
    archive._rejections.close()

    if (tmp_path / "out.jsonl.journal").exists():
        with resumed(output) as archive:
            for one in rest(archive):
                archive.write(one)
            archive.finish(upper if convert else None)
    assert output.read_text(encoding="utf-8") == (WHOLE.upper() if convert else WHOLE)
    assert len((tmp_path / "out.jsonl.rejected.jsonl").read_text().splitlines()) == 2
    assert files(tmp_path) == ["out.jsonl", "out.jsonl.rejected.jsonl"]


def test_what_was_converted_is_on_disk_before_what_it_was_made_from_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "out.jsonl"
    archive = Archive(output, SETTINGS, resume=False)
    for one in RESULTS:
        archive.write(one)
    written: set[int] = set()
    sync = os.fsync

    def noted(file: int) -> None:
        written.add(os.fstat(file).st_ino)
        sync(file)

    monkeypatch.setattr(archive_module.os, "fsync", noted)
    archive.finish(lambda part, target: target.write_bytes(part.read_bytes()) and None)
    assert output.stat().st_ino in written


def write_archive(path: Path, *, articles: int, bad: int = 0) -> None:
    """Write JSON Lines of short articles, every `bad`th line broken."""
    rows = []
    for number in range(1, articles + 1):
        text = f"Ship {number} pays. Tug {number} does not, he said. It rained."
        broken = bad and number % bad == 0
        rows.append("{broken\n" if broken else json.dumps({"text": text, "n": number}) + "\n")
    path.write_text("".join(rows), encoding="utf-8")


def command(*arguments: object, delay: float = 0.0, **options: Any) -> subprocess.Popen[str]:
    environment = os.environ | {DELAY: str(delay), COMMITS: "0.03", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [*COMMAND, "predict", *map(str, arguments)],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, err = process.communicate(timeout=120)
    return process.returncode, err


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> bool:
    """Wait until it holds or the process ends; say whether it holds."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if condition():
            return True
        if process.poll() is not None:
            return condition()
        time.sleep(0.005)
    raise AssertionError("nothing happened")


def test_twenty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """Kill -9 at random moments; with one process and with two in turn, which must not change a byte either."""
    source, output, expected = tmp_path / "in.jsonl", tmp_path / "out.jsonl", tmp_path / "expected.jsonl"
    write_archive(source, articles=4000, bad=97)
    assert finished(command(source, "-o", expected))[0] == 3
    draw = random.Random(7)
    kills, reached = 0, []
    for attempt in range(60):
        process = command(source, "-o", output, "--resume", "--jobs", 1 + attempt % 2, delay=0.002)
        journal = tmp_path / "out.jsonl.journal"
        before = journal.read_bytes() if journal.exists() else b""
        # Begun to write, so that the kill falls into the work and not into the start of Python.
        if not wait_for(lambda j=journal, b=before: j.exists() and j.read_bytes() != b, process):
            process.communicate()
            break
        time.sleep(draw.uniform(0, 0.25))
        process.kill()
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
        if process.returncode != -signal.SIGKILL:
            break
        reached.append(json.loads(journal.read_text())["state"]["documents"] if journal.exists() else -1)
        if kills == 20:
            break
    assert kills == 20, "the runs ended before they could be killed"
    assert len(set(reached)) > 10
    code, err = finished(command(source, "-o", output, "--resume"))

    assert code == 3, err
    assert output.read_bytes() == expected.read_bytes()
    assert (tmp_path / "out.jsonl.rejected.jsonl").read_bytes() == (
        tmp_path / "expected.jsonl.rejected.jsonl"
    ).read_bytes()
    assert len(output.read_bytes().splitlines()) == 3 * (4000 - 4000 // 97)
    assert not list(tmp_path.glob("*.part")) + list(tmp_path.glob("*.journal*"))


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    ("sent", "exit_code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_polite_end_is_clean_and_can_be_resumed(
    tmp_path: Path, sent: int, exit_code: int, word: str, jobs: int
) -> None:
    source, output, expected = tmp_path / "in.jsonl", tmp_path / "out.jsonl", tmp_path / "expected.jsonl"
    write_archive(source, articles=1500)
    assert finished(command(source, "-o", expected))[0] == 0
    # A group of its own: a terminal sends Ctrl-C to the worker processes, too, and a scheduler its SIGTERM.
    process = command(source, "-o", output, "--jobs", jobs, delay=0.01, start_new_session=True)
    assert wait_for((tmp_path / "out.jsonl.journal").exists, process)
    time.sleep(0.2)
    os.killpg(process.pid, sent)
    code, err = finished(process)

    assert code == exit_code, err
    assert "Traceback" not in err
    first, second = [line for line in err.splitlines() if line]
    assert first.startswith("newsvoice: ")
    assert first.endswith(" articles are safe in out.jsonl.part; add --resume to go on")
    assert second == f"newsvoice: {word}"
    assert not output.exists()
    assert finished(command(source, "-o", output, "--resume", "-j", 2)) == (0, "")
    assert output.read_bytes() == expected.read_bytes()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks Linux's /proc for child processes")
def test_a_killed_run_leaves_no_worker_behind(tmp_path: Path) -> None:
    write_archive(tmp_path / "in.jsonl", articles=1500)
    process = command(tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl", "--jobs", 2, delay=0.01)
    assert wait_for((tmp_path / "out.jsonl.journal").exists, process)
    workers = children(process.pid)
    assert len(workers) >= 2
    process.kill()
    process.communicate()

    deadline = time.monotonic() + 20
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, workers))


def test_a_worker_that_dies_is_reported_and_the_run_can_go_on(tmp_path: Path) -> None:
    write_archive(tmp_path / "in.jsonl", articles=600)
    with (tmp_path / "in.jsonl").open("a") as file:
        file.write('{"text": "EXIT now."}\n')
    code, err = finished(command(tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl", "--jobs", 2))

    assert code == 1
    assert "a worker process died (out of memory?); try fewer --jobs" in err
    assert "articles are safe in out.jsonl.part; add --resume to go on" in err
    assert not (tmp_path / "out.jsonl").exists()


def peak_kilobytes(*arguments: object) -> int:
    program = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program, *COMMAND, "predict", *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.mark.parametrize("output", ["out.jsonl", "out.csv"])
def test_memory_does_not_grow_with_the_archive(tmp_path: Path, output: str) -> None:
    write_archive(tmp_path / "small.jsonl", articles=500)
    write_archive(tmp_path / "large.jsonl", articles=10_000)
    small, large = (peak_kilobytes(tmp_path / f"{n}.jsonl", "-o", tmp_path / output) for n in ("small", "large"))

    # The large archive makes 8 MB of records; even 100 bytes kept an article would show.
    assert large < small + 1_000


def labelled_in(folder: Path, jobs: int) -> str:
    from newsvoice.workers import label_chunks
    from tests.newsvoice.fake_engine import load_fake

    sources = find_sources([folder / "in.jsonl"], text_field=None)
    documents = read_documents(sources, text_field="text")
    return "".join(r.data for r in label_chunks(chunks(documents), load=load_fake, task=Task(), jobs=jobs))


def test_several_processes_keep_the_order(tmp_path: Path) -> None:
    write_archive(tmp_path / "in.jsonl", articles=700)

    assert labelled_in(tmp_path, 3) == labelled_in(tmp_path, 1)


def test_chunks_are_the_same_from_wherever_they_begin(tmp_path: Path) -> None:
    write_archive(tmp_path / "in.jsonl", articles=400, bad=50)
    sources = find_sources([tmp_path / "in.jsonl"], text_field=None)
    whole = list(chunks(read_documents(sources, text_field="text")))
    assert len(whole) > 5
    for number in range(1, len(whole)):
        start = whole[number - 1][-1].after
        assert list(chunks(read_documents(sources, text_field="text", start=start))) == whole[number:]


def test_chunks_are_smaller_where_words_are_weighed(tmp_path: Path) -> None:
    write_archive(tmp_path / "in.jsonl", articles=40)
    sources = find_sources([tmp_path / "in.jsonl"], text_field=None)
    few, many = (list(chunks(read_documents(sources, text_field="text"), explain=explain)) for explain in (False, True))
    assert len(many) > len(few)
    assert [d.id for chunk in many for d in chunk] == [d.id for chunk in few for d in chunk]


def test_a_document_that_the_model_fails_on_is_rejected_alone(tmp_path: Path) -> None:
    texts = ["Ships pay.", "CRASH now.", "Tugs pay."]
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps({"body": text, "n": n}) + "\n" for n, text in enumerate(texts)))
    documents = list(read_documents(find_sources([path], text_field=None), text_field="body"))
    done = label_chunk(documents, FakeEngine(), Task(text_field="body"))

    assert [json.loads(line)["text"] for line in done.data.splitlines()] == ["Ships pay.", "Tugs pay."]
    [rejected] = done.rejected
    assert rejected.reason == "the model failed on it (RuntimeError: it crashed)"
    assert (rejected.article, rejected.where) == ("in:2", f"{path}:2")
    assert rejected.input == {"body": "CRASH now.", "n": 1}


def test_what_no_parser_survives_is_rejected_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def recurse(*_: object, **__: object) -> None:
        raise RecursionError("too deep\nfor it")

    for name in ("a.txt", "b.html", "c.txt"):
        (tmp_path / name).write_text("Ships pay.")
    monkeypatch.setattr("newsvoice.text.ingest.extract_html", recurse)
    documents = list(read_documents(find_sources([tmp_path], text_field=None), text_field="text"))
    done = label_chunk(documents, FakeEngine(), Task())

    assert [(r.article, r.reason) for r in done.rejected] == [("b", "cannot be read (RecursionError: too deep)")]
    assert done.articles == 2


def test_a_failing_explanation_rejects_its_document_alone(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "Ships."}\n{"text": "Ships pay."}\n')

    class Engine(FakeEngine):
        def predict(self, sentences: Sequence[Any]) -> list[Any]:
            if any(s.text.startswith("…") for s in sentences):
                raise ValueError("no words")
            return super().predict(sentences)

    documents = list(read_documents(find_sources([tmp_path / "in.jsonl"], text_field=None), text_field="text"))
    done = label_chunk(documents, Engine(), Task(explain=True))

    assert [r.reason for r in done.rejected] == ["the model failed on it (ValueError: no words)"]
    assert done.articles == 1


def test_a_lack_of_memory_is_no_fault_of_the_document(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "FORGET it."}\n')
    documents = list(read_documents(find_sources([tmp_path / "in.jsonl"], text_field=None), text_field="text"))

    with pytest.raises(MemoryError):
        label_chunk(documents, FakeEngine(), Task())


def test_documents_of_one_name_do_not_read_each_other_along(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Ships pay. Tugs pay.")
    one = list(read_documents(find_sources([tmp_path / "a.txt"], text_field=None), text_field="text"))
    once = label_chunk(one, FakeEngine(), Task()).data

    assert label_chunk([*one, *one], FakeEngine(), Task()).data == once + once

"""An output file that survives a kill: it grows by whole chunks, and a journal says how far it holds.

Beside `OUTPUT` lie, while a run lasts, `OUTPUT.part` (records so far), `OUTPUT.rejected.part` and
`OUTPUT.journal`: settings, the place in the input up to which records are safe, and the lengths that both
files had then. What stands behind those lengths was written after the last commit and is cut off at resume,
so no record is lost or doubled. Commits are ordered (records to disk, then the journal, renamed into place),
which holds for a killed process and for a machine that lost power. At the end the files take their names.
"""

import contextlib
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from newsvoice.documents import FIRST, Position
from newsvoice.errors import NewsvoiceError
from newsvoice.output import MOST_NOTES
from newsvoice.render.rows import dumps
from newsvoice.work import Result

VERSION = 1
# Seconds between commits. A kill costs this much work; a commit costs three syncs.
COMMIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class State:
    """How far a run has come: place in the input, lengths of both files in bytes, and counts."""

    position: Position = FIRST
    output: int = 0
    rejected: int = 0
    documents: int = 0
    articles: int = 0
    sentences: int = 0
    rejections: int = 0
    truncated: int = 0
    set_aside: int = 0
    weight: int = 0
    finished: bool = False

    def after(self, result: Result, *, output: int, rejected: int) -> "State":
        """Return the state when a chunk's result has been written, so many bytes to each file."""
        return replace(
            self,
            position=result.after,
            output=self.output + output,
            rejected=self.rejected + rejected,
            documents=self.documents + result.documents,
            articles=self.articles + result.articles,
            sentences=self.sentences + result.sentences,
            rejections=self.rejections + len(result.rejected),
            truncated=self.truncated + result.truncated,
            set_aside=self.set_aside + result.set_aside,
            weight=self.weight + result.weight,
        )


def written(output: Path) -> list[Path]:
    """Every file, resolved, that a run writes or deletes for an output."""
    target = output.resolve()
    names = ("part", "journal", "journal.new", "rejected.part", "whole")
    return [target, rejected_path(target), *(beside(target, name) for name in names)]


class Archive:
    """Writes results to `output`, from the start or (`resume`) from where an unfinished run stopped.

    `settings` decide the output, by name; an unfinished run with others is not gone on with. Raises
    `NewsvoiceError` for that, for an unfinished run nobody asked to resume, and for a place that cannot
    be written or that another run is writing to.
    """

    def __init__(self, output: Path, settings: Mapping[str, Any], *, resume: bool, header: str = "") -> None:
        if output.is_dir():
            raise NewsvoiceError("is a folder; name a file", where=str(output))
        self.output = output.resolve()
        self.settings = dict(settings)
        self.part, self.journal = beside(self.output, "part"), beside(self.output, "journal")
        self.rejected_part, self.rejected = beside(self.output, "rejected.part"), rejected_path(self.output)
        self._records = _open_locked(self.part, shown=output)
        try:
            unfinished = self._read_journal(output, resume=resume)
            self.resumed = unfinished is not None
            self.state = unfinished or State()
            if not self.state.finished:
                _cut(self._records, self.state.output, self.part)
            self._rejections = self.rejected_part.open("ab")
            if not self.state.finished:
                _cut(self._rejections, self.state.rejected, self.rejected_part)
        except BaseException:
            self._records.close()
            if not self.part.stat().st_size:
                self.part.unlink()
            raise
        self._committed = -COMMIT_SECONDS
        if header and unfinished is None:
            self.state = replace(self.state, output=self._records.write(header.encode()))

    def write(self, result: Result) -> None:
        """Append a chunk's records and rejections; from time to time, make sure of them."""
        output = self._records.write(result.data.encode())
        rejected = self._rejections.write("".join(dumps(asdict(r)) + "\n" for r in result.rejected).encode())
        # A stop before this line leaves a tail behind the state's lengths, which a resume cuts off.
        self.state = self.state.after(result, output=output, rejected=rejected)
        if time.monotonic() - self._committed >= COMMIT_SECONDS:
            self._commit()

    def finish(self, convert: Callable[[Path, Path], None] | None = None) -> None:
        """Give the files their names; `convert(part, target)` makes the output of the records so far.

        If nothing was labelled, nothing is left behind but why, and an older output stays as it is.
        """
        if not self.state.articles:
            self._rejections.flush()
            # What can be told in a few lines leaves no file behind.
            if self.state.rejections > MOST_NOTES:
                self.rejected_part.replace(self.rejected)
            self._discard()
            return
        self.state = replace(self.state, finished=True)
        self._commit()
        self._close()
        # Every step may be repeated: a kill between two of them is finished by a resume.
        if self.state.rejections and self.rejected_part.stat().st_size:
            self.rejected_part.replace(self.rejected)
        elif not self.state.rejections:
            self.rejected.unlink(missing_ok=True)
        self.rejected_part.unlink(missing_ok=True)
        if self.part.stat().st_size:
            if convert is not None:
                target = beside(self.output, "whole")
                convert(self.part, target)
                _to_disk(target)
                target.replace(self.output)
            else:
                self.part.replace(self.output)
        self.part.unlink(missing_ok=True)
        self.journal.unlink(missing_ok=True)

    @property
    def kept(self) -> bool:
        """Whether a run that stopped here can be resumed."""
        return self.journal.exists()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep an unfinished run for a resume, unless there is nothing to keep."""
        if self._records.closed:
            return
        if self.state.articles:
            with contextlib.suppress(OSError):
                self._commit()
            self._close()
        else:
            self._discard()

    def _commit(self) -> None:
        for file in (self._records, self._rejections):
            file.flush()
            os.fsync(file.fileno())
        value = {"version": VERSION, "settings": self.settings, "state": asdict(self.state)}
        new = beside(self.output, "journal.new")
        with new.open("wb") as file:
            file.write(json.dumps(value, indent=1).encode())
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.journal)
        self._committed = time.monotonic()

    def _close(self) -> None:
        for file in (self._records, self._rejections):
            # A full disk may refuse what is still buffered; the journal does not count on it.
            with contextlib.suppress(OSError):
                file.close()

    def _discard(self) -> None:
        self._close()
        for path in (self.part, self.rejected_part, self.journal, beside(self.output, "journal.new")):
            path.unlink(missing_ok=True)

    def _read_journal(self, output: Path, *, resume: bool) -> State | None:
        try:
            value = json.loads(self.journal.read_text(encoding="utf-8"))
            state = State(**(value["state"] | {"position": Position(**value["state"]["position"])}))
            version, settings = value["version"], value["settings"]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            advice = "delete it to begin anew"
            raise NewsvoiceError("not a journal of newsvoice", where=str(self.journal), advice=advice) from error
        anew = f"delete {self.journal.name} to begin anew"
        if not resume:
            raise NewsvoiceError(
                f"an unfinished run is here ({state.articles:,} articles done)",
                where=str(output),
                advice=f"go on with --resume, or {anew}",
            )
        if version != VERSION:
            raise NewsvoiceError("the journal is of another version of newsvoice", where=str(output), advice=anew)
        for name in sorted(settings.keys() | self.settings.keys()):
            was, now = settings.get(name), self.settings.get(name)
            if was != now:
                raise NewsvoiceError(
                    f"cannot resume: {name} was {was!r} in the unfinished run and is {now!r} now",
                    where=str(output),
                    advice=f"run it as before, or {anew}",
                )
        return state


def beside(output: Path, ending: str) -> Path:
    """Return the path of a companion of an output file."""
    return output.with_name(f"{output.name}.{ending}")


def rejected_path(output: Path) -> Path:
    """Return where rejected documents go."""
    return beside(output, "rejected.jsonl")


def _to_disk(path: Path) -> None:
    """Wait until a file is safe from a power cut; what it was made from may then go."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _open_locked(path: Path, *, shown: Path) -> BinaryIO:
    try:
        file = path.open("ab")
    except OSError as error:
        raise NewsvoiceError(
            f"cannot write ({error.strerror})", where=str(shown), advice="name a place you may write to"
        ) from error
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        # No such locks on this system; two runs on one output are then the user's to avoid.
        pass
    except OSError:
        file.close()
        raise NewsvoiceError("another run is writing this output", where=str(shown), advice="wait for it") from None
    return file


def _cut(file: BinaryIO, length: int, path: Path) -> None:
    """Cut off what was written after the last commit."""
    size = os.fstat(file.fileno()).st_size
    if size < length:
        raise NewsvoiceError(
            f"{size:,} bytes long, the journal says {length:,}",
            where=str(path),
            advice="delete the journal to begin anew",
        )
    file.truncate(length)
    file.seek(0, os.SEEK_END)

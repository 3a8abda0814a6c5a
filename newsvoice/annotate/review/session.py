"""Articles under review, and the one place where a vote is read from and written to their stand-off files.

Every vote is on disk, whole, before it is answered. A vote names the version of the file that its voter saw;
when the file has changed since (another tab, another program), nothing is written and the voter is shown
what is there now. From that comparison to the writing, the folder is locked.
"""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from newsvoice.annotate.candidates import Predict
from newsvoice.annotate.lock import locked
from newsvoice.annotate.review.guesses import Guess, guesses
from newsvoice.annotate.review.passages import Passage, passages
from newsvoice.annotate.review.wanted import Wanted
from newsvoice.annotate.votes import vote_of, with_vote, without_vote
from newsvoice.annotations import Annotation, Vote, check_against, read_annotations
from newsvoice.errors import NewsvoiceError
from newsvoice.records import Article, write_jsonl
from newsvoice.text.ingest import read_article
from newsvoice.text.plain import visible

# The version of a file that is not there.
ABSENT: Final = "none"


@dataclass(frozen=True, slots=True)
class _Opened:
    """An article that was looked at: as it was then, the hash of its file, and the guesses."""

    article: Article
    digest: str
    guesses: Sequence[Guess]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page gets: the article's state, and whether the vote that asked for it came too late."""

    state: dict[str, Any]
    outdated: bool = False


class Session:
    """One annotator's review of some articles.

    `predict` is the model (None: the rules guess); `wanted`, by article id, restricts what counts as
    doubtful; `blind` hides guesses and other people's votes, for an independent pass.
    """

    def __init__(
        self,
        files: Mapping[str, Path],
        *,
        annotations: Path,
        annotator: str,
        predict: Predict | None = None,
        wanted: Mapping[str, Sequence[Wanted]] | None = None,
        blind: bool = False,
    ) -> None:
        self.files = list(files.items())
        self.annotations, self.annotator = annotations, annotator
        self.predict, self.wanted, self.blind = predict, wanted, blind
        self._opened: dict[int, _Opened] = {}
        self._answered: set[tuple[int, int, int]] = set()
        # This annotator's labels of the passages voted on: before the first vote on each, and after the last.
        self._labels: dict[tuple[int, int, int], tuple[str | None, str | None]] = {}
        self._lock = threading.Lock()

    @property
    def labelled(self) -> int:
        """How many passages this session gave a label that they did not have from this annotator before."""
        return sum(label not in (None, before) for before, label in self._labels.values())

    def state(self, number: int) -> dict[str, Any]:
        """Return an article by its number, from 0: version, units in reading order, votes and guesses.

        Raises `NewsvoiceError` when article or annotations cannot be read or do not fit each other.
        """
        with self._lock:
            return self._state(number)

    def vote(self, number: int, *, start: int, end: int, label: str | None, version: str, undo: bool = False) -> Answer:
        """Save this annotator's label of a passage (None: take it back), unless the file is not at `version`.

        `undo` says that the label is what stood there before: the passage is then to be looked at again.
        """
        file, place = self._file(number), (number, start, end)
        with self._lock, locked(self.annotations):
            opened = self._open(number)
            if version != _version(file):
                return Answer(self._state(number), outdated=True)
            marks = self._marks(number)
            own = next((_label(m, self.annotator) for m in marks if (m.start, m.end) == (start, end)), None)
            if label is None:
                marks = without_vote(marks, start=start, end=end, annotator=self.annotator)
            elif label != own:
                vote = Vote(self.annotator, label)
                marks = with_vote(marks, opened.article, start=start, end=end, vote=vote, where=str(file))
            if marks:
                write_jsonl(file, marks)
            else:
                file.unlink(missing_ok=True)
            self._labels[place] = (self._labels.get(place, (own,))[0], label)
            (self._answered.discard if undo else self._answered.add)(place)
            return Answer(self._state(number))

    def _state(self, number: int) -> dict[str, Any]:
        opened = self._open(number)
        # First, so that what another process writes in between is at worst shown under the older version.
        version = _version(self._file(number))
        found = passages(opened.article, opened.guesses, self._marks(number))
        return {
            "article": opened.article.id,
            "number": number,
            "version": version,
            "units": [self._unit(number, passage, opened) for passage in found],
        }

    def _unit(self, number: int, passage: Passage, opened: _Opened) -> dict[str, Any]:
        mark, guess = passage.mark, passage.guess
        own = _label(mark, self.annotator) if mark else None
        others = [vote for vote in mark.votes if vote.annotator != self.annotator] if mark and not self.blind else []
        wanted = self._wanted(opened.article.id, passage)
        if self.blind:
            doubtful = own is None and passage.kind != "boilerplate"
        elif self.wanted is not None:
            answered = wanted is not None and wanted.answered(self.annotator, own)
            doubtful = wanted is not None and not answered and (number, *passage.span) not in self._answered
        else:
            settled = mark is not None and not mark.disputed
            doubtful = own is None and not settled and (mark is not None or (guess is not None and guess.doubtful))
        reasons = [] if self.blind else [part.why for part in (wanted, guess) if part is not None]
        return {
            "start": passage.span[0],
            "end": passage.span[1],
            "text": visible(opened.article.text[slice(*passage.span)]),
            "paragraph": passage.paragraph,
            "kind": passage.kind,
            "own": own,
            "gold": mark.label if mark is not None and not self.blind else None,
            "votes": [{"annotator": vote.annotator, "label": vote.label} for vote in others],
            "guess": guess.label if guess is not None and not self.blind else None,
            "why": " ".join(reasons),
            "doubtful": doubtful,
        }

    def _wanted(self, article: str, passage: Passage) -> Wanted | None:
        start, end = passage.span
        listed = (self.wanted or {}).get(article, ())
        # Most of it must be meant: the list may be older than an annotation's borders.
        return next((w for w in listed if 2 * (min(w.end, end) - max(w.start, start)) > end - start), None)

    def _open(self, number: int) -> _Opened:
        name, path = self.files[number]
        digest = _version(path)
        opened = self._opened.get(number)
        if opened is None:
            article = read_article(path, article_id=name)
            self._check_list(article)
            opened = self._opened[number] = _Opened(article, digest, guesses(article, self.predict))
        if opened.digest != digest:
            raise NewsvoiceError(
                "the article was edited while under review", where=str(path), advice="start the review again"
            )
        return opened

    def _check_list(self, article: Article) -> None:
        """Raise `NewsvoiceError` where the list quotes what the article does not say: the article changed since."""
        for wanted in (self.wanted or {}).get(article.id, ()):
            if wanted.text and article.text[wanted.start : wanted.end] != wanted.text:
                raise NewsvoiceError(
                    f"the list was made of another text: {visible(wanted.text)!r} does not stand there",
                    where=f"{article.id}: characters {wanted.start} to {wanted.end}",
                    advice="make the list anew: make suspects",
                )

    def _file(self, number: int) -> Path:
        return self.annotations / f"{self.files[number][0]}.jsonl"

    def _marks(self, number: int) -> list[Annotation]:
        file = self._file(number)
        if not file.exists():
            return []
        marks = read_annotations(file)
        check_against(self._opened[number].article, marks, where=str(file))
        return marks


def _label(mark: Annotation, annotator: str) -> str | None:
    vote = vote_of(mark, annotator)
    return None if vote is None else vote.label


def _version(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ABSENT
    except OSError as error:
        raise NewsvoiceError(f"cannot read ({error.strerror})", where=str(file)) from error

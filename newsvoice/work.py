"""The work itself: documents in, rendered records out, a chunk at a time, by one process or several.

A chunk's result depends on the chunk and the task alone, and chunks are cut by the documents alone, so
that neither the number of processes nor a stop and a resume changes a byte of the output.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from newsvoice.documents import Document, Position
from newsvoice.engine import Engine
from newsvoice.errors import NewsvoiceError
from newsvoice.explain import explain
from newsvoice.predict import Labelled, articles_of_lines, doubt
from newsvoice.records import Article, Prediction, Sentence
from newsvoice.render import rows
from newsvoice.text.ingest import PAGES, decode, parse_article, read_article, read_bytes
from newsvoice.text.segment import segment

# A chunk holds at most this many documents, and is closed once it weighs so many bytes: some 250 sentences,
# enough to sort by length, and a fraction of a second's work to lose in a kill.
CHUNK_DOCUMENTS = 64
CHUNK_BYTES = 32_000
# Words are weighed by asking again and again (see `explain`): a chunk is to take no longer for it.
EXPLAINED = 60

LoadEngine = Callable[[], Engine]
# An article and its sentences, before they are labelled.
Unit = tuple[Article, list[Sentence]]


@dataclass(frozen=True, slots=True)
class Task:
    """What decides the output: `form` is `jsonl`, `csv`, or `labelled` for a renderer that wants whole articles.

    `columns`: a source is a table, whose other columns are kept; `text_field` is where it has its text.
    """

    form: str = "jsonl"
    lines: bool = False
    min_confidence: float = 0.0
    explain: bool = False
    summary: bool = False
    columns: bool = False
    text_field: str = "text"

    def render(self, labelled: Labelled) -> str:
        """Return an article's records as text."""
        if self.form == "csv":
            fields = rows.csv_fields(summary=self.summary, words=self.explain, columns=self.columns)
            return rows.csv_rows(labelled, fields)
        return rows.jsonl(labelled, summary=self.summary)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A document that could not be labelled: which, where it stands, why, and its row if it had one."""

    article: str
    where: str
    reason: str
    input: Any = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a chunk: rendered records or labelled articles, and what was rejected.

    `truncated` counts sentences, `set_aside` passages; `after` is where reading goes on behind the chunk.
    """

    data: str
    labelled: tuple[Labelled, ...]
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...]
    documents: int
    articles: int
    sentences: int
    truncated: int
    set_aside: int
    weight: int
    after: Position


def chunks(documents: Iterable[Document], *, explain: bool = False) -> Iterator[list[Document]]:
    """Cut a stream of documents into chunks, smaller ones where their words are to be weighed."""
    full = CHUNK_BYTES // EXPLAINED if explain else CHUNK_BYTES
    chunk: list[Document] = []
    weight = 0
    for document in documents:
        chunk.append(document)
        weight += document.weight
        if len(chunk) == CHUNK_DOCUMENTS or weight >= full:
            yield chunk
            chunk, weight = [], 0
    if chunk:
        yield chunk


def label_chunk(documents: Sequence[Document], engine: Engine, task: Task) -> Result:
    """Read, split, label and render a chunk. A document that fails is rejected, and the others go on."""
    read = [_read(document, lines=task.lines) for document in documents]
    answers = _answers(read, engine)
    labelled: list[Labelled] = []
    rejected: list[Rejected] = []
    outcome: list[Labelled] | str
    for document, units, answer in zip(documents, read, answers, strict=True):
        if isinstance(units, str) or isinstance(answer, str):
            outcome = units if isinstance(units, str) else str(answer)
        else:
            outcome = _finish(document, units, answer, engine, task)
        if isinstance(outcome, str):
            rejected.append(Rejected(document.id, document.where, outcome, _row(document, task)))
        else:
            labelled += outcome
    whole = task.form == "labelled"
    return Result(
        data="" if whole else "".join(map(task.render, labelled)),
        labelled=tuple(labelled) if whole else (),
        rejected=tuple(rejected),
        notes=tuple(note for one in labelled for note in _notes(one)),
        documents=len(documents),
        articles=len(labelled),
        sentences=sum(len(one.predictions) for one in labelled),
        truncated=sum(_truncated(one) for one in labelled),
        set_aside=sum(_set_aside(one) for one in labelled),
        weight=sum(document.weight for document in documents),
        after=documents[-1].after,
    )


def _read(document: Document, *, lines: bool) -> list[Unit] | str:
    """Return a document's articles with their sentences, or the reason why there are none."""
    if document.problem:
        return document.problem
    try:
        if lines and document.path is not None and document.path.suffix.lower() in PAGES:
            return "a web page, whose lines are no sentences; label it without --lines"
        if lines:
            return list(articles_of_lines(_text(document), article_id=document.id, where=document.where))
        if document.path is not None:
            article = read_article(document.path, article_id=document.id)
        else:
            article = parse_article(_text(document), article_id=document.id, where=document.where)
        return [(article, segment(article))]
    except NewsvoiceError as error:
        return error.what + (f"; {error.advice}" if error.advice else "")
    except MemoryError:
        raise
    except Exception as error:
        # Whatever a parser makes of a hostile page: one text must not end a night's run.
        return f"cannot be read ({_named(error)})"


def _finish(
    document: Document, units: Sequence[Unit], answer: Sequence[list[Prediction]], engine: Engine, task: Task
) -> list[Labelled] | str:
    """Return a document's labelled articles, words weighed if asked for, or the reason why that failed."""
    try:
        return [
            Labelled(
                article,
                doubt(predictions, task.min_confidence),
                explain(sentences, predictions, engine) if task.explain else (),
                document.columns,
            )
            for (article, sentences), predictions in zip(units, answer, strict=True)
        ]
    except MemoryError:
        raise
    except Exception as error:
        return f"the model failed on it ({_named(error)})"


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def _text(document: Document) -> str:
    if document.path is None:
        return document.text or ""
    return decode(read_bytes(document.path, limit=None), where=document.where)


def _answers(read: Sequence[list[Unit] | str], engine: Engine) -> Iterator[list[list[Prediction]] | str]:
    """Yield each document's predictions, a list an article, or the reason why there are none.

    All documents go to the engine at once, for its batches' sake; one at a time if that fails, to find out
    which is to blame, and if two articles share an id, for the id is what tells an engine where one ends.
    """
    units = [unit for document in read if not isinstance(document, str) for unit in document]
    together: Iterator[Prediction] | None = None
    if len({article.id for article, _ in units}) == len(units):
        try:
            together = iter(engine.predict([sentence for _, sentences in units for sentence in sentences]))
        except MemoryError:
            raise
        except Exception:
            # Each on its own, below: one of them will say what is wrong.
            together = None
    for document in read:
        if isinstance(document, str):
            yield document
        elif together is not None:
            yield [[next(together) for _ in sentences] for _, sentences in document]
        else:
            yield _alone(document, engine)


def _alone(document: Sequence[Unit], engine: Engine) -> list[list[Prediction]] | str:
    try:
        return [engine.predict(sentences) for _, sentences in document]
    except MemoryError:
        raise
    except Exception as error:
        return f"the model failed on it ({_named(error)})"


def _row(document: Document, task: Task) -> Any:
    """Return the row that a rejected document came from, so that it can be mended and tried again."""
    if document.raw is not None or document.text is None:
        return document.raw
    return {task.text_field: document.text, **document.columns}


def _truncated(labelled: Labelled) -> int:
    return sum(p.truncated for p in labelled.predictions)


def _set_aside(labelled: Labelled) -> int:
    return sum(block.kind == "boilerplate" for block in labelled.article.blocks)


def _notes(labelled: Labelled) -> Iterator[str]:
    """Say what a reader of the output could overlook."""
    name = labelled.article.id
    if cut := _truncated(labelled):
        plural = "sentence was" if cut == 1 else "sentences were"
        yield f"{name}: {cut} {plural} too long to be read whole (truncated: true)"
    if aside := _set_aside(labelled):
        plural = "passage" if aside == 1 else "passages"
        yield f"{name}: {aside} {plural} set aside as boilerplate, not labelled"

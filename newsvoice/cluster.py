"""An archive over many machines: the local engine's chunks, spread over a cluster by Ray Data (extra `[cluster]`).

    files ─read▶ chunks of documents ─label: one process a core, model loaded once▶ records ─write▶ part files

Every step is a function of its input alone, so Ray may run it again where a machine dies. A part is named by
the place in the input of the first document in it: what is written a second time takes the place of the first.
The machines get the model from here, and need `newsvoice` installed and the files in sight.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow
import ray
import ray.data

from newsvoice.documents import Document, Position
from newsvoice.engine import load_engine
from newsvoice.inputs import Source, table_documents
from newsvoice.render.columnar import common_kind, learn_kinds, write_parquet
from newsvoice.render.rows import dumps
from newsvoice.stores import Place
from newsvoice.work import Task, chunks, label_chunk

# Bytes of documents that are handed out together: some seconds' work of a core, to spread it evenly, and to
# lose no more where a process dies.
BLOCK_BYTES = 500_000
# Chunks a part file is made of: some 100,000 sentences.
PART_CHUNKS = 500
# Share of a core that Ray counts for a labeller. Less than one, so that after the loss of a machine its
# labellers find room on those that are left; each still computes with one thread.
LABELLER_CPUS: Final = 0.5
# Reading and writing take a hundredth of the labelling; they need not wait for a free core.
HELPERS_FOR: Final = 100
# Reasons for rejections that travel with the counts.
MOST_REASONS: Final = 5

COUNTS: Final = ("documents", "articles", "sentences", "rejections", "truncated", "set_aside", "weight")


@dataclass(frozen=True, slots=True)
class Archive:
    """What is labelled, how, and where it goes: `sources` with the number of the place that each lies in.

    `form` is `jsonl` or `parquet`; `workers` is how many processes label at a time.
    """

    places: Sequence[Place]
    sources: Sequence[tuple[int, Source]]
    task: Task
    output: Place
    rejected: Place
    form: str
    workers: int


def label(archive: Archive, model: Path) -> Iterator[dict[str, Any]]:
    """Label an archive on the cluster that Ray is connected to; yield counts and first reasons of each part.

    Counts are those of `COUNTS`; `reasons` is a list. Parts are written as they come, in no order.
    """
    context = ray.data.DataContext.get_current()
    context.target_max_block_size = BLOCK_BYTES
    helpers = 2 + archive.workers // HELPERS_FOR
    readers = ray.data.TaskPoolStrategy(size=min(helpers, len(archive.sources)))
    writers = ray.data.TaskPoolStrategy(size=helpers)
    free: dict[str, Any] = {"batch_format": "pyarrow", "num_cpus": 0}
    read = partial(read_chunks, places=archive.places, text_field=archive.task.text_field)
    documents = _files(archive.sources).map_batches(read, batch_size=1, compute=readers, **free)
    columns: dict[str, str] | None = None
    if archive.form == "parquet":
        # All parts get one schema, so the input is read once before: the types of the other columns.
        columns = {}
        for row in documents.map_batches(column_kinds, batch_size=None, compute=readers, **free).iter_rows():
            for name, kind in json.loads(row["kinds"]).items():
                columns[name] = common_kind(columns.get(name, "null"), kind)
    weights = ray.put({path.name: path.read_bytes() for path in model.iterdir()})
    labelled = documents.map_batches(
        Labeller,
        # In a list, so that Ray hands over the reference, and each machine fetches the model once.
        fn_constructor_args=([weights], archive.task),
        compute=ray.data.ActorPoolStrategy(size=archive.workers),
        batch_size=None,
        batch_format="pyarrow",
        num_cpus=LABELLER_CPUS,
    )
    write = partial(write_part, output=archive.output, rejected=archive.rejected, form=archive.form, columns=columns)
    yield from labelled.map_batches(write, batch_size=PART_CHUNKS, compute=writers, **free).iter_rows()


def _files(sources: Sequence[tuple[int, Source]]) -> Any:
    """Make a data set of the tables' names, a row and a block each."""
    rows = [
        {"number": number, "place": place, **asdict(source) | {"path": source.path.as_posix()}}
        for number, (place, source) in enumerate(sources)
    ]
    return ray.data.from_items(rows, override_num_blocks=len(rows))


def read_chunks(files: Any, *, places: Sequence[Place], text_field: str) -> Iterator[Any]:
    """Yield the chunks of documents of tables, as tables of one row."""
    for row in files.to_pylist():
        number, place = row.pop("number"), places[row.pop("place")]
        source = Source(**row | {"path": Path(row["path"])})
        documents = table_documents(source, begin=Position(number), text_field=text_field, open_table=place.open)
        for chunk in chunks(documents):
            yield pyarrow.table({"chunk": [dumps([asdict(document) for document in chunk])]})


def documents_of(chunk: str) -> list[Document]:
    """Return the documents of a chunk that `read_chunks` wrote."""
    return [Document(**value | {"after": Position(**value["after"])}) for value in json.loads(chunk)]


def column_kinds(table: Any) -> Any:
    """Return, in one row of JSON, the kinds of the other columns."""
    kinds: dict[str, str] = {}
    for chunk in table["chunk"].to_pylist():
        for document in documents_of(chunk):
            learn_kinds(kinds, document.columns)
    return pyarrow.table({"kinds": [dumps(kinds)]})


class Labeller:
    """A process that labels: it loads the model once."""

    def __init__(self, weights: Sequence[Any], task: Task) -> None:
        self.task = task
        with tempfile.TemporaryDirectory() as folder:
            for name, data in ray.get(weights[0]).items():
                (Path(folder) / name).write_bytes(data)
            self.engine = load_engine(Path(folder))

    def __call__(self, table: Any) -> Any:
        """Return records, rejections and counts of chunks, a row each."""
        return pyarrow.Table.from_pylist([self._row(documents_of(chunk)) for chunk in table["chunk"].to_pylist()])

    def _row(self, documents: Sequence[Document]) -> dict[str, Any]:
        result = label_chunk(documents, self.engine, self.task)
        first = documents[0].after
        counts = {name: getattr(result, name) for name in COUNTS if name != "rejections"}
        return {
            "name": f"part-{first.source:06}-{first.row:012}",
            "records": result.data,
            "rejected": "".join(dumps(asdict(rejected)) + "\n" for rejected in result.rejected),
            "reasons": [f"{rejected.where}: {rejected.reason}" for rejected in result.rejected[:MOST_REASONS]],
            "rejections": len(result.rejected),
            **counts,
        }


def write_part(table: Any, *, output: Place, rejected: Place, form: str, columns: dict[str, str] | None) -> Any:
    """Write the records and rejections of chunks, a file each where there are any; return counts in one row."""
    rows = table.to_pylist()
    name = min(row["name"] for row in rows)
    records = "".join(row["records"] for row in rows).encode()
    rejections = "".join(row["rejected"] for row in rows).encode()
    if records:
        output.write(f"{name}.{form}", _parquet(records, columns) if form == "parquet" else records)
    if rejections:
        rejected.write(f"{name}.jsonl", rejections)
    counts = {count: sum(row[count] for row in rows) for count in COUNTS}
    reasons = [reason for row in rows for reason in row["reasons"]][:MOST_REASONS]
    return pyarrow.Table.from_pylist([counts | {"reasons": reasons}])


def _parquet(records: bytes, columns: dict[str, str] | None) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        lines, target = Path(folder) / "part.jsonl", Path(folder) / "part.parquet"
        lines.write_bytes(records)
        write_parquet(lines, target, columns=columns)
        return target.read_bytes()

"""Bring drafts and annotation passes into `data/raw/`: the corpus's front door.

A writer keeps one sentence a line, its label letter in front (`R`, `A`, `E`; `N` for what is not prose),
a blank line between paragraphs, front matter above a line `---`. `add` turns such a draft into

- `ARTICLES/SLUG.txt`: front matter and text, as any article;
- `ANNOTATIONS/SLUG.jsonl`: stand-off annotations, one a sentence, with the vote of `--annotator` (the writer, unless
  the text was written without labels and a reader's letters stand in front of its sentences).

`votes` adds another annotator's pass, given as lines `slug index label confidence runner-up`.

    python -m pipeline.corpus add DRAFTS --articles data/raw/articles --annotations data/raw/annotations
    python -m pipeline.corpus votes PASS.tsv --annotator reader --annotations data/raw/annotations
    python -m pipeline.corpus disputes --annotations data/raw/annotations

`disputes` prints, for an adjudicator, every sentence whose passes differ and that nobody has settled.
"""

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from newsvoice.annotations import Annotation, Vote, read_annotations
from newsvoice.errors import NewsvoiceError
from newsvoice.labels import BY_LETTER, NOT_PROSE
from newsvoice.records import write_jsonl, write_text

LETTERS = {letter: label.name for letter, label in BY_LETTER.items()} | {"N": NOT_PROSE}
_LINE = re.compile(r"([RAEN]) (\S.*)")
_VOTE = re.compile(
    r"(?P<slug>\S+)\s+(?P<index>\d+)\s+(?P<label>[RAEN])(?:\s+(?P<confidence>[123])(?:\s+(?P<runner_up>[RAEN-]))?)?"
)
_TERMINATED = re.compile(r"[.!?…:;,—–-][\"'”’)\]]*$")


def parse_draft(draft: str, *, where: str, annotator: str = "writer") -> tuple[str, list[Annotation]]:
    """Return the article's text, front matter included, and one annotation a draft line.

    Raises `NewsvoiceError` for a line without a label letter, or no front matter.
    """
    head, separator, body = draft.partition("\n---\n")
    if not separator:
        raise NewsvoiceError("no line '---' below the front matter", where=where)
    text = f"---\n{head.strip()}\n---\n\n"
    annotations: list[Annotation] = []
    paragraph_open = False
    for number, line in enumerate(body.splitlines(), start=head.count("\n") + 3):
        if not line.strip():
            paragraph_open = False
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise NewsvoiceError("a draft line is 'R|A|E|N sentence'", where=f"{where}:{number}")
        # Headline, subheading and byline stand alone, whether or not the writer left a line blank.
        alone = not annotations or match[1] == "N" or not _TERMINATED.search(match[2])
        text += " " if paragraph_open and not alone else ("\n\n" if annotations else "")
        start = len(text)
        text += match[2]
        vote = Vote(annotator=annotator, label=LETTERS[match[1]])
        annotations.append(Annotation(start=start, end=len(text), text=match[2], votes=(vote,)))
        paragraph_open = not alone
    return text + "\n", annotations


def add(drafts: Path, *, articles: Path, annotations: Path, annotator: str = "writer") -> int:
    """Convert every draft in a folder; return how many."""
    paths = sorted(drafts.glob("*.txt"))
    for path in paths:
        text, marks = parse_draft(path.read_text(encoding="utf-8"), where=str(path), annotator=annotator)
        write_text(articles / path.name, text)
        write_jsonl(annotations / f"{path.stem}.jsonl", marks)
    return len(paths)


def add_votes(table: Path, *, annotator: str, annotations: Path) -> int:
    """Add one annotator's pass to the annotations it names; return how many votes."""
    votes: dict[str, dict[int, Vote]] = defaultdict(dict)
    for number, line in enumerate(table.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{table}:{number}"
        match = _VOTE.fullmatch(line.strip())
        if match is None:
            raise NewsvoiceError(
                "a vote is 'article index R|A|E|N [1|2|3 [R|A|E|N|-]]'", where=where, advice="mend the line"
            )
        slug, index = match["slug"], int(match["index"])
        if index in votes[slug]:
            raise NewsvoiceError(f"a second vote on {slug} {index}", where=where)
        votes[slug][index] = Vote(
            annotator,
            LETTERS[match["label"]],
            confidence=int(match["confidence"]) if match["confidence"] else None,
            runner_up=LETTERS.get(match["runner_up"] or "-"),
        )
    for slug, by_index in votes.items():
        path = annotations / f"{slug}.jsonl"
        marks = read_annotations(path)
        if unknown := set(by_index) - set(range(len(marks))):
            raise NewsvoiceError(f"{slug} has no sentence {min(unknown)}", where=str(table))
        for position, vote in by_index.items():
            others = tuple(old for old in marks[position].votes if old.annotator != annotator)
            marks[position] = replace(marks[position], votes=(*others, vote))
        write_jsonl(path, marks)
    return sum(map(len, votes.values()))


def disputes(annotations: Path) -> Iterator[str]:
    """Yield one line a disputed sentence: slug, index, the labels in alphabetical order, context and text.

    The labels are shown without saying whose they are, so that an adjudicator cannot side with a pass.
    """
    letter = {name: key for key, name in LETTERS.items()}
    for path in sorted(annotations.glob("*.jsonl")):
        marks = read_annotations(path)
        for index, mark in enumerate(marks):
            if mark.disputed:
                labels = "/".join(sorted({letter[vote.label] for vote in mark.votes}))
                before = " ".join(other.text for other in marks[max(0, index - 2) : index])
                after = marks[index + 1].text if index + 1 < len(marks) else ""
                yield f"{path.stem} {index} {labels}\n    before: {before}\n    >>> {mark.text}\n    after: {after}"


def main() -> None:
    """Parse the command line and run one of the three actions."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.corpus", description=__doc__.splitlines()[0])
    actions = parser.add_subparsers(dest="action", required=True)
    adding = actions.add_parser("add", help="convert a folder of drafts")
    adding.add_argument("drafts", type=Path)
    adding.add_argument("--articles", type=Path, required=True)
    adding.add_argument("--annotator", default="writer")
    voting = actions.add_parser("votes", help="add one annotator's pass")
    voting.add_argument("tables", type=Path, nargs="+")
    voting.add_argument("--annotator", required=True)
    listing = actions.add_parser("disputes", help="list what an adjudicator has to settle")
    for action in (adding, voting, listing):
        action.add_argument("--annotations", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        if arguments.action == "add":
            count = add(
                arguments.drafts,
                articles=arguments.articles,
                annotations=arguments.annotations,
                annotator=arguments.annotator,
            )
            print(count, "articles")
        elif arguments.action == "votes":
            for table in arguments.tables:
                count = add_votes(table, annotator=arguments.annotator, annotations=arguments.annotations)
                print(f"{table}: {count} votes")
        else:
            print("\n".join(disputes(arguments.annotations)))
    except NewsvoiceError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()

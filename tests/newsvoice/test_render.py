import csv
import io
import json
from dataclasses import replace
from html.parser import HTMLParser
from itertools import cycle

import pytest
from rich.console import Console

from newsvoice.labels import LABELS, NAMES, UNCERTAIN
from newsvoice.predict import Labelled, Word
from newsvoice.records import Prediction
from newsvoice.render import html, rows, scores, table
from newsvoice.text.ingest import parse_article
from newsvoice.text.segment import segment

FIELDS = "article index start end text label probabilities in_quotation model truncated".split()
TEXT = "Fee rises\n\nBy Ada Low\n\nThe council met. “We pay for it all,” he said.\n\nA mere gift."
HOSTILE = (
    "Low <script>alert('x')</script> & Lin\n\n"
    '<img src=x onerror="alert(1)"> left. " onmouseover="alert(1)" x=" stayed.\n\n'
    "</span></p></style><iframe src='https://evil.example'> [paid](javascript:alert(1)) nobody.\n\n"
    "Photo: <b onclick=alert(1)>Ada Low</b>\n\n"
    "{{ 7 * 7 }} {% for %} &lt;b&gt; met."
)
UNSEEN = "Ships\u202e pay\u2066 now.\x1b[31m\x07 They\x08 paid\x9b2J in\x0b May\x7f. [red]All[/red] did [/]."
CONTROLS = frozenset(map(chr, [*range(9), 11, *range(14, 32), *range(127, 160)]))
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def labelled(text: str = TEXT, *, article_id: str = "fee") -> Labelled:
    """Label the sentences of a text with the three labels in turn."""
    article = parse_article(text, article_id=article_id)
    predictions = [
        Prediction(
            article=s.article,
            index=s.index,
            start=s.start,
            end=s.end,
            text=s.text,
            label=name,
            probabilities={other: 0.8 if other == name else 0.1 for other in NAMES},
            in_quotation=s.in_quotation,
            model="tiny",
        )
        for s, name in zip(segment(article), cycle(NAMES), strict=False)
    ]
    return Labelled(article, predictions)


def doubtful(one: Labelled) -> Labelled:
    return Labelled(one.article, [replace(p, label=UNCERTAIN) for p in one.predictions])


class Page(HTMLParser):
    """What a browser makes of a page: tags, attributes, all text; of every sentence its text and what it is told."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.spans: list[dict[str, str]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.attributes += given.items()
        kind = given.get("class", "")
        if tag == "span":
            self._open.append(next((k for k in ("hidden", "tip", "s") if k in kind.split()), ""))
            if self._open[-1] == "s":
                self.spans.append({"class": kind, "text": "", "hidden": "", "tip": "", "tabindex": given["tabindex"]})

    def handle_endtag(self, tag: str) -> None:
        if tag == "span":
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        inside = next((kind for kind in self._open if kind in ("hidden", "tip")), "text")
        if "s" in self._open:
            self.spans[-1][inside] += data

    @property
    def sentences(self) -> list[str]:
        return [span["text"] for span in self.spans]


def shown(one: Labelled, *, width: int = 120) -> str:
    """Return what `render.table` prints to a file, so that every escape in it comes from the text."""
    stream = io.StringIO()
    table.print_table(one, Console(file=stream, width=width, force_terminal=False))
    return stream.getvalue()


def test_jsonl_has_exactly_the_documented_fields_in_order() -> None:
    lines = rows.jsonl(labelled()).splitlines()

    assert len(lines) == 4
    for line, prediction in zip(lines, labelled().predictions, strict=True):
        value = json.loads(line)
        assert list(value) == FIELDS
        assert list(value["probabilities"]) == list(NAMES)
        assert Prediction(**value) == prediction


def test_jsonl_keeps_one_record_on_one_line() -> None:
    one = labelled("The council of Lowhaven met on Monday to vote\non a “fee” for all ships.")

    assert rows.jsonl(one).count("\n") == 1
    assert json.loads(rows.jsonl(one))["text"] == one.predictions[0].text


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        HOSTILE,
        'The "council", it is said, met; all did.',
        "The council of Lowhaven met on Monday to vote\non a fee for all ships.",
        "The council of Lowhaven met on Monday to vote\r\non a fee for all ships.",
        "The council of Lowhaven met on Monday to vote\ron a fee for all ships.",
        "=1+1 is a sum. @low is a name. 'Low' is one.",
    ],
    ids=["plain", "hostile", "quotes", "lf", "crlf", "cr", "sheet"],
)
def test_csv_parses_back(text: str) -> None:
    one = labelled(text)
    parsed = list(csv.DictReader(io.StringIO(rows.csv_header() + rows.csv_rows(one), newline="")))

    assert len(parsed) == len(one.predictions)
    for row, p in zip(parsed, one.predictions, strict=True):
        assert tuple(row) == rows.CSV_FIELDS
        assert (row["article"], int(row["index"]), int(row["start"]), int(row["end"])) == (
            p.article,
            p.index,
            p.start,
            p.end,
        )
        assert (row["text"], row["label"], row["model"]) == (p.text, p.label, p.model)
        assert {name: float(row[f"p_{name}"]) for name in NAMES} == p.probabilities
        assert (row["in_quotation"], row["truncated"]) == (str(p.in_quotation).lower(), "false")


def test_the_page_shows_every_sentence_with_label_and_probabilities() -> None:
    page = Page(html.render([labelled()]))

    assert page.sentences == [p.text for p in labelled().predictions]
    for span, p in zip(page.spans, labelled().predictions, strict=True):
        assert span["class"].split() == ["s", p.label, "r80", *(["quoted"] if p.in_quotation else [])]
        assert span["hidden"] == f" ({p.label.replace('_', ' ')}, 80 %)"
        tip = " ".join(span["tip"].split())
        assert all(f"{name.replace('_', ' ')} {p.probabilities[name] * 100:.0f} %" in tip for name in NAMES)
        assert span["tabindex"] == "0"


def test_the_page_greys_boilerplate_and_counts_labels() -> None:
    page = Page(html.render([labelled()]))

    assert ("class", "set-aside") in page.attributes
    assert "By Ada Low" in page.text
    assert "4 sentences · 2 reported speech · 1 analysis · 1 editorial framing" in page.text


def test_the_page_can_hide_each_label_and_counts_it() -> None:
    page = Page(html.render([labelled()]))

    assert [value for name, value in page.attributes if name == "id" and value.startswith("show-")] == [
        f"show-{name}" for name in NAMES
    ]
    text = " ".join(page.text.split())
    for label, count in zip(LABELS, ("2 (50 %)", "1 (25 %)", "1 (25 %)"), strict=True):
        assert f"{label.mark} {label.name.replace('_', ' ')} {count}" in text


@pytest.mark.parametrize(("best", "reaches"), [(0.34, 0), (0.5, 50), (0.799, 70), (0.8, 80), (0.996, 99), (1.0, 99)])
def test_a_sentence_carries_the_highest_threshold_it_reaches(best: float, reaches: int) -> None:
    one = labelled("Ships pay.")
    rest = (1 - best) / 2
    sure = replace(one.predictions[0], probabilities=dict(zip(NAMES, (best, rest, rest), strict=True)))
    [span] = Page(html.render([Labelled(one.article, [sure])])).spans

    assert f"r{reaches}" in span["class"].split()


def test_the_page_underlines_what_weighs() -> None:
    one = labelled("The mayor said ships pay.")
    spans = [(0, 3), (4, 9), (10, 14), (15, 20), (21, 24)]
    weights = (0.0, 0.1, 0.3, -0.3, 0.12)
    words = [[Word(start, end, weight) for (start, end), weight in zip(spans, weights, strict=True)]]
    source = html.render([Labelled(one.article, one.predictions, words)])
    [span] = Page(source).spans

    assert span["text"] == "The mayor said ships pay."
    assert '<span class="w1" title="+0.10">mayor</span>' in source
    assert '<span class="w2" title="+0.30">said</span>' in source
    assert "ships</span>" not in source
    assert "weighs most: said +0.30, pay +0.12, mayor +0.10" in " ".join(span["tip"].split())
    assert "the word weighs for the label" in source


def test_the_page_says_nothing_of_words_if_nobody_asked() -> None:
    assert "weighs" not in html.render([labelled()])


def test_the_page_marks_doubt() -> None:
    page = Page(html.render([doubtful(labelled())]))

    assert {span["class"].split()[1] for span in page.spans} == {UNCERTAIN}
    assert page.text.count("(uncertain, 80 %)") == 4


def test_the_page_holds_several_articles_in_order() -> None:
    page = Page(html.render([labelled(article_id="b"), labelled("Ships pay.", article_id="a")]))

    assert page.sentences == [*(p.text for p in labelled().predictions), "Ships pay."]
    assert [value for name, value in page.attributes if name == "href"] == ["#text", "#a1", "#a2"]
    assert page.text.index("b, a · newsvoice") >= 0


@pytest.mark.parametrize("article_id", ["fee", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_a_hostile_article_is_escaped(article_id: str) -> None:
    one = labelled(HOSTILE, article_id=article_id)
    page = Page(html.render([one]))
    calm = Page(html.render([labelled()]))

    assert page.tags == calm.tags
    assert {name for name, _ in page.attributes} == {name for name, _ in calm.attributes}
    assert page.sentences == [p.text for p in one.predictions]
    assert article_id in page.text


def test_the_page_fetches_nothing_and_runs_nothing() -> None:
    source = html.render([labelled(HOSTILE)])
    page = Page(source)

    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base"} & page.tags
    assert not {"src", "style"} & {name for name, _ in page.attributes}
    assert all(value.startswith("#") for name, value in page.attributes if name == "href")
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    assert "url(" not in source
    assert "@import" not in source


def test_the_page_lets_no_control_character_through() -> None:
    assert not CONTROLS & set(html.render([labelled(UNSEEN)]))


def test_the_page_lets_no_text_turn_its_neighbours_round() -> None:
    assert not BIDI & set(html.render([labelled(UNSEEN)]))


def test_the_table_shows_labels_marks_probabilities_and_shares() -> None:
    text = shown(labelled())

    assert "fee" in text
    for label in LABELS:
        assert f"{label.mark} {label.name}" in text
    assert text.count("0.80") == 4
    assert "4 sentences: 2 reported_speech (50%) 1 analysis (25%) 1 editorial_framing (25%)" in text


def test_the_table_marks_doubt() -> None:
    text = shown(doubtful(labelled()))

    assert text.count("? uncertain") == 4
    assert "4 uncertain (100%)" in text


def test_the_table_wraps_text_and_loses_no_word() -> None:
    text = "The council of Lowhaven met on Monday to vote on a fee that all the ships at its old pier will pay."
    printed = shown(labelled(text, article_id="x"), width=60).split()

    assert [word for word in printed if word in text.split()] == text.split()


def test_no_text_can_steer_a_terminal() -> None:
    text = shown(labelled(UNSEEN))

    assert not (CONTROLS | BIDI) & set(text)
    assert "[red]All[/red] did [/]." in text


@pytest.mark.parametrize("article_id", ["fee\x1b]0;owned\x07", "fee\u202e", "[red]fee[/red]", "fee [/]"], ids=ascii)
def test_no_file_name_can_steer_a_terminal(article_id: str) -> None:
    text = shown(labelled(article_id=article_id))

    assert not (CONTROLS | BIDI) & set(text)
    if "[" in article_id and "\x1b" not in article_id:
        assert article_id in text


def test_the_legend_names_every_label() -> None:
    assert all(f"{label.mark} {label.name}" in table.legend().plain for label in LABELS)
    assert "uncertain" not in table.legend().plain
    assert "? uncertain" in table.legend(doubt=True).plain


@pytest.mark.parametrize(
    ("value", "bounds", "written"), [(0.8812, [0.85, 0.9099], "0.881 (0.850–0.910)"), (0.5, None, "0.500")]
)
def test_a_score_is_written_with_its_interval(value: float, bounds: list[float] | None, written: str) -> None:
    assert scores.with_interval(value, bounds) == written


def test_scores_are_printed_with_the_confusion_matrix() -> None:
    stream = io.StringIO()
    each = {"precision": 0.75, "recall": 0.5, "f1": 0.6, "f1_interval": [0.4, 0.7], "support": 12}
    result = {
        "sentences": 36,
        "articles": 3,
        "macro_f1": 0.6,
        "macro_f1_interval": [0.5, 0.65],
        "accuracy": 0.625,
        "labels": dict.fromkeys(NAMES, each),
        "confusion": [[6, 4, 2], [1, 10, 1], [3, 2, 7]],
    }

    scores.print_scores(result, Console(file=stream, width=140))

    lines = [line.split() for line in stream.getvalue().splitlines()]
    assert "36 sentences of 3 articles" in stream.getvalue()
    assert "macro-F1 0.600 (0.500–0.650), accuracy 0.625" in stream.getvalue()
    for name, row in zip(NAMES, result["confusion"], strict=True):
        assert [name, "0.750", "0.500", "0.600", "(0.400–0.700)", "12", *map(str, row)] in lines

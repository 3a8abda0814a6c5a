import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from newsvoice.records import Article
from pipeline.classifiers.registry import MODELS, TITLES, TRANSFORMER
from pipeline.folders import folder_hash
from pipeline.report import figures
from pipeline.report.context import build_context, corpus_portrait, rules_by_share, strongest_baseline
from pipeline.report.errors import errors
from pipeline.report.render import bounds, environment, percents, render, score, signed
from pipeline.stages.report import beside
from tests.pipeline.build import A, E, R, one_hot, scored
from tests.pipeline.build_report import records, results, sources

TEMPLATES = ("report.html.j2", "report.md.j2", "table.md.j2", "model_card.md.j2", "data_card.md.j2")
# What a text of the corpus or a name might hold, by the place where it stands.
HOSTILE = {
    "text": 'Rain | fell <script>alert(1)</script> & <img src=x onerror="alert(2)"> “on” us.',
    "genre": "<b>odd</b> | genre",
    "annotator": "<b>odd</b> | reader",
    "sets": "<b>odd</b> | set",
}


@cache
def small_context(
    *, sets: tuple[str, ...] = (), confidence: float = 0.95, unmeasured: str = "", recorded: str = ""
) -> dict[str, Any]:
    """The context of a small report; drawing its figures is what takes time."""
    found = sources(sets=sets, confidence=confidence)
    if unmeasured:
        found = replace(found, external={unmeasured: {"measured": False}})
    return build_context(replace(found, **records(recorded)) if recorded else found)


def test_no_other_set_is_taken_for_the_real_news() -> None:
    found = sources(sets=("hard_cases",))
    both = {"real_news_dev": {"measured": False}, **found.external}
    context = build_context(replace(found, external=both))
    assert context["news"] is None
    for template in TEMPLATES:
        text = render(template, context)
        assert "On real news that it has never seen" not in text
        assert "On hard_cases: not measured" not in text
    assert build_context(found)["news"] == "hard_cases"


def test_aims_are_judged_by_the_recorded_model_to_the_last_digit() -> None:
    found = {aim.what: aim for aim in small_context(sets=("real news",), recorded="x")["aims"]}
    macro_f1 = found["real news, macro-F1"]
    assert macro_f1.measured == results("x")[0]["models"][TRANSFORMER]["macro_f1"]
    assert macro_f1.missing == max(0.0, 0.88 - macro_f1.measured)
    assert replace(macro_f1, measured=0.87996).missing == pytest.approx(0.00004)
    near = small_context() | {"aims": [replace(macro_f1, measured=0.87996), replace(macro_f1, measured=0.88)]}
    for template in ("report.html.j2", "report.md.j2"):
        text = render(template, near)
        assert text.count("short by less than 0.0001") == 1
        assert "short by 0.0" not in text
    error = found["real news, calibration error"]
    assert error.most
    assert replace(error, measured=0.06).missing == pytest.approx(0.01)
    assert found["contrast pairs, both right"].missing == pytest.approx(0.35)
    # The rows of seeds count 21 to 23 right, of nine sentences here.
    assert found["given article, share right"].seeds["mean"] == pytest.approx(22 / 9)
    assert not any(aim.what.startswith("real news") for aim in small_context()["aims"])


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    context = small_context(sets=("real news",))
    return {template: render(template, context) for template in TEMPLATES}


@cache
def hostile_context(where: str) -> dict[str, Any]:
    text = HOSTILE[where]
    return build_context(sources(**{where: [text] if where == "sets" else text}))


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def rows(markdown: str) -> list[list[str]]:
    """Cells of every table row; a pipe behind a backslash is text."""
    return [re.split(r"(?<!\\)\|", line)[1:-1] for line in markdown.splitlines() if line.startswith("|")]


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_renders_to_the_end(pages: dict[str, str], template: str) -> None:
    assert len(pages[template].splitlines()) > 5
    assert "{{" not in pages[template]
    assert "{%" not in pages[template]


@pytest.mark.parametrize("template", TEMPLATES[:4])
def test_every_model_is_named_with_its_score(pages: dict[str, str], template: str) -> None:
    found, _ = results("x")
    for name in MODELS:
        assert TITLES[name] in pages[template]
        assert f"{found['models'][name]['macro_f1']:.3f}" in pages[template]


@pytest.mark.parametrize("where", HOSTILE)
def test_a_hostile_text_stays_text_on_the_page(where: str, pages: dict[str, str]) -> None:
    page = Page(render("report.html.j2", hostile_context(where)))
    assert set(page.tags) <= set(Page(pages["report.html.j2"]).tags)
    assert page.tags.count("script") == 1
    assert [name for name, _ in page.attributes if name.startswith("on")] == []
    assert HOSTILE[where] in page.text


# Set names are the maintainers' own; the other texts come with articles and annotations.
of_the_corpus = pytest.mark.parametrize("where", ["text", "genre", "annotator"])
every_markdown = pytest.mark.parametrize("template", TEMPLATES[1:])


@of_the_corpus
@every_markdown
def test_rows_of_a_markdown_table_are_as_wide_as_its_head(where: str, template: str) -> None:
    for block in re.split(r"\n(?!\|)", render(template, hostile_context(where))):
        table = rows(block)
        assert [row for row in table if len(row) != len(table[0])] == []


@of_the_corpus
@every_markdown
def test_markdown_holds_no_html_of_the_corpus(where: str, template: str) -> None:
    assert re.findall(r"<(?:script|img|b)\b", render(template, hostile_context(where))) == []


def test_the_page_fetches_nothing(pages: dict[str, str]) -> None:
    page = Page(pages["report.html.j2"])
    linked = [value for name, value in page.attributes if name in {"src", "href", "xlink:href"} and value]
    assert [value for value in linked if not value.startswith("#")] == []
    assert not re.search(r"@import|url\(\s*['\"]?http", pages["report.html.j2"])


def test_errors_and_the_given_article_are_shown(pages: dict[str, str]) -> None:
    _, by_model = results("x")
    wrong = [s for s in by_model[TRANSFORMER] if s.gold != s.predicted]
    assert pages["report.html.j2"].count('<article class="error"') == len(wrong) == 4
    assert "Of the given article's 9 sentences it gets 8 right;" in pages["report.md.j2"]
    assert len([row for row in rows(pages["report.md.j2"]) if row[-1] == " Rain fell on Halden. "]) == 9 + len(wrong)


@pytest.mark.parametrize("template", TEMPLATES[:4])
def test_a_set_that_was_not_measured_is_named_as_such(template: str) -> None:
    context = small_context(unmeasured="real")
    page = Page(render(template, context)).text if "html" in template else render(template, context)
    assert re.search(r"real`?: not measured", page)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_model_that_is_never_sure_can_be_reported(template: str) -> None:
    context = small_context(confidence=0.42)
    assert context["results"]["models"][TRANSFORMER]["risk_coverage"][-1]["min_confidence"] == 0.4
    assert render(template, context)


def test_a_record_counts_beside_its_own_model_alone(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("one")
    record = {"classifier_sha256": folder_hash(tmp_path), "rows": [{"seed": 7}]}

    assert beside(record, tmp_path) == record
    assert beside({}, tmp_path) == {}
    (tmp_path / "model").write_text("another")
    assert beside(record, tmp_path) == {}


def test_costs_are_shown_once_measured() -> None:
    row = {"parameters": 12_345, "megabytes": 1.5, "sentences_per_second": 4321.0, "ratio": 3.2}
    cost = {
        "machine": "a machine",
        "rounds": 5,
        "sentences": 400,
        "pipeline_sentences_per_second": 50.0,
        "finetune_seconds": 61.0,
        "models": dict.fromkeys(MODELS, row),
    }
    page = Page(render("report.html.j2", build_context(sources(cost=cost)))).text
    assert page.count("12,345") == len(MODELS)
    assert "not measured yet" not in page


def test_an_unknown_name_in_a_template_is_an_error() -> None:
    with pytest.raises(Exception, match="'nothing' is undefined"):
        environment().from_string("{{ nothing }}").render()


@pytest.mark.parametrize("figure", [figures.reliability, figures.risk_coverage])
@pytest.mark.parametrize("names", [["<one>", "two & more"], ["one", "two", "three"]], ids=["escaped", "all-sets"])
def test_a_figure_names_every_set(figure: Callable[[Mapping[str, Any]], str], names: list[str]) -> None:
    curve = [{"confidence": 0.5, "coverage": 1.0, "accuracy": 0.5}]
    svg = figure(dict.fromkeys(names, curve))
    assert [name for name in names if f">{escape(name)}<" not in svg] == []


def test_a_figure_is_the_same_every_time_and_takes_the_pages_ink() -> None:
    epochs = [{"epoch": 1, "train_loss": 0.9, "validation_loss": 0.8, "validation_macro_f1": 0.8}]
    svg = figures.losses(epochs)
    assert svg == figures.losses(epochs)
    assert svg.startswith('<svg role="img" aria-label=')
    assert "fill: var(--ink)" in svg
    # No fixed colour, no rule or id that the page would take for its own.
    assert re.findall(r"#[0-9a-f]{6}\b|<style|<g id", svg) == []


def test_errors_come_with_the_most_confident_first() -> None:
    sentences = [
        scored(A, one_hot(R, confidence=0.6), index=0),
        scored(A, one_hot(A), index=1),
        scored(A, one_hot(E, confidence=0.9), index=2),
        scored(A, one_hot(R, confidence=0.6), index=3, article="0"),
    ]
    found = errors(sentences)
    assert [(e.sentence.article, e.sentence.index) for e in found] == [("a", 2), ("0", 3), ("a", 0)]
    assert [e.confidence for e in found] == [0.9, 0.6, 0.6]


def test_an_error_stands_between_its_neighbours() -> None:
    sentences = [scored(A, one_hot(R if index in (0, 3) else A), index=index) for index in range(7)]
    sentences.append(scored(A, one_hot(A), article="b"))
    first, last = errors(sentences, {"a": {"genre": "column"}})
    assert [s.index for s in (*first.before, *first.after)] == [1, 2]
    assert [s.index for s in (*last.before, *last.after)] == [1, 2, 4, 5]
    assert (first.genre, errors(sentences)[0].genre) == ("column", "unstated")


TOLD = {
    "seeds": "How much chance",
    "learning": "What more articles",
    "two_sample": "AUC of 0.912",
    "kinds": "Kinds of errors",
    "suspects": "Labels that models of other articles speak against",
    "speed": "What users run",
}


def test_records_made_by_hand_are_left_out_while_empty(pages: dict[str, str]) -> None:
    for told in TOLD.values():
        assert told not in pages["report.html.j2"]
    assert not re.search(r"Learning curve|## Seeds|AUC|Kinds of errors|Labels in doubt", pages["report.md.j2"])


def test_records_made_by_hand_are_shown_once_there_are_rows() -> None:
    context = small_context(recorded="loaded verb")
    page, markdown = (render(template, context) for template in TEMPLATES[:2])
    for told in TOLD.values():
        assert told in page
    # Mean of 0.811, 0.821 and 0.831; the given article 21 to 23.
    for document in (page, markdown):
        assert "0.821" in document
        assert "0.811–0.831" in document
        assert "0.912" in document
        assert "41 are suspect" in document
        assert "2 seeds a point" in document
    assert "21 and 23" in page


def test_kinds_of_errors_of_another_model_are_named_as_such() -> None:
    found = replace(sources(), **records())
    other = replace(found, kinds={**found.kinds, "models_sha256": {"before": "c" * 64, "now": "d" * 64}})
    for template in TEMPLATES[:2]:
        assert "The record is of another model" not in render(template, build_context(found))
        assert "The record is of another model" in render(template, build_context(other))


NUMBER = re.compile(r"[−+<]? ?[\d,]*\.?\d+")


def test_both_documents_hold_the_same_figures() -> None:
    """Every number that a table of the page shows stands in the Markdown, too."""
    context = small_context(sets=("real_news_dev",), recorded="loaded verb")
    page, markdown = (render(template, context) for template in TEMPLATES[:2])
    tables = " ".join(re.findall(r"<(?:td|th)\b[^>]*>(.*?)</(?:td|th)>", page, flags=re.S))
    shown = {number.strip() for number in NUMBER.findall(re.sub(r"<[^>]+>", " ", tables))}
    assert len(shown) > 80
    told = {number.strip() for number in NUMBER.findall(markdown)}
    assert sorted(shown - told) == []


def test_the_words_that_weighed_are_marked_and_named(pages: dict[str, str]) -> None:
    page = pages["report.html.j2"]
    assert page.count('<mark class="w2" title="+42">Rain</mark>') == 1
    named = re.sub(r"\s+", " ", Page(page).text)
    assert "Words: for it Rain +42; against it fell −13" in named
    # The error, and each of the given article's nine sentences.
    assert named.count("for it Rain +42") == 1 + 9
    assert pages["report.md.j2"].count("| Rain +42; fell −13 |") == 1 + 9


def test_an_error_that_nobody_weighed_is_shown_all_the_same() -> None:
    page = render("report.html.j2", build_context(replace(sources(), weights={})))
    assert page.count('<article class="error"') == 4
    assert '<p class="weighed">' not in page


def test_the_answer_says_what_other_seeds_gave() -> None:
    found = replace(sources(sets=["real_news_dev"]), **records())
    for template in TEMPLATES[:2]:
        told = "Trained with 3 seeds it reaches 0.821 on average, 0.811 at worst and 0.831 at best."
        assert told in render(template, build_context(found))


def test_hostile_records_stay_text() -> None:
    page = Page(render("report.html.j2", small_context(recorded=HOSTILE["genre"])))
    innocent = Page(render("report.html.j2", small_context(recorded="loaded verb")))
    assert page.tags == innocent.tags
    assert page.text.count(HOSTILE["genre"]) >= 4


def test_a_model_that_is_never_sure_has_no_recommended_threshold() -> None:
    context = small_context() | {"doubt": {"min_confidence": None, "rows": {}}}
    for template in TEMPLATES[:2]:
        assert "No threshold makes the kept labels" in render(template, context)


def test_the_recommended_threshold_is_shown_for_every_set(pages: dict[str, str]) -> None:
    context = small_context(sets=("real news",))
    assert context["doubt"]["min_confidence"] == 0.4
    assert set(context["doubt"]["rows"]) == {"test split", "real news"}
    assert "--min-confidence 0.4" in pages["report.html.j2"]
    assert "`--min-confidence 0.4`" in pages["report.md.j2"]


def test_the_answer_compares_with_the_strongest_baseline() -> None:
    context = small_context(sets=("real news",))
    assert context["strongest"] == {"test split": "tfidf", "real news": "tfidf"}
    scores = {"majority": 0.9, "rules": 0.1, "tfidf": 0.5, TRANSFORMER: 0.95}
    assert strongest_baseline({"models": {n: {"macro_f1": s} for n, s in scores.items()}}) == "majority"


def test_the_hardest_rule_comes_first() -> None:
    by_rule = {
        "a": {"pairs": 4, "both_right": 4},
        "c": {"pairs": 2, "both_right": 1},
        "b": {"pairs": 4, "both_right": 2},
    }
    assert list(rules_by_share(by_rule)) == ["b", "c", "a"]


def test_the_page_is_small(pages: dict[str, str]) -> None:
    assert len(pages["report.html.j2"].encode()) < 400_000


def test_the_corpus_is_counted_with_the_most_frequent_first() -> None:
    articles = [Article(str(n), "", (), {"genre": genre}) for n, genre in enumerate(("b", "c", "a", "c"))]
    found = corpus_portrait(articles)
    assert found["articles"] == 4
    assert list(found["genre"].items()) == [("c", 2), ("a", 1), ("b", 1)]
    assert found["region"] == {"unstated": 4}


@pytest.mark.parametrize(
    ("interval", "shown"), [([0.85, 0.91], "0.850–0.910"), ([-0.02, 0.1], "−0.020 to +0.100"), ([0, 0], "0.000–0.000")]
)
def test_intervals_have_a_true_minus_sign(interval: list[float], shown: str) -> None:
    assert bounds(interval) == shown


def test_an_undefined_score_is_a_dash() -> None:
    assert (score(None), score(0.12345)) == ("–", "0.123")
    assert (percents(None), percents([0.9, 0.951])) == ("–", "90.0–95.1%")


def test_a_difference_has_its_sign() -> None:
    assert (signed(0.11149), signed(-0.02), signed(0.0)) == ("+0.111", "−0.020", "+0.000")

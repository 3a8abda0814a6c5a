"""The report in a real browser: sound for keyboard, screen reader and telephone, and deaf to hostile texts."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("selenium", reason="selenium is not installed")

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from newsvoice.labels import NAMES
from newsvoice.records import write_text
from pipeline.classifiers.registry import TRANSFORMER
from pipeline.report import context
from pipeline.report.context import Sources, build_context
from pipeline.report.render import render
from tests.browser import chromium, marks
from tests.pipeline.build_report import records, sources

pytestmark = marks
# Markup, handlers, bidirectional controls, a letter of the other direction, controls, and a word without end.
HOSTILE = (
    "</span></p></script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "<a href=\"javascript:document.title='owned'\" onmouseover='document.title=1'>{{ 7 * 7 }}"
    "\u202e\u2066 שלום \x1b[31m " + "w" * 50_000
)
PHONE, DESK = 360, 1280
# The machine may be busy training; nothing here waits as long as this when it works.
PATIENCE_S = 120

Browser = Any


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        driver.set_script_timeout(PATIENCE_S)
        # A page of files alone: whatever it tried to fetch would fail, and be logged.
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd("Network.emulateNetworkConditions", OFFLINE)
        yield driver


OFFLINE = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}


def written(folder: Path, of: Sources) -> str:
    path = folder / "report.html"
    write_text(path, render("report.html.j2", build_context(of)))
    return path.as_uri()


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report with everything in it."""
    return written(tmp_path_factory.mktemp("full"), replace(sources(sets=["real_news_dev"], cost=COST), **records()))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report whose article, genre, annotator and records are hostile."""
    of = sources(text=HOSTILE, genre=HOSTILE, annotator="<b onclick=a>x</b>")
    return written(tmp_path_factory.mktemp("hostile"), replace(of, **records(HOSTILE)))


COST = {
    "machine": "a machine",
    "rounds": 5,
    "sentences": 400,
    "pipeline_sentences_per_second": 50.0,
    "finetune_seconds": 61.0,
    "models": {TRANSFORMER: {"parameters": 9, "megabytes": 1.5, "sentences_per_second": 4321.0, "ratio": 3.2}},
}


def show(browser: Browser, url: str, *, width: int = DESK, scheme: str = "light") -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width == PHONE},
    )
    # Without motion, so that a click finds its target where it was.
    wanted = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
    features = [{"name": name, "value": value} for name, value in wanted.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})
    browser.get_log("browser")
    browser.get(url)


def complaints(browser: Browser) -> list[str]:
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] in {"SEVERE", "WARNING"}]


def visible_errors(browser: Browser) -> list[str]:
    script = "return [...document.querySelectorAll('.error')].filter(e => !e.hidden).map(e => e.dataset.place)"
    found: list[str] = browser.execute_script(script)
    return found


def choose(browser: Browser, name: str, value: str) -> None:
    """Set a filter as its user would: the value, and the event that a browser sends with it."""
    browser.execute_script(
        "const c = document.querySelector(`#filters [name=${arguments[0]}]`); c.value = arguments[1];"
        "for (const kind of ['input', 'change']) c.dispatchEvent(new Event(kind, {bubbles: true}))",
        name,
        value,
    )


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("page", ["full", "hostile"])
def test_the_page_opens_quietly_and_stays_within_the_screen(
    browser: Browser, page: str, width: int, request: pytest.FixtureRequest
) -> None:
    show(browser, request.getfixturevalue(page), width=width)
    browser.execute_script("for (const d of document.querySelectorAll('details')) d.open = true")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    # Nothing is cut off either: what is wider than the screen can be scrolled.
    script = """
        return [...document.querySelectorAll("main *")].filter(e =>
            e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".wide, pre, .sr"))
            .map(e => e.tagName + "." + e.className)"""
    assert browser.execute_script(script) == []
    assert complaints(browser) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_axe_finds_nothing_serious(browser: Browser, full: str, width: int, scheme: str) -> None:
    from axe_core_python.selenium import Axe

    show(browser, full, width=width, scheme=scheme)
    browser.execute_script("for (const d of document.querySelectorAll('details')) d.open = true")
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    found = [
        (rule["id"], rule["nodes"][0]["html"][:200], rule["nodes"][0]["failureSummary"])
        for rule in Axe().run(browser)["violations"]
        if rule["impact"] in {"serious", "critical"}
    ]
    assert found == []


def test_a_hostile_text_stays_text(browser: Browser, hostile: str) -> None:
    show(browser, hostile)
    assert browser.title == "newsvoice: evaluation report"
    assert browser.execute_script("return document.querySelectorAll('script').length") == 1
    assert browser.execute_script("return document.querySelectorAll('img, a[href^=javascript], [onclick]').length") == 0
    text = browser.execute_script("return document.querySelector('.columns .s').textContent")
    assert "<script>document.title='owned'</script>" in text
    assert "{{ 7 * 7 }}" in text
    assert "w" * 50_000 in text
    # Controls that would turn the line round, or steer a terminal that shows the source.
    assert not {"\u202e", "\u2066", "\x1b"} & set(text)
    assert browser.execute_script("return getComputedStyle(document.querySelector('.s')).unicodeBidi") == "isolate"


def test_filters_filter(browser: Browser, full: str) -> None:
    show(browser, full)
    every = visible_errors(browser)
    status = browser.find_element(By.ID, "shown")
    assert len(every) == 4
    assert status.text == "4 of 4 errors"
    golds = browser.execute_script("return [...document.querySelectorAll('.error')].map(e => e.dataset.gold)")
    choose(browser, "gold", NAMES[0])
    assert len(visible_errors(browser)) == golds.count(NAMES[0])
    choose(browser, "predicted", NAMES[0])
    assert visible_errors(browser) == []
    assert status.text == "0 of 4 errors"
    browser.find_element(By.CSS_SELECTOR, "#filters [type=reset]").click()
    browser.execute_async_script("setTimeout(arguments[0], 20)")
    assert sorted(visible_errors(browser)) == sorted(every)


def test_errors_are_found_by_confidence_genre_and_words(browser: Browser, full: str) -> None:
    show(browser, full)
    choose(browser, "from", "0.96")
    assert visible_errors(browser) == []
    choose(browser, "from", "0.5")
    choose(browser, "to", "0.95")
    assert len(visible_errors(browser)) == 4
    choose(browser, "genre", "opinion")
    assert visible_errors(browser) == ["art-0 0"]
    choose(browser, "genre", "")
    search = browser.find_element(By.CSS_SELECTOR, "#filters [name=search]")
    search.send_keys("HALDEN rain")
    assert len(visible_errors(browser)) == 4
    search.send_keys("x")
    assert visible_errors(browser) == []
    # The page's own words are not searched, and a field left empty bounds nothing.
    search.clear()
    search.send_keys("sure")
    assert visible_errors(browser) == []
    search.clear()
    search.send_keys(" ")
    choose(browser, "to", "")
    assert len(visible_errors(browser)) == 4


def test_a_long_list_shows_its_head_until_more_is_asked_for(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "PAGE_OF_ERRORS", 3)
    show(browser, written(tmp_path, sources()))
    status, more = (browser.find_element(By.ID, name) for name in ("shown", "more"))
    assert len(visible_errors(browser)) == 3
    assert status.text == "4 of 4 errors, the first 3 shown"
    choose(browser, "order", "article")
    assert visible_errors(browser) == ["art-0 0", "art-1 0", "art-2 0"]
    more.click()
    assert len(visible_errors(browser)) == 4
    assert status.text == "4 of 4 errors"
    assert not more.is_displayed()


def test_errors_can_be_put_in_the_articles_order(browser: Browser, full: str) -> None:
    show(browser, full)
    choose(browser, "order", "article")
    assert visible_errors(browser) == ["art-0 0", "art-1 0", "art-2 0", "art-3 0"]


def test_a_table_is_sorted_by_keyboard(browser: Browser, full: str) -> None:
    show(browser, full)
    heads = browser.find_elements(By.CSS_SELECTOR, "#results table thead th")
    button = heads[1].find_element(By.TAG_NAME, "button")

    def column() -> list[float]:
        cells = browser.find_elements(By.CSS_SELECTOR, "#results table:first-of-type")[0]
        return [float(c.text.split()[0]) for c in cells.find_elements(By.CSS_SELECTOR, "tbody tr td:nth-child(2)")]

    first = column()
    button.send_keys(Keys.ENTER)
    assert heads[1].get_attribute("aria-sort") == "descending"
    assert column() == sorted(first, reverse=True)
    button.send_keys(Keys.SPACE)
    assert heads[1].get_attribute("aria-sort") == "ascending"
    assert column() == sorted(first)
    heads[0].find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
    assert heads[1].get_attribute("aria-sort") is None


def test_a_wide_table_can_be_scrolled_by_keyboard_on_a_telephone(browser: Browser, full: str) -> None:
    show(browser, full, width=PHONE)
    script = (
        "return [...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth && e.tabIndex < 0)"
    )
    assert browser.execute_script(script) == []


def test_on_a_telephone_the_article_shows_one_reading_at_a_time(browser: Browser, full: str) -> None:
    show(browser, full, width=PHONE)
    script = "return ['golds', 'predicts'].map(c => document.querySelector(`.columns .${c}`).offsetWidth > 0)"
    assert browser.execute_script(script) == [False, True]
    browser.find_element(By.CSS_SELECTOR, "[name^=view][value=gold]").click()
    assert browser.execute_script(script) == [True, False]
    show(browser, full)
    assert browser.execute_script(script) == [True, True]


def test_figures_take_the_colours_of_the_scheme(browser: Browser, full: str) -> None:
    script = "return getComputedStyle(document.querySelector('svg text')).fill"
    inks = []
    for scheme in ("light", "dark"):
        show(browser, full, scheme=scheme)
        inks.append(browser.execute_script(script))
    assert inks[0] != inks[1]


def test_print_shows_what_the_screen_folds_away(browser: Browser, full: str) -> None:
    show(browser, full)
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert browser.execute_script("return document.querySelectorAll('details:not(.list, [open])').length") == 0
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert browser.execute_script("return getComputedStyle(document.querySelector('#filters')).display") == "none"


def test_paper_shows_both_readings_and_all_that_is_folded_also_without_scripts(browser: Browser, full: str) -> None:
    """A sheet is narrower than the screen on which the article has two columns."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        show(browser, full, width=680)
        script = "return [...document.querySelectorAll(arguments[0])].filter(e => !e.checkVisibility()).length"
        assert browser.execute_script(script, "details tr") > 0
        assert browser.execute_script(script, ".columns .golds") > 0
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        assert browser.execute_script(script, "details:not(.list) tr, .columns p, .error") == 0
        assert browser.execute_script(script, "nav, .controls, fieldset") == len(
            browser.find_elements(By.CSS_SELECTOR, "nav, .controls, fieldset")
        )
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_it_prints_within_the_sheet(browser: Browser, full: str) -> None:
    """Chromium shrinks a page whose content is too wide; A4 less its margins is 688 CSS pixels."""
    show(browser, full, width=688)
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 688
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    pages = base64.b64decode(printed["data"]).count(b"/Type /Page\n")
    assert 3 <= pages <= 40


def test_words_that_weighed_differ_by_more_than_colour(browser: Browser, full: str) -> None:
    show(browser, full)
    script = """
        const looks = getComputedStyle(document.querySelector(arguments[0]));
        return [looks.textDecorationLine, looks.textDecorationThickness]"""
    weak, strong = (browser.execute_script(script, f"#errors mark.{level}") for level in ("w1", "w2"))
    assert (weak[0], strong[0]) == ("underline", "underline")
    assert weak[1] != strong[1]


def test_without_scripts_every_error_is_shown(browser: Browser, full: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        show(browser, full)
        assert [e.is_displayed() for e in browser.find_elements(By.CSS_SELECTOR, ".error")] == [True] * 4
        assert not browser.find_element(By.ID, "filters").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

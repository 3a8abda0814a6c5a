"""The page as a person meets it: in Chromium, with a mouse, with a keyboard alone, on a phone, at night, on paper."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newsvoice.labels import NAMES, UNCERTAIN
from newsvoice.predict import Labelled, Word
from newsvoice.render.html import render
from tests.browser import chromium, marks
from tests.newsvoice.test_render import HOSTILE, UNSEEN, doubtful, labelled

# A folder to leave pictures of the page in, for looking at.
PICTURES = os.environ.get("NEWSVOICE_TEST_PICTURES")

pytestmark = marks

TEXT = (
    "Fee rises\n\nBy Ada Low\n\nThe council met on Monday. “We pay for it all,” he said. A mere gift to the few. "
    "Ships pay more.\n\nThe mayor said so. Nobody else did. It is a scandal."
)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


class Shown:
    """A page in the browser."""

    def __init__(self, driver: Any, path: Path) -> None:
        self.driver, self.path = driver, path
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
        self.size(1000, 900)

    def open(self, *articles: Labelled) -> "Shown":
        self.path.write_text(render(articles), encoding="utf-8")
        self.driver.get(self.path.as_uri())
        return self

    def size(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def media(self, *, media: str = "", **features: str) -> None:
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": wanted})

    def find(self, selector: str) -> list[Any]:
        found: list[Any] = self.driver.find_elements("css selector", selector)
        return found

    def style(self, element: Any, name: str, pseudo: str | None = None) -> str:
        script = "return getComputedStyle(arguments[0], arguments[2])[arguments[1]]"
        return str(self.driver.execute_script(script, element, name, pseudo))

    def tips(self) -> list[str]:
        return [" ".join(tip.text.split()) for tip in self.find(".tip") if tip.is_displayed()]

    def press(self, *keys: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def hover(self, element: Any) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).move_to_element(element).perform()

    def focused(self) -> Any:
        return self.driver.switch_to.active_element

    def picture(self, name: str) -> None:
        if PICTURES:
            self.driver.save_screenshot(str(Path(PICTURES) / f"{name}.png"))


@pytest.fixture
def page(driver: Any, tmp_path: Path) -> Shown:
    return Shown(driver, tmp_path / "page.html")


def with_confidence(one: Labelled, *confidences: float) -> Labelled:
    changed = [
        replace(p, probabilities={name: best if name == p.label else (1 - best) / 2 for name in NAMES})
        for p, best in zip(one.predictions, confidences, strict=True)
    ]
    return Labelled(one.article, changed)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it, of a `rgb(r, g, b)` that a browser computed."""
    channels = [int(c) / 255 for c in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_pointing_at_a_sentence_shows_its_probabilities(page: Shown) -> None:
    page.open(labelled(TEXT))
    assert page.tips() == []

    page.hover(page.find(".s")[1])

    assert page.tips() == ["reported speech 10 % analysis 80 % editorial framing 10 %"]
    page.picture("hover")


def test_a_keyboard_alone_reaches_every_sentence_and_its_probabilities(page: Shown) -> None:
    from selenium.webdriver.common.keys import Keys

    one = labelled(TEXT)
    page.open(one)
    seen: list[tuple[str, str]] = []
    # As often as there are stops: one link, four controls, the sentences.
    for _ in range(5 + len(one.predictions)):
        page.press(Keys.TAB)
        focused = page.focused()
        if "s" in (focused.get_attribute("class") or "").split():
            [tip] = page.tips()
            seen.append((focused.get_attribute("textContent").split(" (")[0].strip(), tip))
    assert [text for text, _ in seen] == [p.text for p in one.predictions]
    assert all("80 %" in tip for _, tip in seen)


def test_the_first_tab_stop_skips_to_the_text(page: Shown) -> None:
    from selenium.webdriver.common.keys import Keys

    page.open(labelled(TEXT))
    page.press(Keys.TAB)
    assert page.focused().text == "Skip to the text"
    page.press(Keys.ENTER)
    page.press(Keys.TAB)

    assert "s" in page.focused().get_attribute("class").split()


@pytest.mark.parametrize("how", ["mouse", "keyboard"])
def test_a_label_can_be_switched_off_and_on(page: Shown, how: str) -> None:
    from selenium.webdriver.common.keys import Keys

    page.open(labelled(TEXT))
    sentence = page.find(f".s.{NAMES[0]}")[0]
    coloured = page.style(sentence, "backgroundColor")
    box = page.find(f"#show-{NAMES[0]}")[0]

    def switch() -> None:
        box.click() if how == "mouse" else box.send_keys(Keys.SPACE)

    switch()
    assert page.style(sentence, "backgroundColor") == "rgba(0, 0, 0, 0)"
    assert page.style(sentence, "content", "::before") == "none"
    assert page.style(page.find(f".s.{NAMES[1]}")[0], "backgroundColor") != "rgba(0, 0, 0, 0)"
    switch()
    assert page.style(sentence, "backgroundColor") == coloured


def test_doubt_can_be_switched_off_too(page: Shown) -> None:
    page.open(doubtful(labelled(TEXT)))
    [sentence, *_] = page.find(f".s.{UNCERTAIN}")
    assert page.style(sentence, "content", "::before") != "none"
    page.find(f"#show-{UNCERTAIN}")[0].click()
    assert page.style(sentence, "content", "::before") == "none"


def test_doubtful_sentences_can_be_faded(page: Shown) -> None:
    from selenium.webdriver.support.ui import Select

    one = labelled("Ships pay. Tugs pay. Boats pay. All pay.")
    page.open(with_confidence(one, 0.45, 0.69, 0.7, 0.999))

    def coloured() -> list[bool]:
        return [page.style(s, "backgroundColor") != "rgba(0, 0, 0, 0)" for s in page.find(".s")]

    assert coloured() == [True, True, True, True]
    for threshold, expected in (
        ("50", [False, True, True, True]),
        ("70", [False, False, True, True]),
        ("99", [False, False, False, True]),
        ("0", [True, True, True, True]),
    ):
        Select(page.find("#least")[0]).select_by_value(threshold)
        assert coloured() == expected, threshold


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_by_day_and_by_night(page: Shown, scheme: str) -> None:
    page.open(labelled(TEXT))
    page.media(prefers_color_scheme=scheme)
    body = page.find("body")[0]
    background = page.style(body, "backgroundColor")

    assert (luminance(background) < 0.1) == (scheme == "dark")
    for sentence in page.find(".s"):
        own = page.style(sentence, "backgroundColor")
        assert contrast(page.style(sentence, "color"), own) >= 7
    for soft in page.find(".shares, .key, .set-aside, h1, h2, footer"):
        assert contrast(page.style(soft, "color"), background) >= 4.5
    for name in NAMES:
        page.find(f"#show-{name}")[0].click()
    for sentence in page.find(".s"):
        assert contrast(page.style(sentence, "color"), background) >= 4.5
    page.picture(f"faded-{scheme}")


def test_labels_differ_by_more_than_colour(page: Shown) -> None:
    page.open(labelled(TEXT))
    marks = {page.style(page.find(f".s.{name}")[0], "content", "::before") for name in NAMES}

    assert len(marks) == 3


@pytest.mark.parametrize("article", [TEXT, "Ships pay " + "x" * 50_000 + " now. They left.", HOSTILE], ids=len)
def test_a_phone_shows_it_without_scrolling_sideways(page: Shown, article: str) -> None:
    page.size(360, 740)
    page.open(labelled(article, article_id="a-very-long-name-of-an-article-" * 3), labelled())

    assert page.driver.execute_script("return document.documentElement.scrollWidth") <= 360
    page.hover(page.find(".s")[0])
    assert len(page.tips()) == 1
    assert page.driver.execute_script("return document.documentElement.scrollWidth") <= 360
    page.picture(f"phone-{len(article)}")


def test_a_hostile_article_runs_nothing_and_is_shown_as_it_is(page: Shown) -> None:
    page.open(labelled(HOSTILE, article_id="<script>document.title = 'owned'</script>"), labelled(UNSEEN))

    assert page.driver.title.endswith("· newsvoice")
    assert page.find("script, img, iframe, [onclick], [onerror], [onmouseover]") == []
    assert "<script>alert('x')</script>" in page.find("article")[0].text
    # A violation of the page's own policy, an error, a request that failed: each would be logged.
    assert page.driver.get_log("browser") == []


def test_the_policy_stops_a_script_that_got_in(page: Shown) -> None:
    source = render([labelled(TEXT)]).replace("</main>", "<script>document.title = 'owned'</script></main>")
    page.path.write_text(source, encoding="utf-8")
    page.driver.get(page.path.as_uri())

    assert page.driver.title != "owned"
    assert any("Content Security Policy" in entry["message"] for entry in page.driver.get_log("browser"))


def test_copied_text_is_the_article_alone(page: Shown) -> None:
    page.open(labelled("The council met. It voted."))
    page.driver.execute_script("getSelection().selectAllChildren(document.querySelector('article p:last-child'))")

    assert " ".join(page.driver.execute_script("return getSelection().toString()").split()) == (
        "The council met. It voted."
    )


def test_paper_keeps_colours_and_drops_controls(page: Shown) -> None:
    page.open(labelled(TEXT))
    page.media(media="print")

    assert not page.find("#least")[0].is_displayed()
    assert not page.find("input")[0].is_displayed()
    assert page.find(f".controls .{NAMES[0]}")[0].is_displayed()
    assert page.style(page.find(".s")[0], "printColorAdjust") == "exact"


def test_weighty_words_are_underlined(page: Shown) -> None:
    one = labelled("The mayor said ships pay.")
    words = [[Word(4, 9, 0.1), Word(10, 14, 0.3)]]
    page.open(Labelled(one.article, one.predictions, words))

    [said] = page.find(".s .w2")
    assert said.text == "said"
    assert "underline" in page.style(said, "textDecorationLine")
    page.hover(page.find(".s")[0])
    assert "weighs most: said +0.30, mayor +0.10" in page.tips()[0]
    page.picture("words")

"""The review page in a real browser: keys, saving, and what a reload, a crash or a second tab do to labels."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("selenium", reason="selenium is not installed")

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from newsvoice.annotate.review.server import ReviewServer
from newsvoice.annotate.review.session import Session
from newsvoice.annotate.review.wanted import Wanted
from newsvoice.annotate.votes import vote_of
from newsvoice.annotations import Annotation, Vote, read_annotations
from newsvoice.labels import NOT_PROSE
from newsvoice.records import write_jsonl
from tests.browser import chromium, marks
from tests.newsvoice.annotate.build import A, E, R
from tests.newsvoice.annotate.conftest import ARTICLE

pytestmark = marks
# The machine may be busy training; nothing here waits as long as this when it works.
PATIENCE_S = 60
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> rose."

Browser = Any


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def tab(browser: Browser) -> Iterator[Browser]:
    """The browser in a tab of its own, which must not have complained."""
    first = browser.window_handles[0]
    browser.switch_to.window(first)
    browser.switch_to.new_window("tab")
    yield browser
    for handle in browser.window_handles:
        if handle != first:
            browser.switch_to.window(handle)
            browser.close()
    browser.switch_to.window(first)
    # Refused votes (409, 422) and a server that was killed are part of the tests; anything else is a fault.
    faults = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert [m for m in faults if not re.search("status of 4(09|22)|ERR_CONNECTION_REFUSED", m)] == []


Serve = Callable[..., ReviewServer]


@pytest.fixture
def serve(folder: Path) -> Iterator[Serve]:
    running: list[tuple[ReviewServer, threading.Thread]] = []

    def start(*names: str, **more: Any) -> ReviewServer:
        files = {name: folder / "articles" / f"{name}.txt" for name in names or ("fee",)}
        server = ReviewServer(Session(files, annotations=folder / "gold", annotator="ada", **more))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def wait(browser: Browser, condition: Callable[[], object]) -> None:
    WebDriverWait(browser, PATIENCE_S, poll_frequency=0.05).until(lambda _: condition())


def text_of(browser: Browser, name: str) -> str:
    return str(browser.find_element(By.ID, name).text)


def visit(browser: Browser, url: str) -> None:
    browser.get(url)
    wait(browser, lambda: text_of(browser, "progress"))


def settle(browser: Browser) -> None:
    """Wait until every request is answered."""
    browser.execute_async_script("const done = arguments[0]; queue.then(() => queue).then(done);")


def press(browser: Browser, *keys: str) -> None:
    """Press keys one after the other, each when the one before has been answered."""
    for key in keys:
        browser.switch_to.active_element.send_keys(key)
        settle(browser)


def press_at_once(browser: Browser, keys: str, *, after: str = "") -> None:
    """Press keys faster than any of them, or what the script `after` asks, can be answered; return when all are."""
    browser.execute_script(f"{after}; for (const key of arguments[0]) press(key)", keys)
    settle(browser)


def picked(browser: Browser) -> str:
    """The text of the sentence that has the focus, without mark and unseen words."""
    return str(browser.execute_script("return document.activeElement.lastChild?.textContent"))


def labels(browser: Browser) -> list[str | None]:
    return list(browser.execute_script("return state.units.map((unit) => unit.own)"))


def saved(folder: Path, name: str = "fee") -> dict[str, str | None]:
    file = folder / "gold" / f"{name}.jsonl"
    return {m.text: m.label for m in read_annotations(file)} if file.exists() else {}


def test_keys_label_and_every_label_is_saved_at_once(tab: Browser, serve: Serve, folder: Path) -> None:
    visit(tab, serve().url)
    assert picked(tab) == "Fee rises"
    for key, label in (("2", A), ("0", NOT_PROSE), ("3", E), ("1", R)):
        sentence = picked(tab)
        press(tab, key)
        assert saved(folder)[sentence] == label
    assert labels(tab) == [A, NOT_PROSE, E, R, None, None]
    assert text_of(tab, "progress") == "4 of 6 labelled by ada · 1 doubtful"
    assert text_of(tab, "said") == "Saved: reported speech."
    assert picked(tab) == "The fee is 9 crowns."
    assert all(ARTICLE[m.start : m.end] == m.text for m in read_annotations(folder / "gold/fee.jsonl"))


def test_arrows_move_and_n_finds_what_is_doubtful(tab: Browser, serve: Serve) -> None:
    visit(tab, serve().url)
    seen = []
    for key in (
        Keys.ARROW_DOWN,
        Keys.ARROW_RIGHT,
        Keys.ARROW_UP,
        Keys.END,
        Keys.ARROW_DOWN,
        Keys.HOME,
        Keys.ARROW_LEFT,
    ):
        press(tab, key)
        seen.append(picked(tab)[:7])
    assert seen == ["By Ada ", "The cou", "By Ada ", "It is a", "It is a", "Fee ris", "Fee ris"]
    seen = []
    for _ in range(3):
        press(tab, "n")
        seen.append(picked(tab)[:7])
    assert seen == ["The cou", "The fee", "Fee ris"]
    press(tab, "2", "n", "2", "n", "2", "n")
    assert text_of(tab, "said") == "No doubtful sentence is left."


def test_undo_goes_back_step_by_step_even_after_a_reload(tab: Browser, serve: Serve, folder: Path) -> None:
    url = serve().url
    visit(tab, url)
    press(tab, "2", Keys.HOME, "3", "1")
    assert labels(tab)[:2] == [E, R]
    visit(tab, url)
    press(tab, "u")
    assert labels(tab)[:2] == [E, None]
    press(tab, "u")
    assert saved(folder) == {"Fee rises": A}
    assert picked(tab) == "Fee rises"
    press(tab, "u", "u")
    assert saved(folder) == {}
    assert text_of(tab, "said") == "Nothing to undo."


def test_a_reload_loses_nothing(tab: Browser, serve: Serve) -> None:
    visit(tab, serve().url)
    press(tab, "2", "0", "3")
    tab.refresh()
    wait(tab, lambda: text_of(tab, "progress"))
    assert labels(tab)[:4] == [A, NOT_PROSE, E, None]


def test_buttons_and_clicks_do_what_keys_do(tab: Browser, serve: Serve, folder: Path) -> None:
    visit(tab, serve().url)
    tab.find_elements(By.CSS_SELECTOR, "[role=option]")[3].click()
    tab.find_element(By.CSS_SELECTOR, "[data-key='1']").click()
    wait(tab, lambda: saved(folder))
    assert list(saved(folder).values()) == [R]


def test_a_second_tab_is_told_and_refreshed(tab: Browser, serve: Serve, folder: Path) -> None:
    url = serve().url
    visit(tab, url)
    one = tab.current_window_handle
    # A tab that cannot ask by itself meets the other's change with its own next label.
    tab.execute_script("Object.defineProperty(document, 'hidden', {get: () => true})")
    tab.switch_to.new_window("tab")
    visit(tab, url)
    press(tab, "3")
    tab.switch_to.window(one)
    tab.execute_script("options[0].focus()")
    press(tab, "2")

    assert "changed in another tab" in text_of(tab, "alert")
    assert saved(folder) == {"Fee rises": E}
    assert labels(tab)[0] == E
    press(tab, "2")
    assert saved(folder) == {"Fee rises": A}
    assert text_of(tab, "alert") == ""


def test_keys_pressed_at_once_are_saved_in_order(tab: Browser, serve: Serve, folder: Path) -> None:
    visit(tab, serve().url)
    press_at_once(tab, "2031")
    assert labels(tab) == [A, NOT_PROSE, E, R, None, None]
    tab.execute_script("choose(0); press('3'); choose(0); press('1')")
    press_at_once(tab, "uu")
    assert labels(tab)[0] == A
    press_at_once(tab, "uuuuu")
    assert saved(folder) == {}
    assert text_of(tab, "said") == "Nothing to undo."


def behind(browser: Browser, folder: Path, text: str, vote: Vote) -> None:
    """Let somebody else label a sentence without the page asking by itself."""
    browser.execute_script("hidden = true; Object.defineProperty(document, 'hidden', {get: () => hidden})")
    start = ARTICLE.index(text)
    write_jsonl(folder / "gold/fee.jsonl", [Annotation(start, start + len(text), text, (vote,))])


# Another's change comes with the answer to a label, or while the label waits to be sent.
met = pytest.mark.parametrize("after", ["", "hidden = false; poll(); hidden = true"], ids=["refused", "polled"])


@met
def test_a_label_is_sent_again_when_others_changed_another_sentence(
    tab: Browser, serve: Serve, folder: Path, after: str
) -> None:
    visit(tab, serve().url)
    behind(tab, folder, "The fee is 9 crowns.", Vote("ben", E))
    press_at_once(tab, "12", after=after)
    assert saved(folder) == {"Fee rises": R, "By Ada Low": A, "The fee is 9 crowns.": E}
    assert picked(tab) == "The council met on Monday."
    assert "Not saved" not in text_of(tab, "alert")


@met
@pytest.mark.parametrize("annotator", ["ada", "ben"])
def test_a_label_on_what_others_labelled_waits_for_a_second_thought(
    tab: Browser, serve: Serve, folder: Path, annotator: str, after: str
) -> None:
    visit(tab, serve().url)
    behind(tab, folder, "Fee rises", Vote(annotator, E))
    press_at_once(tab, "12", after=after)
    assert saved(folder) == {"Fee rises": E, "By Ada Low": A}
    assert picked(tab) == "Fee rises"
    # It stays while other sentences are labelled.
    press(tab, Keys.END, "3")
    assert text_of(tab, "alert") == "Not saved: sentence 1 was labelled elsewhere."
    press(tab, Keys.HOME, "1")
    assert text_of(tab, "alert") == ""
    assert vote_of(read_annotations(folder / "gold/fee.jsonl")[0], "ada") == Vote("ada", R)


def test_a_blind_pass_is_not_told_of_others(tab: Browser, serve: Serve, folder: Path) -> None:
    visit(tab, serve(blind=True).url)
    behind(tab, folder, "Fee rises", Vote("ben", E))
    press(tab, "1")
    assert read_annotations(folder / "gold/fee.jsonl")[0].votes == (Vote("ben", E), Vote("ada", R))
    assert text_of(tab, "said") == "Saved: reported speech."


def test_what_was_not_saved_can_be_dismissed(tab: Browser, serve: Serve, folder: Path) -> None:
    from axe_core_python.selenium import Axe

    visit(tab, serve().url)
    behind(tab, folder, "Fee rises", Vote("ben", E))
    press(tab, "1")
    assert Axe().run(tab)["violations"] == []
    tab.find_element(By.ID, "dismiss").click()
    assert text_of(tab, "alert") == ""
    assert not tab.find_element(By.ID, "alarm").rect["height"]
    assert picked(tab) == "Fee rises"
    assert saved(folder) == {"Fee rises": E}


def test_a_refused_label_is_said_as_long_as_it_is_missing(tab: Browser, serve: Serve, folder: Path) -> None:
    visit(tab, serve().url)
    (folder / "articles/fee.txt").write_text("Something else. Entirely.")
    press_at_once(tab, "12")
    (folder / "articles/fee.txt").write_text(ARTICLE, encoding="utf-8")
    said = text_of(tab, "alert")
    assert re.search("Not saved: sentence 1 was refused: .*edited.* Not saved: sentence 2 was refused: ", said)
    assert picked(tab) == "Fee rises"
    press(tab, "1", "2")
    assert list(saved(folder).values()) == [R, A]
    assert text_of(tab, "alert") == ""


def test_a_label_for_an_article_that_was_left_is_not_dropped_in_silence(
    tab: Browser, serve: Serve, folder: Path
) -> None:
    visit(tab, serve("fee", "ship").url)
    press_at_once(tab, "3", after="load(1)")
    assert text_of(tab, "title") == "ship"
    assert text_of(tab, "alert") == "Not saved: sentence 1 of article 1 was left for another article."
    assert saved(folder) == saved(folder, "ship") == {}


def test_a_waiting_tab_sees_another_ones_label_by_itself(tab: Browser, serve: Serve, folder: Path) -> None:
    visit(tab, serve().url)
    start = ARTICLE.index("Fee rises")
    write_jsonl(folder / "gold/fee.jsonl", [Annotation(start, start + 9, "Fee rises", (Vote("ben", E),))])
    wait(tab, lambda: "changed in another tab" in text_of(tab, "alert"))
    press(tab, Keys.HOME)
    assert "ben: editorial framing" in text_of(tab, "own")


def start_process(folder: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "newsvoice.cli", "annotate", "review", str(folder / "articles/fee.txt")]
    process = subprocess.Popen(
        [*command, "--annotations", str(folder / "gold"), "--annotator", "ada", "--rules", "--no-browser"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    return process, process.stdout.readline().rpartition(": ")[2].strip()


def test_a_killed_server_loses_nothing_and_the_page_says_so(tab: Browser, folder: Path) -> None:
    process, url = start_process(folder)
    try:
        visit(tab, url)
        press(tab, "2", "0", "3")
        process.kill()
        process.wait()
        assert list(saved(folder).values()) == [A, NOT_PROSE, E]
        press(tab, "1")
        said = "Not saved: sentence 4 had no answer. The server does not answer. Start"
        assert text_of(tab, "alert").startswith(said)
        # What was not saved is not shown as if it were, nor left behind.
        assert labels(tab) == [A, NOT_PROSE, E, None, None, None]
        assert picked(tab) == "“We pay for it all,” he said."
    finally:
        process.kill()
        process.communicate()
    process, url = start_process(folder)
    try:
        visit(tab, url)
        assert labels(tab) == [A, NOT_PROSE, E, None, None, None]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0


def test_a_list_is_walked_across_articles(tab: Browser, serve: Serve, folder: Path) -> None:
    start = ARTICLE.index("The fee is")
    wanted = {
        "fee": [Wanted(start, start + 20, E, ("ben",), f"Listed: labelled {E}, unseen it looks like {A}.")],
        "ship": [Wanted(19, 29, A, ("ben",), "Listed.")],
    }
    visit(tab, serve("fee", "ship", wanted=wanted).url)
    assert picked(tab) == "The fee is 9 crowns."
    assert text_of(tab, "why").startswith("Guess: analysis. Listed: labelled editorial framing, unseen it looks like")
    press(tab, "2")
    wait(tab, lambda: text_of(tab, "title") == "ship")
    wait(tab, lambda: picked(tab) == "Ships pay.")
    press(tab, "3")
    assert text_of(tab, "said") == "No doubtful sentence is left."
    assert (saved(folder), saved(folder, "ship")) == ({"The fee is 9 crowns.": A}, {"Ships pay.": E})
    # Undo crosses back into the other article.
    press(tab, "u", "u")
    wait(tab, lambda: saved(folder) == {} and saved(folder, "ship") == {})


def test_a_doubtful_sentence_looks_doubtful(tab: Browser, serve: Serve) -> None:
    visit(tab, serve().url)
    drawn = [
        option.value_of_css_property("text-decoration-style")
        for option in tab.find_elements(By.CSS_SELECTOR, "[role=option]")
    ]
    assert drawn == ["wavy", "dotted", "wavy", "dotted", "wavy", "dotted"]


def test_what_others_settled_is_shown_as_theirs(tab: Browser, serve: Serve, folder: Path) -> None:
    start = ARTICLE.index("The fee is")
    mark = Annotation(start, start + 20, "The fee is 9 crowns.", (Vote("ben", E), Vote("cleo", E)))
    write_jsonl(folder / "gold/fee.jsonl", [mark])
    visit(tab, serve().url)
    option = tab.find_elements(By.CSS_SELECTOR, "[role=option]")[4]
    assert option.get_attribute("textContent") == "editorial framing, by others: ▲The fee is 9 crowns."
    assert option.value_of_css_property("box-shadow") != "none"


def test_a_blind_page_shows_no_guess(tab: Browser, serve: Serve) -> None:
    visit(tab, serve(blind=True).url)
    assert (text_of(tab, "own"), text_of(tab, "why")) == ("No label of yours", "")
    assert tab.find_elements(By.CSS_SELECTOR, "[data-guess]") == []


def test_hostile_text_stays_text(tab: Browser, serve: Serve, folder: Path) -> None:
    (folder / "articles/fee.txt").write_text(f"{HOSTILE} \u202eIt {'w' * 50_000}.\n", encoding="utf-8")
    visit(tab, serve().url)
    assert picked(tab).startswith(HOSTILE)
    assert tab.title == "fee · review · newsvoice"
    assert tab.find_elements(By.CSS_SELECTOR, "main img, main script") == []
    assert not overflows(tab)


def overflows(browser: Browser) -> bool:
    return bool(browser.execute_script("return document.documentElement.scrollWidth > window.innerWidth"))


def show(browser: Browser, *, width: int, scheme: str) -> None:
    """Lay the page out at a width that a window cannot be made as narrow as, in a colour scheme."""
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_reads_well_narrow_and_wide_light_and_dark(tab: Browser, serve: Serve, width: int, scheme: str) -> None:
    from axe_core_python.selenium import Axe

    show(tab, width=width, scheme=scheme)
    visit(tab, serve("fee", "ship").url)
    press(tab, "1", "2", "3", "0", Keys.ARROW_UP)
    for _ in range(2):
        assert not overflows(tab)
        found = Axe().run(tab)["violations"]
        assert [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found] == []
        press(tab, "c")


def test_the_codebook_opens_and_closes_by_key(tab: Browser, serve: Serve) -> None:
    show(tab, width=360, scheme="light")
    visit(tab, serve().url)
    codebook = tab.find_element(By.ID, "codebook")
    assert not codebook.is_displayed()
    press(tab, "c")
    assert codebook.is_displayed()
    assert "Does a source stand behind" in codebook.text
    press(tab, Keys.ESCAPE)
    assert not codebook.is_displayed()
    assert picked(tab) == "Fee rises"


def test_a_screen_reader_hears_label_and_state(tab: Browser, serve: Serve) -> None:
    visit(tab, serve().url)
    press(tab, "3", Keys.HOME)
    tree = tab.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    names = {n["name"]["value"] for n in tree if n.get("role", {}).get("value") == "option"}
    assert "editorial framing, by you: Fee rises" in names
    assert "doubtful, no label: The council met on Monday." in names
    assert "no label: “We pay for it all,” he said." in names
    focused = [n for n in tree if any(p["name"] == "focused" and p["value"]["value"] for p in n.get("properties", []))]
    assert "option" in [n["role"]["value"] for n in focused]
    assert json.dumps(tree).count('"listbox"') >= 1

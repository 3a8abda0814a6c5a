import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from newsvoice.text.boilerplate import LONGEST, is_boilerplate


@pytest.mark.parametrize(
    "passage",
    [
        "By Ada Low",
        "BY ADA LOW AND BO LIN, Staff Writers",
        "By Ada Low in Lowhaven",
        "By Ada van der Low, Health Correspondent",
        "Words: Ada Low",
        "Ada Low is a reporter in Lowhaven.",
        "Ada Low reported from Lowhaven.",
        "Ada Low, political correspondent in Lowhaven",
        "Interview by Ada Low",
        "News analysis",
        "OPINION",
        "12.45 BST",
        "9:15 p.m.",
        "This article was originally published in May 2024.",
        "Got a tip? Write to our desk.",
        "($1 = 6.948 kroner)",
        "Additional reporting by Bo Lin in Lowhaven",
        "(Reporting by Ada Low; Editing by Bo Lin)",
        "FILE PHOTO: The pier at Lowhaven in May.",
        "Photo: Ada Low",
        "Pictured: the mayor on the pier",
        "Image credit: Lowhaven Port",
        "The mayor on the pier on Monday. Photograph by Ada Low",
        "The mayor on the pier. Ada Low/AFP via Getty Images",
        "The mayor at noon. REUTERS/Ada Low",
        "Advertisement",
        "Sponsored content",
        "Read more: What the fee means for ships",
        "Click here to see the map",
        "Related: Fee rises again",
        "Share",
        "Share this article",
        "Follow us on our channels",
        "Sign up for our newsletter",
        "Email ada.low@post.example",
        "Media contact: Bo Lin, 555 0100",
        "Updated: 5 May 2024 at 12:30",
        "Published May 5, 2024",
        "Source: Lowhaven Port Authority",
        "© 2024 Lowhaven Post",
        "Copyright 2024 Lowhaven Post. All rights reserved.",
        "Continue reading the main story",
        "-ENDS-",
        "###",
        "https://post.example/fee",
        "@lowhavenpost",
        "LOWHAVEN, May 5 (LP) —",
        "LOWHAVEN —",
        "Monday, 5 May 2024",
        "May 5, 2024",
        "* * *",
        "———",
        "![The pier](pier.jpg)",
        "| Year | Ships |",
        "?!",
        "  By Ada Low \n",
    ],
)
def test_site_furniture_is_boilerplate(passage: str) -> None:
    assert is_boilerplate(passage)


@pytest.mark.parametrize(
    "passage",
    [
        "The photo shows the mayor on the pier.",
        "A photo by Ada Low hangs in the hall.",
        "“Photo or no photo, we pay,” she said.",
        "The video was watched by thousands.",
        "She sold the picture to a museum, the photographer said.",
        "By noon, the pier was empty.",
        "By and large, the plan worked.",
        "By his own account, Mr. Low had never read it.",
        "The fee was set by Ada Low and Bo Lin.",
        "Reported thefts fell by a third.",
        "Analysis of the water took a week.",
        "Share prices fell on Monday.",
        "Email is how most of them heard.",
        "Advertising rates rose.",
        "Comments were not what she wanted.",
        "Homes were flooded.",
        "Sources at the port said so.",
        "Read the bill first, the judge told them.",
        "Watch how they vote.",
        "Correspondents waited outside.",
        "LOWHAVEN — The council met.",
        "On May 5, 2024, the pier burned.",
        "Ada Low is a pilot.",
        "Ada Low reported the theft.",
        "This article of the treaty is void.",
        "He wrote “@lowhaven” on the wall.",
        "ENDS MEET AT LAST",
    ],
)
def test_a_sentence_that_mentions_such_things_is_prose(passage: str) -> None:
    assert not is_boilerplate(passage)


@pytest.mark.parametrize(
    "passage",
    [
        "By Monday, the river had fallen.",
        "By Christmas, 40 homes were dark.",
        "Support for the bill has grown since May.",
        "Like this year’s budget, the last one came late.",
        "Follow this road and the pier comes into view, she said.",
        "Contact with the ship was lost at 3 a.m.",
        "Phone calls to the port fell by 30 percent.",
        "Email traffic rose 5 percent.",
        "Published in 2019, the book sold 4,000 copies.",
        "Copyright law protects the author of a song.",
        "Writing for the majority, Judge Low said the law was void.",
        "Reporting for duty, he found the gate shut.",
        "She sold the print to Getty Images.",
        "Photo by photo, the album tells how the pier burned.",
        "Show more restraint, the judge told them.",
        "This report was written by three judges and names 40 officers.",
        "Ada Low reported from Lowhaven that the pier was on fire.",
    ],
)
def test_a_sentence_that_begins_like_furniture_is_prose(passage: str) -> None:
    assert not is_boilerplate(passage)


def test_no_block_longer_than_a_caption_is_boilerplate() -> None:
    caption = "Photo: " + "a" * LONGEST

    assert is_boilerplate(caption[:300])
    assert not is_boilerplate(caption)


@contextmanager
def hangs_fail(seconds: int) -> Iterator[None]:
    def give_up(*_: object) -> None:
        pytest.fail(f"no answer in {seconds} s")

    previous = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def test_a_hostile_byline_cannot_hang_the_reader() -> None:
    # Milliseconds where the pattern is sound, years where it backtracks.
    with hangs_fail(2):
        assert not is_boilerplate("By " + "A" * (LONGEST - 10) + "!")

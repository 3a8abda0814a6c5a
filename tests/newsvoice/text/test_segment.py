from pathlib import Path

import pytest

from newsvoice.text.ingest import parse_article, read_article
from newsvoice.text.segment import from_sentences, segment, segment_lines

GIVEN_ARTICLE = Path(__file__).parents[3] / "data/raw/articles/putin-warns-kyiv.txt"


def split(text: str) -> list[str]:
    return [sentence.text for sentence in segment(parse_article(text, article_id="a"))]


def assert_splits_into(*sentences: str) -> None:
    assert split(" ".join(sentences)) == list(sentences)


@pytest.mark.parametrize(
    "sentences",
    [
        ("The council met.", "It voted."),
        ("What now?", "Nobody knows!", "Really?!", "Yes."),
        ("He left (and came back).", "She stayed."),
        ("He left.", "(He came back later.)", "She stayed."),
        ("*He left.*", "She stayed."),
        ("He left.", "iPod sales rose.", "eFerry paid."),
        ("It began in 2019.", "It ended in 2020.", "2021 was quiet."),
        ("He said no.", "10 others said yes."),
    ],
    ids=" ".join,
)
def test_splits_plain_sentences(sentences: tuple[str, ...]) -> None:
    assert_splits_into(*sentences)


@pytest.mark.parametrize(
    "sentences",
    [
        ("The U.S. Senate met.", "The U.K. Parliament did not."),
        ("He moved to the U.S.", "The others stayed."),
        ("The U.S.-backed plan failed.", "It was dull."),
        ("They met in Washington, D.C. on Monday.", "They left."),
        ("They met in D.C.", "She spoke first."),
        ("A U.S. official, i.e. Mr. Low, and others, e.g. Ms. Lin, left.", "It rained."),
    ],
    ids=" ".join,
)
def test_country_and_other_dotted_letters(sentences: tuple[str, ...]) -> None:
    assert_splits_into(*sentences)


@pytest.mark.parametrize(
    "sentences",
    [
        ("Gov. Ada Low spoke.", "Sen. Bo Lin did not."),
        ("Dr. Low met Lt. Col. Lin and Rev. Oda.", "Prof. Iwu was late."),
        ("Mr. and Mrs. Low went to St. Olav’s.", "They sang."),
        ("It was Low vs. Lin.", "The first round was Low v. Oda."),
        ("Police named him as Bo Lin Jr. on Monday.", "He is 20."),
        ("The driver was Bo Lin Jr.", "The car was red."),
        ("She has a Ph.D. in law.", "He has an M.A.", "They met in class."),
        ("They sold nets, ropes, etc.", "The rest went to a museum."),
        ("She cites Low et al. in her book.", "It sold well."),
    ],
    ids=" ".join,
)
def test_titles_and_other_words_with_a_stop(sentences: tuple[str, ...]) -> None:
    assert_splits_into(*sentences)


@pytest.mark.parametrize(
    "sentences",
    [
        ("The shop stands on Main St.", "The owner left."),
        ("The wall is 6 ft. high.", "The gate is 5 ft.", "The rest is open."),
    ],
    ids=" ".join,
)
def test_a_street_or_a_foot_may_end_a_sentence(sentences: tuple[str, ...]) -> None:
    assert_splits_into(*sentences)


@pytest.mark.parametrize(
    "sentences",
    [
        ("It opens at 9 a.m. Monday.", "It shuts at 5 p.m. EST."),
        ("It opens at 9 a.m. and shuts at 5 p.m. on Mondays.", "Few know."),
        ("It was 9 a.m.", "The gate was shut."),
        ("It was 9 a.m.", "Ferries were late."),
        ("It opens at 9 a.m. — Lowhaven time — on Monday.", "It shuts at noon."),
    ],
    ids=" ".join,
)
def test_hours_of_the_day(sentences: tuple[str, ...]) -> None:
    assert_splits_into(*sentences)


@pytest.mark.parametrize(
    "sentences",
    [
        ("J. R. Low wrote it.", "A.B. Lin read it."),
        ("Ada K. Low was there.", "So was Bo.", "M. Oda was not."),
        ("The suspect is Karl R.", "The victim is Ada M.", "They had met."),
        ("They chose Plan B.", "It failed."),
    ],
    ids=" ".join,
)
def test_initials(sentences: tuple[str, ...]) -> None:
    assert_splits_into(*sentences)


@pytest.mark.parametrize(
    "sentences",
    [
        ("They met in Mobile, Ala. on Monday.", "They left for Salem, Ore.", "The trip took days."),
        ("Rep. Bo Lin, D-Calif., spoke.", "Nobody listened."),
        ("The vote is on Jan. 5.", "The last was in Dec.", "It was close."),
        ("It began in Sept. 2019.", "It ended on Tues. Oct. 5."),
        ("He sat in the sun.", "Ferries passed."),
        ("It was a mass.", "Priests sang."),
    ],
    ids=" ".join,
)
def test_states_and_months(sentences: tuple[str, ...]) -> None:
    assert_splits_into(*sentences)


@pytest.mark.parametrize(
    "sentences",
    [
        ("Low Inc. announced a deal with Lin & Co. on Monday.", "Both rose."),
        ("She works for Low Inc.", "He works for Lin Ltd.", "Ferries are their trade."),
        ("Low Corp. President Ada Low left.", "Lin Inc. Chief Executive Bo Lin stayed."),
        ("The sale of Low Inc. — Lowhaven’s largest employer — failed.", "It had been planned for years."),
        ("Low Bros. Pictures announced a film.", "It is about a pier."),
    ],
    ids=" ".join,
)
def test_companies(sentences: tuple[str, ...]) -> None:
    assert_splits_into(*sentences)


@pytest.mark.parametrize(
    "sentences",
    [
        ("She ranks No. 10 in the world.", "He ranks Nos. 3 and 4 in pairs."),
        ("See Fig. 2 and p. 14.", "It is clear."),
        ("Prices rose 3.5 percent to $1.20.", "They had fallen by .5 percent."),
        ("It cost 1.5m.", "That is a lot."),
        ("It is at example.com and at post.example.", "Few look."),
    ],
    ids=" ".join,
)
def test_numbers(sentences: tuple[str, ...]) -> None:
    assert_splits_into(*sentences)


@pytest.mark.parametrize(
    "sentences",
    [
        ("He paused … and left.", "She waited ... and stayed."),
        ("He paused…", "Then he left.", "She waited...", "Then she left."),
        ("“Well …” he said.", "“Well...” she said."),
    ],
    ids=" ".join,
)
def test_ellipses(sentences: tuple[str, ...]) -> None:
    assert_splits_into(*sentences)


@pytest.mark.parametrize(
    "sentences",
    [
        ("“Who pays?” Ada Low asked.", "Nobody knew."),
        ("“Who pays?” the mayor asked.", "Nobody knew."),
        ("“Who pays?” asked Ada Low.", "Nobody knew."),
        ("“Stop!” Mayor Low of Lowhaven shouted.", "Nobody did."),
        ("“Stop!” I said.", "Nobody did."),
        ('"Who pays?" Ada Low asked.', "Nobody knew."),
        ("‘Who pays?’ Ada Low asked.", "Nobody knew."),
        ("‘Who pays?’ she asked.", "Nobody knew."),
        ("Nobody knew.", "“Who,” she asked, “pays?”", "Nobody knew."),
    ],
    ids=" ".join,
)
def test_who_said_it_stays_with_what_was_said(sentences: tuple[str, ...]) -> None:
    assert_splits_into(*sentences)


@pytest.mark.parametrize(
    "sentences",
    [
        ("“Who pays?”", "Ada Low shrugged."),
        ("“We pay.”", "The room fell silent."),
        ("“We pay.”", "He said nothing more."),
        ('"We pay."', "The mayor told the press to leave."),
        ("“Who pays?”", "She asked around, and nobody knew."),
        ("“We pay.”", "“They pay.”", "“All pay.”"),
        ('"We pay."', '"They pay."'),
        ("“We pay.", "We always did,” she said.", "“Now they pay.”"),
        ("He asked: “Why?” and left.", "She stayed."),
        ("He left.", '"We pay," she said.'),
    ],
    ids=" ".join,
)
def test_a_new_sentence_behind_a_quotation(sentences: tuple[str, ...]) -> None:
    assert_splits_into(*sentences)


@pytest.mark.parametrize(
    "sentences",
    [
        ("‘We pay,’ he said.", "‘It’s the boys’ turn.’", "They left."),
        ("It is the workers’.", "They built it."),
        ("He called it ‘a fair deal’.", "She called it ‘a poor one.’", "They left."),
        ("'We pay.'", "She left.", "'They don't.'"),
    ],
    ids=" ".join,
)
def test_british_single_quotes(sentences: tuple[str, ...]) -> None:
    assert_splits_into(*sentences)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("The war ended.The talks began.", ["The war ended.", "The talks began."]),
        ("Is it over?It is.", ["Is it over?", "It is."]),
        ("“We pay.”He left.", ["“We pay.”", "He left."]),
        ("“We pay.”Ferries left.", ["“We pay.”", "Ferries left."]),
        ("“We paid in 2019.”He left.", ["“We paid in 2019.”", "He left."]),
        ("He left.“We pay,” she said.", ["He left.", "“We pay,” she said."]),
        ("“We pay.”“They pay.”", ["“We pay.”", "“They pay.”"]),
        ('"We pay."He left.', ['"We pay."', "He left."]),
        ("The U.S.A. is at www.example.com.", ["The U.S.A. is at www.example.com."]),
        ("Use Node.Js or Low.Net.", ["Use Node.Js or Low.Net."]),
    ],
)
def test_missing_spaces(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@pytest.mark.parametrize(
    "sentences",
    [
        ("1. The council meets.", "2. The board votes.", "3. Ships pay."),
        ("12. The council meets.", "It votes."),
        ("They were 12.", "The rest were older."),
    ],
    ids=" ".join,
)
def test_list_numbers(sentences: tuple[str, ...]) -> None:
    assert_splits_into(*sentences)


@pytest.mark.parametrize(
    "sentences",
    [
        ("LOWHAVEN, Norway — The council met.", "It voted."),
        ("MOBILE, Ala. — The throne room opened.", "It is new."),
        ("WASHINGTON, D.C. – The Senate met.", "It voted."),
        ("LOWHAVEN (LP) - The council met.", "It voted."),
        ("LOWHAVEN, Jan. 5 — The council met.", "It voted."),
        ("SALEM, Ore. (LP) — The council met.", "It voted."),
    ],
    ids=" ".join,
)
def test_a_dateline_stays_with_its_sentence(sentences: tuple[str, ...]) -> None:
    assert_splits_into(*sentences)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Amid this stands the role of the U.S.", "President Ada Low."),
        ("The plan was read to the U.S.", "Senate on Monday."),
        ("They had come to meet Gov.", "Ada Low on Monday."),
        ("They had come to meet Mr.", "Low on Monday."),
        ("They had come from Salem, Ore.", "and left again."),
    ],
)
def test_a_paragraph_broken_inside_a_sentence_is_joined(first: str, second: str) -> None:
    text = f"It was a dull day.\n\n{first}\n\n{second}\n\nIt rained."

    assert split(text) == ["It was a dull day.", f"{first}\n\n{second}", "It rained."]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("They moved to the U.S.", "The others stayed."),
        ("They moved to the U.S.", "Families stayed."),
        ("They moved to the U.S.", "“President Low stayed,” he said."),
        ("They went home at 5 p.m.", "President Low stayed."),
        ("They went home in Dec.", "President Low stayed."),
        ("They all worked for Low Inc.", "President Low stayed."),
        ("They all said no.", "10 others stayed."),
        ("They had no end", "President Low stayed."),
        ("They met in Main St.", "The others stayed."),
    ],
)
def test_other_paragraph_breaks_end_the_sentence(first: str, second: str) -> None:
    assert split(f"It was a dull day.\n\n{first}\n\n{second}") == ["It was a dull day.", first, second]


def test_a_headline_is_never_joined_with_the_text() -> None:
    assert split("Fee hits ships from the U.S\n\nPresident Low met them.") == [
        "Fee hits ships from the U.S",
        "President Low met them.",
    ]
    assert split("Low meets Gov\n\nLin met Low.") == ["Low meets Gov", "Lin met Low."]


def test_a_sentence_does_not_swallow_the_boilerplate_it_runs_past() -> None:
    sentences = split("It was a dull day.\n\nThey met the U.S.\n\nAdvertisement\n\nPresident Ada Low.")

    assert not any("Advertisement" in sentence for sentence in sentences)
    assert "".join(sentences).replace("\n", "") == "It was a dull day.They met the U.S.President Ada Low."


def test_boilerplate_is_left_out_and_not_counted() -> None:
    text = "Fee rises\n\nBy Ada Low\n\nThe council met. It voted.\n\nAdvertisement\n\nShips pay."
    sentences = segment(parse_article(text, article_id="fee"))

    assert [(s.index, s.paragraph, s.text) for s in sentences] == [
        (0, 0, "Fee rises"),
        (1, 1, "The council met."),
        (2, 1, "It voted."),
        (3, 2, "Ships pay."),
    ]
    assert {s.article for s in sentences} == {"fee"}


def test_a_joined_sentence_belongs_to_the_paragraph_it_began_in() -> None:
    text = "It was dull.\n\nThey met the U.S.\n\nPresident Ada Low. It rained."

    assert [s.paragraph for s in segment(parse_article(text, article_id="a"))] == [0, 1, 2]


def test_a_sentence_wrapped_over_lines_keeps_its_line_break() -> None:
    text = "The council of Lowhaven met on Monday to\r\nvote on a fee for all ships. It\r\nvoted."

    assert split(text) == [
        "The council of Lowhaven met on Monday to\r\nvote on a fee for all ships.",
        "It\r\nvoted.",
    ]


def test_the_given_article_has_27_sentences() -> None:
    article = read_article(GIVEN_ARTICLE)
    sentences = segment(article)

    assert len(sentences) == 27
    assert all(article.text[s.start : s.end] == s.text for s in sentences)
    assert [s.text.split("\n")[0].rsplit(" ", 1)[1] for s in sentences if "\n" in s.text] == ["U.S."]


def test_ready_made_sentences_are_joined_by_spaces_and_blank_lines() -> None:
    sentences = from_sentences(["Fee rises", "Ships pay.", "Not all do."], article="a", paragraphs=[0, 1, 1])
    whole = "Fee rises\n\nShips pay. Not all do."

    assert [(s.index, s.paragraph, whole[s.start : s.end]) for s in sentences] == [
        (0, 0, "Fee rises"),
        (1, 1, "Ships pay."),
        (2, 1, "Not all do."),
    ]
    assert {s.article for s in sentences} == {"a"}


def test_ready_made_sentences_know_the_quotation_they_stand_in() -> None:
    texts = ["“We pay.", "We always did.", "Now they pay,” she said.", "It rained."]
    sentences = from_sentences(texts, article="a", paragraphs=[0, 0, 0, 0])

    assert [s.in_quotation for s in sentences] == [True, True, True, False]


def test_no_ready_made_sentences_give_none() -> None:
    assert from_sentences([], article="a", paragraphs=[]) == []


def test_each_line_is_one_sentence() -> None:
    text = "head\nThe council met. It voted.\r\n  \t\n  Ships pay.  \n“Some of us pay,” she said.\ntail"
    start, end = text.index("The"), text.index("\ntail")
    sentences = segment_lines(text, article="a", start=start, end=end)

    assert [s.text for s in sentences] == ["The council met. It voted.", "Ships pay.", "“Some of us pay,” she said."]
    assert [text[s.start : s.end] for s in sentences] == [s.text for s in sentences]
    assert [s.index for s in sentences] == [0, 1, 2]
    assert {s.paragraph for s in sentences} == {0}
    assert [s.in_quotation for s in sentences] == [False, False, True]


@pytest.mark.parametrize("text", ["", " \n\t\r\n"])
def test_no_lines_give_no_sentences(text: str) -> None:
    assert segment_lines(text, article="a", start=0, end=len(text)) == []


@pytest.mark.parametrize("text", ["\ufeffShips pay.\n", "\ufeff\nShips pay.\n"])
def test_a_byte_order_mark_is_no_part_of_a_line(text: str) -> None:
    assert [s.text for s in segment_lines(text, article="a", start=0, end=len(text))] == ["Ships pay."]

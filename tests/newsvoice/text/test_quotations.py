import pytest

from newsvoice.text.ingest import parse_article
from newsvoice.text.quotations import quotation_spans
from newsvoice.text.segment import mostly_quoted, segment


def quoted(text: str) -> list[str]:
    """Return the quotations of a text whose paragraphs are parted by blank lines."""
    paragraphs, start = [], 0
    for paragraph in text.split("\n\n"):
        paragraphs.append((start, start + len(paragraph)))
        start += len(paragraph) + 2
    return [text[first:last] for first, last in quotation_spans(text, paragraphs)]


def flags(text: str) -> list[bool]:
    return [sentence.in_quotation for sentence in segment(parse_article(text, article_id="a"))]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Nobody spoke.", []),
        ("“We pay,” she said.", ["“We pay,”"]),
        ("“We,” she said, “pay.”", ["“We,”", "“pay.”"]),
        ("“We pay. We always did,” she said.", ["“We pay. We always did,”"]),
        ("“He said ‘never’ to us,” she said.", ["“He said ‘never’ to us,”"]),
        ("She said (“we pay”) and left.", ["“we pay”"]),
        ("“We pay.”“They pay.”", ["“We pay.”", "“They pay.”"]),
        ("The “clean-up”—a “triumph”—failed.", ["“clean-up”", "“triumph”"]),
        ("«We pay», she said.", ["«We pay»"]),
    ],
)
def test_curly_quotes(text: str, spans: list[str]) -> None:
    assert quoted(text) == spans


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ('"We pay," she said.', ['"We pay,"']),
        ('"We," she said, "pay."', ['"We,"', '"pay."']),
        ('She said "we pay" and "we won\'t".', ['"we pay"', '"we won\'t"']),
        ('She said:"We pay."', ['"We pay."']),
        ('A 6" pipe and a 5\' 10" man.', []),
    ],
)
def test_straight_quotes(text: str, spans: list[str]) -> None:
    assert quoted(text) == spans


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("‘We pay,’ she said.", ["‘We pay,’"]),
        ("'We pay,' she said.", ["'We pay,'"]),
        ("It’s a ‘fair deal’ (FD).", ["‘fair deal’"]),
        ("‘It’s ours and we won’t pay,’ she said.", ["‘It’s ours and we won’t pay,’"]),
        ("‘The workers’ pay is low,’ she said.", ["‘The workers’ pay is low,’"]),
        (
            "‘The workers’ pay is low. The boys’ turn has come.’ It rained.",
            ["‘The workers’ pay is low. The boys’ turn has come.’"],
        ),
        ("He said ‘yes’ and she said ‘no’.", ["‘yes’", "‘no’"]),
        ("He has ‘no words’ for it.", ["‘no words’"]),
        ("‘He said “never” to us,’ she said.", ["‘He said “never” to us,’"]),
    ],
)
def test_single_quotes(text: str, spans: list[str]) -> None:
    assert quoted(text) == spans


@pytest.mark.parametrize(
    "text",
    [
        "It’s the workers’ pay and the boss’s fault.",
        "It's the workers' pay and the boss's fault.",
        "He grew up in the ‘70s, in the '80s and in the ’90s.",
        "Rock ‘n’ roll and fish 'n' chips.",
        "He told 'em, and 'twas late.",
        "'Tis late, and the boss's car is gone.",
        "‘Twas late, and the boss’s car is gone.",
        "’Tis late, and the boss’s car is gone.",
    ],
)
def test_apostrophes_quote_nothing(text: str) -> None:
    assert quoted(text) == []


@pytest.mark.parametrize(("left", "right"), [("“", "”"), ('"', '"'), ("‘", "’"), ("'", "'")])
def test_a_quotation_runs_on_where_the_next_paragraph_reopens_it(left: str, right: str) -> None:
    text = f"{left}We pay. We did.\n\n{left}We do.\n\n{left}We will soon,{right} she said.\n\nIt rained."

    assert quoted(text) == [f"{left}We pay. We did.", f"{left}We do.", f"{left}We will soon,{right}"]
    assert flags(text) == [True, True, True, True, False]


def test_a_quotation_not_reopened_ends_with_its_sentence() -> None:
    text = "She said “we pay. It rained.\n\nIt rained for days, he wrote."

    assert quoted(text) == ["“we pay."]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("She said “we pay. It rained.", ["“we pay."]),
        ('She said "we pay. It rained.', ['"we pay.']),
        ("She said “we pay", ["“we pay"]),
        ("We pay,” she said. “They pay.”", ["“They pay.”"]),
        ("“We pay. “They pay,” she said.", ["“We pay.", "“They pay,”"]),
        ("She said “ and left.", []),
        ("”’", []),
        ("“", []),
    ],
)
def test_odd_marks_reach_no_further_than_their_sentence(text: str, spans: list[str]) -> None:
    assert quoted(text) == spans


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“We pay for it all,” she said.", [True]),
        ("“We pay,” said the mayor of Lowhaven.", [False]),
        ("The so-called “clean-up” failed.", [False]),
        ("“We pay. Nobody else does. They never did.” It rained.", [True, True, True, False]),
        ("She said: “We pay. We always did.” It rained.", [False, True, False]),
        ("“We pay. It rained. It rained again.", [True, False, False]),
    ],
)
def test_a_sentence_is_in_quotation_when_most_of_its_letters_are(text: str, expected: list[bool]) -> None:
    assert flags(text) == expected


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], False),
        ([(0, 3)], True),
        ([(0, 2)], False),
        ([(0, 1), (1, 2), (3, 4)], True),
        ([(-5, 99)], True),
        ([(7, 9)], False),
    ],
)
def test_exactly_half_is_not_most(spans: list[tuple[int, int]], expected: bool) -> None:
    assert mostly_quoted("abcd, .", 0, 7, spans) is expected


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        (
            'She left. "We may be small.\n\nBut we can sue. Do wrong, and you pay."\n\nIt rained.',
            ['"We may be small.', 'But we can sue. Do wrong, and you pay."'],
        ),
        ("“We may be small.\n\nBut we can sue,” she said.", ["“We may be small.", "But we can sue,”"]),
        ('"We may be small.\n\nA 6" pipe burst.', ['"We may be small.']),
        ('"We may be small.\n\nShe called it "theft".', ['"We may be small.', '"theft"']),
        ("“We may be small.\n\nNobody answered.\n\nThen “we” left.”", ["“We may be small.", "“we”"]),
    ],
)
def test_a_quotation_closed_in_the_next_paragraph_runs_on_though_nothing_reopens_it(
    text: str, spans: list[str]
) -> None:
    assert quoted(text) == spans

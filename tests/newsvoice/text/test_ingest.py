from pathlib import Path

import pytest

from newsvoice.errors import NewsvoiceError
from newsvoice.records import Article
from newsvoice.text.ingest import MAX_BYTES, extract_html, parse_article, read_article

WRAPPED = (
    "The harbour council of Lowhaven met on Monday to vote on a fee for the ships",
    "that call at the old pier, and it did so after four hours of talk that none of",
    "its nine members had wanted to have.",
)
PAGE = """<!doctype html><html><head><title>Pier fee rises - Lowhaven Post</title></head><body>
<nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>
<article><h1>Pier fee rises</h1>
<p>The harbour council of Lowhaven voted on Monday to raise the fee for ships by a tenth from next May.</p>
<p>The vote came after four hours of talk, and three of the members left the room before it was taken.</p>
<p>“We will pay it,” said Bo Lin, who owns two ferries and a tug, “and we will not like paying it.”</p>
</article><footer>All rights reserved</footer></body></html>"""


def parse(text: str) -> Article:
    return parse_article(text, article_id="a")


def passages(article: Article) -> list[tuple[str, str]]:
    return [(block.kind, article.text[block.start : block.end]) for block in article.blocks]


def texts(article: Article) -> list[str]:
    return [text for _, text in passages(article)]


@pytest.mark.parametrize(
    "head",
    [
        "---\nTitle: Pier fee\nDate: 2024-05-01\n---\n",
        "\ufeff---\nTitle: Pier fee\nDate: 2024-05-01\n---\n",
        "---\r\nTitle: Pier fee\r\nDate: 2024-05-01\r\n---\r\n",
        "\ufeff---  \r\nTitle:   Pier fee  \r\n\r\nDate: 2024-05-01\r\n--- \r\n\r\n",
    ],
    ids=["plain", "bom", "crlf", "bom, crlf, spaces, empty line"],
)
def test_front_matter_is_taken_off(head: str) -> None:
    article = parse(head + "The council met on Monday.")

    assert article.meta == {"title": "Pier fee", "date": "2024-05-01"}
    assert passages(article) == [("paragraph", "The council met on Monday.")]


def test_front_matter_values_may_hold_colons() -> None:
    assert parse("---\ntitle: Fee: up again\n---\nThe council met.").meta == {"title": "Fee: up again"}


def test_a_broken_front_matter_line_is_named() -> None:
    with pytest.raises(NewsvoiceError, match=r"^fee\.txt:3: front matter"):
        parse_article("---\ntitle: Fee\nno colon here\n---\nThe council met.", article_id="fee", where="fee.txt")


def test_lists_and_folded_values_of_front_matter_are_joined() -> None:
    head = "---\n# by hand\ntitle: Fee\n  up again\ntags:\n  - harbour\n- ships\n---\n"
    article = parse(head + "The council met on Monday.")

    assert article.meta == {"title": "Fee up again", "tags": "harbour ships"}
    assert passages(article) == [("paragraph", "The council met on Monday.")]


def test_two_rules_in_a_text_are_no_front_matter() -> None:
    article = parse("---\n\nThe council met on Monday.\n\n---\n\nThe fee rises.")

    assert article.meta == {}
    assert ("paragraph", "The council met on Monday.") in passages(article)


def test_a_rule_without_its_partner_is_no_front_matter() -> None:
    article = parse("---\n\nThe council met on Monday.")

    assert article.meta == {}
    assert passages(article) == [("boilerplate", "---"), ("paragraph", "The council met on Monday.")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_offsets_point_into_the_text_as_it_was_read(end: str) -> None:
    text = f"\ufeffThe fee rises in May{end}{end}  It rises “a lot”.  {end}{end}Ships pay.{end}"
    article = parse(text)

    assert article.text == text
    assert texts(article) == ["The fee rises in May", "It rises “a lot”.", "Ships pay."]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_wrapped_lines_are_joined(end: str) -> None:
    first, second = end.join(WRAPPED), "Ships pay from May."

    assert texts(parse(first + end + end + second)) == [first, second]


@pytest.mark.parametrize("indent", ["    ", "\t"], ids=["spaces", "tab"])
def test_wrapped_lines_that_are_all_indented_are_joined(indent: str) -> None:
    assert len(texts(parse("\n".join(indent + line for line in WRAPPED)))) == 1


def test_a_wrapped_list_item_is_joined_with_its_indented_lines() -> None:
    article = parse("- " + "\n  ".join(WRAPPED) + "\n- " + "\n  ".join(WRAPPED))

    assert texts(article) == ["\n  ".join(WRAPPED)] * 2


def test_lines_typed_as_paragraphs_are_kept_apart() -> None:
    long = " ".join(WRAPPED)

    assert texts(parse(f"{long}\nShips pay from May.\n{long}")) == [long, "Ships pay from May.", long]


def test_a_short_line_ends_its_paragraph_in_wrapped_text() -> None:
    text = "\n".join(("Ships pay from May.", *WRAPPED))

    assert texts(parse(text)) == ["Ships pay from May.", "\n".join(WRAPPED)]


@pytest.mark.parametrize("blank", ["", " ", "\t", "\u00a0", " \t "])
def test_a_blank_line_parts_paragraphs(blank: str) -> None:
    assert texts(parse(f"The council met.\n{blank}\nIt voted at noon.")) == ["The council met.", "It voted at noon."]


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        ("Council Raises the Fee for Ships", "headline"),
        ("Will ships pay?", "headline"),
        ("Ships will pay!", "headline"),
        ("The council raised the fee for ships.", "paragraph"),
        ("This is what the council said:", "paragraph"),
        ("“The council raised the fee.”", "paragraph"),
        ("word " * 31, "paragraph"),
        ("Who but " + "the council " * 10 + "pays?", "paragraph"),
    ],
)
def test_the_first_block_is_a_headline_when_it_looks_like_one(first: str, kind: str) -> None:
    assert passages(parse(f"{first}\n\nThe council met on Monday."))[0] == (kind, first.strip())


def test_only_the_first_block_of_prose_can_be_a_headline() -> None:
    kinds = [kind for kind, _ in passages(parse("The council met.\n\nThe vote\n\nIt went on for hours."))]

    assert kinds == ["paragraph", "paragraph", "paragraph"]


def test_a_text_of_one_block_has_no_headline() -> None:
    assert passages(parse("Council raises the fee")) == [("paragraph", "Council raises the fee")]


def test_a_headline_may_stand_below_boilerplate() -> None:
    kinds = [kind for kind, _ in passages(parse("Advertisement\n\nCouncil raises the fee\n\nThe council met."))]

    assert kinds == ["boilerplate", "headline", "paragraph"]


@pytest.mark.parametrize("mark", ["# ", "###### ", "> ", ">", "- ", "* ", "+ ", "• ", "  - ", "> - "])
def test_markdown_lead_marks_are_left_out(mark: str) -> None:
    assert texts(parse(f"{mark}The council met.\n\n{mark}It voted.")) == ["The council met.", "It voted."]


@pytest.mark.parametrize("text", ["#fee is the word of the day.", "-5 degrees were measured.", "*All* ships pay."])
def test_marks_that_lead_no_block_stay(text: str) -> None:
    assert texts(parse(text)) == [text]


def test_list_items_are_kept_apart() -> None:
    assert texts(parse("- The fee for ships rises.\n- The fee for tugs falls.")) == [
        "The fee for ships rises.",
        "The fee for tugs falls.",
    ]


def test_boilerplate_is_set_aside_and_stays_in_the_record() -> None:
    article = parse("The fee rises\n\nBy Ada Low\n\nThe council met.\n\nAdvertisement\n\nIt voted at noon.")

    assert passages(article) == [
        ("headline", "The fee rises"),
        ("boilerplate", "By Ada Low"),
        ("paragraph", "The council met."),
        ("boilerplate", "Advertisement"),
        ("paragraph", "It voted at noon."),
    ]


@pytest.mark.parametrize("name", ["pier-fee.txt", "pier-fee.md", "pier-fee.weird"])
def test_the_id_is_the_file_stem(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes("\ufeffThe council met.\r\n".encode())

    article = read_article(path)

    assert article.id == "pier-fee"
    assert article.text == "\ufeffThe council met.\r\n"


@pytest.mark.parametrize("name", ["page.html", "page.HTM"])
def test_html_gives_title_and_prose_without_furniture(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(PAGE, encoding="utf-8")

    article = read_article(path)

    assert passages(article)[0] == ("headline", "Pier fee rises")
    assert [text.split()[0] for text in texts(article)[1:]] == ["The", "The", "“We"]
    assert "Sport" not in article.text
    assert "rights reserved" not in article.text
    assert "<" not in article.text


def test_a_page_as_short_as_a_brief_keeps_its_sentences_whole(tmp_path: Path) -> None:
    path = tmp_path / "brief.html"
    path.write_text(
        "<nav><a href='/'>Home</a> | <a href='/s'>Sport</a></nav><article><p>The council voted. “We pay,” said"
        " <b>Ms Lopez</b>, a baker.</p><p>It is a <a href='x'>shameful</a> raid.</p></article>",
        encoding="utf-8",
    )
    assert texts(read_article(path)) == [
        "The council voted. “We pay,” said Ms Lopez, a baker.",
        "It is a shameful raid.",
    ]


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [('<meta charset="iso-8859-1">', "cp1252"), ("<meta http-equiv=a content='text/html; charset=koi8-r'>", "koi8-r")],
)
def test_a_page_is_decoded_as_it_declares(tmp_path: Path, declared: str, encoding: str) -> None:
    said = "“Café”" if encoding == "cp1252" else "кафе"
    path = tmp_path / "page.html"
    page = f"<html><head>{declared}</head><body><p>The {said} shut on Monday, and nobody said why.</p></body></html>"
    path.write_bytes(page.encode(encoding))
    assert texts(read_article(path)) == [f"The {said} shut on Monday, and nobody said why."]


@pytest.mark.parametrize("declared", ["", '<meta charset="nonsense">', '<meta charset="ascii\xff">'])
def test_a_page_that_declares_nothing_that_fits_is_refused(tmp_path: Path, declared: str) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(f"<html>{declared}<p>The caf\xe9 shut\x81.</p></html>".encode("latin-1"))
    with pytest.raises(NewsvoiceError, match="not UTF-8"):
        read_article(path)


@pytest.mark.parametrize("page", ["", " \n", "<html></html>"])
def test_a_page_without_an_article_is_refused(page: str) -> None:
    with pytest.raises(NewsvoiceError, match=r"^page\.html: no article found"):
        extract_html(page, where="page.html")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no prose"),
        (b" \n\t\r\n \n", "no prose"),
        ("\ufeff\n\u00a0\n".encode(), "no prose"),
        (b"---\ntitle: Fee\n---\n", "no prose"),
        (b"Advertisement\n\nPhoto: Ada Low\n\nShare\n", "no prose"),
        (b"The council\x00 met.", r"binary, not text \(NUL at byte 11\)"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary, not text"),
        ("The fee rises.".encode("utf-32"), "UTF-32, not UTF-8; convert it first: iconv -f utf-32 -t utf-8"),
        ("The fee rises.".encode("utf-16"), "UTF-16, not UTF-8; convert it first: iconv -f utf-16 -t utf-8"),
        ("The café shut.".encode("latin-1"), r"not UTF-8 \(byte 0xe9 at 7\).*iconv"),
    ],
    ids=["empty", "white", "bom", "front matter", "boilerplate", "nul", "png", "utf-32", "utf-16", "latin-1"],
)
def test_unusable_content_is_refused_in_one_line(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(data)

    with pytest.raises(NewsvoiceError, match=message) as caught:
        read_article(path)

    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NewsvoiceError, match=r"gone\.txt: no such file"):
        read_article(tmp_path / "gone.txt")


def test_a_directory_is_no_article(tmp_path: Path) -> None:
    with pytest.raises(NewsvoiceError, match="is a directory"):
        read_article(tmp_path)


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "archive.txt"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)

    with pytest.raises(NewsvoiceError, match=r"5\.0 MB is more than one article \(limit 5 MB\)"):
        read_article(path)


def test_a_file_at_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(b"The council met.".ljust(MAX_BYTES))

    assert texts(read_article(path)) == ["The council met."]

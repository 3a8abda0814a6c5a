import pytest

from newsvoice.text.plain import marked, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The  council\r\n met.\u00a0", "The council met."),
        ("The [council](https://post.example/a) met.", "The council met."),
        ("![The pier](pier.jpg) burned.", "The pier burned."),
        ("The **council** met *twice*, __not__ once.", "The council met twice, not once."),
        ("2 * 3 * 4 and snake_case_name stay.", "2 * 3 * 4 and snake_case_name stay."),
        ("\ufeffSoft\u00ad hy\u200bphen\u202e.", "Soft hyphen."),
        ("“Curly” ‘quotes’ – and dashes — stay…", "“Curly” ‘quotes’ – and dashes — stay…"),
        ("", ""),
    ],
)
def test_words_stay_and_layout_goes(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("We always did.", "“We always did.”"),
        ("*We* always\ndid.", "“We always did.”"),
        ("“We pay for it all,” she said.", "“We pay for it all,” she said."),
        ("‘We pay.", "‘We pay."),
        ("She said: “We pay for it all and more.”", "She said: “We pay for it all and more.”"),
        ("We always did.”", "“We always did.”"),
        ("Now we pay for it all,” she said.", "“Now we pay for it all,” she said."),
    ],
)
def test_a_model_sees_the_marks_of_a_running_quotation(text: str, read: str) -> None:
    assert marked(text, in_quotation=True) == read


@pytest.mark.parametrize("text", ["We always did.", "“We pay,” said the mayor of Lowhaven."])
def test_a_model_sees_no_marks_that_are_not_there(text: str) -> None:
    assert marked(text, in_quotation=False) == text

import pytest

from newsvoice.text.plain import plain


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

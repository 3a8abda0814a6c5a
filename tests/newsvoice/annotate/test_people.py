import pytest

from newsvoice.annotate.exchange import Returned
from newsvoice.annotate.people import name_finder
from newsvoice.errors import NewsvoiceError


def by(*people: str | None) -> list[Returned]:
    return [Returned("a", 0, 1, "x", "none", person, "f:1") for person in people]


@pytest.mark.parametrize(
    ("given", "people", "names"),
    [
        (["ada"], [None], ["ada"]),
        (["ada"], ["1"], ["ada"]),
        (["ada"], ["ben"], ["ada"]),
        (["ada"], ["ben", None], ["ben", "ada"]),
        (["1=ada", "2=ben"], ["1", "2"], ["ada", "ben"]),
        (["1=ada", "ben"], ["1", "2"], ["ada", "ben"]),
        (["a@x.org=ada"], ["a@x.org"], ["ada"]),
        (["ben=benedict"], ["ben", "cleo"], ["benedict", "cleo"]),
        ([], ["ben"], ["ben"]),
        ([], [None, "1", "a@x.org"], [None, None, None]),
        (["ada"], [], []),
    ],
)
def test_people_get_the_names_given_for_them(
    given: list[str], people: list[str | None], names: list[str | None]
) -> None:
    name_of = name_finder(given, by(*people))
    assert [name_of(person) for person in people] == names


@pytest.mark.parametrize(
    ("given", "people", "message"),
    [
        (["ada"], ["1", "2"], "--annotator: ada for 1, 2; name each person: --annotator ID=NAME"),
        (["ada", "ben"], [None], "--annotator: ada and ben for nobody named"),
        (["ada"], ["ben", "cleo"], "ada for ben, cleo"),
        ([" "], [None], "an empty name"),
        (["1="], ["1"], "an empty name"),
    ],
)
def test_names_that_fit_nobody_are_refused(given: list[str], people: list[str | None], message: str) -> None:
    with pytest.raises(NewsvoiceError, match=message):
        name_finder(given, by(*people))

"""Who labelled: from an annotation tool's names for people to the annotators of the stand-off files."""

from collections.abc import Callable, Sequence

from newsvoice.annotate.exchange import Returned
from newsvoice.errors import NewsvoiceError


def name_finder(given: Sequence[str], labels: Sequence[Returned]) -> Callable[[str | None], str | None]:
    """Return a function from a tool's name for a person to an annotator's name, or None where it is unknown.

    `given` are the values of `--annotator`: `ID=NAME` names one person, `NAME` alone the one who is left. A
    name that the tool itself uses (doccano's users, a table's column) stands as it is; a number or an e-mail
    address does not.

    Raises `NewsvoiceError` when `NAME` alone is given twice, or could be one of several people.
    """
    known = {key.strip(): name.strip() for key, _, name in (pair.partition("=") for pair in given if "=" in pair)}
    alone = [name.strip() for name in given if "=" not in name]
    if not all([*known.keys(), *known.values(), *alone]):
        raise NewsvoiceError("an empty name", where="--annotator", advice="give NAME or ID=NAME")
    people = {label.annotator for label in labels} - set(known)
    left = {person for person in people if not _is_name(person)} or people
    if len(alone) > 1 or (alone and len(left) > 1):
        names = ", ".join(sorted("nobody named" if person is None else person for person in left))
        raise NewsvoiceError(
            f"{' and '.join(alone)} for {names}", where="--annotator", advice="name each person: --annotator ID=NAME"
        )

    def name_of(person: str | None) -> str | None:
        if person in known:
            return known[person]
        if alone and person in left:
            return alone[0]
        return person if _is_name(person) else None

    return name_of


def _is_name(person: str | None) -> bool:
    return bool(person) and not str(person).isdigit() and "@" not in str(person)

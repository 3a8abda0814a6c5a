"""How every page of the project opens its templates: HTML escaped, an unknown name an error."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def environment(package: str, folder: str, *, escaped: bool | Callable[[str | None], bool] = True) -> "Environment":
    """Return the environment of a package's folder of templates.

    `escaped` may be a function of a template's name, where some of them are not HTML.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(package, folder),
        autoescape=escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )

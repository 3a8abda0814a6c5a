"""The command line's reference, made of its own help: `python -m newsvoice.reference > docs/cli.md`."""

import sys
from collections.abc import Iterator

import click

from newsvoice.cli import cli

_HEAD = """# Command line

<!-- made by newsvoice.reference; a test says when it is stale -->

Every command's `--help`, in one place. Results go to standard output, progress and notes to standard error.
"""


def reference() -> str:
    """Return the help of the command and its subcommands as Markdown."""
    # A width of its own, whatever the terminal's.
    root = click.Context(cli, info_name="newsvoice", terminal_width=100, **cli.context_settings)
    return "\n".join([_HEAD, *_sections(root)])


def _sections(context: click.Context) -> Iterator[str]:
    """Yield a command's section, and those of the commands below it."""
    yield _section(context)
    if isinstance(context.command, click.Group):
        for name, command in context.command.commands.items():
            yield from _sections(click.Context(command, context, info_name=name))


def _section(context: click.Context) -> str:
    return f"## `{context.command_path}`\n\n```\n{context.get_help()}\n```\n"


if __name__ == "__main__":
    sys.stdout.write(reference())

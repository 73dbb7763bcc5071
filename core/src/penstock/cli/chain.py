"""``penstock chain``: what a connector's transformations and converters do to given records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from penstock.cli.exits import CommandError, ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from penstock.chains.case import Case
    from penstock.chains.expected import Difference
    from penstock.discovery.plugins import PluginIndex

DIFFERENT = 1
"""Exit code when something else came out than was expected. A file that cannot be used is 2, INITIALISATION."""
_COLOURS = {"+": "green", "-": "red"}


@click.group()
def chain() -> None:
    """Test chains of transformations and converters."""


@chain.command("test")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--update", is_flag=True, help="Write what comes out into the files, as what is expected.")
def test_files(files: Sequence[Path], *, update: bool) -> int:
    """Run the records of each FILE through its chain, as a task would.

    Exit code 0: everything is as expected; 1: something is not; 2: a FILE cannot be used.
    """
    from penstock.chains.case import CaseError, load_case

    index, console = _installed(), _console()
    different = False
    for path in files:
        try:
            case = load_case(path, index)
            differences = case.run()
            if differences and update:
                case.update(differences)
        except CaseError as error:
            raise CommandError(str(error), ExitCode.INITIALISATION) from error
        _tell(console, case, differences, update=update)
        different = different or (bool(differences) and not update)
    return DIFFERENT if different else ExitCode.OK


def _installed() -> PluginIndex:
    """What is installed; a plugin that cannot be used matters only to a chain that names it."""
    import logging

    from penstock.discovery.scan import scan_plugins

    logger = logging.getLogger("penstock.discovery")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return scan_plugins()


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def _tell(console: Console, case: Case, differences: Sequence[Difference], *, update: bool) -> None:
    from rich.text import Text

    count = f"{len(case.entries)} record{'' if len(case.entries) == 1 else 's'}"
    if not differences:
        console.print(Text.assemble((f"{case.path}: ", "bold"), f"{count}, as expected"))
        return
    told = "updated" if update else "not as expected"
    console.print(
        Text.assemble(
            (f"{case.path}: ", "bold"), (f"{len(differences)} of {count} {told}", "yellow" if update else "bold red")
        )
    )
    for difference in differences:
        about = f" ({difference.about})" if difference.about else ""
        missing = (
            "" if difference.expected is not None or update else ": nothing is expected of it yet; --update writes it"
        )
        console.print(Text(f"  record {difference.number}{about}{missing}"))
        for line in difference.lines():
            console.print(Text(f"    {line}", style=_COLOURS.get(line[:1], "dim")))

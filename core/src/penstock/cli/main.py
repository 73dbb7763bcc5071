"""The command ``penstock``: what it can do, each part imported only when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import cast

import click

from penstock.cli.exits import CommandError, ExitCode

_COMMANDS: Mapping[str, str] = {
    "standalone": "penstock.cli.standalone:standalone",
    "plugins": "penstock.cli.plugins:plugins",
    "chain": "penstock.cli.chain:chain",
    "quickstart": "penstock.cli.quickstart:quickstart",
    "version": "penstock.cli.version:version",
}
_INTERRUPTED = 130


class Commands(click.Group):
    """Our commands, and those of packages that the user named in ``PENSTOCK_COMMANDS``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click gives it
        """Ours first, then the others by name."""
        return [*_COMMANDS, *(name for name in sorted(_extra_commands()) if name not in _COMMANDS)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click gives it
        """The command, imported now; None when there is none of this name."""
        target = _COMMANDS.get(cmd_name)
        if target is None:
            return _extra_commands().get(cmd_name)
        module, _, attribute = target.partition(":")
        return cast("click.Command", getattr(import_module(module), attribute))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def penstock() -> None:
    """Kafka Connect for Python."""


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; what goes wrong is told on standard error."""
    try:
        result = penstock.main(args=list(arguments), prog_name="penstock", standalone_mode=False)
    except CommandError as error:
        click.echo(f"penstock: {error}", err=True)
        return error.code
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except click.Abort:
        return _INTERRUPTED
    return int(result or 0)


def _extra_commands() -> Mapping[str, click.Command]:
    from penstock.cli.extra import extra_commands

    return extra_commands()

"""Commands that other packages bring (hook ``penstock_commands``).

They run inside the command line's own process, so they are loaded only from distributions that the user named:
``PENSTOCK_COMMANDS=penstock-x,penstock-y``.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping

import click

from penstock.api.hooks import PluginKind
from penstock.cli.exits import CommandError, ExitCode
from penstock.discovery.plugins import PluginLoadError, load_target

VARIABLE = "PENSTOCK_COMMANDS"


@functools.cache
def extra_commands() -> Mapping[str, click.Command]:
    """The commands by name; empty unless the variable names distributions.

    Raises :class:`CommandError` for a distribution without commands and for a command that cannot be loaded.
    """
    wanted = [name.strip() for name in os.environ.get(VARIABLE, "").split(",") if name.strip()]
    if not wanted:
        return {}
    from penstock.discovery.scan import scan_plugins

    found = [plugin for plugin in scan_plugins().plugins if plugin.kind is PluginKind.COMMAND]
    missing = [name for name in wanted if all(plugin.distribution != name for plugin in found)]
    if missing:
        raise CommandError(
            f"{VARIABLE} names {missing[0]}, which announces no commands. Install it, or take the name out.",
            ExitCode.USAGE,
        )
    loaded = [_loaded(plugin.target, plugin.distribution) for plugin in found if plugin.distribution in wanted]
    return {command.name: command for command in loaded if command.name}


def _loaded(target: str, distribution: str) -> click.Command:
    try:
        command = load_target(target)
    except PluginLoadError as error:
        raise CommandError(f"A command of {distribution} cannot be used: {error}", ExitCode.USAGE) from error
    if not isinstance(command, click.Command):
        raise CommandError(
            f"{target} of {distribution} is announced as a command, but it is no click.Command.", ExitCode.USAGE
        )
    return command

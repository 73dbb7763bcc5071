"""``penstock plugins``: what is installed, what cannot be used and why, what is announced twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from penstock.discovery.plugins import PluginIndex


_WIDE = 1000


@click.group(invoke_without_command=True)
@click.pass_context
def plugins(context: click.Context) -> None:
    """Show installed plugins."""
    if context.invoked_subcommand is None:
        context.invoke(list_plugins)


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as GET /penstock/plugins answers it.")
def list_plugins(*, as_json: bool = False) -> None:
    """List plugins by kind, with failures and conflicts."""
    import logging

    from penstock.discovery.scan import scan_plugins

    logging.getLogger("penstock.discovery").addHandler(logging.NullHandler())  # failures are part of the list below
    logging.getLogger("penstock.discovery").propagate = False
    index = scan_plugins()
    if as_json:
        from penstock.rest.catalog import shape

        click.echo(json.dumps(shape(index), indent=2, ensure_ascii=False))
    else:
        _print(index)


def _print(index: PluginIndex) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDE  # a pipe has no width: nothing is cut off
    table = Table("kind", "name", "version", "distribution", box=None, pad_edge=False, header_style="bold")
    for plugin in index.plugins:
        table.add_row(plugin.kind.value, plugin.name, plugin.version or "", plugin.distribution)
    console.print(table)
    for failure in index.failures:
        which = f"{failure.distribution} {failure.version or ''}".strip()
        what = f"{which}: {failure.plugin}" if failure.plugin else which
        console.print(Text.assemble(("\nCannot be used: ", "bold red"), f"{what}\n  {failure.error}"))
        if failure.trace.strip():
            console.print(Text("\n".join(f"    {line}" for line in failure.trace.strip().splitlines()), style="dim"))
    for conflict in index.conflicts:
        console.print(Text.assemble(("\nConflict: ", "bold yellow"), str(conflict)))

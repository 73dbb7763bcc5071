"""``penstock version``."""

from __future__ import annotations

import platform

import click

from penstock import __version__
from penstock.cli.api_level import CONNECT_API


@click.command()
def version() -> None:
    """Show the version, and whose REST API it speaks."""
    click.echo(f"penstock {__version__} (Kafka Connect API {CONNECT_API}, Python {platform.python_version()})")

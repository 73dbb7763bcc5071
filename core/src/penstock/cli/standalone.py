"""``penstock standalone``: a worker that is alone, on Kafka or with the embedded log."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from penstock.cli.exits import CommandError, ExitCode

if TYPE_CHECKING:
    from penstock.config.worker import WorkerConfig
    from penstock.discovery.plugins import PluginIndex

logger = logging.getLogger(__name__)


@click.command()
@click.argument("files", nargs=-1)
@click.option(
    "--log-config",
    type=click.Path(path_type=Path),
    help="Logging configuration: Python's dictConfig as JSON or TOML.",
)
@click.option("--log-level", default="INFO", show_default=True, help="Level of the root logger without --log-config.")
def standalone(files: tuple[str, ...], log_config: Path | None, log_level: str) -> int:
    """Run a worker that is alone.

    FILES are the worker's properties, then connector files (JSON or properties). Without 'bootstrap.servers' in the worker's
    properties, or without such a file (the first one ends in .json), the embedded log is used.
    """
    from penstock.cli.logsetup import set_up

    set_up(log_config, log_level)
    worker_file, connector_files = split(files)
    return run_worker(load_worker_properties(worker_file), connector_files)


def split(files: Sequence[str]) -> tuple[str, list[Path]]:
    """The worker's properties file ("" for none) and the connector files."""
    if not files or files[0].endswith(".json"):
        return "", [Path(path) for path in files]
    return files[0], [Path(path) for path in files[1:]]


def load_worker_properties(path: str) -> dict[str, str]:
    """The worker's properties; "" stands for none, as with Connect. Raises :class:`CommandError`."""
    from penstock.config.properties import load_properties

    if not path:
        return {}
    try:
        return load_properties(path)
    except OSError as error:
        raise CommandError(
            f"The worker's properties {path} cannot be read: {error.strerror}. Name a file that exists and may be read.",
            ExitCode.INITIALISATION,
        ) from error
    except ValueError as error:
        raise CommandError(f"The worker's properties are malformed: {error}.", ExitCode.INITIALISATION) from error


def run_worker(props: dict[str, str], connector_files: Sequence[Path]) -> int:
    """Run until a signal; the exit code. On the main thread. Raises :class:`CommandError` when the start fails."""
    from penstock.cli.lifecycle import WorkerLife
    from penstock.cli.wiring import wire

    with initialising():
        config, index = prepare(props)
        wired = wire(config, index)
    return WorkerLife(wired, connector_files).run()


def prepare(props: dict[str, str]) -> tuple[WorkerConfig, PluginIndex]:
    """The parsed configuration, references resolved, and the installed plugins.

    Raises :class:`ConfigException` for a key that is wrong and a reference that cannot be resolved.
    """
    from penstock.cli.references import has_references, resolved_properties
    from penstock.config.worker import WorkerConfig, WorkerMode
    from penstock.discovery.scan import scan_plugins

    mode = WorkerMode.alone(props)
    if has_references(props):  # providers must be found before the other keys can be read
        index = scan_plugins()
        config = WorkerConfig.parse(resolved_properties(props, index), mode)
    else:
        config = WorkerConfig.parse(props, mode)
        index = scan_plugins(config.values.get_long("plugin.discovery.timeout.ms") / 1000)
    config.warn_of_removed_keys()
    return config, index


@contextmanager
def initialising() -> Iterator[None]:
    """Turns what goes wrong before the worker runs into a message and exit code 2."""
    from penstock.api.exceptions import ConnectException, KafkaException
    from penstock.log.errors import LogError

    try:
        yield
    except (ConnectException, KafkaException, LogError, OSError) as error:
        logger.debug("The worker cannot start", exc_info=error)
        raise CommandError(f"The worker cannot start: {error}", ExitCode.INITIALISATION) from error

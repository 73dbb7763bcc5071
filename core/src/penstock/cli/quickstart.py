"""``penstock quickstart``: a worker, two connectors and an input in a small directory, and they run."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import click

from penstock.cli.exits import CommandError, ExitCode

LINES = (
    "Penstock is Kafka Connect for Python.",
    "These lines are read by a source connector, which keeps its place in the file.",
    "They travel through a topic of the embedded log: one file, no broker.",
    "A sink connector writes them into another file.",
    "Append a line to input.txt and look at output.txt again.",
)
_PROPERTIES = """\
# A worker that is alone. With bootstrap.servers it runs on Kafka, without it in one file.
# bootstrap.servers=localhost:9092
# offset.storage.file.filename=offsets
embedded.log.path={directory}/penstock.db
listeners=http://127.0.0.1:0
offset.flush.interval.ms=1000
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
"""
_COPIED_S = 60.0


@click.command()
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("penstock-quickstart"),
    show_default=True,
    help="Where to put everything; files that are there are kept.",
)
@click.option("--once", is_flag=True, help="End when the lines have been copied, as without a terminal.")
def quickstart(directory: Path, *, once: bool) -> int:
    """Copy a file through the embedded log, and say how."""
    from penstock.cli.lifecycle import WorkerLife
    from penstock.cli.logsetup import set_up
    from penstock.cli.standalone import initialising, load_worker_properties, prepare
    from penstock.cli.wiring import wire

    directory = directory.absolute()
    files = write_files(directory)
    with (directory / "worker.log").open("a", buffering=1) as log:
        set_up(None, stream=log)
        _tell(directory)
        with initialising():
            wired = wire(*prepare(load_worker_properties(str(directory / "worker.properties"))))
        watch = _Watch(directory, wired.rest.advertised_url, leave=once or not sys.stdout.isatty())
        code = WorkerLife(wired, files, started=watch.begin).run()
    if watch.timed_out:
        raise CommandError(
            f"{directory}/output.txt did not get the lines within {_COPIED_S:.0f} s. {directory}/worker.log says why.",
            ExitCode.CONNECTOR,
        )
    return code


def write_files(directory: Path) -> list[Path]:
    """Write what is not there yet; the connector files. Raises :class:`CommandError`."""
    source = {"connector.class": "FileStreamSource", "file": f"{directory}/input.txt", "topic": "lines"}
    sink = {"connector.class": "FileStreamSink", "file": f"{directory}/output.txt", "topics": "lines"}
    contents = {
        "worker.properties": _PROPERTIES.format(directory=directory),
        "source.json": json.dumps({"name": "read-lines", "config": source}, indent=2) + "\n",
        "sink.json": json.dumps({"name": "write-lines", "config": sink}, indent=2) + "\n",
        "input.txt": "".join(f"{line}\n" for line in LINES),
    }
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in contents.items():
            if not (directory / name).exists():
                (directory / name).write_text(text)
    except OSError as error:
        raise CommandError(
            f"{error.filename or directory} cannot be written: {error.strerror}. Name another place with --directory.",
            ExitCode.INITIALISATION,
        ) from error
    return [directory / "source.json", directory / "sink.json"]


def _tell(directory: Path) -> None:
    click.echo(f"In {directory}:")
    click.echo("  worker.properties   the worker: embedded log, REST on a free port")
    click.echo("  source.json         reads input.txt into topic 'lines'")
    click.echo("  sink.json           writes topic 'lines' to output.txt")
    click.echo("Starting a worker with both connectors …")


class _Watch:
    """Waits, beside the worker, until every line of the input is in the output; then tells, and ends the worker if asked."""

    def __init__(self, directory: Path, url: str, *, leave: bool) -> None:
        self._input = directory / "input.txt"
        self._output = directory / "output.txt"
        self._url = url
        self._leave = leave
        self.timed_out = False

    def begin(self, stop: Callable[[int], None]) -> None:
        """Called once the connectors were created; ``stop`` ends the worker with an exit code."""
        threading.Thread(target=self._watch, args=(stop,), name="quickstart", daemon=True).start()

    def _watch(self, stop: Callable[[int], None]) -> None:
        deadline = time.monotonic() + _COPIED_S
        while not self._copied():
            if time.monotonic() > deadline:
                self.timed_out = True
                stop(ExitCode.CONNECTOR)
                return
            time.sleep(0.1)
        count = self._input.read_bytes().count(b"\n")
        click.echo(f"{count} lines of {self._input} are in {self._output}.")
        if self._leave:
            stop(ExitCode.OK)
            return
        click.echo(
            f"Append to {self._input.name} to see more arrive. Ask the worker: curl {self._url}connectors?expand=status"
        )
        click.echo(f"The same again: penstock standalone {self._input.parent}/worker.properties source.json sink.json")
        click.echo("Ctrl-C ends the worker; started again, it goes on where it was.")

    def _copied(self) -> bool:
        """Whether the output ends with the input: an earlier run may have written before."""
        return self._output.exists() and self._output.read_bytes().endswith(self._input.read_bytes())

"""Replay recorded REST scenarios against any Connect worker and print the differences.

``python -m tests.compat.replay --base http://127.0.0.1:8083 --bootstrap 127.0.0.1:9092 tests/compat/rest/standalone/*.json``
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import click

from tests.compat.rest.scenario import Player, Scenario


@click.command()
@click.option("--base", required=True, help="URL of the worker")
@click.option("--bootstrap", default="127.0.0.1:9092", show_default=True, help="broker, for scenarios that touch Kafka")
@click.option("--group", default="connect-cluster", show_default=True, help="group.id of the worker")
@click.option("--worker-id", help="host:port of the worker's advertised URL, if it is not that of --base")
@click.option("--strict", is_flag=True, help="compare exception classes and the JVM's wording too")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(base: str, bootstrap: str, group: str, worker_id: str | None, strict: bool, files: tuple[Path, ...]) -> None:
    """Replay FILES in order; exit code 1 if any step differs."""
    failed = total = 0
    with tempfile.TemporaryDirectory(prefix="replay") as directory:
        player = Player(base.rstrip("/"), Path(directory), bootstrap, group, worker_id, strict)
        for path in files:
            scenario, began = Scenario.load(path), time.monotonic()
            failures = player.play(scenario)
            for failure in failures:
                print(f"  FAIL {scenario.id} {failure}")
            word = "BAD" if failures else "OK"
            print(
                f"{word:<4} {scenario.mode:<12} {scenario.id:<24} {len(scenario.steps)} steps, "
                f"{len(failures)} failed, {time.monotonic() - began:.1f}s",
                flush=True,
            )
            total, failed = total + len(scenario.steps), failed + len(failures)
    print(f"total {total} steps, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

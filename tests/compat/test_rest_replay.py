"""The recordings of a standalone Connect 4.3.1 against ``penstock standalone`` on a real broker.

Every step must be answered as recorded, but for what ``rest/deviations.toml`` lists with its reason. A table at the end says
for each scenario whether it is green, and which steps differ on purpose.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx
import pytest

from tests.compat.rest.deviations import Deviation, deviations, scenarios
from tests.compat.rest.scenario import Player, Scenario
from tests.kafka.fixtures import Kafka

START_S = 30.0
STOP_S = 30.0
PROVIDERS = {
    "file": "org.apache.kafka.common.config.provider.FileConfigProvider",
    "env": "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
    "dir": "org.apache.kafka.common.config.provider.DirectoryConfigProvider",
}


def profile(kafka: Kafka, directory: Path) -> dict[str, str]:
    """The recordings' profile ``standalone``."""
    return {
        "bootstrap.servers": kafka.bootstrap,
        "key.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "key.converter.schemas.enable": "false",
        "value.converter.schemas.enable": "false",
        "offset.flush.interval.ms": "1000",
        "offset.storage.file.filename": str(directory / "offsets"),
        "listeners": "http://127.0.0.1:0",
        "plugin.discovery": "service_load",
        "config.providers": ",".join(PROVIDERS),
        **{f"config.providers.{name}.class": target for name, target in PROVIDERS.items()},
    }


@pytest.fixture(scope="module")
def worker(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Player]:
    """A player over a worker of the profile."""
    directory = tmp_path_factory.mktemp("worker")
    (directory / "worker.properties").write_text(
        "".join(f"{key}={value}\n" for key, value in profile(kafka, directory).items())
    )
    with (directory / "worker.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "penstock.cli", "standalone", "worker.properties"],
            cwd=directory,
            env={**os.environ, "LAB_USER": "labuser", "LAB_TOPIC": "env-topic"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        base = wait_until_healthy(process, directory / "worker.log")
        yield Player(base, tmp_path_factory.mktemp("shared"), kafka.bootstrap)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_healthy(process: subprocess.Popen[bytes], log: Path) -> str:
    """The worker's URL, once it is ready."""
    deadline = time.monotonic() + START_S
    base = None
    while time.monotonic() < deadline and process.poll() is None:
        said = log.read_text()
        if base is None and "advertising " in said:
            base = said.partition("advertising ")[2].split()[0].rstrip("/")
        if base is not None and healthy(base):
            return base
        time.sleep(0.1)
    pytest.fail(f"The worker did not become healthy:\n{log.read_text()[-5000:]}")


def healthy(base: str) -> bool:
    try:
        return httpx.get(f"{base}/health").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def table() -> Iterator[list[str]]:
    """One line a scenario, printed at the end."""
    lines: list[str] = []
    yield lines
    print("\nREST scenarios of a standalone Connect 4.3.1:")
    for line in lines:
        print("  " + line)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("path", scenarios("standalone"), ids=lambda path: path.stem)
def test_scenario(path: Path, worker: Player, table: list[str]) -> None:
    scenario, known = Scenario.load(path), deviations(path.stem)
    failures = worker.play(scenario, expected_to_differ=[step for step, each in known.items() if not each.maybe])
    wrong = [failure for failure in failures if failure.step not in known]
    failed = {failure.step for failure in failures}
    stale = sorted(step for step, each in known.items() if not each.maybe and step not in failed)
    table.append(
        f"{path.stem:<22} {verdict(len(scenario.steps), wrong, {step: known[step] for step in failed & set(known)})}"
    )
    assert not wrong, f"{len(wrong)} steps are not as recorded:\n" + "\n".join(map(str, wrong))
    assert not stale, f"Listed in deviations.toml, and yet as recorded: {stale}"


def verdict(steps: int, wrong: Sequence[object], known: Mapping[int, Deviation]) -> str:
    missing = sorted(step for step, each in known.items() if each.lacks)
    on_purpose = sorted(step for step, each in known.items() if not each.lacks)
    words = [f"{steps} steps"]
    if on_purpose:
        words.append(f"different on purpose: {', '.join(map(str, on_purpose))}")
    if missing:
        reasons = "; ".join(sorted({known[step].reason for step in missing}))
        words.append(f"lacks {reasons}: {', '.join(map(str, missing))}")
    if wrong:
        words.append("NOT AS RECORDED: " + "; ".join(str(each).splitlines()[0] for each in wrong))
    return f"{'BAD  ' if wrong else 'part ' if missing else 'green'} {'; '.join(words)}"

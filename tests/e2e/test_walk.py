"""Real files through a log, by packages that are installed: the first thing that anybody tries."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from penstock.api.record import TopicPartition
from penstock.log.address import LogAddress, LogKind
from tests.support.packages import UNRULY, make_package, on_path
from tests.support.worker import WorkerProcess, eventually, lines_file

DEMO = Path(__file__).parents[2] / "demo" / "copy_log.py"


def run_demo(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(DEMO), *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_demo_copies_a_log_file_through_the_embedded_log() -> None:
    said = run_demo()
    assert "went through the embedded log" in said
    assert "cmp: equal" in said


def test_the_same_connector_files_copy_it_through_kafka(kafka, tmp_path: Path) -> None:
    source = tmp_path / "in.log"
    lines_file(source, 3000)
    said = run_demo("--bootstrap", kafka.bootstrap, "--file", str(source))
    assert "3000 lines" in said
    assert "cmp: equal" in said


def test_a_plain_consumer_reads_what_a_source_wrote(kafka, tmp_path: Path) -> None:
    from confluent_kafka import Consumer

    source = tmp_path / "in.log"
    lines = [line.rstrip(b"\n") for line in lines_file(source, 500)]
    with WorkerProcess(tmp_path, {"bootstrap.servers": kafka.bootstrap}) as worker:
        worker.start()
        worker.create("plain", {"connector.class": "FileStreamSource", "file": str(source), "topic": "plain-lines"})
        consumer = Consumer(
            {"bootstrap.servers": kafka.bootstrap, "group.id": "plain", "auto.offset.reset": "earliest"}
        )
        consumer.subscribe(["plain-lines"])
        values: list[bytes] = []
        eventually(
            lambda: values.extend(m.value() for m in consumer.consume(500, 0.5)) or len(values) >= 500, "all lines"
        )
        consumer.close()
    assert values == lines


def copied(path: Path, count: int) -> bool:
    return path.exists() and path.read_bytes().count(b"\n") >= count


def test_the_embedded_log_remembers_everything_over_a_restart(tmp_path: Path) -> None:
    source, out = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("one\ntwo\n")
    with WorkerProcess(tmp_path) as worker:
        worker.start()
        worker.create("src", {"connector.class": "FileStreamSource", "file": str(source), "topic": "t"})
        worker.create("snk", {"connector.class": "FileStreamSink", "file": str(out), "topics": "t"})
        eventually(lambda: copied(out, 2), "two lines")
        worker.request("PUT", "/connectors/snk/pause")
        worker.wait_for_task("snk", "PAUSED")
        assert worker.stop() == 143
        with source.open("a") as file:
            file.write("three\n")
        worker.start()
        assert sorted(worker.request("GET", "/connectors").json()) == ["snk", "src"]
        worker.wait_for_task("snk", "PAUSED")
        eventually(lambda: worker.position("src") == 14, "the source went on where it was")
        assert worker.request("GET", "/connectors/src/topics").json() == {"src": {"topics": ["t"]}}
        worker.request("PUT", "/connectors/snk/resume")
        eventually(lambda: copied(out, 3), "three lines")
        assert worker.stop() == 143
    assert out.read_text() == "one\ntwo\nthree\n"  # a clean stop commits: nothing came twice


def test_sigterm_drains_and_commits(tmp_path: Path) -> None:
    source, out = tmp_path / "in.txt", tmp_path / "out.txt"
    lines_file(source, 2000)
    with WorkerProcess(tmp_path, {"offset.flush.interval.ms": "3600000"}) as worker:
        worker.start()
        worker.create("src", {"connector.class": "FileStreamSource", "file": str(source), "topic": "t"})
        worker.create("snk", {"connector.class": "FileStreamSink", "file": str(out), "topics": "t"})
        eventually(lambda: copied(out, 2000), "all lines")
        assert worker.stop() == 143
        worker.start()
        assert worker.position("src") == 200_000
        offsets = worker.request("GET", "/connectors/snk/offsets").json()["offsets"]
        assert [offset["offset"] for offset in offsets] == [{"kafka_offset": 2000}]
        worker.stop()
    assert out.read_bytes() == source.read_bytes()


def test_a_second_sigterm_leaves_at_once(tmp_path: Path) -> None:
    make_package(tmp_path / "packages", "unruly", UNRULY)
    with WorkerProcess(tmp_path, {"task.shutdown.graceful.timeout.ms": "60000"}) as worker:
        worker.start(environment=on_path(tmp_path / "packages"))
        worker.create("bad", {"connector.class": "unruly.UnrulySource", "mode": "poll"})
        worker.wait_for_task("bad")
        children = worker.process.children(recursive=True)
        process = worker.process
        process.send_signal(signal.SIGTERM)
        eventually(lambda: "once more leaves at once" in worker.log(), "the first signal was taken")
        process.send_signal(signal.SIGTERM)
        assert worker.stop(3) == 143
        eventually(lambda: not any(child.is_running() for child in children), "no child is left", 2)


def test_an_uninstalled_plugin_is_gone(tmp_path: Path) -> None:
    """What ``pip uninstall`` does is to remove a distribution's files; here they are links that can be removed."""
    site = tmp_path / "site"
    site.mkdir()
    for folder in [Path(entry) for entry in sys.path if entry.endswith(("site-packages", "/src"))]:
        for entry in folder.iterdir():
            if not (site / entry.name).exists():
                (site / entry.name).symlink_to(entry)
    code = f"import sys; sys.path[:] = [p for p in sys.path if 'site-packages' not in p and not p.endswith('/src')] + [{str(site)!r}]; "
    code += "from penstock.cli.main import run; sys.exit(run(['plugins', 'list', '--json']))"

    def listed() -> str:
        return subprocess.run(
            [sys.executable, "-S", "-c", code],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        ).stdout

    assert "FileStreamSourceConnector" in listed()
    for entry in site.iterdir():
        if entry.name.startswith("penstock_file"):
            entry.unlink()
    after = listed()
    assert "FileStreamSourceConnector" not in after
    assert "StringConverter" in after


def test_logs_tell_for_whom_they_speak_also_as_json(tmp_path: Path) -> None:
    import json

    source = tmp_path / "in.txt"
    source.write_text("a\n")
    with WorkerProcess(tmp_path) as worker:
        worker.start(environment={"PENSTOCK_LOG_FORMAT": "json"})
        worker.create("src", {"connector.class": "FileStreamSource", "file": str(source), "topic": "t"})
        worker.wait_for_task("src")
        eventually(lambda: "Reads file" in worker.log(), "the task logs")
        worker.stop()
    records = [json.loads(line) for line in worker.log().splitlines() if line.startswith("{")]
    speaker = [(record.get("connector"), record.get("task")) for record in records if "Reads file" in record["message"]]
    assert speaker == [("src", 0)]


@pytest.mark.parametrize("isolation", ["process", "thread"])
def test_both_isolations_copy(tmp_path: Path, isolation: str) -> None:
    source, out = tmp_path / "in.txt", tmp_path / "out.txt"
    lines_file(source, 1000)
    with WorkerProcess(tmp_path, {"task.isolation": isolation}) as worker:
        worker.start()
        worker.create("src", {"connector.class": "FileStreamSource", "file": str(source), "topic": "t"})
        worker.create("snk", {"connector.class": "FileStreamSink", "file": str(out), "topics": "t"})
        eventually(lambda: copied(out, 1000), "all lines")
    assert out.read_bytes() == source.read_bytes()
    log = LogAddress(LogKind.SQLITE, str(tmp_path / "log.db")).open()
    admin = log.admin({})
    assert admin.end_offsets([TopicPartition("t", 0)], 10) == {TopicPartition("t", 0): 1000}
    admin.close()

"""A plain function as a transformation in a running worker: named by its place, imported by children only."""

from __future__ import annotations

from pathlib import Path

from tests.support.packages import on_path
from tests.support.worker import WorkerProcess, eventually

MODULE = """
import os
from pathlib import Path

from penstock.api import transform

with Path(__file__).with_name("imported.txt").open("a") as file:
    file.write(f"{os.getpid()}\\n")


@transform(on="value")
def tail(value: str, *, keep: int = 4) -> str:
    return "*" * (len(value) - keep) + value[-keep:]
"""


def test_a_worker_runs_a_function_and_never_imports_it(tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "card_masks.py").write_text(MODULE)
    source, out = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("4711\n12345678\n")
    chain = {"transforms": "m", "transforms.m.type": "card_masks:tail"}
    config = {"connector.class": "FileStreamSource", "file": str(source), "topic": "t", **chain}
    with WorkerProcess(tmp_path) as worker:
        worker.start(environment=on_path(modules))
        path = "/connector-plugins/FileStreamSource/config/validate"
        wrong = worker.request("PUT", path, {"name": "src", **config, "transforms.m.keep": "many"}).json()
        errors = {
            entry["value"]["name"]: entry["value"]["errors"] for entry in wrong["configs"] if entry["value"]["errors"]
        }
        assert errors == {
            "transforms.m.keep": ["Invalid value many for configuration transforms.m.keep: Not a number of type LONG"]
        }
        worker.create("src", config | {"transforms.m.keep": "2"})
        worker.create("snk", {"connector.class": "FileStreamSink", "file": str(out), "topics": "t"})
        eventually(lambda: out.exists() and out.read_text() == "**11\n******78\n", "both lines, masked")
        importers = set(map(int, (modules / "imported.txt").read_text().split()))
        assert importers
        assert worker.process.pid not in importers
        gone = worker.request(
            "POST",
            "/connectors",
            {"name": "no", "config": {**config, "transforms.m.type": "card_masks:gone"}},
            ok=False,
        )
        assert gone.status_code == 400
        assert "Module card_masks has no gone, which plugin card_masks:gone needs" in gone.json()["message"]

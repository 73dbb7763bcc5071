"""What the README tells authors to write works as it stands there, as an installed package."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

import pytest

from penstock.api import (
    ConfigException,
    Plugin,
    SinkConnector,
    SinkTask,
    SourceConnector,
    SourceRecord,
    SourceTask,
    Task,
    Transformation,
)
from tests.plugins.fakes import FakeOffsets, batch_of, polled_records, started_sink, started_source

README = Path(__file__).parents[3] / "plugins" / "file" / "README.md"
BLOCK = re.compile(r"^```(?:toml|python)\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def blocks() -> dict[str, str]:
    return {match[1]: match[2] for match in BLOCK.finditer(README.read_text(encoding="utf-8"))}


@pytest.fixture
def door(blocks: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The package of the README, installed: its modules beside what an installer writes about it."""
    project = tomllib.loads(blocks["pyproject.toml"])["project"]
    for path, source in blocks.items():
        if path.startswith("src/"):
            target = tmp_path / path.removeprefix("src/")
            target.parent.mkdir(exist_ok=True)
            target.write_text(source, encoding="utf-8")
    about = tmp_path / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    doors = [f"{name} = {module}\n" for name, module in project["entry-points"]["penstock"].items()]
    (about / "entry_points.txt").write_text("[penstock]\n" + "".join(doors))
    monkeypatch.syspath_prepend(tmp_path)
    (point,) = [point for point in entry_points(group="penstock") if point.name == "tutorial"]
    loaded = point.load()
    assert isinstance(loaded, ModuleType)
    yield loaded
    for name in [name for name in sys.modules if name.partition(".")[0] == "tutorial"]:
        del sys.modules[name]


def load(target: str) -> type:
    module, name = target.split(":")
    found = getattr(__import__(module, fromlist=[name]), name)
    assert isinstance(found, type)
    return found


def only(plugins: list[Plugin]) -> type:
    (plugin,) = plugins
    return load(plugin.target)


def task_of(connector: SourceConnector | SinkConnector) -> Task:
    """The connector's task, as the runtime makes it."""
    task = load(str(connector.task_class))()
    assert isinstance(task, Task)
    return task


def test_the_plugins_are_short(blocks: dict[str, str]) -> None:
    for path in ("src/tutorial/ticks.py", "src/tutorial/pages.py", "src/tutorial/hide.py"):
        lines = [line for line in blocks[path].splitlines() if line.strip()]
        assert len(lines) <= 15, path


def test_the_source_makes_records_and_resumes(door: ModuleType) -> None:
    connector = only(door.penstock_sources())()
    assert isinstance(connector, SourceConnector)
    task = task_of(connector)
    assert isinstance(task, SourceTask)
    offsets = FakeOffsets()
    context = started_source(task, {"topic": "ticks"}, offsets)
    (first,), (second,) = polled_records(task), polled_records(task)
    assert (first.topic, first.value, second.value) == ("ticks", "tick 1", "tick 2")
    assert second.source_partition is not None
    offsets.stored.append((second.source_partition, second.source_offset))
    context.stopping = True
    assert polled_records(task) == []

    successor = task_of(connector)
    assert isinstance(successor, SourceTask)
    started_source(successor, {"topic": "ticks"}, offsets)
    assert [record.value for record in polled_records(successor)] == ["tick 3"]


def test_the_source_names_a_missing_key(door: ModuleType) -> None:
    connector = only(door.penstock_sources())()

    with pytest.raises(ConfigException, match='Missing required configuration "topic" which has no default value'):
        connector.use_config({})


def test_the_sink_writes_each_record_once_however_often_it_comes(door: ModuleType, tmp_path: Path) -> None:
    connector = only(door.penstock_sinks())()
    assert isinstance(connector, SinkConnector)
    task = task_of(connector)
    assert isinstance(task, SinkTask)
    folder = tmp_path / "pages"
    folder.mkdir()
    started_sink(task, {"folder": str(folder)})
    for _ in range(2):
        task.put(batch_of("a", {"k": 1.0}, topic="t", first_offset=5))

    assert {path.name: path.read_text() for path in folder.iterdir()} == {"t-0-5.txt": "a", "t-0-6.txt": "{k=1.0}"}


def test_the_transformation_hides(door: ModuleType) -> None:
    transformation = only(door.penstock_transformations())()
    assert isinstance(transformation, Transformation)
    transformation.use_config({"pattern": "[0-9]+"})
    transformation.configure({"pattern": "[0-9]+"})
    record, other = SourceRecord("t", "call 555 now"), SourceRecord("t", 7)

    hidden = transformation.apply(record)
    assert hidden is not None
    assert hidden.value == "call *** now"
    assert record.value == "call 555 now"
    assert transformation.apply(other) is other


def test_every_file_that_the_readme_points_to_is_there() -> None:
    text = README.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)\)", text)

    assert len(links) > 10
    assert [link for link in links if not (README.parent / link).exists()] == []

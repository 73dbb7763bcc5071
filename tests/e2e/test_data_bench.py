"""The benchmark of converters and transformations runs: a few records, so that its figures mean nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bench import plugins
from tests.bench.data import DataBench
from tests.kafka.fixtures import unavailable
from tests.kafka.jars import ServiceUnavailableError


def test_orders_go_in_and_out(tmp_path: Path, kafka: Any) -> None:
    bench = DataBench(tmp_path, orders=5_000, runs=1, wanted=("JSON, schema + 3", "out: JSON, plain + 3"))
    bench.run_on(kafka.bootstrap, java=False)
    assert set(bench.results) == {
        ("in: JSON, schema + 3 SMTs", "Penstock"),
        ("out: JSON, schema + 3 SMTs", "Penstock"),
        ("out: JSON, plain + 3 SMTs", "Penstock"),
    }
    assert all(figures.cpu > 0 and figures.rate > 0 for (figures,) in bench.results.values())


@pytest.mark.java
def test_the_java_connectors_compile(tmp_path: Path) -> None:
    try:
        classes = plugins.compile_java(tmp_path)
    except ServiceUnavailableError as error:
        unavailable(error)
        raise
    listed = {line for path in classes.glob("META-INF/services/*") for line in path.read_text().split()}
    assert listed == {plugins.SINK, plugins.SOURCE}
    for name in listed:
        assert (classes / (name.replace(".", "/") + ".class")).is_file()

"""The converters that plugins may import are kept, and importing the room is cheap: every child does it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import penstock.converters

FACE = [
    "BooleanConverter",
    "ByteArrayConverter",
    "DoubleConverter",
    "FloatConverter",
    "IntegerConverter",
    "JsonConverter",
    "LongConverter",
    "ShortConverter",
    "SimpleHeaderConverter",
    "StringConverter",
]
MOST_CPU_MS = 20


def test_the_face_is_as_pinned() -> None:
    assert penstock.converters.__all__ == FACE
    assert sorted(FACE) == FACE


@pytest.mark.parametrize("name", FACE)
def test_every_class_is_there_and_has_a_name_in_connect(name: str) -> None:
    found = getattr(penstock.converters, name)
    assert found.__name__ == name
    assert found.connect_name.startswith("org.apache.kafka.connect.")
    assert found.connect_name.endswith(f".{name}")


def test_no_other_name_is() -> None:
    with pytest.raises(AttributeError, match=r"module 'penstock\.converters' has no attribute 'AvroConverter'"):
        getattr(penstock.converters, "AvroConverter")  # noqa: B009  # the type checker knows it, too


def test_importing_it_is_cheap() -> None:
    script = (
        "import time, penstock.api; begun = time.process_time(); import penstock.converters; "
        "print((time.process_time() - begun) * 1000)"
    )
    spent = [
        float(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    ]
    assert min(spent) < MOST_CPU_MS

"""Plugins that fail as a test scripts them, and count every call: what happens around a failing record is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from penstock.api import ConfigDef, Converter, Predicate, SchemaAndValue, Transformation
from penstock.api.schema import Schema
from penstock.converters.string import StringConverter


@dataclass
class Script:
    """What one plugin sees, and what it raises: the errors of a value are raised one a call, then it passes."""

    seen: list[object] = field(default_factory=list)
    errors: dict[object, list[Exception]] = field(default_factory=dict)
    always: dict[object, Callable[[], Exception]] = field(default_factory=dict)

    def call(self, value: object) -> int:
        """Note a call and fail as told; how many calls there were before."""
        self.seen.append(value)
        make_error = self.always.get(value)
        if make_error is not None:
            raise make_error()
        waiting = self.errors.get(value)
        if waiting:
            raise waiting.pop(0)
        return len(self.seen) - 1


SCRIPTS: dict[str, Script] = {}


def script(name: str) -> Script:
    """The script of a name, made at first need; a test starts with none."""
    return SCRIPTS.setdefault(name, Script())


class Numbering(Transformation):
    """Stateful: puts the number of the call before the value, so that a second call for a record would be seen in the data."""

    CONFIG = ConfigDef()

    def apply(self, record):
        number = script("numbering").call(record.value)
        return record.replace(value=f"{number}:{record.value}")


class Behind(Transformation):
    """A transformation that changes nothing; stands behind ``Numbering`` in a chain."""

    CONFIG = ConfigDef()

    def apply(self, record):
        script("behind").call(record.value)
        return record


class Choosing(Predicate):
    """True unless scripted otherwise."""

    CONFIG = ConfigDef()

    def test(self, record) -> bool:
        script("choosing").call(record.value)
        return True


class CountingConverter(StringConverter):
    """Strings, one call a value, each counted under ``<key|value>-converter``."""

    connect_name: ClassVar[str | None] = None

    def configure(self, configs: Mapping[str, object], is_key: bool | None = None) -> None:
        super().configure(configs, is_key)
        self._script = script({True: "key-converter", False: "value-converter", None: "header-converter"}[is_key])

    def encode(self, schema: Schema | None, value: object) -> bytes | None:
        self._script.call(value)
        return super().encode(schema, value)

    def decode(self, data: bytes | None) -> SchemaAndValue:
        self._script.call(None if data is None else data.decode())
        return super().decode(data)

    from_connect_data_batch = Converter.from_connect_data_batch
    to_connect_data_batch = Converter.to_connect_data_batch

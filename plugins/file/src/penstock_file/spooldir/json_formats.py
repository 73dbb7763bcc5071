"""JSON files: one value after another. Numbers of records count from 0, as in SpoolDir."""

from __future__ import annotations

import datetime as dt
from typing import Final

from penstock.api import DataException, Schema, Struct
from penstock_file.spooldir.dates import DateReader
from penstock_file.spooldir.json_cells import NodeReader, has_decimals, node_reader
from penstock_file.spooldir.json_text import JsonValues, compact
from penstock_file.spooldir.opening import DamagedError, Text
from penstock_file.spooldir.rows import Opened, Rows
from penstock_file.spooldir.settings import Schemas
from penstock_file.spooldir.timestamps import epoch_ms

_AT_ONCE: Final = 1000


class SchemalessJsonFormat:
    """Every value is a record: its text, without white space between tokens."""

    key_schema = None
    value_schema = Schema.STRING
    spooldir_goes_on = False

    def __init__(self, charset: str) -> None:
        self._charset = charset

    def can_go_on(self, *, at_line_end: bool) -> bool:  # noqa: ARG002  # values say themselves where they end
        """Always."""
        return True

    def reader(self, file: Opened) -> JsonTextReader:
        """Begin to read."""
        return JsonTextReader(file, self._charset)


class JsonTextReader:
    """Reads values as texts."""

    def __init__(self, file: Opened, charset: str) -> None:
        text = Text(file.stream, file.name, charset, file.buffer_size)
        self._values = JsonValues(text, hold=file.hold_last, exact_numbers=False)
        self._next = 0
        self._after = -1 if file.after is None else file.after
        self._damage: DataException | None = None

    @property
    def fault(self) -> DataException | None:
        """What is wrong with the value behind the last one."""
        return self._damage or self._values.fault

    @property
    def held(self) -> bool:
        """Whether the last value breaks off."""
        return self._values.held

    def read(self) -> Rows | None:
        """The next values."""
        while True:
            try:
                found = self._values.next(_AT_ONCE)
            except DamagedError as error:
                self._damage = error
                return None
            if not found:
                return None
            first = self._next
            self._next += len(found)
            done = max(0, self._after + 1 - first)
            if done < len(found):
                texts = [compact(text) for _, text in found[done:]]
                return Rows(texts, range(first + done, self._next))


class JsonFormat:
    """Objects of one schema. The objects of an array are records like others."""

    spooldir_goes_on = True

    def __init__(self, schemas: Schemas, dates: DateReader, zone: dt.tzinfo) -> None:
        """Raises DataException for a schema with a field that JSON cannot hold."""
        self.key_schema = schemas.key
        self.value_schema = schemas.value
        self.fields = tuple((field.name, node_reader(field.schema, dates, zone)) for field in schemas.value.fields)
        self.key_places = tuple(schemas.value.index_by_name.get(field.name) for field in schemas.key.fields)
        self.timestamp_place = (
            None if schemas.timestamp_field is None else schemas.value.index_by_name[schemas.timestamp_field]
        )
        self.exact_numbers = has_decimals(schemas.value)

    def can_go_on(self, *, at_line_end: bool) -> bool:  # noqa: ARG002  # values say themselves where they end
        """Always."""
        return True

    def reader(self, file: Opened) -> JsonReader:
        """Begin to read."""
        return JsonReader(file, self)


class JsonReader:
    """Reads objects."""

    def __init__(self, file: Opened, form: JsonFormat) -> None:
        text = Text(file.stream, file.name, "UTF-8", file.buffer_size)
        self._values = JsonValues(text, hold=file.hold_last, exact_numbers=form.exact_numbers)
        self._form = form
        self._next = 0
        self._after = -1 if file.after is None else file.after
        self._fault: DataException | None = None

    @property
    def fault(self) -> DataException | None:
        """What is wrong with the object behind the last one."""
        return self._fault or self._values.fault

    @property
    def held(self) -> bool:
        """Whether the last object breaks off."""
        return self._values.held

    def read(self) -> Rows | None:
        """The next objects."""
        while self._fault is None:
            try:
                found = self._values.next(_AT_ONCE)
            except DamagedError as error:
                self._fault = error
                return None
            if not found:
                return None
            nodes = [node for value, _ in found for node in (value if isinstance(value, list) else (value,))]
            first = self._next
            self._next += len(nodes)
            done = max(0, self._after + 1 - first)
            if done < len(nodes):
                rows = self._rows(nodes[done:], first + done)
                if len(rows):
                    return rows
        return None

    def _rows(self, nodes: list[object], first: int) -> Rows:
        form, values = self._form, list[object]()
        for number, node in enumerate(nodes, first):
            try:
                values.append(Struct.of(form.value_schema, _fields(form.fields, node, number)))
            except DataException as error:
                self._fault = error
                break
        structs = [value.values for value in values if isinstance(value, Struct)]
        keys = [
            Struct.of(form.key_schema, [None if place is None else value[place] for place in form.key_places])
            for value in structs
        ]
        place = form.timestamp_place
        timestamps = None if place is None else [epoch_ms(value[place]) for value in structs]
        return Rows(values, range(first, first + len(values)), keys, timestamps)


def _fields(fields: tuple[tuple[str, NodeReader], ...], node: object, number: int) -> list[object]:
    if not isinstance(node, dict):
        raise DataException(f"The value number {number} is no JSON object")
    values: list[object] = []
    for name, read in fields:
        try:
            values.append(read(node.get(name)))
        except DataException as error:
            raise DataException(
                f"Exception thrown while parsing data for '{name}'. linenumber={number}: {error}"
            ) from error
    return values

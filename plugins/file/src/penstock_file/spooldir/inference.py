"""Schemas made from the first files: the fields that they have, as optional texts, or as what all their first rows hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from penstock.api import DataException, Schema, SchemaBuilder, Timestamp
from penstock_file.spooldir.cells import CellReader, cell_reader
from penstock_file.spooldir.csv_format import CsvOptions
from penstock_file.spooldir.csv_text import Row, Splitter
from penstock_file.spooldir.dates import DateReader
from penstock_file.spooldir.directory import FoundFile
from penstock_file.spooldir.json_text import JsonValues
from penstock_file.spooldir.opening import LineSource, Text, unpacked
from penstock_file.spooldir.schema_text import write_schema

MOST_FILES: Final = 5
_MOST_ROWS: Final = 1000
_BUFFER: Final = 1 << 17

Column = tuple[str, Sequence[str | None]]
"""A field's name and the first of its texts; no texts where types are not to be guessed."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What the user says of schemas that are generated."""

    key_fields: tuple[str, ...]
    key_name: str
    value_name: str
    infer_types: bool


class Sampler(Protocol):
    """Looks at the beginning of a file."""

    def columns(self, file: FoundFile) -> list[Column]:
        """The fields, in order; none for a file in which there is nothing yet. Raises OSError and DataException."""


class CsvSampler:
    """Takes names from the header, or counts columns."""

    def __init__(self, options: CsvOptions) -> None:
        self._options = options

    def columns(self, file: FoundFile) -> list[Column]:
        """See :class:`Sampler`."""
        rows = self._rows(file)
        if not rows:
            return []
        if self._options.has_header:
            header = [name or "" for name in rows.pop(0)]
        else:
            header = [f"column{number:02d}" for number in range(1, len(rows[0]) + 1)]
        whole = [row for row in rows if len(row) >= len(header)]
        return [(name, [row[place] for row in whole]) for place, name in enumerate(header)]

    def _rows(self, file: FoundFile) -> list[Row]:
        dialect = self._options.dialect
        with file.path.open("rb") as raw:
            text = Text(
                unpacked(raw, file.name), file.name, self._options.charset, _BUFFER, keep_returns=dialect.keep_returns
            )
            lines = LineSource(text, hold=False)
            lines.skip(self._options.skip_lines)
            sample = lines.take(_MOST_ROWS)
        rows = Splitter(dialect).split(sample, at_end=True).rows if sample else []
        return [row for row in rows if row]


class JsonSampler:
    """Takes the names of the first object's fields."""

    def columns(self, file: FoundFile) -> list[Column]:
        """See :class:`Sampler`."""
        with file.path.open("rb") as raw:
            text = Text(unpacked(raw, file.name), file.name, "UTF-8", _BUFFER)
            values = JsonValues(text, hold=False, exact_numbers=False)
            while found := values.next(1):
                value = found[0][0]
                for node in value if isinstance(value, list) else (value,):
                    if isinstance(node, dict):
                        return [(name, ()) for name in node]
        return []


def generate(
    files: Sequence[FoundFile], sampler: Sampler, generation: Generation, dates: tuple[DateReader, dt.tzinfo]
) -> tuple[Schema, Schema] | None:
    """Schemas of keys and values that fit all these files; None while there is nothing in them.

    Raises DataException when their fields differ.
    """
    fields: dict[str, list[str | None]] | None = None
    first: FoundFile | None = None
    for file in files:
        columns = sampler.columns(file)
        if not columns:
            continue
        if fields is None or first is None:
            fields, first = {name: list(texts) for name, texts in columns}, file
        elif [name for name, _ in columns] != list(fields):
            raise DataException(
                "More than one schema was found for the input pattern.\n"
                f"Fields: {', '.join(fields)}\n  {first.path}\nFields: {', '.join(name for name, _ in columns)}\n  {file.path}"
            )
        else:
            for name, texts in columns:
                fields[name].extend(texts)
    return None if fields is None else _schemas(fields, generation, dates)


def _schemas(
    fields: Mapping[str, Sequence[str | None]], generation: Generation, dates: tuple[DateReader, dt.tzinfo]
) -> tuple[Schema, Schema]:
    schemas = {
        name: _guessed(texts, dates) if generation.infer_types else Schema.OPTIONAL_STRING
        for name, texts in fields.items()
    }
    missing = [name for name in generation.key_fields if name not in schemas]
    if missing:
        raise DataException(
            f"schema.generation.key.fields names {', '.join(missing)}, but the files have {', '.join(schemas)} only"
        )
    return (
        _struct(generation.key_name, ((name, schemas[name]) for name in generation.key_fields)),
        _struct(generation.value_name, schemas.items()),
    )


def _struct(name: str, fields: Iterable[tuple[str, Schema]]) -> Schema:
    builder = SchemaBuilder.struct().name(name)
    for field, schema in fields:
        builder.field(field, schema)
    return builder.build()


def _guessed(texts: Sequence[str | None], dates: tuple[DateReader, dt.tzinfo]) -> Schema:
    given = [text for text in texts if text]
    if not given or (len(given) < len(texts) and "" in texts):
        return Schema.OPTIONAL_STRING  # nothing to go by; or an empty text, which no other type can hold
    if {text.lower() for text in given} <= {"true", "false"}:
        return Schema.OPTIONAL_BOOLEAN
    for schema in (Schema.OPTIONAL_INT64, Schema.OPTIONAL_FLOAT64, Timestamp.builder().optional().build()):
        if _fits(cell_reader(schema, *dates), given):
            return schema
    return Schema.OPTIONAL_STRING


def _fits(reader: CellReader, texts: Sequence[str]) -> bool:
    if reader.schema.name is None and any(_has_leading_zero(text) for text in texts):
        return False
    return reader.read(texts)[1] is None


def _has_leading_zero(text: str) -> bool:
    """Whether a number would lose something: 007 is a name rather."""
    digits = text.lstrip("+-")
    return len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()


def texts_of(schemas: tuple[Schema, Schema]) -> tuple[str, str]:
    """As ``key.schema`` and ``value.schema`` hold them."""
    return write_schema(schemas[0]), write_schema(schemas[1])

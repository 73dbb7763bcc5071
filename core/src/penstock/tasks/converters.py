"""The converters that one task uses, with the names that reports show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat

from penstock.api.converter import Converter, HeaderConverter, PartialBatch
from penstock.api.header import Header, Headers
from penstock.api.header_columns import HeaderColumns
from penstock.errors.stage import Stage
from penstock.log.base import LogHeader
from penstock.tasks.columns import ColumnStage


@dataclass(frozen=True, slots=True)
class Converters:
    """Key, value and header converter of a task, configured."""

    key: Converter
    value: Converter
    header: HeaderConverter

    @property
    def uses_headers(self) -> bool:
        """Whether keys or values must be converted record by record, headers at hand."""
        return self.key.uses_headers or self.value.uses_headers

    def close(self) -> None:
        """Release the header converter, the only one with a ``close`` (spec 4.4)."""
        self.header.close()


def shown_name(plugin: object) -> str:
    """The class name that reports and traces show: the Connect name where there is one."""
    name = getattr(plugin, "connect_name", None)
    return str(name) if name else f"{type(plugin).__module__}.{type(plugin).__qualname__}"


def encode_headers(converter: HeaderConverter, topic: str, headers: Headers | None) -> Sequence[LogHeader] | None:
    """A record's headers as the log takes them; None when there are none."""
    if headers is None or len(headers) == 0:
        return None
    encode = converter.from_connect_header
    return [(key, encode(topic, key, schema, value)) for key, schema, value in headers]


def encode_header_columns(
    converter: HeaderConverter, topic: str, headers: HeaderColumns
) -> Sequence[Sequence[LogHeader] | None]:
    """All records' headers as the log takes them; what they have alike is converted once. Raises as the converter does."""
    encode = converter.from_connect_header
    columns: list[Iterable[LogHeader]] = []
    for item in headers.items:
        if isinstance(item, Header):
            key, schema, value = item
            columns.append(repeat((key, encode(topic, key, schema, value)), len(headers)))
        else:
            key, schema, values = item
            columns.append([(key, encode(topic, key, schema, value)) for value in values])
    return list(map(list, zip(*columns, strict=True))) if columns else [None] * len(headers)


def decode_headers(converter: HeaderConverter, topic: str, headers: Sequence[LogHeader] | None) -> Headers | None:
    """The log's headers as a record has them; None when there are none."""
    if not headers:
        return None
    decoded = Headers()
    for key, raw in headers:
        data = converter.to_connect_header(topic, key, raw)
        if data is None:
            decoded.add(key, None, None)
        else:
            decoded.add(key, data.value, data.schema)
    return decoded


def raw_headers(headers: Sequence[LogHeader] | None) -> Headers:
    """The log's headers for a converter that reads or adds some: names with bytes, as Connect's converters see them."""
    raw = Headers()
    for key, value in headers or ():
        raw.add(key, value, None)
    return raw


def one_by_one(stage: Stage, class_name: str, one: Callable[[int], object]) -> ColumnStage:
    """A stage that converts item by item, for what has no batch form."""

    def many(start: int, end: int) -> Sequence[object]:
        done: list[object] = []
        try:
            for index in range(start, end):
                done.append(one(index))  # what is done must survive a failure
        except Exception as error:
            raise PartialBatch(len(done), done, error) from error
        return done

    return ColumnStage(stage, class_name, many, one)

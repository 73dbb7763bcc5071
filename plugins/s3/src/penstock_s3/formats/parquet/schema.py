"""From Avro schemas to Parquet schemas, by parquet-avro's rules (spec 10).

Lists have two levels (a repeated ``array``), as the Java sink writes them, unless an array anywhere in the schema may hold
nulls: then all lists have three. The levels of definition and repetition are the same in both for items that are required.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from penstock.api import DataException, Schema, Type
from penstock_s3.formats.avro.schema import AvroNode


class Repetition(enum.Enum):
    """How often a field occurs; the values are Parquet's."""

    REQUIRED = 0
    OPTIONAL = 1
    REPEATED = 2


class Physical(enum.Enum):
    """How values are stored; the values are Parquet's."""

    BOOLEAN = 0
    INT32 = 1
    INT64 = 2
    FLOAT = 4
    DOUBLE = 5
    BYTE_ARRAY = 6
    FIXED_LEN_BYTE_ARRAY = 7


class Meaning(enum.Enum):
    """What stored values mean."""

    STRING = "string"
    ENUM = "enum"
    DECIMAL = "decimal"
    DATE = "date"
    TIME_MILLIS = "time-millis"
    TIMESTAMP_MILLIS = "timestamp-millis"
    LIST = "list"
    MAP = "map"
    MAP_KEY_VALUE = "map-key-value"


@dataclass(frozen=True, slots=True)
class ParquetNode:
    """A field of a Parquet schema: a group of ``children``, or a column of a ``physical`` type (``length`` of fixed bytes)."""

    name: str
    repetition: Repetition
    children: tuple[ParquetNode, ...] = ()
    physical: Physical | None = None
    meaning: Meaning | None = None
    length: int = 0
    precision: int = 0
    scale: int = 0

    def leaves(self, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], ParquetNode]]:
        """The columns with their paths below this node, in order."""
        for child in self.children:
            path = (*before, child.name)
            if child.physical is not None:
                yield path, child
            else:
                yield from child.leaves(path)


_PHYSICAL = {
    "boolean": Physical.BOOLEAN,
    "int": Physical.INT32,
    "long": Physical.INT64,
    "float": Physical.FLOAT,
    "double": Physical.DOUBLE,
    "string": Physical.BYTE_ARRAY,
    "bytes": Physical.BYTE_ARRAY,
    "enum": Physical.BYTE_ARRAY,
    "fixed": Physical.FIXED_LEN_BYTE_ARRAY,
}
_MEANINGS = {
    ("int", "date"): Meaning.DATE,
    ("int", "time-millis"): Meaning.TIME_MILLIS,
    ("long", "timestamp-millis"): Meaning.TIMESTAMP_MILLIS,
}


def message(node: AvroNode, schema: Schema) -> ParquetNode:
    """The schema of files of these records. Raises DataException for a record that Parquet cannot hold."""
    levels = 3 if holds_optional_items(schema) else 2
    try:
        made = ParquetNode(node.full_name, Repetition.REQUIRED, _Conversion(levels).fields(node))
    except RecursionError as error:
        raise DataException(
            f"The schema {node.full_name} is nested too deeply for Parquet, or contains itself"
        ) from error
    _check_no_empty_group(made)
    return made


def holds_optional_items(schema: Schema | None) -> bool:
    """Whether an array anywhere in a schema may hold nulls."""
    if schema is None:
        return False
    match schema.type:
        case Type.STRUCT:
            return any(holds_optional_items(field.schema) for field in schema.fields)
        case Type.MAP:
            return holds_optional_items(schema.key_schema) or holds_optional_items(schema.value_schema)
        case Type.ARRAY:
            items = schema.value_schema
            return items is not None and (items.optional or holds_optional_items(items))
    return False


class _Conversion:
    def __init__(self, levels: int) -> None:
        self._levels = levels

    def fields(self, node: AvroNode) -> tuple[ParquetNode, ...]:
        return tuple(self.node(field.name, field.schema, Repetition.REQUIRED) for field in node.fields)

    def node(self, name: str, node: AvroNode, repetition: Repetition) -> ParquetNode:
        match node.kind:
            case "union":
                return self._union(name, node, repetition)
            case "record":
                return ParquetNode(name, repetition, self.fields(node))
            case "array":
                return ParquetNode(name, repetition, (self._items(cast(AvroNode, node.items)),), meaning=Meaning.LIST)
            case "map":
                key = ParquetNode("key", Repetition.REQUIRED, physical=Physical.BYTE_ARRAY, meaning=Meaning.STRING)
                value = self.node("value", cast(AvroNode, node.items), Repetition.REQUIRED)
                entry = ParquetNode("key_value", Repetition.REPEATED, (key, value), meaning=Meaning.MAP_KEY_VALUE)
                return ParquetNode(name, repetition, (entry,), meaning=Meaning.MAP)
        return _column(name, node, repetition)

    def _items(self, items: AvroNode) -> ParquetNode:
        if self._levels == 2:
            return self.node("array", items, Repetition.REPEATED)
        return ParquetNode("list", Repetition.REPEATED, (self.node("element", items, Repetition.REQUIRED),))

    def _union(self, name: str, node: AvroNode, repetition: Repetition) -> ParquetNode:
        members = [member for member in node.members if member.kind != "null"]
        if node.nullable:
            repetition = Repetition.OPTIONAL
        if len(members) == 1 and node.nullable:
            return self.node(name, members[0], repetition)
        fields = (self.node(f"member{place}", member, Repetition.OPTIONAL) for place, member in enumerate(members))
        return ParquetNode(name, repetition, tuple(fields))


def _column(name: str, node: AvroNode, repetition: Repetition) -> ParquetNode:
    meaning = _MEANINGS.get((node.kind, str(node.props.get("logicalType"))))
    if node.kind in ("string", "enum"):
        meaning = Meaning(node.kind)
    precision, scale = _decimal(node)
    if precision:
        meaning = Meaning.DECIMAL
    return ParquetNode(
        name,
        repetition,
        physical=_PHYSICAL[node.kind],
        meaning=meaning,
        length=node.size,
        precision=precision,
        scale=scale,
    )


def _decimal(node: AvroNode) -> tuple[int, int]:
    """Precision and scale; zeros for what is no decimal, or is one that Avro's own rules leave as bytes."""
    precision, scale = node.props.get("precision"), node.props.get("scale", 0)
    if node.props.get("logicalType") != "decimal" or not isinstance(precision, int) or not isinstance(scale, int):
        return 0, 0
    most = precision if node.kind == "bytes" else _most_digits(node.size)
    return (precision, scale) if 0 <= scale <= precision <= most and precision > 0 else (0, 0)


def _most_digits(size: int) -> int:
    return len(str((1 << 8 * size - 1) - 1)) - 1


def _check_no_empty_group(node: ParquetNode) -> None:
    if node.physical is None and not node.children:
        raise DataException(f"Cannot write a schema with an empty group: {node.name}")
    children: Sequence[ParquetNode] = node.children
    for child in children:
        _check_no_empty_group(child)

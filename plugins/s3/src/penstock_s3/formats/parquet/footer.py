"""The end of Parquet files: Arrow writes the columns, and here its schema is replaced by ours.

Arrow cannot write lists of two levels, enums, decimals in bytes of any length, nor the name of the message. The columns' data
are the same whatever the schema calls them, so only the footer is written anew: the schema, the paths of the columns, and the
metadata.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

from penstock_s3.formats.parquet.schema import Meaning, ParquetNode
from penstock_s3.formats.parquet.thrift import (
    BINARY,
    I32,
    LIST,
    STRUCT,
    TRUE,
    Reader,
    ThriftStruct,
    written,
)

MAGIC: Final = b"PAR1"
# FileMetaData
_SCHEMA, _ROW_GROUPS, _METADATA, _CREATED_BY = 2, 4, 5, 6
# RowGroup, ColumnChunk, ColumnMetaData
_COLUMNS, _COLUMN_METADATA, _PATH = 1, 3, 3

_UTC_MILLIS: ThriftStruct = {1: (TRUE, True), 2: (STRUCT, {1: (STRUCT, {})})}
_MEANINGS: dict[Meaning, tuple[int, int | None]] = {
    Meaning.STRING: (0, 1),
    Meaning.MAP: (1, 2),
    Meaning.MAP_KEY_VALUE: (2, None),
    Meaning.LIST: (3, 3),
    Meaning.ENUM: (4, 4),
    Meaning.DECIMAL: (5, 5),
    Meaning.DATE: (6, 6),
    Meaning.TIME_MILLIS: (7, 7),
    Meaning.TIMESTAMP_MILLIS: (9, 8),
}
"""Number of the converted type and of the logical type."""


def footer(
    arrow: bytes, schema: ParquetNode, metadata: Mapping[str, str], change: Callable[[ThriftStruct], None] | None
) -> bytes:
    """The footer, its length and the magic at the end, made of Arrow's. ``change`` may change each column's metadata."""
    tree = Reader(arrow).struct()
    tree[_SCHEMA] = (LIST, (STRUCT, _elements(schema)))
    pairs = [{1: (BINARY, key.encode()), 2: (BINARY, text.encode())} for key, text in metadata.items()]
    tree[_METADATA] = (LIST, (STRUCT, pairs))
    paths = [path for path, _ in schema.leaves()]
    for group in tree[_ROW_GROUPS][1][1]:
        for path, chunk in zip(paths, group[_COLUMNS][1][1], strict=True):
            column: ThriftStruct = chunk[_COLUMN_METADATA][1]
            column[_PATH] = (LIST, (BINARY, [name.encode() for name in path]))
            if change is not None:
                change(column)
    data = written(tree)
    return data + struct.pack("<I", len(data)) + MAGIC


def _elements(root: ParquetNode) -> list[ThriftStruct]:
    found: list[ThriftStruct] = [{4: (BINARY, root.name.encode()), 5: (I32, len(root.children))}]
    waiting = list(reversed(root.children))
    while waiting:
        node = waiting.pop()
        found.append(_element(node))
        waiting.extend(reversed(node.children))
    return found


def _element(node: ParquetNode) -> ThriftStruct:
    element: ThriftStruct = {3: (I32, node.repetition.value), 4: (BINARY, node.name.encode())}
    if node.physical is None:
        element[5] = (I32, len(node.children))
    else:
        element[1] = (I32, node.physical.value)
    if node.length:
        element[2] = (I32, node.length)
    if node.meaning is not None:
        converted, logical = _MEANINGS[node.meaning]
        element[6] = (I32, converted)
        if node.meaning is Meaning.DECIMAL:
            element[7], element[8] = (I32, node.scale), (I32, node.precision)
        if logical is not None:
            element[10] = (STRUCT, {logical: (STRUCT, _details(node))})
    return element


def _details(node: ParquetNode) -> Any:
    match node.meaning:
        case Meaning.DECIMAL:
            return {1: (I32, node.scale), 2: (I32, node.precision)}
        case Meaning.TIME_MILLIS | Meaning.TIMESTAMP_MILLIS:
            return _UTC_MILLIS
    return {}

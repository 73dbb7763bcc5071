"""The Java class that stands for a Python value: it is named in Connect's error texts.

A Python class may declare ``connect_name`` to be called by that name; one that is unknown goes by its own.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from penstock.api.keys import FrozenMap
from penstock.api.schema import Schema, Type

_LONG_MIN = -(1 << 63)
_LONG_MAX = (1 << 63) - 1

_NAMES: dict[type, str] = {
    bool: "java.lang.Boolean",
    float: "java.lang.Double",
    str: "java.lang.String",
    bytes: "[B",
    bytearray: "[B",
    memoryview: "java.nio.HeapByteBuffer",
    list: "java.util.ArrayList",
    tuple: "java.util.ArrayList",
    FrozenMap: "java.util.LinkedHashMap",
    dict: "java.util.LinkedHashMap",
    Decimal: "java.math.BigDecimal",
    dt.date: "java.util.Date",
    dt.time: "java.util.Date",
    dt.datetime: "java.util.Date",
}


_BY_SCHEMA: dict[tuple[type, Type], str] = {
    (int, Type.INT8): "java.lang.Byte",
    (int, Type.INT16): "java.lang.Short",
    (int, Type.INT32): "java.lang.Integer",
    (float, Type.FLOAT32): "java.lang.Float",
}


def java_class_name(value: object, schema: Schema | None = None) -> str:
    """The binary name of the class: ``java.lang.Long`` for a plain int unless ``schema`` says a width, ``[B`` for bytes."""
    kind = type(value)
    if schema is not None and (told := _BY_SCHEMA.get((kind, schema.type))) is not None:
        return told
    if kind is int:
        return "java.lang.Long" if _LONG_MIN <= value <= _LONG_MAX else "java.math.BigInteger"  # type: ignore[operator]
    name = _NAMES.get(kind)
    if name is not None:
        return name
    declared = getattr(kind, "connect_name", None)
    return declared if isinstance(declared, str) else f"{kind.__module__}.{kind.__qualname__}"

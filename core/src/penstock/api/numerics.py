"""Numbers that remember their width.

Connect tells a byte from a long by its Java class; Python has one ``int`` and one ``float``. Where a schema is present it
says the width, and plain numbers are what everybody uses: any ``int`` in range fits INT8 to INT64, any ``float`` fits FLOAT32
and FLOAT64. Without a schema a plain ``int`` is an INT64 and a plain ``float`` a FLOAT64. These classes are for schemaless
data whose width matters: they fit their own schema type only, as in Java, and otherwise are the numbers that they extend.
"""

from __future__ import annotations

import struct
from typing import ClassVar, Self

_FLOAT32 = struct.Struct(">f")


class _SizedInt(int):
    __slots__ = ()
    LOWEST: ClassVar[int]
    HIGHEST: ClassVar[int]
    connect_name: ClassVar[str]

    def __new__(cls, value: int | str = 0) -> Self:
        self = super().__new__(cls, value)
        if not cls.LOWEST <= self <= cls.HIGHEST:
            raise ValueError(f"{cls.__name__} holds {cls.LOWEST} to {cls.HIGHEST}, not {int(self)}")
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({int(self)})"

    def __str__(self) -> str:
        return int.__repr__(self)


class Int8(_SizedInt):
    """An INT8 (Java's Byte). Raises ValueError when out of range."""

    __slots__ = ()
    LOWEST = -(1 << 7)
    HIGHEST = (1 << 7) - 1
    connect_name = "java.lang.Byte"


class Int16(_SizedInt):
    """An INT16 (Java's Short). Raises ValueError when out of range."""

    __slots__ = ()
    LOWEST = -(1 << 15)
    HIGHEST = (1 << 15) - 1
    connect_name = "java.lang.Short"


class Int32(_SizedInt):
    """An INT32 (Java's Integer). Raises ValueError when out of range."""

    __slots__ = ()
    LOWEST = -(1 << 31)
    HIGHEST = (1 << 31) - 1
    connect_name = "java.lang.Integer"


class Int64(_SizedInt):
    """An INT64 (Java's Long). Raises ValueError when out of range. Unlike a plain int it fits no narrower schema."""

    __slots__ = ()
    LOWEST = -(1 << 63)
    HIGHEST = (1 << 63) - 1
    connect_name = "java.lang.Long"


class Float32(float):
    """A FLOAT32 (Java's Float): rounded to single precision; too large a number becomes an infinity."""

    __slots__ = ()
    connect_name: ClassVar[str] = "java.lang.Float"

    def __new__(cls, value: float | str = 0.0) -> Self:
        return super().__new__(cls, round_to_float32(float(value)))

    def __repr__(self) -> str:
        return f"Float32({float(self)!r})"


class Float64(float):
    """A FLOAT64 (Java's Double). Unlike a plain float it does not fit FLOAT32."""

    __slots__ = ()
    connect_name: ClassVar[str] = "java.lang.Double"

    def __repr__(self) -> str:
        return f"Float64({float(self)!r})"


def round_to_float32(value: float) -> float:
    """The nearest single-precision number, as Java's ``(float)`` cast gives it."""
    try:
        return float(_FLOAT32.unpack(_FLOAT32.pack(value))[0])
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")

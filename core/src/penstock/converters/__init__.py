"""Connect's own converters (spec 5.2 to 5.5).

The face of the room: the names below are kept, and a test pins them. Each class has the name under which Connect knows it in
``connect_name``. All serve for keys, values and headers, except SimpleHeaderConverter, which is for headers. A class is
imported when it is first asked for: most tasks use one or two of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.converters.boolean import BooleanConverter
    from penstock.converters.byte_array import ByteArrayConverter
    from penstock.converters.json import JsonConverter
    from penstock.converters.numbers import (
        DoubleConverter,
        FloatConverter,
        IntegerConverter,
        LongConverter,
        ShortConverter,
    )
    from penstock.converters.simple_header import SimpleHeaderConverter
    from penstock.converters.string import StringConverter

__all__ = [
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

_MODULES = {
    "BooleanConverter": "boolean",
    "ByteArrayConverter": "byte_array",
    "JsonConverter": "json",
    "SimpleHeaderConverter": "simple_header",
    "StringConverter": "string",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'numbers')}"), name)

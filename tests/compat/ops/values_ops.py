"""The recorded operations of Connect's ``Values``."""

from __future__ import annotations

from typing import Any

from penstock.api import logical, values
from penstock.api.schema import Schema
from tests.compat.vectors_codec import decode, decode_schema, encode, encode_schema

Plain = dict[str, Any]

_RESULT = {
    "Byte": Schema.INT8,
    "Short": Schema.INT16,
    "Integer": Schema.INT32,
    "Long": Schema.INT64,
    "Float": Schema.FLOAT32,
    "Double": Schema.FLOAT64,
    "Date": logical.Date.SCHEMA,
    "Time": logical.Time.SCHEMA,
    "Timestamp": logical.Timestamp.SCHEMA,
}


def parse_string(given: Plain) -> Any:
    found = values.parse_string(given["text"])
    if found is None:
        return None
    return {"schema": encode_schema(found.schema), "value": encode(found.value, found.schema)}


def convert(given: Plain) -> Any:
    schema = decode_schema(given["schema"])
    value = decode(given["value"], schema)
    method = getattr(values, f"convert_to_{given['to'].lower()}")
    more = (given["scale"],) if given["to"] == "Decimal" else ()
    return encode(method(schema, value, *more), _RESULT.get(given["to"], schema))


def infer_schema(given: Plain) -> Any:
    return encode_schema(values.infer_schema(decode(given["value"])))


OPS = {
    "values.parseString": parse_string,
    "values.convert": convert,
    "values.inferSchema": infer_schema,
}

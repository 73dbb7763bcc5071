"""Connect's own transformations and predicates (spec 6).

The face of the room: the names below are kept, and a test pins them. Each class has the name under which Connect knows it in
``connect_name``; ``$Key`` and ``$Value`` are two classes. A class is imported when it is first asked for: most tasks use none,
one or two of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.transforms.cast import CastKey, CastValue
    from penstock.transforms.drop_headers import DropHeaders
    from penstock.transforms.extract_field import ExtractFieldKey, ExtractFieldValue
    from penstock.transforms.filter import Filter
    from penstock.transforms.flatten import FlattenKey, FlattenValue
    from penstock.transforms.header_from import HeaderFromKey, HeaderFromValue
    from penstock.transforms.hoist_field import HoistFieldKey, HoistFieldValue
    from penstock.transforms.insert_field import InsertFieldKey, InsertFieldValue
    from penstock.transforms.insert_header import InsertHeader
    from penstock.transforms.mask_field import MaskFieldKey, MaskFieldValue
    from penstock.transforms.predicates import HasHeaderKey, RecordIsTombstone, TopicNameMatches
    from penstock.transforms.regex_router import RegexRouter
    from penstock.transforms.replace_field import ReplaceFieldKey, ReplaceFieldValue
    from penstock.transforms.set_schema_metadata import SetSchemaMetadataKey, SetSchemaMetadataValue
    from penstock.transforms.timestamp_converter import TimestampConverterKey, TimestampConverterValue
    from penstock.transforms.timestamp_router import TimestampRouter
    from penstock.transforms.value_to_key import ValueToKey

__all__ = [
    "CastKey",
    "CastValue",
    "DropHeaders",
    "ExtractFieldKey",
    "ExtractFieldValue",
    "Filter",
    "FlattenKey",
    "FlattenValue",
    "HasHeaderKey",
    "HeaderFromKey",
    "HeaderFromValue",
    "HoistFieldKey",
    "HoistFieldValue",
    "InsertFieldKey",
    "InsertFieldValue",
    "InsertHeader",
    "MaskFieldKey",
    "MaskFieldValue",
    "RecordIsTombstone",
    "RegexRouter",
    "ReplaceFieldKey",
    "ReplaceFieldValue",
    "SetSchemaMetadataKey",
    "SetSchemaMetadataValue",
    "TimestampConverterKey",
    "TimestampConverterValue",
    "TimestampRouter",
    "TopicNameMatches",
    "ValueToKey",
]

_MODULES = {
    "CastKey": "cast",
    "CastValue": "cast",
    "DropHeaders": "drop_headers",
    "ExtractFieldKey": "extract_field",
    "ExtractFieldValue": "extract_field",
    "Filter": "filter",
    "FlattenKey": "flatten",
    "FlattenValue": "flatten",
    "HasHeaderKey": "predicates",
    "HeaderFromKey": "header_from",
    "HeaderFromValue": "header_from",
    "HoistFieldKey": "hoist_field",
    "HoistFieldValue": "hoist_field",
    "InsertFieldKey": "insert_field",
    "InsertFieldValue": "insert_field",
    "InsertHeader": "insert_header",
    "MaskFieldKey": "mask_field",
    "MaskFieldValue": "mask_field",
    "RecordIsTombstone": "predicates",
    "RegexRouter": "regex_router",
    "ReplaceFieldKey": "replace_field",
    "ReplaceFieldValue": "replace_field",
    "SetSchemaMetadataKey": "set_schema_metadata",
    "SetSchemaMetadataValue": "set_schema_metadata",
    "TimestampConverterKey": "timestamp_converter",
    "TimestampConverterValue": "timestamp_converter",
    "TimestampRouter": "timestamp_router",
    "TopicNameMatches": "predicates",
    "ValueToKey": "value_to_key",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)

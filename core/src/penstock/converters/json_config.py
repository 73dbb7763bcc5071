"""The configuration of JsonConverter (spec 5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock.api import validators
from penstock.api.config import ConfigType, Importance, Width
from penstock.converters.base import CONVERTER_CONFIG, parse_with_type

SCHEMAS_ENABLE_CONFIG = "schemas.enable"
SCHEMAS_CACHE_SIZE_CONFIG = "schemas.cache.size"
SCHEMA_CONTENT_CONFIG = "schema.content"
DECIMAL_FORMAT_CONFIG = "decimal.format"
REPLACE_NULL_WITH_DEFAULT_CONFIG = "replace.null.with.default"

_SCHEMAS = "Schemas"
_SERIALIZATION = "Serialization"

JSON_CONVERTER_CONFIG = (
    CONVERTER_CONFIG.define(
        SCHEMAS_ENABLE_CONFIG,
        ConfigType.BOOLEAN,
        default=True,
        importance=Importance.HIGH,
        group=_SCHEMAS,
        order=0,
        width=Width.MEDIUM,
        display_name="Enable Schemas",
        doc="Write the schema beside each value, as {'schema': …, 'payload': …}, and ask for it when reading.",
    )
    .define(
        SCHEMAS_CACHE_SIZE_CONFIG,
        ConfigType.INT,
        default=1000,
        importance=Importance.HIGH,
        group=_SCHEMAS,
        order=1,
        width=Width.MEDIUM,
        display_name="Schema Cache Size",
        doc="How many schemas the converter remembers in either direction, so that it need not work them out again.",
    )
    .define(
        SCHEMA_CONTENT_CONFIG,
        ConfigType.STRING,
        default=None,
        importance=Importance.HIGH,
        group=_SCHEMAS,
        order=2,
        width=Width.MEDIUM,
        display_name="Schema Content",
        doc="A schema, in the JSON form in which this converter writes schemas, that all values read have. The records then "
        "hold the payload alone. Only used when schemas are enabled.",
    )
    .define(
        DECIMAL_FORMAT_CONFIG,
        ConfigType.STRING,
        default="BASE64",
        importance=Importance.LOW,
        validator=validators.one_of_ignoring_case("BASE64", "NUMERIC"),
        group=_SERIALIZATION,
        order=0,
        width=Width.MEDIUM,
        display_name="Decimal Format",
        doc="How decimals are written: BASE64, their binary form as text, or NUMERIC, as numbers. Both are read.",
    )
    .define(
        REPLACE_NULL_WITH_DEFAULT_CONFIG,
        ConfigType.BOOLEAN,
        default=True,
        importance=Importance.LOW,
        group=_SERIALIZATION,
        order=1,
        width=Width.MEDIUM,
        display_name="Replace null with default",
        doc="Whether a null is replaced by the default of its schema, where there is one.",
    )
)


@dataclass(frozen=True, slots=True)
class JsonSettings:
    """The configuration, parsed. ``schema_content`` is None where there is none."""

    schemas_enable: bool = True
    cache_size: int = 1000
    schema_content: str | None = None
    numeric_decimals: bool = False
    replace_null: bool = True


def settings_of(configs: Mapping[str, object], is_key: bool | None) -> JsonSettings:
    """The settings. Raises ConfigException for the first wrong value."""
    parsed = parse_with_type(JSON_CONVERTER_CONFIG, configs, is_key)
    return JsonSettings(
        schemas_enable=parsed.get_bool(SCHEMAS_ENABLE_CONFIG),
        cache_size=parsed.get_int(SCHEMAS_CACHE_SIZE_CONFIG),
        schema_content=parsed.get_string(SCHEMA_CONTENT_CONFIG, None) or None,
        numeric_decimals=parsed.get_string(DECIMAL_FORMAT_CONFIG).upper() == "NUMERIC",
        replace_null=parsed.get_bool(REPLACE_NULL_WITH_DEFAULT_CONFIG),
    )

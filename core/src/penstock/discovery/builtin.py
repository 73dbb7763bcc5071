"""The built-in plugins, announced by the same door as everybody's."""

from __future__ import annotations

from penstock.api.hooks import Plugin, hookimpl

_CONVERTERS = (
    "penstock.converters.boolean:BooleanConverter",
    "penstock.converters.byte_array:ByteArrayConverter",
    "penstock.converters.json:JsonConverter",
    "penstock.converters.numbers:DoubleConverter",
    "penstock.converters.numbers:FloatConverter",
    "penstock.converters.numbers:IntegerConverter",
    "penstock.converters.numbers:LongConverter",
    "penstock.converters.numbers:ShortConverter",
    "penstock.converters.string:StringConverter",
)

_TRANSFORMATIONS = (
    "cast:CastKey",
    "cast:CastValue",
    "drop_headers:DropHeaders",
    "extract_field:ExtractFieldKey",
    "extract_field:ExtractFieldValue",
    "filter:Filter",
    "flatten:FlattenKey",
    "flatten:FlattenValue",
    "header_from:HeaderFromKey",
    "header_from:HeaderFromValue",
    "hoist_field:HoistFieldKey",
    "hoist_field:HoistFieldValue",
    "insert_field:InsertFieldKey",
    "insert_field:InsertFieldValue",
    "insert_header:InsertHeader",
    "mask_field:MaskFieldKey",
    "mask_field:MaskFieldValue",
    "regex_router:RegexRouter",
    "replace_field:ReplaceFieldKey",
    "replace_field:ReplaceFieldValue",
    "set_schema_metadata:SetSchemaMetadataKey",
    "set_schema_metadata:SetSchemaMetadataValue",
    "timestamp_converter:TimestampConverterKey",
    "timestamp_converter:TimestampConverterValue",
    "timestamp_router:TimestampRouter",
    "value_to_key:ValueToKey",
)


@hookimpl
def penstock_converters() -> list[Plugin]:
    """Converters for keys and values."""
    return [Plugin(target) for target in _CONVERTERS]


@hookimpl
def penstock_header_converters() -> list[Plugin]:
    """Converters for headers: all of the above, and one that is for nothing else."""
    return [Plugin(target) for target in (*_CONVERTERS, "penstock.converters.simple_header:SimpleHeaderConverter")]


@hookimpl
def penstock_transformations() -> list[Plugin]:
    """Connect's single message transforms; each of ``$Key`` and ``$Value`` is one."""
    return [Plugin(f"penstock.transforms.{target}") for target in _TRANSFORMATIONS]


@hookimpl
def penstock_predicates() -> list[Plugin]:
    """Connect's predicates, which say to which records a transformation applies."""
    return [
        Plugin("penstock.transforms.predicates:HasHeaderKey"),
        Plugin("penstock.transforms.predicates:RecordIsTombstone"),
        Plugin("penstock.transforms.predicates:TopicNameMatches"),
    ]


@hookimpl
def penstock_config_providers() -> list[Plugin]:
    """Where ``${provider:path:key}`` references are looked up."""
    return [
        Plugin("penstock.config.providers:DirectoryConfigProvider"),
        Plugin("penstock.config.providers:EnvVarConfigProvider"),
        Plugin("penstock.config.providers:FileConfigProvider"),
    ]


@hookimpl
def penstock_override_policies() -> list[Plugin]:
    """Which client settings a connector may override."""
    return [
        Plugin("penstock.config.overrides:AllConnectorClientConfigOverridePolicy"),
        Plugin("penstock.config.overrides:AllowlistConnectorClientConfigOverridePolicy"),
        Plugin("penstock.config.overrides:NoneConnectorClientConfigOverridePolicy"),
        Plugin("penstock.config.overrides:PrincipalConnectorClientConfigOverridePolicy"),
    ]

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


@hookimpl
def penstock_converters() -> list[Plugin]:
    """Converters for keys and values."""
    return [Plugin(target) for target in _CONVERTERS]


@hookimpl
def penstock_header_converters() -> list[Plugin]:
    """Converters for headers: all of the above, and one that is for nothing else."""
    return [Plugin(target) for target in (*_CONVERTERS, "penstock.converters.simple_header:SimpleHeaderConverter")]


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

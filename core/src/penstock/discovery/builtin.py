"""The built-in plugins, announced by the same door as everybody's."""

from __future__ import annotations

from penstock.api.hooks import Plugin, hookimpl


@hookimpl
def penstock_converters() -> list[Plugin]:
    """Converters for keys and values."""
    return [Plugin("penstock.converters.string:StringConverter")]


@hookimpl
def penstock_header_converters() -> list[Plugin]:
    """Converters for headers."""
    return [Plugin("penstock.converters.string:StringConverter")]

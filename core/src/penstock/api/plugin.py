"""What every plugin class shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from penstock.api.config import ConfigDef, ParsedConfig


class Configurable:
    """A plugin with declared configuration keys.

    The runtime calls :meth:`use_config` before ``start`` or ``configure``: afterwards ``self.props`` holds the raw strings
    and ``self.config`` the typed values of ``CONFIG`` (passwords masked in its repr). An author overrides nothing here.
    """

    CONFIG: ClassVar[ConfigDef] = ConfigDef()
    """The keys of this plugin. Parsed for ``self.config``, shown by ``/connector-plugins/{name}/config`` and validate."""

    connect_name: ClassVar[str | None] = None
    """The Java class name that configs, ``task.class`` records, listings and headers use, where there is one."""

    props: Mapping[str, str | None]
    config: ParsedConfig

    def version(self) -> str | None:
        """The plugin's version; None means that of its distribution, which the runtime fills in."""
        return None

    def config_def(self) -> ConfigDef:
        """The declared keys; override only where they depend on the instance."""
        return type(self).CONFIG

    def use_config(self, props: Mapping[str, object], keys: ConfigDef | None = None) -> None:
        """Called by the runtime, on the plugin's own thread, before ``start`` or ``configure``. ``keys`` stand in for a
        plugin that declares none of its own: a task is given those of its connector.

        Raises :class:`ConfigException` for the first key whose value is missing or wrong.
        """
        self.props = props  # type: ignore[assignment]  # converters may be given typed values, connectors get strings
        own = self.config_def()
        self.config = (keys if keys is not None and not len(own) else own).parsed(props)

"""The plugin door: every hook spec, on one page.

A distribution announces its plugins through an entry point of group ``penstock`` that names a module with hookimpls.
Each hook returns descriptors, never classes: the worker learns names without importing connectors.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import pluggy

PROJECT = "penstock"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class PluginKind(enum.Enum):
    """The kinds of plugins; the values are the ``type`` texts of ``GET /connector-plugins`` where Connect has them."""

    SOURCE = "source"
    SINK = "sink"
    CONVERTER = "converter"
    HEADER_CONVERTER = "header_converter"
    TRANSFORMATION = "transformation"
    PREDICATE = "predicate"
    CONFIG_PROVIDER = "config_provider"
    OVERRIDE_POLICY = "override_policy"
    REST_EXTENSION = "rest_extension"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plugin: ``target`` is ``"package.module:Class"``, ``connect_name`` its Java class name if it stands for one.
    ``kind`` is needed only in ``penstock_plugins``. Without ``short_names`` it is found by its full names alone: for the second
    of two whose names differ in the package only, so that the short name stays the first one's."""

    target: str
    connect_name: str | None = None
    kind: PluginKind | None = None
    short_names: bool = True


class HookSpecs:
    """Implemented as module-level functions, without self."""

    @hookspec
    def penstock_sources(self) -> list[Plugin]: ...  # type: ignore[empty-body]
    @hookspec
    def penstock_sinks(self) -> list[Plugin]: ...  # type: ignore[empty-body]
    @hookspec
    def penstock_converters(self) -> list[Plugin]: ...  # type: ignore[empty-body]
    @hookspec
    def penstock_header_converters(self) -> list[Plugin]: ...  # type: ignore[empty-body]
    @hookspec
    def penstock_transformations(self) -> list[Plugin]: ...  # type: ignore[empty-body]
    @hookspec
    def penstock_predicates(self) -> list[Plugin]: ...  # type: ignore[empty-body]
    @hookspec
    def penstock_config_providers(self) -> list[Plugin]: ...  # type: ignore[empty-body]
    @hookspec
    def penstock_override_policies(self) -> list[Plugin]: ...  # type: ignore[empty-body]
    @hookspec
    def penstock_rest_extensions(self) -> list[Plugin]: ...  # type: ignore[empty-body]
    @hookspec
    def penstock_commands(self) -> list[Plugin]: ...  # type: ignore[empty-body]
    @hookspec
    def penstock_plugins(self) -> list[Plugin]: ...  # type: ignore[empty-body]

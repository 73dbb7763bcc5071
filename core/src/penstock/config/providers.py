"""Kafka's own config providers: files of properties, directories of files, environment variables (spec 2.5)."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path, PurePath
from typing import ClassVar

from penstock.api.config import ConfigDef, ConfigType, Importance
from penstock.api.config_types import java_text
from penstock.api.exceptions import ConfigException
from penstock.api.provider import ConfigData, ConfigProvider
from penstock.api.regex import compile_regex
from penstock.config.properties import parse_properties_text

logger = logging.getLogger(__name__)

_ALLOWED_PATHS = ConfigDef().define(
    "allowed.paths",
    ConfigType.STRING,
    default=None,
    importance=Importance.MEDIUM,
    doc="Absolute paths, separated by commas, that may be read, with all below them. Not set: any path.",
)


class AllowedPaths:
    """The paths that a provider may read; made of the value of ``allowed.paths``.

    Raises :class:`ConfigException` for one that is not absolute or does not exist.
    """

    def __init__(self, value: str | None) -> None:
        self._roots: tuple[PurePath, ...] | None = tuple(map(_allowed, value.split(","))) if value else None

    def checked(self, path: str) -> Path | None:
        """The path to read, ``..`` taken out; None, with a warning, when it is not allowed."""
        if self._roots is None:
            return Path(path)
        normal = Path(os.path.normpath(path))
        if any(normal.is_relative_to(root) for root in self._roots):
            return normal
        logger.warning("The path %s is not allowed to be accessed", path)
        return None


class FileConfigProvider(ConfigProvider):
    """``${file:/path/of.properties:key}``: a key of a file of Java properties, in UTF-8."""

    CONFIG: ClassVar[ConfigDef] = _ALLOWED_PATHS
    connect_name: ClassVar[str | None] = "org.apache.kafka.common.config.provider.FileConfigProvider"

    def __init__(self) -> None:
        self._allowed = AllowedPaths(None)

    def configure(self, configs: Mapping[str, object]) -> None:
        self._allowed = AllowedPaths(_text(configs.get("allowed.paths")))

    def get(self, path: str | None, keys: AbstractSet[str] | None = None) -> ConfigData:
        file = self._allowed.checked(path) if path else None
        if file is None:
            return ConfigData({})
        try:
            found = parse_properties_text(file.read_bytes().decode("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigException(f"Could not read properties from file {path}") from error
        except ValueError as error:
            raise ConfigException(f"Could not read properties from file {path}: {error}") from error
        return ConfigData(found if keys is None else {key: found[key] for key in keys if key in found})


class DirectoryConfigProvider(ConfigProvider):
    """``${dir:/path:name}``: the content of a file in a directory, in UTF-8; not of one in a directory below."""

    CONFIG: ClassVar[ConfigDef] = _ALLOWED_PATHS
    connect_name: ClassVar[str | None] = "org.apache.kafka.common.config.provider.DirectoryConfigProvider"

    def __init__(self) -> None:
        self._allowed = AllowedPaths(None)

    def configure(self, configs: Mapping[str, object]) -> None:
        self._allowed = AllowedPaths(_text(configs.get("allowed.paths")))

    def get(self, path: str | None, keys: AbstractSet[str] | None = None) -> ConfigData:
        directory = self._allowed.checked(path) if path else None
        if directory is None:
            return ConfigData({})
        if not directory.is_dir():
            logger.warning("The path %s is not a directory", path)
            return ConfigData({})
        try:
            files = [file for file in directory.iterdir() if file.is_file()]
        except OSError as error:
            raise ConfigException(f"Could not list directory {directory}") from error
        return ConfigData({file.name: _content(file) for file in files if keys is None or file.name in keys})


class EnvVarConfigProvider(ConfigProvider):
    """``${env:NAME}``: an environment variable, of those whose names match ``allowlist.pattern`` as a whole."""

    CONFIG: ClassVar[ConfigDef] = ConfigDef().define(
        "allowlist.pattern",
        ConfigType.STRING,
        default=".*",
        importance=Importance.MEDIUM,
        doc="Regular expression that the whole name of a variable must match for it to be used.",
    )
    connect_name: ClassVar[str | None] = "org.apache.kafka.common.config.provider.EnvVarConfigProvider"

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = dict(os.environ if environ is None else environ)
        self._usable = self._environ

    def configure(self, configs: Mapping[str, object]) -> None:
        pattern = java_text(configs.get("allowlist.pattern", ".*"))
        try:
            allowed = compile_regex(pattern)
        except ValueError as error:
            raise ConfigException.of("allowlist.pattern", pattern, str(error)) from error
        self._usable = {name: value for name, value in self._environ.items() if allowed.fullmatch(name)}

    def get(self, path: str | None, keys: AbstractSet[str] | None = None) -> ConfigData:
        if path:
            raise ConfigException(f"Path is not supported for EnvVarConfigProvider, invalid value '{path}'")
        if keys is None:
            return ConfigData(dict(self._usable))
        return ConfigData({name: value for name, value in self._usable.items() if name in keys})


def _allowed(text: str) -> PurePath:
    normal = Path(os.path.normpath(text)) if text else Path()
    if not normal.is_absolute():
        raise ConfigException(f"Path {normal if text else ''} is not absolute")
    if not normal.exists():
        raise ConfigException(f"Path {normal} does not exist")
    return normal


def _content(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigException(f"Could not read file {file} for property {file.name}") from error


def _text(value: object) -> str | None:
    return None if value is None else str(value)

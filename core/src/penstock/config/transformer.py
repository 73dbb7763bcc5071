"""References in configurations, ``${provider:path:key}`` or ``${provider:key}``, and what they stand for (spec 2.5).

Configs are stored and sent with their references; they are resolved where they are used, in children (design decision 13).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import TypeVar

from penstock.api.exceptions import ConfigException
from penstock.api.provider import ConfigProvider

_REFERENCE = re.compile(r"\$\{([^}]*?):(?:([^}]*?):)?([^}]*?)\}")
V = TypeVar("V", str, str | None)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A config with its references resolved; one whose provider or key is unknown stands as it was.

    ``ttls_ms`` says by path for how long the values hold; ``secrets`` are the texts that came from providers, for the log's
    filter. Neither is for any log: the repr has no values.
    """

    data: Mapping[str, str | None] = field(repr=False)
    ttls_ms: Mapping[str, int]
    secrets: frozenset[str] = field(repr=False, default=frozenset())

    @property
    def ttl_ms(self) -> int | None:
        """After how many milliseconds the config has to be resolved again; None: not at all."""
        return min(self.ttls_ms.values(), default=None)


class ConfigTransformer(AbstractContextManager["ConfigTransformer"]):
    """Resolves references through the providers that the worker's properties declare. Closing it closes them."""

    def __init__(self, providers: Mapping[str, ConfigProvider]) -> None:
        self._providers = dict(providers)

    def transform(self, config: Mapping[str, str | None]) -> Resolved:
        """Resolve all references, in one pass: what a provider returns is not looked at again.

        Each provider is asked once for each path. Raises what it raises, such as :class:`ConfigException`.
        """
        asked: dict[tuple[str, str], set[str]] = {}
        for value in config.values():
            for provider, path, key in _references(value):
                if provider in self._providers:
                    asked.setdefault((provider, path), set()).add(key)
        found: dict[tuple[str, str], Mapping[str, str]] = {}
        ttls: dict[str, int] = {}
        for (provider, path), keys in asked.items():
            answer = self._providers[provider].get(path, keys)
            found[provider, path] = answer.data
            if answer.ttl_ms is not None and answer.ttl_ms >= 0:
                ttls[path] = answer.ttl_ms
        data = {name: _replaced(value, found) for name, value in config.items()}
        secrets = frozenset(value for values in found.values() for value in values.values() if value)
        return Resolved(data, ttls, secrets)

    def close(self) -> None:
        """Close all providers."""
        for provider in self._providers.values():
            provider.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def make_providers(props: Mapping[str, str], find_class: Callable[[str], type]) -> dict[str, ConfigProvider]:
    """The providers that the worker's properties declare, configured.

    ``find_class`` finds a class by its name and raises ``LookupError``. Raises :class:`ConfigException` for one that cannot
    be had, with Kafka's text, or configured.
    """
    providers: dict[str, ConfigProvider] = {}
    for name in filter(None, (part.strip() for part in props.get("config.providers", "").split(","))):
        class_key = f"config.providers.{name}.class"
        class_name = props.get(class_key)
        if class_name is None:
            continue
        providers[name] = _make(class_key, class_name.strip(), find_class)
        start = f"config.providers.{name}.param."
        params = {key[len(start) :]: value for key, value in props.items() if key.startswith(start)}
        providers[name].use_config(params)
        providers[name].configure(params)
    return providers


def has_reference(value: str | None) -> bool:
    """Whether the value holds a reference, to whatever provider."""
    return value is not None and _REFERENCE.search(value) is not None


def reverse_task_configs(
    raw_connector_config: Mapping[str, str | None], task_configs: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    """Task configs as they are stored: a key whose value in the connector's raw config holds a reference gets that value
    back, whatever the connector made of it. So no secret is written to the config topic."""
    raw = {key: value for key, value in raw_connector_config.items() if value is not None and has_reference(value)}
    return [{key: raw.get(key, value) for key, value in config.items()} for config in task_configs]


def _make(class_key: str, class_name: str, find_class: Callable[[str], type]) -> ConfigProvider:
    reason = "Could not load config provider class or one of its dependencies"
    try:
        provider = find_class(class_name)()
    except LookupError as error:
        raise ConfigException.of(class_key, class_name, reason) from error
    if not isinstance(provider, ConfigProvider):
        raise ConfigException.of(class_key, class_name, f"{class_name} is not an instance of ConfigProvider")
    return provider


def _references(value: str | None) -> list[tuple[str, str, str]]:
    if value is None or "${" not in value:
        return []
    return [(match[1], match[2] or "", match[3]) for match in _REFERENCE.finditer(value)]


def _replaced(value: str | None, found: Mapping[tuple[str, str], Mapping[str, str]]) -> str | None:
    if value is None or "${" not in value:
        return value

    def replacement(match: re.Match[str]) -> str:
        values = found.get((match[1], match[2] or ""), {})
        return values.get(match[3], match[0])

    return _REFERENCE.sub(replacement, value)

"""From raw configs to what plugins see: references resolved, in the child only (design decision 13, spec 2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock.api.hooks import PluginKind
from penstock.config.transformer import ConfigTransformer, make_providers, reverse_task_configs
from penstock.discovery.plugins import PluginNotFoundError, load_class
from penstock.logcontext import SECRETS
from penstock.tasks.spec import RawConfig, WorkerSettings


@dataclass(frozen=True, slots=True)
class ResolvedConfig:
    """A config with its references resolved; ``ttl_ms`` is the smallest time for which the values hold."""

    props: dict[str, str] = field(repr=False)
    ttl_ms: int | None


def resolve(config: RawConfig, settings: WorkerSettings) -> ResolvedConfig:
    """Resolve a raw config. Keys with null values are left out: a running plugin gets strings only.

    Providers are made only where a reference stands, and closed at once. Raises ConfigException, and what a provider raises.
    """
    if not any(value is not None and "${" in value for value in config.values()):
        return ResolvedConfig({key: value for key, value in config.items() if value is not None}, None)
    with ConfigTransformer(make_providers(settings.props, lambda name: _provider_class(name, settings))) as transformer:
        resolved = transformer.transform(config)
    SECRETS.hide(resolved.secrets)
    props = {key: value for key, value in resolved.data.items() if value is not None}
    return ResolvedConfig(props, resolved.ttl_ms)


def reverse(raw: RawConfig, task_config: Mapping[str, str]) -> dict[str, str]:
    """A task config as it is stored: keys whose raw connector value holds a reference get that raw text back."""
    return reverse_task_configs(raw, [task_config])[0]


def _provider_class(name: str, settings: WorkerSettings) -> type:
    try:
        return load_class(settings.index.find(PluginKind.CONFIG_PROVIDER, name))
    except PluginNotFoundError as error:
        raise LookupError(str(error)) from error

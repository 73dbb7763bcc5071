"""Validation as the herder offers it: a child asks the plugin, here its plain answer becomes results (spec 1.10)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from http import HTTPStatus
from typing import TypeVar

import msgspec

from penstock.api.config_types import java_text
from penstock.api.exceptions import ConfigException, NotFoundException
from penstock.api.hooks import PluginKind
from penstock.api.javahash import copied_hash_order
from penstock.config.versions import check_installed
from penstock.discovery.plugins import CONNECTORS, AmbiguousPluginError, PluginIndex, PluginNotFoundError
from penstock.herder.requests import Config
from penstock.herder.results import ConfigInfos, ConfigKeyInfo, RequestRefused
from penstock.worker.options import CALL_DEADLINE_S
from penstock.worker.worker import Worker

R = TypeVar("R")

_WITH_KEYS = (
    *CONNECTORS,
    PluginKind.CONVERTER,
    PluginKind.HEADER_CONVERTER,
    PluginKind.TRANSFORMATION,
    PluginKind.PREDICATE,
)
_REST_TYPES = "sink, source, converter, header_converter, transformation, predicate"


class Validation:
    """Asks children. Every method returns at once and may be called on any thread; futures are completed on a thread of the
    worker. ``deadline_s``: how long a plugin may take before its process is killed and the question fails."""

    def __init__(self, index: PluginIndex, worker: Worker, deadline_s: float = CALL_DEADLINE_S) -> None:
        self._index = index
        self._worker = worker
        self._deadline_s = deadline_s

    def validate_connector(self, config: Config) -> Future[ConfigInfos]:
        """All that is to say about a connector's config. Refused (400) where it names no connector, or an unknown one."""
        name = config.get("connector.class")
        if name is None:
            shown = {key: config[key] for key in copied_hash_order(config)}  # a client sees Java's order here
            return _refused(f"Connector config {java_text(shown)} contains no connector type")
        try:
            descriptor = self._index.find(CONNECTORS, name)
        except (PluginNotFoundError, AmbiguousPluginError) as error:
            return _refused(str(error))
        answer = self._worker.call(descriptor, "validate", {"config": dict(config)}, self._deadline_s)
        return _mapped(answer, _config_infos)

    def validate(self, plugin_name: str, config: Config) -> Future[ConfigInfos]:  # noqa: ARG002  # REST compared the names
        """The same, for ``PUT /connector-plugins/{plugin_name}/config/validate``."""
        return self.validate_connector(config)

    def plugin_config(self, plugin_name: str, version: str | None) -> Future[Sequence[ConfigKeyInfo]]:
        """The keys of a plugin. NotFoundException for an unknown one; refused (400) for a kind without keys, and for a
        version that is not installed."""
        try:
            descriptor = self._index.find(_WITH_KEYS, plugin_name)
        except (PluginNotFoundError, AmbiguousPluginError):  # Connect takes an alias of several for the name of none
            return _failed(self._without_keys(plugin_name))
        try:
            check_installed(descriptor.name, descriptor.version, version)
        except ConfigException as error:
            return _refused(str(error))
        return _mapped(self._worker.call(descriptor, "config_def", {}, self._deadline_s), _key_infos)

    def _without_keys(self, name: str) -> Exception:
        others = [kind for kind in PluginKind if kind not in _WITH_KEYS]
        if _is_known(self._index, others, name):
            return RequestRefused(
                HTTPStatus.BAD_REQUEST.value, f"Invalid plugin class {name}. Valid types are {_REST_TYPES}."
            )
        return NotFoundException(f"Unknown plugin {name}.")


def refuse_invalid(infos: ConfigInfos) -> None:
    """Raises :class:`RequestRefused` (400), with every message, when there is any error."""
    if infos.error_count == 0:
        return
    lines = [f"Connector configuration is invalid and contains the following {infos.error_count} error(s):"]
    for config in infos.configs:
        lines.extend(config.value.errors if config.value is not None else ())
    lines.append(
        "You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`"
    )
    raise RequestRefused(HTTPStatus.BAD_REQUEST.value, "\n".join(lines))


def _config_infos(answer: object) -> ConfigInfos:
    if isinstance(answer, dict) and "refused" in answer:
        raise RequestRefused(HTTPStatus.BAD_REQUEST.value, str(answer["refused"]))
    return msgspec.convert(answer, ConfigInfos)


def _key_infos(answer: object) -> Sequence[ConfigKeyInfo]:
    return msgspec.convert(answer, tuple[ConfigKeyInfo, ...])


def _is_known(index: PluginIndex, kinds: Collection[PluginKind], name: str) -> bool:
    try:
        index.find(kinds, name)
    except PluginNotFoundError:
        return False
    except AmbiguousPluginError:
        return True
    return True


def _mapped(answer: Future[object], read: Callable[[object], R]) -> Future[R]:
    result: Future[R] = Future()

    def done(answered: Future[object]) -> None:
        try:
            result.set_result(read(answered.result()))
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the answer to the request
            result.set_exception(error)

    answer.add_done_callback(done)
    return result


def _refused(message: str) -> Future[R]:
    return _failed(RequestRefused(HTTPStatus.BAD_REQUEST.value, message))


def _failed(error: Exception) -> Future[R]:
    result: Future[R] = Future()
    result.set_exception(error)
    return result

"""The recorded operations on REST's entities: what is written, what is read, which errors leave.

Each function takes the ``in`` of a vector and returns what its ``ok`` should be, or raises. Java's ``toString`` of an entity is
no client's business and has no counterpart here; it is not compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from penstock import jackson
from penstock.api import exceptions
from penstock.herder import results
from penstock.herder.herder import HEALTHY
from penstock.herder.sink_offsets import parse_sink_offsets
from penstock.ids import TaskId
from penstock.rest import binding, models
from penstock.rest.errors import HttpError, answer_to, java_text
from penstock.rest.json_reader import Kind, read
from penstock.rest.log_levels import LoggerLevel
from penstock.rest.root import silent
from penstock.states import State
from tests.compat.ops.config_ops import Plain, decode
from tests.compat.vectors_codec import UNCOMPARED

_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u(D[89AB][0-9A-F]{2})\\u(D[C-F][0-9A-F]{2})")


def _text(value: object) -> str:
    """JSON as the recording has it. It was taken from Jackson's writer of characters, which leaves those beyond U+FFFF as they
    are; the server's writer of bytes, and ours, has two escapes for each."""

    def character(found: re.Match[str]) -> str:
        units = bytes.fromhex(found[2] + found[3])
        return found[1] + units.decode("utf-16-be")

    return _SURROGATES.sub(character, jackson.dumps(value).decode())


# --- rest.serialize: constructor arguments into our results, and these through the models ---------------------------


def _connector_type(name: str | None) -> Any:
    return None if name is None else results.ConnectorType[name]


def _instance(args: Plain) -> results.InstanceStatus:
    return results.InstanceStatus(State(args["state"]), args["worker_id"], args.get("version"), args.get("trace"))


def _connector_info(args: Plain) -> object:
    tasks = tuple(TaskId(args["name"], task) for task in args["tasks"])
    return models.connector_info(
        results.ConnectorInfo(args["name"], args["config"], tasks, _connector_type(args.get("type")))
    )


def _connector_status(args: Plain) -> object:
    tasks = tuple((task["id"], _instance(task)) for task in args["tasks"])
    return models.connector_status(
        results.ConnectorStatus(args["name"], _instance(args["connector"]), tasks, _connector_type(args.get("type")))
    )


def _offset(args: Plain) -> results.ConnectorOffset:
    return results.ConnectorOffset(decode(args.get("partition")), decode(args.get("offset")))


def _tuple(items: Any) -> Any:
    return None if items is None else tuple(items)


def _key(args: Plain) -> results.ConfigKeyInfo:
    return results.ConfigKeyInfo(
        name=args["name"],
        type=args.get("type"),  # type: ignore[arg-type]  # Java's constructors take null for anything
        required=args.get("required", False),
        default_value=args.get("default"),
        importance=args.get("importance"),  # type: ignore[arg-type]
        documentation=args.get("doc"),  # type: ignore[arg-type]
        group=args.get("group"),
        order_in_group=args.get("order", 0),
        width=args.get("width"),  # type: ignore[arg-type]
        display_name=args.get("display"),  # type: ignore[arg-type]
        dependents=_tuple(args.get("dependents")),
    )


def _value(args: Plain) -> results.ConfigValueInfo:
    return results.ConfigValueInfo(
        name=args["name"],
        value=args.get("value"),
        recommended_values=_tuple(args.get("recommended")),
        errors=_tuple(args.get("errors")),
        visible=args.get("visible", False),
    )


def _config_infos(args: Plain) -> object:
    configs = tuple(
        results.ConfigInfo(each.get("key") and _key(each["key"]), each.get("value") and _value(each["value"]))
        for each in args["configs"]
    )
    return models.config_infos(results.ConfigInfos(args["name"], args["errorCount"], tuple(args["groups"]), configs))


def _plugin(args: Plain) -> object:
    return models.plugin_info(results.PluginInfo(args["class"], args["type"].lower(), args.get("version")))


def _create_request(args: Plain) -> object:
    state = args.get("initial_state") and binding.INITIAL_STATES[args["initial_state"]]
    return models.create_request(binding.CreateRequest(args["name"], args.get("config"), state))


def _logger(args: Plain) -> LoggerLevel:
    return LoggerLevel(args["level"], args.get("last_modified"))


def _server(args: Plain) -> object:
    # the version and the commit are the recorded build's, not arguments
    return models.server_info(results.ServerInfo("4.3.1", "26b251a451ce941d", args["clusterId"]))


def _task(args: Plain) -> results.TaskConfig:
    return results.TaskConfig(TaskId(args["connector"], args["task"]), args["config"])


def _health(args: Plain) -> object:
    if args["kind"] == "healthy":
        return models.health(results.Health(HTTPStatus.OK, "healthy", HEALTHY))
    return models.health(silent(ready=args["kind"] == "unhealthy", stage=args.get("detail") or ""))


_WRITTEN: dict[str, Callable[[Any], object]] = {
    "ActiveTopics": lambda args: models.topics(args["connector"], args["topics"]),
    "ActiveTopicsInfo": lambda args: models.active_topics(args["topics"]),
    "ConfigInfos": _config_infos,
    "ConfigKeyInfo": lambda args: models.config_key(_key(args)),
    "ConfigValueInfo": lambda args: models.config_value(_value(args)),
    "ConnectorInfo": _connector_info,
    "ConnectorOffset": lambda args: models.offset(_offset(args)),
    "ConnectorOffsets": lambda args: models.offsets([_offset(each) for each in args["offsets"]]),
    "ConnectorStateInfo": _connector_status,
    "ConnectorTaskId": lambda args: models.task_id(TaskId(args["connector"], args["task"])),
    "CreateConnectorRequest": _create_request,
    "ErrorMessage": lambda args: models.error(args["code"], args.get("message")),
    "LoggerLevel": lambda args: models.logger_level(_logger(args)),
    "LoggerLevels": lambda args: models.logger_levels({name: _logger(each) for name, each in args.items()}),
    "Message": lambda args: models.message(args.get("message")),
    "Plain": lambda args: args["value"],
    "PluginInfo": _plugin,
    "ServerInfo": _server,
    "TaskInfo": lambda args: models.task_config(_task(args)),
    "TaskInfos": lambda args: models.task_configs([_task(each) for each in args]),
    "WorkerStatus": _health,
}


def serialize(given: Plain) -> Plain:
    return {"json": _text(_WRITTEN[given["entity"]](given["args"]))}


# --- rest.deserialize: a body through the binding, and back through the models --------------------------------------


def _read_create_request(body: bytes) -> Plain:
    request = binding.create_request(body)
    if request is None:
        return {"json": None}
    state = request.initial_state
    return {"json": models.create_request(request), "initialTargetState": None if state is None else state.value}


def _read_offsets(body: bytes) -> Plain:
    entries = binding.offsets(body)
    if entries is not None:
        return {"json": {"offsets": [None if each is None else models.offset(each) for each in entries]}}
    root = read(body, "").root  # the resource makes no difference between no body, null and null offsets
    return {"json": None if root is None or root.kind is Kind.NULL else {"offsets": None}}


_READ: dict[str, Callable[[bytes], Plain]] = {
    "CreateConnectorRequest": _read_create_request,
    "ConnectorOffsets": _read_offsets,
    "StringMap": lambda body: {"json": binding.string_map(body)},
}


def deserialize(given: Plain) -> Plain:
    if given["entity"] not in _READ:
        return {"unread": given["entity"]}
    found = _READ[given["entity"]](given["json"].encode("utf-8", "surrogatepass"))
    return {**found, "json": _text(found["json"]), "toString": UNCOMPARED}


# --- rest.sinkOffsets, rest.exceptionMapper -------------------------------------------------------------------------


def _named(refusal: results.RequestRefused) -> Exception:
    """A refusal under the class name that clients are shown of it."""
    name = java_text(refusal).partition(":")[0]
    kind: type[Exception] = type("Refused", (Exception,), {"connect_name": name})
    return kind(refusal.message)


def sink_offsets(given: Plain) -> Plain:
    entries: Any = binding.offsets(given["json"].encode())
    try:
        parsed = parse_sink_offsets(entries)
    except results.RequestRefused as refusal:
        raise _named(refusal) from refusal
    return {f"{topic}-{partition}": "null" if offset is None else str(offset) for topic, partition, offset in parsed}


_WEB = {
    "WebApplicationException": HTTPStatus.INTERNAL_SERVER_ERROR,
    "InternalServerErrorException": HTTPStatus.INTERNAL_SERVER_ERROR,
    "BadRequestException": HTTPStatus.BAD_REQUEST,
    "ForbiddenException": HTTPStatus.FORBIDDEN,
    "NotFoundException": HTTPStatus.NOT_FOUND,
    "NotAllowedException": HTTPStatus.METHOD_NOT_ALLOWED,
    "NotAcceptableException": HTTPStatus.NOT_ACCEPTABLE,
    "NotSupportedException": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "ServiceUnavailableException": HTTPStatus.SERVICE_UNAVAILABLE,
}
_JAVA: dict[str, type[Exception]] = {
    "IllegalArgumentException": ValueError,
    "NullPointerException": TypeError,
    "RuntimeException": RuntimeError,
}


def _error(given: Plain) -> Exception:
    package, _, name = given["class"].rpartition(".")
    message = given.get("message")
    if name == "ConnectRestException":
        return results.RequestRefused(given["status"], message, given["errorCode"])  # type: ignore[arg-type]
    if name == "BadRequestException" and not package:
        return results.RequestRefused(HTTPStatus.BAD_REQUEST, message)  # type: ignore[arg-type]
    if package == "jakarta.ws.rs":
        return HttpError(_WEB[name], message, typed=True)
    if name == "wrapped":
        outer = exceptions.ConnectException("outer")
        outer.__cause__ = exceptions.NotFoundException(message)
        return outer
    kind: type[Exception] = _JAVA[name] if package == "java.lang" else getattr(exceptions, name)
    return kind() if message is None else kind(message)


def exception_mapper(given: Plain) -> Plain:
    answer = answer_to(_error(given), "GET /")
    return {"status": int(answer.status), "json": _text(answer.body())}


OPS = {
    "rest.serialize": serialize,
    "rest.deserialize": deserialize,
    "rest.sinkOffsets": sink_offsets,
    "rest.exceptionMapper": exception_mapper,
}

"""The recorded operations on ConfigDef and its parts, in our terms.

Each function takes the ``in`` of a vector and returns what its ``ok`` should be, or raises.
"""

from __future__ import annotations

import base64
import struct
import tempfile
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Protocol

from penstock.api import validators
from penstock.api.config import REQUIRED, ConfigDef, ConfigKey, ConfigType, Importance, Password, Validator, Width
from penstock.api.config_types import class_name, parse_value, value_text
from penstock.api.exceptions import ConfigException
from penstock.api.numerics import Float32, Int8, Int16, Int32, Int64
from penstock.api.provider import ConfigData, ConfigProvider
from penstock.api.recommenders import Recommended
from penstock.api.validators import validator_text
from penstock.config.providers import DirectoryConfigProvider, EnvVarConfigProvider, FileConfigProvider
from penstock.config.transformer import ConfigTransformer
from penstock.javafloat import double_text

Plain = dict[str, Any]


# --- values ---------------------------------------------------------------------------------------------------------


class _BigInteger(int):
    connect_name = "java.math.BigInteger"


class _Opaque:
    connect_name = "Opaque"

    def __str__(self) -> str:
        return "opaque"


def java_class(name: str) -> type:
    """A Python class that stands for the Java class of this name."""
    return _CLASSES.setdefault(name, type(name.rsplit(".", 1)[-1], (), {"connect_name": name}))


class _MapEntry(Protocol):
    connect_name: ClassVar[str] = "java.util.Map$Entry"


_CLASSES: dict[str, type] = {"java.util.Map$Entry": _MapEntry}
for _known in ("java.lang.String", "java.lang.Integer", "java.lang.Object"):
    java_class(_known)
java_class("org.apache.kafka.connect.transforms.Cast$Value")


def find_class(name: str) -> type:
    """The class path of the recording, as far as it was asked for."""
    return _CLASSES[name]


def decode(value: Any) -> Any:
    """A typed value of a vector; a bare string stays one."""
    if not isinstance(value, dict):
        return value
    given: Any = value.get("v")
    match value["t"]:
        case "int8" | "int16" | "int32" | "int64" as kind:
            return {"int8": Int8, "int16": Int16, "int32": Int32, "int64": Int64}[kind](given)
        case "float64":
            return struct.unpack(">d", bytes.fromhex(value["bits"]))[0]
        case "float32":
            return Float32(struct.unpack(">f", bytes.fromhex(value["bits"]))[0])
        case "bigint":
            return _BigInteger(given)
        case "decimal":
            return Decimal(int(value["unscaled"])).scaleb(-value["scale"])
        case "bytes":
            return base64.b64decode(given)
        case "array":
            return [decode(item) for item in given]
        case "map":
            return {decode(key): decode(item) for key, item in given}
        case "class":
            return java_class(given)
        case "password":
            return Password(given)
        case "object":
            return _Opaque()
        case _:
            return given


_TAGS = {
    ConfigType.SHORT: "int16",
    ConfigType.INT: "int32",
    ConfigType.LONG: "int64",
}


def encode(value: Any, type_: ConfigType) -> Any:
    """A parsed value, in the form of the vectors."""
    match value:
        case None:
            return None
        case Password():
            return {"t": "password", "v": value.value}
        case type():
            return {"t": "class", "v": class_name(value)}
        case list():
            return {"t": "array", "v": [_encode_item(item) for item in value]}
        case float():
            return {"t": "float64", "v": double_text(value), "bits": struct.pack(">d", value).hex()}
        case str():
            return {"t": "string", "v": value}
        case bool():
            return {"t": "boolean", "v": value}
        case _:
            return {"t": _TAGS[type_], "v": int(value)}


def _encode_item(item: Any) -> Any:
    sizes = {Int8: "int8", Int16: "int16", Int32: "int32", Int64: "int64"}
    if type(item) in sizes:
        return {"t": sizes[type(item)], "v": int(item)}
    return encode(item, ConfigType.STRING)


# --- definitions ----------------------------------------------------------------------------------------------------


def _validator(given: Plain) -> Validator:
    match given["kind"]:
        case "atLeast":
            return validators.at_least(decode(given["min"]))
        case "between":
            return validators.between(decode(given["min"]), decode(given["max"]))
        case "validString":
            return validators.one_of(*given["in"])
        case "caseInsensitive":
            return validators.one_of_ignoring_case(*given["in"])
        case "validList":
            return validators.list_of(*given["in"], empty_allowed=given.get("emptyAllowed", True))
        case "anyNonDuplicate":
            return validators.unique_list(empty_allowed=given["a"], null_allowed=given["b"])
        case "nonEmpty":
            return validators.non_empty()
        case "nonEmptyNoControl":
            return validators.non_empty_without_control_characters()
        case "nonNull":
            return validators.non_null()
        case "listSize":
            return validators.at_most_of_size(given["max"])
        case "composite":
            return validators.all_of(*map(_validator, given["of"]))
        case "lambdaEven":
            return validators.described(_even, "an even number")
        case "lambdaThrows":
            return validators.described(_always_raise(given["message"]), "never valid")
    raise AssertionError(given)


def _even(name: str, value: object) -> None:
    if not isinstance(value, (int, float)) or int(value) % 2:
        raise ConfigException.of(name, value, "must be even")


def _always_raise(message: str) -> Validator:
    def check(name: str, value: object) -> None:
        raise ConfigException(message)

    return check


def _recommender(given: Plain) -> Recommended:
    def holds(condition: Plain, parsed: Mapping[str, object]) -> bool:
        return bool(parsed.get(condition["key"]) == decode(condition["equals"]))

    def recommend(name: str, parsed: Mapping[str, object]) -> list[object]:
        if "throws" in given:
            raise ConfigException(given["throws"])
        chosen = given.get("values", [])
        if "valuesIf" in given and not holds(given["valuesIf"], parsed):
            chosen = given["else"]
        return [decode(value) for value in chosen]

    def visible(parsed: Mapping[str, object]) -> bool:
        if "visibleThrows" in given:
            raise ConfigException(given["visibleThrows"])
        return holds(given["visibleIf"], parsed) if "visibleIf" in given else bool(given.get("visible", True))

    return Recommended(recommend, visible)


def definition(keys: list[Plain]) -> ConfigDef:
    """The ConfigDef that a vector describes."""
    found = ConfigDef()
    for key in keys:
        found = found.define(
            key["name"],
            ConfigType(key["type"]),
            default=decode(key["default"]) if "default" in key else REQUIRED,
            importance=Importance(key.get("importance", "HIGH")),
            doc=key.get("doc", "doc"),
            validator=_validator(key["validator"]) if key.get("validator") else None,
            group=key.get("group"),
            order=key.get("order", -1),
            width=Width(key.get("width", "NONE")),
            display_name=str(key.get("displayName", key["name"])),
            dependents=key.get("dependents", ()),
            recommender=_recommender(key["recommender"]) if key.get("recommender") else None,
            internal=key.get("internal", False),
        )
    return found


def described_key(key: ConfigKey) -> Plain:
    """A key as ``plugin.configDef`` and its kin list it."""
    default = {} if key.required else {"default": encode(key.default, key.type)}
    return {
        "name": key.name,
        "type": key.type.value,
        "required": key.required,
        **default,
        "importance": key.importance.value,
        "group": key.group,
        "order": key.order,
        "width": key.width.value,
        "displayName": key.display_name,
        "dependents": list(key.dependents),
        "validator": validator_text(key.validator),
        "recommender": key.recommender is not None,
    }


def _props(given: Plain) -> Plain:
    return {key: decode(value) for key, value in given.items()}


# --- operations -----------------------------------------------------------------------------------------------------


def parse_type(given: Plain) -> Any:
    type_ = ConfigType(given["type"])
    return encode(parse_value(given["name"], decode(given["value"]), type_, find_class), type_)


def convert_to_string(given: Plain) -> str | None:
    type_ = ConfigType(given["type"]) if given.get("type") else None
    return value_text(decode(given["value"]), type_)


def ensure_valid(given: Plain) -> None:
    ConfigKey(given["name"], ConfigType.STRING, validator=_validator(given["validator"])).check(decode(given["value"]))


def validator_to_string(given: Plain) -> str | None:
    return validator_text(_validator(given["validator"]))


def define(given: Plain) -> Plain:
    found = definition(given["def"])
    defaults = {key.name: encode(key.default, key.type) for key in found if not key.required}
    return {"groups": found.groups, "defaults": defaults}


def parse(given: Plain) -> Plain:
    found = definition(given["def"])
    values = found.parse(_props(given["props"]), find_class)
    return {name: encode(value, found.keys[name].type) for name, value in values.items()}


def validate(given: Plain) -> Plain:
    found = definition(given["def"])
    listed = []
    for value in sorted(found.validate(_props(given["props"]), find_class), key=lambda value: value.name):
        type_ = found.keys[value.name].type if value.name in found else ConfigType.STRING
        listed.append(
            {
                "name": value.name,
                "value": encode(value.value, type_),
                "recommendedValues": [encode(recommended, type_) for recommended in value.recommended_values],
                "errors": value.errors,
                "visible": value.visible,
            }
        )
    return {"values": listed}


def embed(given: Plain) -> list[Plain]:
    child = definition(given["child"])
    found = definition(given["def"]).embed(given["prefix"], given["group"], given["order"], child)
    return [described_key(key) for key in found]


class _Provider(ConfigProvider):
    """Answers as the vector says, and keeps what it was asked."""

    def __init__(self, name: str, given: Plain, calls: list[Plain]) -> None:
        self._name, self._given, self._calls = name, given, calls

    def get(self, path: str | None, keys: AbstractSet[str] | None = None) -> ConfigData:
        self._calls.append({"provider": self._name, "path": path, "keys": sorted(keys or ())})
        if "throws" in self._given:
            raise ConfigException(self._given["throws"])
        known = self._given["data"].get(path, {})
        data = {key: value for key, value in known.items() if keys is None or key in keys}
        return ConfigData(data, self._given.get("ttl"))


def transform(given: Plain) -> Plain:
    calls: list[Plain] = []
    providers = {name: _Provider(name, answers, calls) for name, answers in given["providers"].items()}
    resolved = ConfigTransformer(providers).transform(given["props"])
    calls.sort(key=lambda call: (call["provider"], call["path"]))
    return {"data": dict(resolved.data), "ttls": dict(resolved.ttls_ms), "calls": calls}


def _asked(provider: ConfigProvider, given: Plain, directory: str, path: str | None) -> Plain:
    try:
        provider.configure({key: value and value.replace("$DIR", directory) for key, value in given["config"].items()})
        keys = given["keys"]
        found = provider.get(path, None if keys is None else set(keys))
    except ConfigException as error:
        raise ConfigException(str(error).replace(directory, "$DIR")) from error
    return {"data": {key: value.replace(directory, "$DIR") for key, value in found.data.items()}, "ttl": found.ttl_ms}


def provider_file(given: Plain) -> Plain:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "f.properties"
        file.write_bytes(given["content"].encode())
        path = given.get("path")
        return _asked(
            FileConfigProvider(), given, directory, str(file) if path is None else path.replace("$DIR", directory)
        )


def provider_directory(given: Plain) -> Plain:
    with tempfile.TemporaryDirectory() as directory:
        for name, content in given["files"].items():
            file = Path(directory) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode())
        path = given.get("path")
        return _asked(
            DirectoryConfigProvider(), given, directory, directory if path is None else path.replace("$DIR", directory)
        )


def provider_env(given: Plain) -> Plain:
    return _asked(EnvVarConfigProvider(given["env"]), given, "$DIR", given["path"])


OPS = {
    "config.transform": transform,
    "provider.file": provider_file,
    "provider.directory": provider_directory,
    "provider.env": provider_env,
    "config.parseType": parse_type,
    "config.convertToString": convert_to_string,
    "config.ensureValid": ensure_valid,
    "config.validatorToString": validator_to_string,
    "config.define": define,
    "config.parse": parse,
    "config.validate": validate,
    "config.embed": embed,
}

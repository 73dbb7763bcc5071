"""The configuration keys of a transform that is a plain function: one a parameter, from annotations and defaults.

=============================  =========  ====================================================
annotation                     type       value
=============================  =========  ====================================================
``str``                        STRING     ``str``
``int``                        LONG       ``int``
``float``                      DOUBLE     ``float``
``bool``                       BOOLEAN    ``bool``
``list[str]``                  LIST       ``list[str]``
``Literal["a", "b"]``          STRING     one of these
``Password``                   PASSWORD   :class:`Password`, hidden wherever it is shown
=============================  =========  ====================================================

``| None`` allows null. ``Annotated[…]`` adds, in any order, the key's documentation (a string), its
:class:`Importance`, and validators (callables, as in :mod:`penstock.api.validators`). A parameter without a default is a
required key.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import NoneType, SimpleNamespace, UnionType

from penstock.api.config_key import REQUIRED, ConfigKey, Validator
from penstock.api.config_types import ConfigType, Importance, Password
from penstock.api.exceptions import ConfigException
from penstock.api.validators import all_of, one_of

RESERVED = ("type", "predicate", "negate")
"""Keys under ``transforms.<alias>.`` that are the runtime's own."""

_TYPES: dict[object, ConfigType] = {
    str: ConfigType.STRING,
    int: ConfigType.LONG,
    float: ConfigType.DOUBLE,
    bool: ConfigType.BOOLEAN,
    Password: ConfigType.PASSWORD,
    list[str]: ConfigType.LIST,
    Sequence[str]: ConfigType.LIST,
}
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
UNKNOWN = inspect.Parameter.empty
"""Stands for an annotation that is missing, or that cannot be evaluated where nothing hangs on it."""


def config_keys(function: Callable[..., object], where: str) -> list[ConfigKey]:
    """The keys of all parameters behind the first. Raises TypeError, which names ``where``, for one that can be no key."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return [_key(function, parameter, f"{where}: parameter '{parameter.name}'") for parameter in parameters]


def annotation_of(function: Callable[..., object], annotation: object) -> object:
    """An annotation as an object, also where it is written as a string; UNKNOWN where its names are not to be had (such as
    those imported for type checkers only)."""
    if annotation is inspect.Parameter.empty:
        return UNKNOWN
    carrier = SimpleNamespace(__annotations__={"it": annotation})
    try:
        return typing.get_type_hints(carrier, function.__globals__, include_extras=True)["it"]
    except (NameError, AttributeError):
        return UNKNOWN


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What an annotation says of a key."""

    type: ConfigType
    choices: tuple[str, ...]
    doc: str
    importance: Importance | None
    validators: tuple[Validator, ...]


def _key(function: Callable[..., object], parameter: inspect.Parameter, where: str) -> ConfigKey:
    if parameter.kind not in _NAMED:
        raise TypeError(f"{where} is no configuration key: write out every key as a parameter with a name")
    if parameter.name in RESERVED:
        raise TypeError(f"{where} has the name of a key that the runtime itself reads; give it another name")
    required = parameter.default is inspect.Parameter.empty
    wanted = _wanted(_annotation(function, parameter, where), where)
    default = REQUIRED if required else parameter.default
    if wanted.type is ConfigType.DOUBLE and type(default) is int:
        default = float(default)
    validators = list(wanted.validators)
    if wanted.choices:
        validators.insert(0, one_of(*wanted.choices, *(() if default is not None else (None,))))
    try:
        return ConfigKey(
            parameter.name,
            wanted.type,
            default=default,
            importance=wanted.importance or (Importance.HIGH if required else Importance.MEDIUM),
            doc=wanted.doc,
            validator=all_of(*validators) if len(validators) > 1 else validators[0] if validators else None,
        )
    except ConfigException as error:
        raise TypeError(f"{where} has a wrong default. {error}") from error


def _annotation(function: Callable[..., object], parameter: inspect.Parameter, where: str) -> object:
    if parameter.annotation is inspect.Parameter.empty:
        if type(parameter.default) in _TYPES:
            return type(parameter.default)
        raise TypeError(f"{where} needs an annotation, such as 'str', to become a configuration key")
    found = annotation_of(function, parameter.annotation)
    if found is UNKNOWN:
        raise TypeError(
            f"{where}: the annotation {parameter.annotation!r} cannot be evaluated; import its names at run time"
        )
    return found


def _wanted(annotation: object, where: str) -> _Wanted:
    extras: tuple[object, ...] = ()
    if typing.get_origin(annotation) is typing.Annotated:
        annotation, *rest = typing.get_args(annotation)
        extras = tuple(rest)
    core = _without_none(annotation)
    choices: tuple[str, ...] = ()
    if typing.get_origin(core) is typing.Literal and all(isinstance(choice, str) for choice in typing.get_args(core)):
        choices, core = typing.get_args(core), str
    try:
        kind = _TYPES[core]
    except (KeyError, TypeError) as error:
        raise TypeError(
            f"{where} has the annotation {annotation!r}; a configuration key is str, int, float, bool, list[str], Password or "
            "a Literal of strings, with '| None' where null is allowed"
        ) from error
    return _Wanted(
        kind,
        choices,
        doc=" ".join(extra for extra in extras if isinstance(extra, str)),
        importance=next((extra for extra in extras if isinstance(extra, Importance)), None),
        validators=tuple(extra for extra in extras if callable(extra)),
    )


def _without_none(annotation: object) -> object:
    if typing.get_origin(annotation) not in (UnionType, typing.Union):
        return annotation
    others = [part for part in typing.get_args(annotation) if part is not NoneType]
    return others[0] if len(others) == 1 else annotation

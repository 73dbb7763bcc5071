"""Transforms that are plain functions::

    @transform(on="value")
    def mask(value: str, *, keep: Annotated[int, "How many characters stay."] = 2) -> str:
        return value[:keep] + "*" * (len(value) - keep)

and in the config of a connector::

    transforms=mask
    transforms.mask.type=my_package.masks:mask
    transforms.mask.keep=3

The function stays the function it was, to be called and tested as such; the :class:`Transformation` made from it hangs on it
and is what the runtime takes. The parameters behind the first are its configuration keys
(:mod:`penstock.api.function_config`).
"""

from __future__ import annotations

import functools
import inspect
import typing
from abc import ABCMeta
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType, NoneType, UnionType
from typing import Any, ClassVar, Final, Literal, TypeVar, cast, overload

from penstock.api.config import ConfigDef
from penstock.api.converter import SchemaAndValue
from penstock.api.exceptions import DataException, IllegalWorkerStateException
from penstock.api.function_config import UNKNOWN, annotation_of, config_keys
from penstock.api.record import ConnectRecord, SinkRecord, SourceRecord
from penstock.api.schema import Schema
from penstock.api.struct import Struct
from penstock.api.transform import Transformation

F = TypeVar("F", bound=Callable[..., object])
Record = SourceRecord | SinkRecord
Part = Literal["record", "key", "value"]

_ATTRIBUTE: Final = "__penstock_transformation__"


@overload
def transform(function: F, /) -> F: ...
@overload
def transform(*, on: Part = "record") -> Callable[[F], F]: ...
def transform(function: F | None = None, /, *, on: Part = "record") -> F | Callable[[F], F]:
    """Make a function usable as a transformation; the function itself is returned.

    ``on="record"``: it is given a record and returns a record (``record.replace(…)``, or the same one). ``on="value"`` and
    ``on="key"``: it is given a value or key and returns the new one under the same schema; a :class:`Struct` brings its own
    schema, a :class:`SchemaAndValue` any other. A null value or key (a tombstone) passes without it being called.

    In both forms None drops the record. Where the return annotation says that None is never returned, None is a mistake
    (a forgotten ``return``): the record fails with DataException instead. The function never changes what it is given.

    Raises TypeError, when the module is imported, for a function that can be no transform.
    """
    if function is None:
        return functools.partial(_decorated, on=on)
    return _decorated(function, on=on)


def _decorated(function: F, *, on: Part) -> F:
    """What :func:`transform` does once it has the function."""
    if not isinstance(function, FunctionType):
        raise TypeError(f"@transform is for functions written with 'def', not for {function!r}")
    where = f"@transform function {function.__module__}.{function.__qualname__}"
    _check_shape(function, on, where)
    made = ABCMeta(
        function.__name__,
        (FunctionTransformation,),
        {
            "__module__": function.__module__,
            "__qualname__": function.__qualname__,
            "__doc__": function.__doc__,
            "CONFIG": ConfigDef(config_keys(function, where)),
            "function": staticmethod(function),
            "part": on,
            "may_drop": _admits_none(annotation_of(function, inspect.signature(function).return_annotation)),
        },
    )
    setattr(function, _ATTRIBUTE, made)
    return cast("F", function)


def plugin_class(target: object) -> object:
    """The class behind what a plugin's name leads to: that of a function with :func:`transform`, else ``target`` itself."""
    return getattr(target, _ATTRIBUTE, target) if isinstance(target, FunctionType) else target


class FunctionTransformation(Transformation[Record]):
    """The base of the classes that :func:`transform` makes. ``configure`` puts a compiled call in the place of ``apply``."""

    function: ClassVar[Callable[..., object]]
    part: ClassVar[Part]
    may_drop: ClassVar[bool]

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        call = functools.partial(type(self).function, **self.config) if self.config else type(self).function
        made = (
            _on_record(call, self._judged) if self.part == "record" else _on_part(call, self.part, self._without_result)
        )
        vars(self)["apply"] = made  # in the place of the method: a call less for each record

    def apply(self, record: Record) -> Record | None:
        raise IllegalWorkerStateException(f"{self._name} was not configured before it was given {record!r}")

    @property
    def _name(self) -> str:
        return f"{type(self).__module__}.{type(self).__qualname__}"

    def _judged(self, record: Record, result: object) -> None:
        """The result of a record function is no record of the same kind. None drops."""
        if result is None:
            self._without_result()
            return
        raise DataException(
            f"{self._name} returned {_kind(result)} for a {type(record).__name__}: it must return a {type(record).__name__}, or "
            f'None to drop it. For a function of the value write @transform(on="value")'
        )

    def _without_result(self) -> None:
        """The function returned None."""
        if not self.may_drop:
            raise DataException(
                f"{self._name} returned None, which its annotation rules out: is there a path without a 'return'? To drop "
                "records, annotate the result with '| None'"
            )


def _on_record(
    call: Callable[..., object], judged: Callable[[Record, object], None]
) -> Callable[[Record], Record | None]:
    def apply(record: Record) -> Record | None:
        result = call(record)
        if type(result) is type(record):
            return result
        judged(record, result)
        return None

    return apply


def _on_part(
    call: Callable[..., object], part: Part, without_result: Callable[[], None]
) -> Callable[[Record], Record | None]:
    on_value = part == "value"

    def apply(record: Record) -> Record | None:
        given, schema = (record.value, record.value_schema) if on_value else (record.key, record.key_schema)
        if given is None:
            return record
        result: Any = call(given)
        if result is given:
            return record
        if result is None:
            without_result()
            return None
        if isinstance(result, SchemaAndValue):
            schema, result = result
        elif isinstance(result, Struct):
            schema = result.schema
        return _replaced(record, schema, result, on_value=on_value)

    return apply


def _replaced(record: Record, schema: Schema | None, value: object, *, on_value: bool) -> Record:
    return (
        record.replace(value_schema=schema, value=value) if on_value else record.replace(key_schema=schema, key=value)
    )


def _check_shape(function: FunctionType, on: Part, where: str) -> None:
    if on not in typing.get_args(Part):
        raise TypeError(f"{where}: on={on!r} is none of {', '.join(map(repr, typing.get_args(Part)))}")
    if (
        inspect.iscoroutinefunction(function)
        or inspect.isgeneratorfunction(function)
        or inspect.isasyncgenfunction(function)
    ):
        raise TypeError(f"{where} is async or has a 'yield': a transform returns one result for one record, at once")
    first = next(iter(inspect.signature(function).parameters.values()), None)
    if first is None or first.kind not in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD):
        raise TypeError(f"{where} takes no {on}: its first parameter is what it is given, positionally")
    wants_record = _is_record(annotation_of(function, first.annotation))
    if on == "record" and wants_record is False:
        raise TypeError(
            f"{where} is given records, but '{first.name}' is annotated with something else; for a function of the value write "
            '@transform(on="value")'
        )
    if on != "record" and wants_record is True:
        raise TypeError(f"{where} is given the {on}, but '{first.name}' is annotated as a record; write @transform")


def _is_record(annotation: object) -> bool | None:
    """Whether an annotation is for records; None when it does not say."""
    if annotation in (UNKNOWN, Any, object) or isinstance(annotation, typing.ForwardRef):
        return None
    if isinstance(annotation, TypeVar):
        return _is_record(annotation.__bound__) if annotation.__bound__ else _any_record(annotation.__constraints__)
    if typing.get_origin(annotation) in (UnionType, typing.Union):
        return _any_record(typing.get_args(annotation))
    return isinstance(annotation, type) and issubclass(annotation, ConnectRecord)


def _any_record(annotations: Sequence[object]) -> bool | None:
    answers = {_is_record(annotation) for annotation in annotations}
    return True if True in answers else None if None in answers or not answers else False


def _admits_none(annotation: object) -> bool:
    """Whether a return annotation allows None; one that is missing or too wide to tell does."""
    if annotation in (UNKNOWN, Any, object, None, NoneType):
        return True
    if isinstance(annotation, TypeVar):
        return not annotation.__constraints__ and annotation.__bound__ is None
    if typing.get_origin(annotation) is typing.Annotated:
        return _admits_none(typing.get_args(annotation)[0])
    return typing.get_origin(annotation) in (UnionType, typing.Union) and NoneType in typing.get_args(annotation)


def _kind(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")

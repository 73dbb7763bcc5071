"""When another schema needs another file, and how a value gets into a file of an older or newer schema (spec 8)."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from functools import lru_cache

from penstock.api import DataException, Field, PartialBatch, Schema, SchemaProjectorException, Type, project
from penstock_s3.config.choices import Compatibility

_WIDENING = (Type.INT8, Type.INT16, Type.INT32, Type.INT64, Type.FLOAT32, Type.FLOAT64)
_DOCS = frozenset({"connect.record.doc", "connect.record.aliases", "connect.record.namespace"})
_FIELD_DOC = "io.confluent.connect.avro.field.doc."
_ENUMS = (
    "org.apache.kafka.connect.data.Enum",
    "io.confluent.connect.avro.Enum",
    "io.confluent.connect.protobuf.Enum",
)


class Change(enum.Enum):
    """What becomes of a record whose schema is not the file's."""

    NONE = "none"
    """It goes into the file as it is."""
    PROJECT = "project"
    """It goes into the file in the file's schema."""
    ROTATE = "rotate"
    """It needs a file of its own schema."""


def decide(mode: Compatibility, file: Schema | None, record: Schema | None) -> Change:
    """What to do with a record of one schema and an open file of another.

    Raises SchemaProjectorException where one has a schema and the other has none (the caller rotates before, spec 5), and
    where a mode needs versions that the schemas have not."""
    if file is record or file == record:
        return Change.NONE
    if file is None or record is None:
        raise SchemaProjectorException("Switch between schema-based and schema-less data is not supported")
    if mode is Compatibility.NONE:
        return Change.ROTATE
    if file.version is None or record.version is None:
        raise SchemaProjectorException(f"Schema version required for {mode.value} compatibility")
    wrong_way = record.version < file.version if mode is Compatibility.FORWARD else record.version > file.version
    return Change.ROTATE if wrong_way or not fits(record, file) else Change.PROJECT


def fits(record: Schema | None, file: Schema | None) -> bool:
    """Whether values of the record's schema can be projected to the file's, all the way down."""
    if record is None or file is None:
        return record is file
    if not _same_kind(record, file) or (record.optional and not file.optional and file.default is None):
        return False
    match record.type:
        case Type.STRUCT:
            return _fields_fit(record, file)
        case Type.ARRAY:
            return fits(record.value_schema, file.value_schema)
        case Type.MAP:
            return fits(record.key_schema, file.key_schema) and fits(record.value_schema, file.value_schema)
    return True


def _same_kind(record: Schema, file: Schema) -> bool:
    return _widens(record.type, file.type) and record.name == file.name and _parameters_fit(record, file)


def _widens(record: Type, file: Type) -> bool:
    if record is file:
        return True
    return record in _WIDENING and file in _WIDENING and _WIDENING.index(record) < _WIDENING.index(file)


def _parameters_fit(record: Schema, file: Schema) -> bool:
    theirs, ours = _telling(record.parameters), _telling(file.parameters)
    if any(name in theirs for name in _ENUMS) and any(name in ours for name in _ENUMS):
        return theirs.items() <= ours.items()  # an enum that the file's has outgrown
    return theirs == ours


def _telling(parameters: Mapping[str, str] | None) -> dict[str, str]:
    """The parameters without those that document only."""
    return {
        name: text for name, text in (parameters or {}).items() if name not in _DOCS and not name.startswith(_FIELD_DOC)
    }


def _fields_fit(record: Schema, file: Schema) -> bool:
    for field in file.fields:
        known = record.field(field.name)
        if known is None:
            if not field.schema.optional and field.schema.default is None:
                return False
        elif not fits(known.schema, field.schema):
            return False
    return True


def projected(record: Schema, values: Sequence[object], file: Schema) -> list[object]:
    """The values in the file's schema. Raises :class:`PartialBatch` at the first that has no place there; ``done`` has those
    before it."""
    source = _agreeing(record, file)
    done: list[object] = []
    try:
        for value in values:
            done.append(project(source, value, file))
    except DataException as error:
        raise PartialBatch(len(done), done, error) from error
    return done


@lru_cache(maxsize=1000)
def _agreeing(record: Schema, file: Schema) -> Schema:
    """The record's schema with the file's parameters: those that differ do not matter here, but to ``project`` they would."""
    if not _same_kind(record, file):
        return record  # which project will refuse, saying why
    kind = record.type
    fields: list[Field] = []
    if kind is Type.STRUCT:
        for field in record.fields:
            wanted = file.field(field.name)
            schema = field.schema if wanted is None else _agreeing(field.schema, wanted.schema)
            fields.append(Field(field.name, field.index, schema))
    return Schema(
        kind,
        optional=record.optional,
        name=record.name,
        version=record.version,
        doc=record.doc,
        parameters=file.parameters,
        default=record.default,
        fields=fields,
        key_schema=_both(record.key_schema, file.key_schema) if kind is Type.MAP else None,
        value_schema=_both(record.value_schema, file.value_schema) if kind in (Type.MAP, Type.ARRAY) else None,
    )


def _both(record: Schema | None, file: Schema | None) -> Schema | None:
    return record if record is None or file is None else _agreeing(record, file)

"""Reading fields by dotted paths out of structs and maps, a column at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock.api import ConnectException, DataException, Field, Schema, Struct, StructColumn, Type


def steps(name: str) -> list[str]:
    """A dotted path, step by step, as Java splits it: what is empty at the end is left out."""
    return name.rstrip(".").split(".") if name.rstrip(".") else []


def places(schema: Schema, path: Sequence[str]) -> tuple[tuple[int, ...], Field] | None:
    """Where a path leads in structs of a schema: the index of the field at each step, and the last field. None where a step
    is missing, or does not start from a struct."""
    found: list[int] = []
    field: Field | None = None
    inside: Schema = schema
    for name in path:
        if inside.type is not Type.STRUCT or (field := inside.field(name)) is None:
            return None
        found.append(field.index)
        inside = field.schema
    return (tuple(found), field) if field is not None else None


def places_end(schema: Schema, path: Sequence[str]) -> bool:
    """Whether a path goes on behind a field that is no struct."""
    for end in range(1, len(path)):
        found = places(schema, path[:end])
        if found is None:
            return False
        if found[1].schema.type is not Type.STRUCT:
            return True
    return False


def column(values: Sequence[object], indexes: tuple[int, ...]) -> Sequence[object]:
    """What stands there in each struct; None where it, or a struct on the way, is null and has no default."""
    if len(indexes) == 1:
        index = indexes[0]
        found = values.columns[index] if isinstance(values, StructColumn) else _picked(values, index)
        if None not in found:
            return found
    return [_one(value, indexes) for value in values]


def _picked(values: Sequence[object], index: int) -> Sequence[object]:
    return [value.values[index] for value in values]  # type: ignore[attr-defined]  # structs of one schema


def _one(value: object, indexes: tuple[int, ...]) -> object:
    for index in indexes:
        if not isinstance(value, Struct):
            return None
        value = value.get(value.schema.fields[index])
    return value


def of_map(value: object, path: Sequence[str], name: str) -> object:
    """What stands in a map, or in maps and structs in it. Raises DataException with the original's texts, ConnectException for a step
    without a name."""
    for step in path:
        if not step.strip():
            raise ConnectException("The field to extract cannot be null or empty.")
        if isinstance(value, Mapping):
            found = value.get(step)
            missing = f"Unable to find nested field '{step}'"
        elif isinstance(value, Struct):
            field = value.schema.field(step)
            found = None if field is None else value.get(field)
            missing = f"{step} is not a valid field name" if field is None else f"The field '{step}' does not exist."
        else:
            found, missing = None, f"Argument not a Struct or Map. Cannot get field '{step}'."
        if found is None:
            raise absent(name, missing)
        value = found
    return value


def absent(name: str, reason: str) -> DataException:
    """The error for a field that is not there, with its reason as the cause."""
    error = DataException(f"The field '{name}' does not exist.")
    error.__cause__ = DataException(reason)
    return error

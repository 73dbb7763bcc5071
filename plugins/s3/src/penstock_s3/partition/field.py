"""Partitioning by fields of the value: ``country=de/kind=3`` (spec 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from penstock.api import DataException, Schema, SinkSlice, Struct, Type
from penstock_s3.partition.field_access import column, places, places_end, steps
from penstock_s3.partition.partitioner import NOT_FOUND, Encoded, PartitionException, chosen, without_nulls

Escape: TypeAlias = Callable[[str], str]
Step: TypeAlias = tuple[str, tuple[int, ...], Type]
Plan: TypeAlias = list[Step]
"""For each field ``name=``, where it is, and its type."""

_MOST_KEPT: Final = 10_000
_INTEGERS = frozenset({Type.INT8, Type.INT16, Type.INT32, Type.INT64})
_WRITABLE = _INTEGERS | {Type.STRING, Type.BOOLEAN}


class FieldPartitioner:
    """Names and values of fields. Values must be structs; integers, texts and booleans make directories."""

    time_based = False

    def __init__(self, names: Sequence[str], delim: str, escape: Escape | None) -> None:
        """``escape`` None: values stand as they are, as in the original."""
        self._names = [(f"{name}=", steps(name)) for name in names]
        self._delim = delim
        self._escape = escape
        self._schema: Schema | None = None
        self._plan: Plan = []
        self._missing: Exception | None = None
        """Why there is no field for the step after those of the plan."""
        self._known: dict[object, str] = {}
        self._refused: tuple[int, ...] = ()
        """Which steps have types that make no directories: only null does there."""

    def encode(self, part: SinkSlice, now_ms: int) -> Encoded:  # the contract's
        """By columns; what is wrong with the schema is wrong with every record."""
        if part.value_schema is None or part.value_schema.type is not Type.STRUCT:
            return self._failed(len(part), PartitionException("Error encoding partition."))
        if part.value_schema is not self._schema:
            self._learn(part.value_schema)
        plan, values = self._plan, part.values
        if not without_nulls(values):
            return self._one_by_one(part, now_ms)
        columns = [column(values, indexes) for _prefix, indexes, _kind in plan]
        if self._missing is not None:
            refused = self._not_null(columns, len(part))
            error = PartitionException("Error encoding partition.")
            return self._failed(len(part), self._missing, dict.fromkeys(refused, error))
        rows: Sequence[object] = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
        if self._refused:
            return self._nulls_only(columns, rows, plan)
        known = self._known
        try:
            paths = [known[row] for row in rows]
        except KeyError:
            paths = self._made(rows, plan)
        return Encoded(paths, paths[0] if paths and paths.count(paths[0]) == len(paths) else None)

    def _learn(self, schema: Schema) -> None:
        self._schema = schema
        self._known = {}
        self._refused = ()
        self._missing = None
        plan: Plan = []
        self._plan = plan
        for prefix, path in self._names:
            found = places(schema, path)
            if found is None:
                self._missing = _missing(schema, path, prefix[:-1])
                return
            indexes, field = found
            kind = field.schema.type
            if field.schema.name is not None and kind in _INTEGERS and _is_temporal(field.schema.name):
                kind = Type.STRUCT  # Java's value is a date object, which no integer is: refused like one
            if kind not in _WRITABLE:
                self._refused = (*self._refused, len(plan))
            plan.append((prefix, indexes, kind))

    def _made(self, rows: Sequence[object], plan: Plan) -> list[str]:
        if len(self._known) > _MOST_KEPT:
            self._known = {}
        known = self._known
        for row in rows:
            if row not in known:
                cells = (row,) if len(plan) == 1 else row
                assert isinstance(cells, tuple)
                known[row] = self._delim.join(map(self._text, plan, cells))
        return [known[row] for row in rows]

    def _nulls_only(self, columns: Sequence[Sequence[object]], rows: Sequence[object], plan: Plan) -> Encoded:
        """Paths of those rows that are null wherever a type makes no directories."""
        bad = self._not_null(columns, len(rows))
        good = iter(self._made([row for place, row in enumerate(rows) if place not in bad], plan))
        error = PartitionException("Error encoding partition.")
        paths = [NOT_FOUND if place in bad else next(good) for place in range(len(rows))]
        return Encoded(paths, errors=dict.fromkeys(sorted(bad), error))

    def _not_null(self, columns: Sequence[Sequence[object]], count: int) -> set[int]:
        """The rows in which a type that makes no directories has a value."""
        refused = [columns[step] for step in self._refused]
        return {place for place in range(count) if any(values[place] is not None for values in refused)}

    def _text(self, step: Step, value: object) -> str:
        prefix, _indexes, kind = step
        if value is None:
            return f"{prefix}null"
        if kind is Type.BOOLEAN:
            return prefix + ("true" if value else "false")
        return prefix + (self._escape(str(value)) if self._escape is not None else str(value))

    def _one_by_one(self, part: SinkSlice, now_ms: int) -> Encoded:
        """For a run with values that are no structs, which nothing but null can be."""
        good = [place for place, value in enumerate(part.values) if isinstance(value, Struct)]
        errors: dict[int, Exception] = dict.fromkeys(range(len(part)), PartitionException("Error encoding partition."))
        paths = [NOT_FOUND] * len(part)
        found = self.encode(chosen(part, good), now_ms)
        for nth, place in enumerate(good):
            paths[place] = found.paths[nth]
            error = found.errors.get(nth)
            if error is None:
                del errors[place]
            else:
                errors[place] = error
        return Encoded(paths, errors=errors)

    @staticmethod
    def _failed(count: int, error: Exception, others: Mapping[int, Exception] | None = None) -> Encoded:
        return Encoded([NOT_FOUND] * count, errors={**dict.fromkeys(range(count), error), **(others or {})})


def _missing(schema: Schema, path: Sequence[str], name: str) -> DataException:
    """Why no field is found: there is none, or the path goes on behind a field that has none inside."""
    if places_end(schema, path):
        error = DataException(f"Unable to get field '{name}' from schema {schema}.")
        error.__cause__ = DataException("Cannot look up fields on non-struct type")
        return error
    return DataException(f"Field '{name}' is not present in the schema.")


def _is_temporal(name: str) -> bool:
    return name.startswith("org.apache.kafka.connect.data.")

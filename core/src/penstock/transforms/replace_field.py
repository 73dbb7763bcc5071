"""ReplaceField: keeps, drops and renames fields (spec 6.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, ClassVar

from penstock.api import (
    ConfigDef,
    ConfigException,
    ConfigType,
    DataException,
    Field,
    Importance,
    RecordColumns,
    Schema,
    SchemaBuilder,
    StructColumn,
)
from penstock.api.javahash import hash_order
from penstock.api.validators import described, unique_list
from penstock.transforms.columns import Column, ColumnReader, column_reader, maps_of
from penstock.transforms.config import (
    PAIRS,
    REPLACE_NULL_WITH_DEFAULT_CONFIG,
    bad_pair,
    split_pair,
    with_replace_null,
)
from penstock.transforms.operand import Changed, ChangedColumn, OnKey, OnValue, OperandTransformation, Record
from penstock.transforms.requirements import class_text, require_map, require_struct
from penstock.transforms.schemas import Reader, SchemaCache, StructMaker, like, put_all, reader

EXCLUDE_CONFIG = "exclude"
INCLUDE_CONFIG = "include"
RENAMES_CONFIG = "renames"

_PURPOSE = "field replacement"


def _check_renames(_name: str, value: object) -> None:
    if not isinstance(value, list):
        raise ConfigException.of(RENAMES_CONFIG, value, "must be a list of pairs, and may be empty")
    _parse_renames(value)


def _parse_renames(pairs: Sequence[str]) -> dict[str, str]:
    renames = {}
    for pair in pairs:
        parts = split_pair(pair)
        if len(parts) != 2:
            raise bad_pair(pairs, pair)
        renames[parts[0]] = parts[1]
    return renames


_Shape = tuple[list[object], Callable[[Any], tuple[object, ...]]]
"""For maps with the same keys: the new keys, and what takes the values of those that stay."""


class ReplaceField(OperandTransformation):
    """A field stays when it is not excluded and nothing, or it, is included; then it may be renamed."""

    CONFIG: ClassVar[ConfigDef] = with_replace_null(
        ConfigDef()
        .define(
            EXCLUDE_CONFIG,
            ConfigType.LIST,
            default=[],
            importance=Importance.MEDIUM,
            validator=unique_list(empty_allowed=True, null_allowed=False),
            doc="Fields to leave out, also when they are included.",
        )
        .define(
            INCLUDE_CONFIG,
            ConfigType.LIST,
            default=[],
            importance=Importance.MEDIUM,
            validator=unique_list(empty_allowed=True, null_allowed=False),
            doc="Fields to keep. If empty, all are kept.",
        )
        .define(
            RENAMES_CONFIG,
            ConfigType.LIST,
            default=[],
            importance=Importance.MEDIUM,
            validator=described(_check_renames, PAIRS),
            doc="New names of fields, as <code>old:new</code>. Fields are kept and left out by their old names.",
        )
    )

    def configure(self, configs: Mapping[str, object]) -> None:  # noqa: ARG002
        self._exclude = frozenset(self.config.get_list(EXCLUDE_CONFIG))
        self._include = frozenset(self.config.get_list(INCLUDE_CONFIG))
        self._renames = _parse_renames(self.config.get_list(RENAMES_CONFIG))
        # Of two old names for one new one, the last in the order of a Java hash map counts.
        self._old_names = {self._renames[old]: old for old in hash_order(self._renames)}
        self._defaults = self.config.get_bool(REPLACE_NULL_WITH_DEFAULT_CONFIG)
        self._plans = SchemaCache(self._plan)
        self._shapes: dict[tuple[object, ...], _Shape] = {}

    def change(self, record: Record, schema: Schema | None, value: object) -> Changed | None:  # noqa: ARG002
        if value is None:
            return None
        if schema is None:
            return None, self._in_map(require_map(value, _PURPOSE))
        struct = require_struct(value, _PURPOSE, schema)
        plan = self._plans.get(struct.schema)
        values = plan.read(struct)
        taken = [values[place] for place in plan.places]
        return plan.make.schema, plan.make(taken) if plan.fits else put_all(plan.make.schema, taken)

    def change_columns(self, batch: RecordColumns, schema: Schema | None, values: Column) -> ChangedColumn | None:  # noqa: ARG002
        if schema is None:
            maps = maps_of(values)
            return None if maps is None else (None, self._in_maps(maps))
        structs = StructColumn.of(schema, values)
        if structs is None:
            return None
        plan = self._plans.get(schema)
        if not plan.fits:
            return None
        columns = plan.read_columns(structs)
        return plan.make.schema, StructColumn(plan.make.schema, [columns[place] for place in plan.places], len(structs))

    def _in_maps(self, maps: Sequence[dict[Any, object]]) -> Column:
        shapes = list(map(tuple, maps))
        if shapes.count(shapes[0]) < len(shapes):
            return list(map(self._in_map, maps))
        news, take = self._shape_of(shapes[0])
        return [dict(zip(news, kept, strict=True)) for kept in map(take, maps)]

    def _in_map(self, value: Mapping[object, object]) -> dict[object, object]:
        news, take = self._shape_of(tuple(value))
        return dict(zip(news, take(value), strict=True))

    def _shape_of(self, names: tuple[object, ...]) -> _Shape:
        shape = self._shapes.get(names)
        if shape is None:
            if len(self._shapes) >= SchemaCache.LIMIT:
                self._shapes.clear()
            shape = self._shapes[names] = self._shape(names)
        return shape

    def _shape(self, names: Sequence[object]) -> _Shape:
        """What becomes of maps with these keys. Raises DataException."""
        kept: dict[object, object] = {}
        for name in names:
            if name is not None and not isinstance(name, str):
                raise DataException(
                    f"ReplaceField knows fields by name, and names must be texts; found a key of {class_text(name)}"
                )
            if self._keeps(name):
                kept[name] = name if name is None else self._renames.get(name, name)
        olds = list(kept)
        if len(olds) < 2:  # one name alone would give the value and not a tuple of one
            return list(kept.values()), lambda value: tuple(value[old] for old in olds)
        return list(kept.values()), itemgetter(*olds)

    def _keeps(self, name: object) -> bool:
        return name not in self._exclude and (not self._include or name in self._include)

    def _plan(self, schema: Schema) -> _Plan:
        builder = like(schema, SchemaBuilder.struct())
        for field in schema.fields:
            if self._keeps(field.name):
                builder.field(self._renames.get(field.name, field.name), field.schema)
        replaced = builder.build()
        olds = [self._old_field(schema, field.name) for field in replaced.fields]
        return _Plan(
            StructMaker(replaced),
            reader(schema, defaults=self._defaults),
            column_reader(schema, defaults=self._defaults),
            [old.index for old in olds],
            all(old.schema == field.schema for old, field in zip(olds, replaced.fields, strict=True)),
        )

    def _old_field(self, schema: Schema, new_name: str) -> Field:
        """Whence the value of a field comes. A field that already had the new name of another is looked for under that
        other's old name, as in Connect, whether or not it is there."""
        name = self._old_names.get(new_name, new_name)
        field = schema.field(name)
        if field is None:
            raise DataException(f"{name} is not a valid field name")
        return field


@dataclass(frozen=True, slots=True)
class _Plan:
    """For structs of one schema: what makes the new ones, how to read the old values, which of them to take, and whether they are
    sure to fit the new fields."""

    make: StructMaker
    read: Reader
    read_columns: ColumnReader
    places: list[int]
    fits: bool


class ReplaceFieldKey(OnKey, ReplaceField):
    """Works on the key."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.ReplaceField$Key"


class ReplaceFieldValue(OnValue, ReplaceField):
    """Works on the value."""

    connect_name: ClassVar[str | None] = "org.apache.kafka.connect.transforms.ReplaceField$Value"

"""Keys of records, from columns of the row (``key.mode``)."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.api import DataException, Schema, SchemaBuilder, Struct
from penstock_jdbc.source.columns import Column
from penstock_jdbc.source.rows import RowPlan, structs_of


class KeyPlan:
    """The schema of keys and how they are made: a struct of some of the value's fields, in the order given."""

    def __init__(self, plan: RowPlan, names: Sequence[str]) -> None:
        """Raises DataException for a column that is not among the fields."""
        places = {field.name: place for place, field in enumerate(plan.fields)}
        missing = [name for name in names if name not in places]
        if missing:
            raise DataException(
                f"Key column {missing[0]} not found in {','.join(places)}. Correct 'key.columns', or set 'key.mode' to none"
            )
        self._places = [places[name] for name in names]
        builder = SchemaBuilder.struct()
        for place in self._places:
            builder.field(plan.fields[place].name, plan.fields[place].schema)
        self.schema: Schema = builder.build()

    def structs(self, fields: Sequence[Column], count: int) -> Sequence[Struct]:
        """The keys of ``count`` rows; ``fields`` are the columns of the value's fields."""
        return structs_of(self.schema, [fields[place] for place in self._places], count)

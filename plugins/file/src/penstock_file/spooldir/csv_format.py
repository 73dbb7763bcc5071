"""CSV files: rows of text to structs, column by column."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from penstock.api import DataException, Schema, Struct, StructColumn
from penstock_file.spooldir.cells import CellReader, cell_reader
from penstock_file.spooldir.csv_dialect import Dialect
from penstock_file.spooldir.csv_text import Row, Splitter, Table
from penstock_file.spooldir.dates import DateReader
from penstock_file.spooldir.opening import DamagedError, LineSource, Text
from penstock_file.spooldir.rows import Opened, Rows
from penstock_file.spooldir.settings import Schemas
from penstock_file.spooldir.timestamps import epoch_ms


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """What there is to know of CSV files besides their schemas."""

    dialect: Dialect
    charset: str
    skip_lines: int
    has_header: bool
    case_sensitive: bool


class CsvFormat:
    """CSV files of one schema. Numbers of records are numbers of lines without skipped ones and header, as in SpoolDir."""

    spooldir_goes_on = True

    def __init__(self, options: CsvOptions, schemas: Schemas, dates: DateReader, zone: dt.tzinfo) -> None:
        """Raises DataException for a schema with a field that no cell can hold."""
        self.options = options
        self.key_schema = schemas.key
        self.value_schema = schemas.value
        self.timestamp_field = schemas.timestamp_field
        self._readers = {field.name: cell_reader(field.schema, dates, zone) for field in schemas.value.fields}

    def can_go_on(self, *, at_line_end: bool) -> bool:
        """Only behind whole lines."""
        return at_line_end

    def reader(self, file: Opened) -> CsvReader:
        """Begin to read. Raises OSError."""
        return CsvReader(file, self)

    def layout(self, header: Sequence[str | None]) -> Layout:
        """Which column of a file with this header holds which field."""
        places = {name: place for place, name in reversed(list(enumerate(header))) if name is not None}
        if not self.options.case_sensitive:
            folded = {name.lower(): place for name, place in places.items()}
            places = {**{field: folded[field.lower()] for field in self._readers if field.lower() in folded}, **places}
        return Layout(
            width=len(header),
            value_schema=self.value_schema,
            key_schema=self.key_schema,
            columns=tuple(
                (field.name, places.get(field.name), self._readers[field.name]) for field in self.value_schema.fields
            ),
            key_places=tuple(self.value_schema.index_by_name.get(field.name) for field in self.key_schema.fields),
            timestamp_place=None
            if self.timestamp_field is None
            else self.value_schema.index_by_name[self.timestamp_field],
        )


@dataclass(frozen=True)
class Layout:
    """A file's columns. Of a value's field: its name, its column in the file if there is one, and what reads it; of a key's
    field: its place in the value."""

    width: int
    value_schema: Schema
    key_schema: Schema
    columns: tuple[tuple[str, int | None, CellReader], ...]
    key_places: tuple[int | None, ...]
    timestamp_place: int | None

    def rows(
        self, rows: Sequence[Row], numbers: Sequence[int], *, empty_is_null: bool
    ) -> tuple[Rows, DataException | None]:
        """The records up to the first that does not fit, and what is wrong with it."""
        count, fault = self._whole_rows(rows, numbers)
        cells = list(zip(*rows[:count], strict=False))
        values: list[list[object]] = []
        for name, place, reader in self.columns:
            if place is None:
                values.append([None] * count)
                continue
            column: Sequence[str | None] = cells[place][:count] if count else ()
            if empty_is_null:
                column = [text or None for text in column]
            found, error = reader.read(column)
            if error is not None and len(found) < count:
                count = len(found)
                fault = DataException(
                    f"Exception thrown while parsing data for '{name}'. linenumber={numbers[count]}: {error}"
                )
                fault.__cause__ = error
            values.append(found)
        return self._made(values, numbers[:count], count), fault

    def _whole_rows(self, rows: Sequence[Row], numbers: Sequence[int]) -> tuple[int, DataException | None]:
        if not rows or min(map(len, rows)) >= self.width:
            return len(rows), None
        place = next(place for place, row in enumerate(rows) if len(row) < self.width)
        return place, DataException(
            f"The row on line {numbers[place]} has {len(rows[place])} field(s), but there are {self.width} columns"
        )

    def _made(self, values: list[list[object]], numbers: Sequence[int], count: int) -> Rows:
        columns = [column[:count] if len(column) > count else column for column in values]
        nothing: list[object] = [None] * count
        keys = [nothing if place is None else columns[place] for place in self.key_places]
        timestamps = None
        if self.timestamp_place is not None:
            timestamps = [epoch_ms(value) for value in columns[self.timestamp_place]]
        return Rows(
            _structs(self.value_schema, columns, count, sure=self._values_fit),
            numbers,
            _structs(self.key_schema, keys, count, sure=self._keys_fit),
            timestamps,
        )

    @cached_property
    def _values_fit(self) -> bool:
        """Whether every required field has a column."""
        return all(reader.schema.optional or place is not None for _, place, reader in self.columns)

    @cached_property
    def _keys_fit(self) -> bool:
        """Whether what is read for the value fits the key."""
        for field, place in zip(self.key_schema.fields, self.key_places, strict=True):
            source = None if place is None else self.columns[place]
            if source is None or source[1] is None:
                if not field.schema.optional:
                    return False
                continue
            read, key = source[2].schema, field.schema
            if (read.type, read.name, read.parameters) != (key.type, key.name, key.parameters):
                return False
            if read.optional and not key.optional:
                return False
        return True


def _structs(schema: Schema, columns: Sequence[Sequence[object]], count: int, *, sure: bool) -> Sequence[Struct]:
    """Structs, as columns where it is sure that the values fit; else converters look at each."""
    column = StructColumn(schema, columns, count)
    return column if sure else list(column)


class CsvReader:
    """Reads one file."""

    def __init__(self, file: Opened, csv: CsvFormat) -> None:
        options = csv.options
        text = Text(
            file.stream, file.name, options.charset, file.buffer_size, keep_returns=options.dialect.keep_returns
        )
        self._csv = csv
        self._hold = file.hold_last
        self._lines = LineSource(text, hold=file.hold_last)
        self._splitter = Splitter(options.dialect)
        self._after = file.after or 0
        self._layout: Layout | None = None
        self._rest = ""
        self._done = 0
        """Lines read behind skipped ones and the header."""
        self.fault: DataException | None = None
        self.held = False

    def read(self) -> Rows | None:
        """The next rows."""
        try:
            if self._layout is None:
                self._layout = self._begin()
            while self._layout is not None and self.fault is None:
                table = self._next_table()
                if table is None:
                    break
                rows = self._converted(table, self._layout)
                if len(rows):
                    return rows
        except DamagedError as error:
            self.fault = error
        return None

    def _begin(self) -> Layout | None:
        """Pass over what is skipped, read the header, pass over what is done. None: the file ends before its first row."""
        options = self._csv.options
        self._lines.skip(options.skip_lines)
        if not options.has_header:
            header: Sequence[str | None] = [field.name for field in self._csv.value_schema.fields]
        else:
            found = self._header()
            if found is None:
                return None
            header = found
        if self._after > self._done:
            self._lines.skip(self._after - self._done)
            self._done = self._after
        return self._csv.layout(header)

    def _header(self) -> Row | None:
        wanted = 1
        while True:
            text = self._lines.take(wanted)
            table = self._splitter.split(text, at_end=text.count("\n") < wanted) if text else None
            if table is not None and table.rows:
                taken = 1 if table.lines is None else table.lines[0]
                self._lines.push_back("\n".join(text.split("\n")[taken:]))
                self._done = taken - 1  # SpoolDir counts a header of several lines as one, and the others as rows
                return table.rows[0]
            if text.count("\n") < wanted:  # that is all there is
                self.held = self._hold
                self.fault = None if self.held or table is None else table.fault
                return None
            self._lines.push_back(text)
            wanted *= 2

    def _next_table(self) -> Table | None:
        block = self._lines.block(more=bool(self._rest))
        text, self._rest = self._rest + block, ""
        if not text:
            self.held = self.held or self._lines.held
            return None
        table = self._splitter.split(text, at_end=not block)
        if block:
            self._rest = table.rest
        elif self._hold and table.rest:  # a row that goes on
            self.held = True
            return replace(table, fault=None)
        return table

    def _converted(self, table: Table, layout: Layout) -> Rows:
        numbers: Sequence[int]
        if table.lines is None:
            numbers = range(self._done + 1, self._done + 1 + len(table.rows))
        else:
            numbers = list(accumulate(table.lines, initial=self._done))[1:]
        if numbers:
            self._done = numbers[-1]
        rows = table.rows
        if not all(rows):
            rows, numbers = self._without_empty(rows, numbers, layout, empty_is_null=table.empty_is_null)
        made, fault = layout.rows(rows, numbers, empty_is_null=table.empty_is_null)
        self.fault = fault or table.fault
        return made

    @staticmethod
    def _without_empty(
        rows: Sequence[Row], numbers: Sequence[int], layout: Layout, *, empty_is_null: bool
    ) -> tuple[list[Row], Sequence[int]]:
        """Empty lines are no rows, unless there is but one column, in which a text may be empty."""
        if layout.width == 1 and not empty_is_null:
            return [row or [""] for row in rows], numbers
        kept = [(row, number) for row, number in zip(rows, numbers, strict=True) if row]
        return [row for row, _ in kept], [number for _, number in kept]

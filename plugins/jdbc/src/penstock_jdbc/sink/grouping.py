"""A batch taken apart by tables: runs of records that share table, schemas and fate (spec jdbc 13.1, 13.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from penstock.api import ConnectException, Schema, SinkBatch, SinkRecord, SinkSlice, StructColumn, TopicPartition
from penstock_jdbc.database.identifiers import TableId
from penstock_jdbc.sink.destination import Destinations
from penstock_jdbc.sink.options import OnInvalid
from penstock_jdbc.sink.settings import SinkSettings
from penstock_jdbc.sink.validation import RecordCheck


@dataclass(frozen=True, slots=True)
class Run:
    """Records ``start`` to ``stop`` of a slice, all of them tombstones or none.

    ``value_schema`` is that of the records before, for tombstones, which have none of their own.
    """

    records: SinkSlice
    start: int
    stop: int
    value_schema: Schema | None
    deletes: bool

    def __len__(self) -> int:
        return self.stop - self.start

    def record(self, place: int) -> SinkRecord:
        """The record at a place counted from the run's start, as it was delivered."""
        return self.records.record(self.start + place)


@dataclass(slots=True)
class TableRuns:
    """All runs of a batch for one table, in order."""

    table: TableId
    runs: list[Run] = field(default_factory=list)


@dataclass(slots=True)
class Grouped:
    """A batch by tables. ``invalid`` is why it ends before its end, if it does: what came before it still shapes tables, but
    nothing of it is written. ``refused`` are records to be reported instead."""

    tables: list[TableRuns] = field(default_factory=list)
    invalid: ConnectException | None = None
    refused: list[tuple[SinkRecord, BaseException]] = field(default_factory=list)


class Grouper:
    """Takes batches apart; remembers nothing between them. ``skip`` tells offsets that the database already has."""

    def __init__(self, settings: SinkSettings, destinations: Destinations) -> None:
        self._settings = settings
        self._destinations = destinations
        self._check = RecordCheck(settings)

    def grouped(self, batch: SinkBatch, stored: dict[TopicPartition, int] | None = None) -> Grouped:
        """The batch by tables; records below the offsets in ``stored`` are left out.

        Raises ConnectException for a topic whose table has no name.
        """
        found = Grouped()
        tables: dict[TableId, TableRuns] = {}
        reports = self._settings.on_invalid is OnInvalid.REPORT
        for records in batch.slices:
            table = self._destinations.table_of(records.topic or "")
            into = tables.get(table)
            if into is None:
                into = tables[table] = TableRuns(table)
                found.tables.append(into)
            for start, stop, error in self._valid_spans(records, _first_new(records, stored)):
                into.runs.extend(self._runs(records, start, stop, into))
                if error is None:
                    continue
                if not reports:
                    found.invalid = error
                    return found
                found.refused.append((records.record(stop), error))
        return found

    def _valid_spans(self, records: SinkSlice, start: int) -> Iterator[tuple[int, int, ConnectException | None]]:
        """Spans of records that can be written, each with what is wrong with the record behind it."""
        while True:
            invalid = self._check.first_invalid(records, start)
            if invalid is None:
                yield start, len(records), None
                return
            yield start, invalid[0], invalid[1]
            start = invalid[0] + 1

    def _runs(self, records: SinkSlice, start: int, stop: int, into: TableRuns) -> Iterator[Run]:
        if start >= stop:
            return
        before = into.runs[-1].value_schema if into.runs else None
        schema = before if records.value_schema is None else records.value_schema
        if not self._settings.delete_enabled or isinstance(records.values, StructColumn):
            yield Run(records, start, stop, schema, deletes=False)
            return
        values = records.values
        while start < stop:
            deletes = values[start] is None
            end = next((place for place in range(start + 1, stop) if (values[place] is None) is not deletes), stop)
            yield Run(records, start, end, schema, deletes)
            start = end


def partition_of(records: SinkSlice) -> TopicPartition:
    """The partition that a slice was consumed from."""
    return records.originals or TopicPartition(records.topic or "", records.kafka_partition or 0)


def _first_new(records: SinkSlice, stored: dict[TopicPartition, int] | None) -> int:
    """The place of the first record that the database doesn't have; offsets grow within a slice."""
    if not stored:
        return 0
    after = stored.get(partition_of(records))
    if after is None or records.offsets[0] >= after:
        return 0
    return next((place for place, offset in enumerate(records.offsets) if offset >= after), len(records))

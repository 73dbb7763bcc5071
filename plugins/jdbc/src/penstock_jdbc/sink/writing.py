"""One batch into the database, in one transaction (spec jdbc 13.1, 14).

Two ways lead there. The fast one writes many rows with a statement, of each key only the last. When the database refuses a value
there, everything is rolled back and the careful way is taken: rows in the order of delivery, halved until the refused ones
stand alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.api import ConnectException, DataException, SinkRecord
from penstock_jdbc.database.failures import Failure, chain_text
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.sink.careful import CarefulRows
from penstock_jdbc.sink.errors import TableAlterOrCreateException
from penstock_jdbc.sink.faults import TRIMMED, is_of_driver, meaning
from penstock_jdbc.sink.grouping import Grouped, Run, TableRuns
from penstock_jdbc.sink.rounds import Block, blocks_of, steps_of
from penstock_jdbc.sink.session import SinkSession
from penstock_jdbc.sink.settings import InsertMode, PrimaryKeyMode, SinkSettings
from penstock_jdbc.sink.shape import Shape
from penstock_jdbc.sink.structure import named
from penstock_jdbc.sink.writers.base import Op, RowWriter

logger = logging.getLogger(__name__)

Refused = list[tuple[SinkRecord, BaseException]]
"""Records that can't be written, each with why."""

_OPS = {
    InsertMode.INSERT: Op.INSERT,
    InsertMode.MULTI: Op.INSERT,
    InsertMode.UPSERT: Op.UPSERT,
    InsertMode.UPDATE: Op.UPDATE,
}


@dataclass(slots=True)
class _Prepared:
    """A batch whose tables are there: blocks to write by table, and what can't be."""

    tables: list[list[Block]] = field(default_factory=list)
    refused: Refused = field(default_factory=list)


class BatchWriter:
    """Writes batches. ``before_commit`` is called with what was refused, last thing within the transaction: what it raises
    rolls the transaction back. On the task's thread."""

    def __init__(
        self,
        session: SinkSession,
        settings: SinkSettings,
        before_commit: Callable[[Any, Refused], None],
        *,
        reports: bool,
    ) -> None:
        self._session = session
        self._settings = settings
        self._before_commit = before_commit
        self._reports = reports
        self._op = _OPS[settings.insert_mode]

    def write(self, grouped: Grouped) -> None:
        """Write a batch and commit. Nothing of it is in the database when this raises.

        Raises ConnectException for records and tables that are to end the task, and what the driver raises.
        """
        prepared = self._prepared(grouped)
        if grouped.invalid is not None:
            raise grouped.invalid
        try:
            self._transact(prepared, self._write_fast)
        except Exception as error:
            of_values = isinstance(error, DataException) or not isinstance(error, ConnectException)
            if not of_values or not is_of_driver(error) or meaning(error) is not Failure.DATA:
                raise
            logger.debug(
                "A batch is written again row by row: %s", TRIMMED if self._settings.trim_log else chain_text(error)
            )
            self._transact(_Prepared(prepared.tables, list(prepared.refused)), self._write_carefully)

    def write_each(self, grouped: Grouped) -> None:
        """As :meth:`write`, the careful way at once, and with every error of the database taken as the row's own: for errors
        that nobody knows and that came again and again."""
        prepared = self._prepared(grouped)
        if grouped.invalid is not None:
            raise grouped.invalid
        self._transact(prepared, self._write_whatever)

    # ---- tables first ----------------------------------------------------------------------------------------------

    def _prepared(self, grouped: Grouped) -> _Prepared:
        """See that every table is there before any row is written: DDL commits on its own."""
        prepared = _Prepared(refused=list(grouped.refused))
        for table in grouped.tables:
            prepared.tables.append(blocks_of(self._with_writers(table, prepared.refused)))
        return prepared

    def _with_writers(self, table: TableRuns, refused: Refused) -> list[tuple[Run, Shape, RowWriter, Op]]:
        found = []
        for run in table.runs:
            shape = self._session.shape(table.table, (run.records.key_schema, run.value_schema))
            try:
                writer = self._session.writer(shape)
            except TableAlterOrCreateException as error:
                if not self._reports:
                    raise
                refused.extend((run.record(place), error) for place in range(len(run)))
                continue
            found.append((run, shape, writer, self._op_of(run, shape)))
        return found

    def _op_of(self, run: Run, shape: Shape) -> Op:
        if run.deletes:
            return Op.DELETE
        if self._op is Op.UPSERT and not shape.fields.keys:
            raise ConnectException(
                f"Write to table '{named(shape.table)}' in UPSERT mode requires key field names to be known, check the primary "
                "key configuration"
            )
        if self._op is Op.UPDATE and not shape.fields.others and self._settings.pk_mode is not PrimaryKeyMode.NONE:
            raise ConnectException(
                f"Write to table '{named(shape.table)}' in UPDATE mode requires fields beside those of the key, which are all "
                "that the records have; check 'pk.fields' and 'fields.whitelist'"
            )
        return self._op

    # ---- rows ------------------------------------------------------------------------------------------------------

    def _transact(self, prepared: _Prepared, write: Callable[[Any, Sequence[Block], Refused], None]) -> None:
        """Everything or nothing. Invariant: offsets move on only after the commit in here returned."""
        raw = self._session.raw
        cursor = raw.cursor()
        try:
            if self._session.database.kind is DatabaseKind.SQLITE and not raw.in_transaction:
                cursor.execute("BEGIN IMMEDIATE")  # the one writer's place at once, rather than a refusal midway
            for blocks in prepared.tables:
                write(cursor, blocks, prepared.refused)
            self._before_commit(cursor, prepared.refused)
            raw.commit()
        except BaseException:
            self._roll_back(raw)
            raise
        finally:
            _close(cursor)

    def _write_fast(self, cursor: Any, blocks: Sequence[Block], _refused: Refused) -> None:
        size = self._settings.batch_size
        for step in steps_of(blocks):
            rows = len(step.columns[0]) if step.columns else 0
            for start in range(0, rows, size):
                some = step.columns if rows <= size else [column[start : start + size] for column in step.columns]
                step.writer.write(cursor, step.op, step.writer.encode(step.op, some))

    def _write_carefully(self, cursor: Any, blocks: Sequence[Block], refused: Refused) -> None:
        CarefulRows(cursor, self._settings, self._session.database.kind, reports=self._reports).write(blocks, refused)

    def _write_whatever(self, cursor: Any, blocks: Sequence[Block], refused: Refused) -> None:
        rows = CarefulRows(cursor, self._settings, self._session.database.kind, reports=self._reports, blames_rows=True)
        rows.write(blocks, refused)

    @staticmethod
    def _roll_back(raw: Any) -> None:
        try:
            raw.rollback()
        except Exception as error:  # noqa: BLE001  # the connection is lost, and its transaction with it
            logger.debug("Rolling back failed: %s", error)


def _close(cursor: Any) -> None:
    try:
        cursor.close()
    except Exception as error:  # noqa: BLE001  # the connection is lost
        logger.debug("Closing a cursor failed: %s", error)

"""SQLite: values as the Java driver stores them."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api import ConnectException, Date, Decimal, Time, Timestamp
from penstock_jdbc.database.table import Table
from penstock_jdbc.sink.dialects.base import SinkDialect
from penstock_jdbc.sink.fields import SinkField
from penstock_jdbc.sink.shape import Shape, mapped
from penstock_jdbc.sink.temporal import Clocks, Temporal, epoch_ms
from penstock_jdbc.sink.writers.base import Encoder, ExecutemanyWriter, value_encoder

_JULIAN_EPOCH = 2440587.5
_MS_PER_DAY = 86_400_000


class SqliteWriter(ExecutemanyWriter):
    """Dates and times are milliseconds since the epoch, or what ``date_class`` and ``date_precision`` in the URL say;
    decimals are text, which a NUMERIC column turns into a number."""

    def __init__(
        self,
        dialect: SinkDialect,
        shape: Shape,
        table: Table,
        options: Mapping[str, str],
        *,
        ambiguous: bool = False,
    ) -> None:
        self._date_class = options.get("date_class", "INTEGER").upper()
        self._unit_ms = 1000 if options.get("date_precision", "MILLISECONDS").upper() == "SECONDS" else 1
        if self._date_class not in {"INTEGER", "TEXT", "REAL"}:
            raise ConnectException(
                f"The option date_class of a SQLite URL must be INTEGER, TEXT or REAL, not '{self._date_class}'"
            )
        super().__init__(dialect, shape, table, "qmark", ambiguous=ambiguous)

    def encoder(self, field: SinkField, clocks: Clocks) -> Encoder:
        name = field.schema.name
        if field.holds_epoch:
            return lambda column: mapped(
                lambda value: self._stored(clocks.counted_ns(value) // 1_000_000, clocks), column
            )
        if name in {Date.LOGICAL_NAME, Time.LOGICAL_NAME, Timestamp.LOGICAL_NAME}:
            return lambda column: mapped(
                lambda value: self._checked(value, clocks, is_date=name == Date.LOGICAL_NAME), column
            )
        if name == Decimal.LOGICAL_NAME:
            return lambda column: mapped(str, column)
        return value_encoder(field.schema, clocks)

    def _checked(self, value: Temporal, clocks: Clocks, *, is_date: bool) -> object:
        """A number is stored as it is; that it has digits in the calendar is asked all the same, as Java does."""
        ms = epoch_ms(value)
        if ms < _FIRST_SURE_MS:
            (clocks.date if is_date else clocks.timestamp)(value)
        return self._stored(ms, clocks)

    def _stored(self, ms: int, clocks: Clocks) -> object:
        if self._date_class == "TEXT":
            return clocks.at_ms(ms).text(3)
        if self._date_class == "REAL":
            return ms / _MS_PER_DAY + _JULIAN_EPOCH
        return ms // self._unit_ms


_FIRST_SURE_MS = -12_219_206_400_000
"""1582-10-16 in UTC: from there every zone is in the Gregorian calendar."""

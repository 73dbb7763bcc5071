"""What the sink raises, under the names that Java's traces and dead letters show (spec jdbc 14)."""

from __future__ import annotations

from penstock.api import ConnectException


class SQLException(Exception):
    """The database refused something. The text is what the driver said, in Java's form: ``Exception chain:`` and a line for
    each error of the chain."""

    connect_name = "java.sql.SQLException"


class TableAlterOrCreateException(ConnectException):
    """A table or a column is missing, and the sink may not, or can not, make it."""

    connect_name = "io.confluent.connect.jdbc.sink.TableAlterOrCreateException"


class FencedException(ConnectException):
    """Another task took over a partition whose offsets are kept in the database: this one must not write any more."""

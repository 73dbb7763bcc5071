"""Which dialect speaks to which database."""

from __future__ import annotations

from collections.abc import Mapping

from penstock_jdbc.database.identifiers import IdentifierRules
from penstock_jdbc.database.kind import DatabaseKind
from penstock_jdbc.sink.dialects.base import SinkDialect
from penstock_jdbc.sink.dialects.db2 import Db2SinkDialect, DerbySinkDialect
from penstock_jdbc.sink.dialects.mysql import MySqlSinkDialect
from penstock_jdbc.sink.dialects.oracle import OracleSinkDialect
from penstock_jdbc.sink.dialects.others import GenericSinkDialect, HanaSinkDialect, VerticaSinkDialect
from penstock_jdbc.sink.dialects.postgresql import PostgreSqlSinkDialect
from penstock_jdbc.sink.dialects.sqlite import SqliteSinkDialect
from penstock_jdbc.sink.dialects.sqlserver import SqlServerSinkDialect, SybaseSinkDialect
from penstock_jdbc.sink.settings import SinkSettings
from penstock_jdbc.sink.temporal import Clocks

_DIALECTS: Mapping[DatabaseKind, type[SinkDialect]] = {
    dialect.kind: dialect
    for dialect in (
        Db2SinkDialect,
        DerbySinkDialect,
        GenericSinkDialect,
        HanaSinkDialect,
        MySqlSinkDialect,
        OracleSinkDialect,
        PostgreSqlSinkDialect,
        SqliteSinkDialect,
        SqlServerSinkDialect,
        SybaseSinkDialect,
        VerticaSinkDialect,
    )
}


def dialect_for(kind: DatabaseKind, rules: IdentifierRules, settings: SinkSettings) -> SinkDialect:
    """The dialect of a kind of database, with the sink's zones."""
    clocks = Clocks.of(settings)
    if kind is DatabaseKind.SQLSERVER:
        return SqlServerSinkDialect(rules, clocks, holdlock=settings.merge_holdlock)
    return _DIALECTS[kind](rules, clocks)

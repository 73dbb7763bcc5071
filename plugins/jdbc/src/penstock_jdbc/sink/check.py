"""The sink's connection test, and its plan in the words of the framework."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from penstock.api import Check, ConfigDef, PlannedStep, SinkRecord
from penstock_jdbc.config.connection_steps import Reached, Stopwatch, closing, connection_steps
from penstock_jdbc.config.found import Findings
from penstock_jdbc.config.sink_validation import keys_fit_together
from penstock_jdbc.database.failures import chain_text
from penstock_jdbc.database.table import Table
from penstock_jdbc.database.tables import describe
from penstock_jdbc.sink.destination import Destinations
from penstock_jdbc.sink.plan import plan
from penstock_jdbc.sink.settings import SinkSettings


def sink_checks(props: Mapping[str, str], definition: ConfigDef) -> Iterator[Check]:
    """Configuration, driver, connection; then the table of each topic in ``topics``: whether it is there, may be written to, or
    will be created. Yields each as it is found; nothing is changed."""
    found = Findings(definition, props)
    reached = yield from connection_steps(found, sound=keys_fit_together(found))
    if reached is None:
        return
    with closing(reached):
        settings = SinkSettings.of(found.parsed(), props)
        topics = [topic.strip() for topic in props.get("topics", "").split(",") if topic.strip()]
        destinations = Destinations(settings, reached.database.identifiers)
        for topic in topics:
            yield _table(reached, settings, destinations, topic)


def sink_plan(props: Mapping[str, str], records: Sequence[SinkRecord], definition: ConfigDef) -> Iterator[PlannedStep]:
    """The statements that would run before these records could be written, then why some of those would be refused."""
    found = plan(props, records, definition=definition)
    yield from (PlannedStep(statement.table, statement.sql) for statement in found.statements)
    yield from (PlannedStep("", problem, ok=False) for problem in found.problems)


def _table(reached: Reached, settings: SinkSettings, destinations: Destinations, topic: str) -> Check:
    watch, name = Stopwatch(), f"topic {topic}"
    try:
        wanted = destinations.table_of(topic)
        table = describe(reached.connection, reached.database.kind, wanted)
        reached.connection.rollback()
    except Exception as error:  # noqa: BLE001  # names that are none, and errors of drivers
        return watch.done(name, chain_text(error), ok=False)
    if table is None:
        if settings.auto_create:
            return watch.done(name, f"table {wanted.full_name} will be created")
        return watch.done(
            name,
            f"table {wanted.full_name} is missing, and auto.create is off: create it, or set auto.create=true",
            ok=False,
        )
    if table.kind.upper() not in settings.table_types:
        return watch.done(
            name,
            f"{wanted.full_name} is a {table.kind}, and table.types allows {', '.join(sorted(settings.table_types))} only",
            ok=False,
        )
    return watch.done(name, _described(table))


def _described(table: Table) -> str:
    key = f"primary key {', '.join(table.primary_key)}" if table.primary_key else "no primary key"
    count = len(table.columns)
    return f"table {table.id.full_name}: {count} column{'' if count == 1 else 's'}, {key}"

"""Validation of a source's configuration: each key, then keys together, then the database (spec jdbc 3.1, 21)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from penstock.api import ConfigDef, ConfigValue, Password
from penstock_jdbc.config import names
from penstock_jdbc.config.connection_check import Wait, connected, query_is_valid, within_deadline
from penstock_jdbc.config.found import Findings
from penstock_jdbc.config.recommendations import recommend, wants_recommendations
from penstock_jdbc.config.source_config import SOURCE_CONFIG
from penstock_jdbc.database.isolation import Isolation
from penstock_jdbc.database.kind import DatabaseKind

_SELECT = re.compile(r"SELECT\b", re.IGNORECASE)

_MIXED = (
    "Cannot mix legacy and new configuration approaches. Legacy configurations (table.whitelist, table.blacklist, "
    "timestamp.column.name, incrementing.column.name) cannot be used together with new configurations (table.include.list, "
    "table.exclude.list, timestamp.columns.mapping, incrementing.column.mapping). Please choose one approach: either use all "
    "legacy configurations or all new configurations."
)
_NO_FILTER = (
    "At least one table filtering configuration is required. Provide one of: table.whitelist, table.blacklist, "
    "table.include.list, or table.exclude.list."
)
_TWO_QUERIES = "Both 'query' and 'query.masked' configs cannot be set at the same time. Please use only one of them."
_QUERY_AND_TABLES = (
    "Do not specify table filtering configs with 'query'. Remove table.whitelist / table.blacklist / table.include.list / "
    "table.exclude.list when using query mode or 'query' when using table filtering mode."
)
_NO_INCREMENTING = (
    "'incrementing.column.name' must be provided when using mode 'incrementing' or 'timestamp+incrementing' with a custom "
    "query. The incrementing column cannot be auto-discovered in query mode because there is no table to inspect. Note that "
    "'incrementing.column.mapping' is not applied in query mode (it maps columns by table-name regex, and a custom query has "
    "no underlying table to match), so 'incrementing.column.name' must be set explicitly."
)
_ONLY_EXCLUDES = (
    "table.exclude.list cannot be used without table.include.list. Exclude list only applies to tables that match the include "
    "list."
)


def validate(props: Mapping[str, str | None], definition: ConfigDef = SOURCE_CONFIG) -> list[ConfigValue]:
    """Every key with its value, errors, recommendations and visibility.

    Later checks are made only where earlier ones found nothing. The last ones open a connection, which may take the
    attempts, each of up to 40 s, with their backoff, but no more than 75 s. Never raises for what a user wrote.
    """
    found = Findings(definition, props)
    if not found.clean or not keys_fit_together(found):
        return found.values
    return within_deadline(found, partial(_ask_database, found))


def _ask_database(found: Findings, wait: Wait) -> None:
    with connected(found, wait) as at:
        if at is None:
            return
        query = _query(found)
        if query is None or query_is_valid(found, *query, at):
            _check_mappings(found)
        if wants_recommendations(found.props):
            recommend(found, *at)


def keys_fit_together(found: Findings) -> bool:
    """Make the checks over several keys that need no database, up to the first that fails; its error is added. For findings
    that are clean."""
    return all(check(found) for check in _CHECKS)


def uses_legacy(found: Findings) -> bool:
    """Whether a key of the older generation is set."""
    return any(map(found.given, names.LEGACY_KEYS))


def uses_new(found: Findings) -> bool:
    """Whether a key of the newer generation is set."""
    return any(map(found.given, names.NEW_KEYS))


def _check_isolation(found: Findings) -> bool:
    if Isolation.of(str(found[names.ISOLATION_MODE])) is not Isolation.SQL_SERVER_SNAPSHOT:
        return True
    dialect = str(found[names.DIALECT_NAME] or "")
    kind = DatabaseKind.for_dialect_name(dialect) if dialect else DatabaseKind.for_url(str(found[names.CONNECTION_URL]))
    if kind is DatabaseKind.SQLSERVER:
        return True
    found.add(
        [names.ISOLATION_MODE],
        "Isolation mode of `SQL_SERVER_SNAPSHOT` can only be configured with a Sql Server Dialect",
    )
    return False


def _check_generations(found: Findings) -> bool:
    """In table mode; beside a query other checks refuse filters. Aiven's connectors know the older generation only, and read
    every table when nothing is filtered."""
    if _query(found) is not None:
        return True
    legacy, new = uses_legacy(found), uses_new(found)
    if legacy and new:
        found.add(filter(found.given, (*names.LEGACY_KEYS, *names.NEW_KEYS)), _MIXED)
        return False
    if not legacy and not new and found.value("table.names.qualify") is None:
        found.add(names.TABLE_FILTERS, _NO_FILTER)
        return False
    return True


def _check_queries(found: Findings) -> bool:
    given = _queries(found)
    if len(given) > 1:
        found.add((names.QUERY, names.QUERY_MASKED), _TWO_QUERIES)
        return False
    filters = [key for key in names.TABLE_FILTERS if found.given(key)]
    if given and filters:
        found.add((names.QUERY, names.QUERY_MASKED, *filters), _QUERY_AND_TABLES)
        return False
    for key, text in given.items():
        if not _SELECT.match(text):
            found.add(
                [key],
                f"Only SELECT statements are supported for '{key}'. Please provide a statement that starts with SELECT.",
            )
            return False
    return True


def _check_incrementing(found: Findings) -> bool:
    needed = _query(found) is not None and found[names.MODE] in names.INCREMENTING_MODES
    if not needed or found.given(names.INCREMENTING_COLUMN):
        return True
    found.add([names.INCREMENTING_COLUMN], _NO_INCREMENTING)
    return False


_CHECKS: tuple[Callable[[Findings], bool], ...] = (
    _check_isolation,
    _check_generations,
    _check_queries,
    _check_incrementing,
)


def _check_mappings(found: Findings) -> None:
    """The newer generation's columns: given where the mode needs them, and only there."""
    if not uses_new(found):
        return
    if found.given(names.EXCLUDE_LIST) and not found.given(names.INCLUDE_LIST):
        found.add([names.EXCLUDE_LIST], _ONLY_EXCLUDES)
        return
    for what, modes, key in (
        ("Timestamp", names.TIMESTAMP_MODES, names.TIMESTAMP_MAPPING),
        ("Incrementing", names.INCREMENTING_MODES, names.INCREMENTING_MAPPING),
    ):
        needed, given = found[names.MODE] in modes, found.given(key)
        first, second = modes
        if needed and not given:
            message = f"{what} column configuration must be provided when using mode '{first}' or '{second}'. Provide '{key}'."
        elif given and not needed:
            message = f"{what} column configurations should not be provided if mode is not '{first}' or '{second}'. Remove '{key}'."
        else:
            continue
        found.add([names.MODE], message)
        return


def _queries(found: Findings) -> dict[str, str]:
    masked = found[names.QUERY_MASKED]
    texts = {
        names.QUERY: str(found[names.QUERY] or ""),
        names.QUERY_MASKED: masked.value if isinstance(masked, Password) else "",
    }
    return {key: text for key, text in texts.items() if text}


def _query(found: Findings) -> tuple[str, str] | None:
    """The key of the query and its text, None in table mode."""
    return next(iter(_queries(found).items()), None)

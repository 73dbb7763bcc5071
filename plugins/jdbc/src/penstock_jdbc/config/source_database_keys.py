"""The source's keys of the group "Database" (spec jdbc 2, 3)."""

from __future__ import annotations

from penstock.api import ConfigKey, ConfigType, Importance, Width
from penstock_jdbc.config import shared_keys
from penstock_jdbc.config.enumerators import Enumerator, lower_names
from penstock_jdbc.config.layout import in_group
from penstock_jdbc.config.mappings import regex_list
from penstock_jdbc.config.names import BLACKLIST, CONNECTION_URL, EXCLUDE_LIST, INCLUDE_LIST, WHITELIST

NUMERIC_MAPPINGS = ("none", "precision_only", "best_fit", "best_fit_eager_double")

_CONNECTION = [
    ConfigKey(
        CONNECTION_URL,
        ConfigType.STRING,
        "",
        Importance.HIGH,
        "The database, as a JDBC URL: jdbc:postgresql://host/database, jdbc:mysql://host/database, jdbc:sqlite:path.",
        width=Width.LONG,
        display_name="JDBC URL",
        dependents=(WHITELIST, BLACKLIST),
    ),
    ConfigKey(
        "connection.user",
        ConfigType.STRING,
        None,
        Importance.HIGH,
        "The user to connect as.",
        width=Width.LONG,
        display_name="JDBC User",
    ),
    ConfigKey(
        "connection.password",
        ConfigType.PASSWORD,
        None,
        Importance.HIGH,
        "The user's password.",
        width=Width.SHORT,
        display_name="JDBC Password",
    ),
    shared_keys.credentials_provider(),
    shared_keys.attempts(),
    shared_keys.backoff(),
]

_FILTERS = [
    ConfigKey(
        WHITELIST,
        ConfigType.LIST,
        "",
        Importance.MEDIUM,
        "The tables to copy, by name or full name.",
        width=Width.LONG,
        display_name="Table Whitelist",
    ),
    ConfigKey(
        BLACKLIST,
        ConfigType.LIST,
        "",
        Importance.MEDIUM,
        "The tables to leave out, by name or full name; all others are copied.",
        width=Width.LONG,
        display_name="Table Blacklist",
    ),
    ConfigKey(
        INCLUDE_LIST,
        ConfigType.LIST,
        "",
        Importance.MEDIUM,
        "Regular expressions (RE2) for the full names of the tables to copy. Not together with table.whitelist, "
        "table.blacklist, incrementing.column.name and timestamp.column.name.",
        regex_list,
        width=Width.LONG,
        display_name="Tables Included (Regex)",
    ),
    ConfigKey(
        EXCLUDE_LIST,
        ConfigType.LIST,
        "",
        Importance.MEDIUM,
        "Regular expressions (RE2) for the full names of tables that table.include.list lets in and that are left out.",
        regex_list,
        width=Width.LONG,
        display_name="Tables Excluded (Regex)",
    ),
]

_REST = [
    ConfigKey(
        "catalog.pattern",
        ConfigType.STRING,
        None,
        Importance.MEDIUM,
        "The catalogs to look for tables in, as a LIKE pattern. Empty: tables without catalog; not set: all.",
        width=Width.SHORT,
        display_name="Schema pattern",
    ),
    ConfigKey(
        "schema.pattern",
        ConfigType.STRING,
        None,
        Importance.HIGH,
        "The schemas to look for tables in, as a LIKE pattern. Empty: tables without schema; not set: all.",
        width=Width.SHORT,
        display_name="Schema pattern",
    ),
    ConfigKey(
        "numeric.precision.mapping",
        ConfigType.BOOLEAN,
        False,
        Importance.LOW,
        "Deprecated: true is numeric.mapping=precision_only, unless that is set.",
        width=Width.SHORT,
        display_name="Map Numeric Values By Precision (deprecated)",
    ),
    ConfigKey(
        "numeric.mapping",
        ConfigType.STRING,
        None,
        Importance.LOW,
        "What NUMERIC columns become. none: always Decimal. precision_only: an integer type where there is no scale and the "
        "digits fit. best_fit: an integer type, or float64 where there is a scale and the digits fit. best_fit_eager_double: "
        "float64 wherever there is a scale.",
        Enumerator(NUMERIC_MAPPINGS, null_allowed=True),
        width=Width.SHORT,
        display_name="Map Numeric Values, Integral or Decimal, By Precision and Scale",
        recommender=lower_names(NUMERIC_MAPPINGS),
    ),
    shared_keys.dialect_name(),
    shared_keys.calendar_system(),
]

DATABASE_KEYS = in_group("Database", [*_CONNECTION, *_FILTERS, *_REST])

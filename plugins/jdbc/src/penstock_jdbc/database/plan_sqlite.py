"""SQLite: options of the xerial driver for the standard library's driver."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from sqlalchemy.engine import URL

from penstock_jdbc.database.driver_options import DriverOptions
from penstock_jdbc.database.jdbc_url import JdbcUrl

_BUSY_MS = 3000
"""How long xerial waits for a lock by default."""

_PRAGMAS = (
    "foreign_keys",
    "journal_mode",
    "synchronous",
    "cache_size",
    "temp_store",
    "locking_mode",
    "recursive_triggers",
    "secure_delete",
    "mmap_size",
    "wal_autocheckpoint",
    "journal_size_limit",
    "page_size",
    "encoding",
)
_URI_PARAMETERS = ("mode", "cache", "immutable", "vfs", "nolock", "psow", "modeof")


def plan_sqlite(url: JdbcUrl, options: DriverOptions) -> tuple[URL, dict[str, object], tuple[str, ...]]:
    """The URL, the arguments of ``sqlite3.connect`` and the PRAGMAs for every connection. Raises ValueError."""
    # Read from the URL by source and sink, which turn columns into values and back:
    options.accept("date_class", "date_precision", "date_string_format", "user", "password")
    path = url.parts.database or ""
    busy = options.number("busy_timeout")
    arguments: dict[str, object] = {
        "timeout": (_BUSY_MS if busy is None else busy) / 1000,
        "check_same_thread": False,  # a connection is handed from thread to thread, and interrupted from another
        "detect_types": 0,
    }
    if path.startswith("file:"):
        given = {name: value for name in _URI_PARAMETERS if (value := options.text(name)) is not None}
        path = f"{path}?{urlencode(given)}" if given else path
        arguments["uri"] = True
    elif path and path != ":memory:":
        mode = {"1": "ro", "6": "rwc", "2": "rw"}.get(options.text("open_mode") or "", "")
        if mode:
            path, arguments["uri"] = f"file:{quote(path)}?mode={mode}", True
    target = URL.create("sqlite+pysqlite", database=path or ":memory:")
    return target, {**arguments, "database": path or ":memory:"}, _pragmas(options)


def _pragmas(options: DriverOptions) -> tuple[str, ...]:
    found = []
    for name in _PRAGMAS:
        value = options.text(name)
        if value is not None:
            if not value.replace("_", "").replace("-", "").isalnum():
                raise ValueError(f"option {name} has the value '{value}', which no PRAGMA takes")
            found.append(f"PRAGMA {name} = {value}")
    return tuple(found)

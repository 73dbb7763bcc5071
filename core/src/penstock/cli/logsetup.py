"""Logging of the command line: Connect's line format, JSON lines, or whatever a file says.

Every handler gets the connector's context and hides resolved secrets, also those of a file.
"""

from __future__ import annotations

import json
import logging
import logging.config
import os
import sys
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from penstock.cli.exits import CommandError, ExitCode
from penstock.logcontext import SECRETS, ContextFilter
from penstock.rest.log_levels import LEVELS, level_name

FORMAT_VARIABLE = "PENSTOCK_LOG_FORMAT"
CONNECT_FORMAT = "[%(asctime)s] %(levelname)s %(connector_context)s%(message)s (%(name)s:%(lineno)d)"
"""Connect's default, ``[%d] %p %X{connector.context}%m (%c:%L)``."""


class ConnectFormatter(logging.Formatter):
    """Lines as log4j writes them: its names of levels, its dates, the connector's context before the message."""

    default_msec_format = "%s,%03d"

    def __init__(self, fmt: str = CONNECT_FORMAT, datefmt: str | None = None) -> None:
        super().__init__(fmt, datefmt, defaults={"connector_context": ""})

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the trace if there is one."""
        own = record.levelname
        record.levelname = level_name(record.levelno)
        try:
            return super().format(record)
        finally:
            record.levelname = own


class JsonFormatter(logging.Formatter):
    """One JSON object a line: timestamp, level, logger, thread, connector and task where there are any, message, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The object, on one line."""
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry: dict[str, object] = {
            "timestamp": f"{when}.{int(record.msecs):03d}Z",
            "level": level_name(record.levelno),
            "logger": record.name,
            "thread": record.threadName,
            **_context(getattr(record, "connector_context", "")),
            "message": record.getMessage(),
        }
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            entry["exception"] = record.exc_text
        return json.dumps(entry, ensure_ascii=False)


def set_up(config_file: Path | None, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Configure logging from ``config_file``, else to ``stream`` (standard output, as Connect) in the format of
    ``PENSTOCK_LOG_FORMAT``. Raises :class:`CommandError` for a file that cannot be used and an unknown format or level."""
    logging.addLevelName(LEVELS["TRACE"], "TRACE")
    if config_file is not None:
        _from_file(config_file)
    else:
        handler = logging.StreamHandler(sys.stdout if stream is None else stream)
        handler.setFormatter(_formatter(os.environ.get(FORMAT_VARIABLE, "connect")))
        root = logging.getLogger()
        for old in list(root.handlers):
            root.removeHandler(old)
        root.addHandler(handler)
        root.setLevel(_level(level))
    for each in _handlers():
        each.addFilter(ContextFilter())
        each.addFilter(SECRETS)
    logging.captureWarnings(capture=True)


def _formatter(name: str) -> logging.Formatter:
    if name == "connect":
        return ConnectFormatter()
    if name == "json":
        return JsonFormatter()
    if "%(" in name:
        return ConnectFormatter(name)
    raise CommandError(
        f"{FORMAT_VARIABLE} is '{name}'. It must be connect, json, or a format with %(message)s in it.", ExitCode.USAGE
    )


def _level(name: str) -> int:
    number = LEVELS.get(name.upper())
    if number is None:
        raise CommandError(f"Log level '{name}' is unknown. It must be one of {', '.join(LEVELS)}.", ExitCode.USAGE)
    return number


def _from_file(path: Path) -> None:
    """Python's dictConfig, as JSON or TOML. Loggers that exist already stay enabled unless the file says otherwise."""
    try:
        text = path.read_text()
        config = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except OSError as error:
        raise CommandError(f"The log configuration {path} cannot be read: {error.strerror}.", ExitCode.USAGE) from error
    except ValueError as error:
        kind = "TOML" if path.suffix == ".toml" else "JSON"
        raise CommandError(f"The log configuration {path} is malformed {kind}: {error}.", ExitCode.USAGE) from error
    try:
        logging.config.dictConfig({"version": 1, "disable_existing_loggers": False, **config})
    except (ValueError, TypeError, AttributeError, ImportError) as error:
        cause = f" ({error.__cause__})" if error.__cause__ else ""
        raise CommandError(
            f"The log configuration {path} is no configuration for logging: {error}{cause}. "
            "It must have the form of Python's logging.config.dictConfig.",
            ExitCode.USAGE,
        ) from error


def _handlers() -> list[logging.Handler]:
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    found = [handler for logger in loggers if isinstance(logger, logging.Logger) for handler in logger.handlers]
    return list(dict.fromkeys(found))


def _context(text: str) -> Mapping[str, object]:
    """``[name|task-0|offsets] `` in parts."""
    name, *rest = text.strip().removeprefix("[").removesuffix("]").split("|")
    if not name:
        return {}
    parts: dict[str, object] = {"connector": name}
    for each in rest:
        if each.startswith("task-"):
            parts["task"] = int(each.removeprefix("task-"))
        else:
            parts["scope"] = each
    return parts

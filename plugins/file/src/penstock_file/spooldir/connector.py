"""What the directory sources have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from penstock.api import (
    ConfigDef,
    ConfigException,
    ConfigValue,
    ConnectException,
    DataException,
    ExactlyOnceSupport,
    Offset,
    ParsedConfig,
    SourceConnector,
)
from penstock_file.settings import validate_options
from penstock_file.spooldir import names
from penstock_file.spooldir.identity import FILE_NAME, HEAD, INODE, OFFSET
from penstock_file.spooldir.keys import OWN_KEYS
from penstock_file.spooldir.settings import SpoolSettings

Check = Callable[[ParsedConfig], object]
"""Raises ConfigException for keys that don't go together."""


class SpoolDirConnector(SourceConnector):
    """One task or more; each reads the files whose names fall to it."""

    OWN: ClassVar[ConfigDef] = OWN_KEYS
    SPOOLDIR_GOES_ON: ClassVar[bool] = False
    """See :class:`penstock_file.spooldir.rows.Format`."""
    CHECKS: ClassVar[Sequence[tuple[str, Check]]] = ()
    """What to look at beyond single keys, and the key that is told what is wrong."""

    def start(self, props: Mapping[str, str]) -> None:
        """Raises ConfigException for settings that no task could start with."""
        SpoolSettings.of(self.config, props)
        for _, check in self.CHECKS:
            check(self.config)

    def task_configs(self, max_tasks: int) -> list[dict[str, str]]:
        """As many tasks as may be, numbered."""
        (common,) = super().task_configs(1)
        return [
            {**common, names.TASK_INDEX: str(index), names.TASK_COUNT: str(max_tasks)} for index in range(max_tasks)
        ]

    def validate(self, props: Mapping[str, str]) -> list[ConfigValue]:
        """SpoolDir's keys, those of Penstock's own that are set, and how they go together."""
        values = super().validate(props) + validate_options(self.OWN, props)
        if any(value.errors for value in values):
            return values
        config = self.config_def().parsed(props)
        by_name = {value.name: value for value in values}
        checks: list[tuple[str, Check]] = [
            (names.FINISHED_PATH, lambda parsed: SpoolSettings.of(parsed, props)),
            *self.CHECKS,
        ]
        for name, check in checks:
            try:
                check(config)
            except (ConfigException, DataException) as error:
                by_name[name].add_error(str(error))
                break  # the next one would find the same
        return values

    def exactly_once_support(self, props: Mapping[str, str]) -> ExactlyOnceSupport:  # noqa: ARG002
        """Files don't change while they are read, and every record has an offset."""
        return ExactlyOnceSupport.SUPPORTED

    def alter_offsets(self, props: Mapping[str, str], offsets: list[tuple[Offset, Offset | None]]) -> bool:  # noqa: ARG002
        """Refuse what a task could not read. A reset is allowed for anything."""
        for partition, offset in offsets:
            if offset is None:
                continue
            named = isinstance(partition.get(FILE_NAME), str) or isinstance(partition.get(INODE), int)
            if not named:
                raise ConnectException(
                    f"Partition objects should contain the key '{FILE_NAME}' with the name of a file, or '{INODE}' with its number"
                )
            number = offset.get(OFFSET)
            if not isinstance(number, int) or isinstance(number, bool) or number < 0:
                raise ConnectException(
                    f"Offset objects should either be null or contain the key '{OFFSET}' with the number of the last record that "
                    "is done"
                )
            if not self.SPOOLDIR_GOES_ON and HEAD not in offset:
                raise ConnectException(
                    f"Offset objects of this connector should be as they are shown, with another number as their '{OFFSET}': without "
                    f"'{HEAD}' a task cannot tell whether it has the same file before it, and reads it from its beginning"
                )
        return True

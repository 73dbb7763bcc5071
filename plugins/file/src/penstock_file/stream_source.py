"""FileStreamSource: each line of a file becomes a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from penstock.api import ConfigDef, ConfigValue, ConnectException, ExactlyOnceSupport, Offset, SourceConnector
from penstock_file.lines import POSITION_FIELD
from penstock_file.settings import FILE_CONFIG, SOURCE_CONFIG, SOURCE_OPTIONS, validate_options

FILENAME_FIELD = "filename"


class FileStreamSourceConnector(SourceConnector):
    """One file, one task, one source partition: ``{"filename": …}`` with offsets ``{"position": …}`` in bytes."""

    CONFIG: ClassVar[ConfigDef] = SOURCE_CONFIG
    connect_name = "org.apache.kafka.connect.file.FileStreamSourceConnector"
    task_class = "penstock_file.source_task:FileStreamSourceTask"

    def validate(self, props: Mapping[str, str]) -> list[ConfigValue]:
        """Connect's keys, and those of Penstock's options that are set."""
        return super().validate(props) + validate_options(SOURCE_OPTIONS, props)

    def exactly_once_support(self, props: Mapping[str, str]) -> ExactlyOnceSupport:
        """Possible for a file, to which lines are only added. Standard input cannot be read again."""
        file = self.CONFIG.parsed(props).get_string(FILE_CONFIG, None)
        return ExactlyOnceSupport.SUPPORTED if file else ExactlyOnceSupport.UNSUPPORTED

    def alter_offsets(self, props: Mapping[str, str], offsets: list[tuple[Offset, Offset | None]]) -> bool:
        """Refuse what the task could not read. A reset is allowed for anything, so that garbage can be cleaned up."""
        if not self.CONFIG.parsed(props).get_string(FILE_CONFIG, None):
            raise ConnectException(
                f"Offsets cannot be modified if the '{FILE_CONFIG}' configuration is unspecified. "
                "This is because stdin is used for input and offsets are not tracked."
            )
        for partition, offset in offsets:
            if offset is not None:
                _check_offset(offset)
                _check_partition(partition)
        return True  # whether the file has such a position shows when the task starts


def is_long(value: object) -> bool:
    """Whether Connect reads a value as a Long."""
    return isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) <= value < 1 << 63


def _check_offset(offset: Offset) -> None:
    if POSITION_FIELD not in offset:
        raise ConnectException(f"Offset objects should either be null or contain the key '{POSITION_FIELD}'")
    position = offset[POSITION_FIELD]
    if not isinstance(position, int) or not is_long(position):
        raise ConnectException(f"The value for the '{POSITION_FIELD}' key in the offset is expected to be a Long value")
    if position < 0:
        raise ConnectException(f"The value for the '{POSITION_FIELD}' key in the offset should be a non-negative value")


def _check_partition(partition: Offset | None) -> None:
    if partition is None:
        raise ConnectException("Partition objects cannot be null")
    if FILENAME_FIELD not in partition:
        raise ConnectException(f"Partition objects should contain the key '{FILENAME_FIELD}'")

"""Which names of objects Aiven's templates may make, and how records are grouped under them (spec 13)."""

from __future__ import annotations

import enum
import re

from penstock.api import ConfigException

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*(?::[^}]*)?\}\}")
DEFAULT_NAME = "{{topic}}-{{partition}}-{{start_offset:padding=true}}"
"""What names are without file.name.template; the prefix stands before it."""


class Grouping(enum.Enum):
    """What records of one object have in common."""

    PARTITION = frozenset({"topic", "partition", "start_offset"})
    """Topic and partition, and the time where it is in the name."""
    KEY_OF_PARTITION = frozenset({"topic", "partition", "key", "start_offset"})
    LAST_OF_KEY = frozenset({"key"})
    """The object holds the last value of its key."""
    LAST_OF_KEY_OF_PARTITION = frozenset({"key", "topic", "partition"})

    @property
    def compacted(self) -> bool:
        """Whether an object is written over by the next record of its key."""
        return "start_offset" not in self.value


def has_groups(template: str) -> bool:
    """Whether records of one topic partition may belong to several objects at a time."""
    return bool({"key", "timestamp"} & set(_VARIABLE.findall(template)))


def check_name_template(template: str) -> Grouping:
    """How records are grouped. Raises ConfigException for variables that do not name objects apart."""
    names = {str(name) for name in _VARIABLE.findall(template)}
    plain = names - {"timestamp"}
    for grouping in Grouping:
        if plain == grouping.value and (plain == names or not grouping.compacted):
            return grouping
    supported = "; ".join(
        ",".join(sorted(grouping.value) + ([] if grouping.compacted else ["timestamp"])) for grouping in Grouping
    )
    raise ConfigException(
        f"unsupported set of template variables ({','.join(sorted(names))}), supported sets are: {supported} "
        "(timestamp may be left out)"
    )

"""What the connectors that number their records share: task ids, resuming, throttling, and lines of JSON on stdout.

Like Connect's own, these connectors declare no configuration keys: what they read is told by their tasks' errors.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping

from penstock.api import ConfigException, ConnectException, SourceTaskContext, TaskContext

NAME_CONFIG = "name"
ID_CONFIG = "id"
TOPIC_CONFIG = "topic"
THROUGHPUT_CONFIG = "throughput"
ID_FIELD = "id"
SEQNO_FIELD = "seqno"


def numbered_task_configs(props: Mapping[str, str | None], max_tasks: int) -> list[dict[str, str]]:
    """Exactly ``max_tasks`` configs: the connector's, each with its number under ``id``."""
    given = {key: value for key, value in props.items() if value is not None}
    return [given | {ID_CONFIG: str(number)} for number in range(max_tasks)]


def number(props: Mapping[str, str], key: str, task: str, default: int | None = None) -> int:
    """The integer under ``key``. Raises ConnectException in Connect's words; its cause names the key."""
    text = props.get(key)
    if text is None and default is not None:
        return default
    try:
        return int(text or "")
    except ValueError:
        cause = ConfigException.of(key, text, "Not a number of type LONG")
        raise ConnectException(f"Invalid {task} configuration") from cause


def next_number(context: SourceTaskContext, partition: Mapping[str, object]) -> int:
    """The number after the one that was stored last; 0 at the first start. Raises ConnectException."""
    stored = context.offset_storage_reader.offset(partition)
    if stored is None:
        return 0
    last = stored.get(SEQNO_FIELD)
    if not isinstance(last, int):
        raise ConnectException(
            f"The stored offset of {dict(partition)} holds no number under '{SEQNO_FIELD}': {stored}"
        )
    return last + 1


class Throttle:
    """Keeps to ``per_second`` records on average; below 0 there is no limit, 0 means none at all."""

    def __init__(self, per_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._clock = clock
        self._started = clock()
        self._done = 0

    def wait(self, context: TaskContext) -> bool:
        """Wait for the next record's turn, a second at most. Whether it has come."""
        if self._per_second < 0:
            return True
        if self._per_second == 0:
            context.wait(1.0)
            return False
        due = self._started + self._done / self._per_second
        early = due - self._clock()
        if early > 0 and (context.wait(min(early, 1.0)) or self._clock() < due):
            return False
        self._done += 1
        return True


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def tell(data: Mapping[str, object]) -> None:
    """One line of JSON on standard output, whole, so that lines of several threads don't mix."""
    sys.stdout.write(json.dumps(data, default=str, separators=(",", ":")) + "\n")
    sys.stdout.flush()

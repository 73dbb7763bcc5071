"""``tasks.max`` and its enforcement (KIP-1004, spec 3.4)."""

from __future__ import annotations

import logging

from penstock.api.config import ParsedConfig
from penstock.api.exceptions import ConnectException

logger = logging.getLogger(__name__)


class TooManyTasksError(ConnectException):
    """The connector made more task configs than it may; it FAILS, and trying again would not help."""


def check_task_count(connector: str, generated: int, parsed: ParsedConfig) -> None:
    """Raises :class:`TooManyTasksError` with Connect's text, or only warns where ``tasks.max.enforce`` is false."""
    limit = parsed.get_int("tasks.max")
    if generated <= limit:
        return
    text = f"The connector {connector} has generated {generated} tasks, which is greater than {limit}, the maximum number of "
    if parsed.get_bool("tasks.max.enforce"):
        raise TooManyTasksError(
            f"{text}tasks it is configured to create. This behaviour should be considered a bug and is disallowed. If "
            "necessary, it can be permitted by reconfiguring the connector with 'tasks.max.enforce' set to false; however, "
            "this option will be removed in a future release of Kafka Connect."
        )
    logger.warning(
        "%stasks it is configured to create. This behaviour should be considered a bug and will be disallowed in future "
        "releases of Kafka Connect. Please report this to the maintainers of the connector and request that they adjust "
        "their connector's taskConfigs() method to respect the maxTasks parameter.",
        text,
    )

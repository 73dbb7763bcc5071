"""Dividing a connector's work: its task configs, as they are stored (spec 3.4, 3.5)."""

from __future__ import annotations

from penstock.config.sink import TOPICS, TOPICS_REGEX
from penstock.tasks.build import BuiltConnector, task_class_of
from penstock.tasks.resolution import reverse
from penstock.tasks.spec import ConnectorSpec
from penstock.tasks.task_count import check_task_count

TASK_CLASS = "task.class"


def divide(spec: ConnectorSpec, built: BuiltConnector, max_tasks: int) -> list[dict[str, str]]:
    """Ask the connector, check the number, add ``task.class`` and a sink's topics, put references back.

    ``max_tasks`` 0 means ``tasks.max`` of the config. On the connector's thread. Raises TooManyTasksError, and whatever
    the connector raises.
    """
    limit = max_tasks or built.parsed.get_int("tasks.max")
    configs = built.connector.task_configs(limit)
    check_task_count(spec.name, len(configs), built.parsed)
    task_class = task_class_of(type(built.connector))
    added = {TASK_CLASS: task_class.connect_name or f"{task_class.__module__}.{task_class.__qualname__}"}
    for key in (TOPICS, TOPICS_REGEX):
        if built.props.get(key):
            added[key] = built.props[key]
    return [reverse(spec.config, {**config, **added}) for config in configs]

"""What only a distributed worker checks in a connector's config (spec 1.10): groups of sinks, exactly-once of sources."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from penstock.api.config import ConfigValue
from penstock.api.connector import ConnectorTransactionBoundaries, ExactlyOnceSupport, SourceConnector
from penstock.config.source import EXACTLY_ONCE_SUPPORT, TRANSACTION_BOUNDARY

logger = logging.getLogger(__name__)

Props = Mapping[str, str | None]
_GROUP_OVERRIDE = "consumer.override.group.id"


def check_sink_group(props: Props, values: dict[str, ConfigValue], worker_group: str) -> None:
    """A sink's consumer group must not be the workers' own."""
    if _GROUP_OVERRIDE in props:
        group = props[_GROUP_OVERRIDE]
        value = values.setdefault(_GROUP_OVERRIDE, ConfigValue(_GROUP_OVERRIDE, group))
        if group == worker_group:
            value.add_error(f"Consumer group {group} conflicts with Connect worker group {worker_group}")
        return
    name = values["name"]
    if worker_group == f"connect-{name.value}":
        name.add_error(
            f"Consumer group for sink connector named {name.value} conflicts with Connect worker group {worker_group}"
        )


def check_exactly_once(
    props: Mapping[str, str], values: dict[str, ConfigValue], connector: SourceConnector, *, enabled: bool
) -> None:
    """``exactly.once.support=required`` needs a worker and a connector that can; ``transaction.boundary=connector`` a
    connector that can. What the connector raises becomes an error of the key."""
    support = values[EXACTLY_ONCE_SUPPORT]
    if not support.errors and str(support.value).lower() == "required":
        if not enabled:
            support.add_error("This worker does not have exactly-once source support enabled.")
        _ask(support, lambda: _support_error(connector.exactly_once_support(props)))
    boundary = values[TRANSACTION_BOUNDARY]
    if not boundary.errors and str(boundary.value).lower() == "connector":
        _ask(boundary, lambda: _boundary_error(connector.can_define_transaction_boundaries(props)))


def _ask(value: ConfigValue, question: Callable[[], str | None]) -> None:
    try:
        error = question()
    except Exception as failure:
        logger.exception("The connector failed to answer for %s", value.name)
        told = str(failure).strip()
        error = "An unexpected error occurred during validation" + (
            f": {told}" if told else "; please see the worker logs for more details."
        )
    if error is not None:
        value.add_error(error)


def _support_error(support: ExactlyOnceSupport | None) -> str | None:
    if support is ExactlyOnceSupport.SUPPORTED:
        return None
    if support is ExactlyOnceSupport.UNSUPPORTED:
        return "The connector does not support exactly-once semantics with the provided configuration."
    return (
        "The connector does not implement the API required for preflight validation of exactly-once source support. Please "
        "consult the documentation for the connector to determine whether it supports exactly-once semantics, and then "
        'consider reconfiguring the connector to use the value "requested" for this property (which will disable this '
        "preflight check and allow the connector to be created)."
    )


def _boundary_error(boundaries: ConnectorTransactionBoundaries | None) -> str | None:
    if boundaries is ConnectorTransactionBoundaries.SUPPORTED:
        return None
    if boundaries is None:
        return (
            "This connector has returned a null value from its canDefineTransactionBoundaries method, which is not "
            "permitted. The connector will be treated as if it cannot define its own transaction boundaries, and cannot be "
            "configured with 'transaction.boundary' set to 'connector'."
        )
    return (
        "The connector does not support connector-defined transaction boundaries with the given configuration. Please "
        "reconfigure it to use a different transaction boundary definition."
    )

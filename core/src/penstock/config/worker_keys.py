"""Keys that every worker understands (spec 2.1), and those that only Penstock has."""

from __future__ import annotations

from penstock.api.config import REQUIRED, ConfigDef, ConfigType, Importance
from penstock.api.validators import at_least, non_empty, one_of, one_of_ignoring_case, unique_list
from penstock.config.rest_keys import REST_KEYS
from penstock.config.security_keys import SSL_KEYS

JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter"
SIMPLE_HEADER_CONVERTER = "org.apache.kafka.connect.storage.SimpleHeaderConverter"

_PLUGINS = (
    ConfigDef()
    .define(
        "header.converter",
        ConfigType.CLASS,
        default=SIMPLE_HEADER_CONVERTER,
        importance=Importance.LOW,
        doc="Converter of record headers for connectors that name none; its own keys follow as header.converter.<key>.",
    )
    .define(
        "header.converter.plugin.version",
        ConfigType.STRING,
        default=None,
        importance=Importance.LOW,
        doc="Version of the header converter. One version of a Python package is installed at a time: no other can be met.",
    )
    .define(
        "plugin.path",
        ConfigType.LIST,
        default=None,
        importance=Importance.LOW,
        doc="Where Java plugins lie. Plugins of Penstock are installed Python packages, so this has no effect.",
        validator=unique_list(empty_allowed=False, null_allowed=True),
    )
    .define(
        "plugin.discovery",
        ConfigType.STRING,
        default="hybrid_warn",
        importance=Importance.LOW,
        doc="How Java plugins are found. Plugins of Penstock are found by their entry points, so this has no effect.",
        validator=one_of_ignoring_case("only_scan", "service_load", "hybrid_warn", "hybrid_fail"),
    )
    .define(
        "config.providers",
        ConfigType.LIST,
        default=[],
        importance=Importance.LOW,
        doc="Names of config providers; config.providers.<name>.class says which, config.providers.<name>.param.<key> sets it up.",
        validator=unique_list(empty_allowed=True, null_allowed=False),
    )
    .define(
        "connector.client.config.override.policy",
        ConfigType.STRING,
        default="All",
        importance=Importance.MEDIUM,
        doc="Which Kafka client settings connectors may override: All, None, Principal, or the class of another policy.",
    )
)

_RUNTIME = (
    ConfigDef()
    .define(
        "task.shutdown.graceful.timeout.ms",
        ConfigType.LONG,
        default=5000,
        importance=Importance.LOW,
        doc="How long tasks that are stopped together may take, all in all; then they are killed.",
    )
    .define(
        "offset.flush.interval.ms",
        ConfigType.LONG,
        default=60_000,
        importance=Importance.LOW,
        doc="How often source offsets are stored and sink offsets committed.",
    )
    .define(
        "offset.flush.timeout.ms",
        ConfigType.LONG,
        default=5000,
        importance=Importance.LOW,
        doc="How long storing or committing offsets may take before it counts as failed and is tried again later.",
    )
    .define(
        "topic.creation.enable",
        ConfigType.BOOLEAN,
        default=True,
        importance=Importance.LOW,
        doc="Whether source connectors with topic.creation.* keys have their topics created.",
    )
    .define(
        "topic.tracking.enable",
        ConfigType.BOOLEAN,
        default=True,
        importance=Importance.LOW,
        doc="Whether the topics that each connector uses are recorded and shown.",
    )
    .define(
        "topic.tracking.allow.reset",
        ConfigType.BOOLEAN,
        default=True,
        importance=Importance.LOW,
        doc="Whether the recorded topics of a connector may be reset through REST.",
    )
)

_METRICS = (
    ConfigDef()
    .define(
        "metrics.sample.window.ms",
        ConfigType.LONG,
        default=30_000,
        importance=Importance.LOW,
        doc="Over how long a metric is averaged.",
        validator=at_least(0),
    )
    .define(
        "metrics.num.samples",
        ConfigType.INT,
        default=2,
        importance=Importance.LOW,
        doc="How many such windows are kept.",
        validator=at_least(1),
    )
    .define(
        "metrics.recording.level",
        ConfigType.STRING,
        default="INFO",
        importance=Importance.LOW,
        doc="The finest metrics that are kept: INFO or DEBUG.",
        validator=one_of("INFO", "DEBUG"),
    )
    .define(
        "metric.reporters",
        ConfigType.LIST,
        default="org.apache.kafka.common.metrics.JmxReporter",
        importance=Importance.LOW,
        doc="Java classes that report metrics. Penstock has no JVM and reports over HTTP, so this has no effect.",
        validator=unique_list(empty_allowed=True, null_allowed=False),
    )
)

_BROKERS = ConfigDef().define(
    "client.dns.lookup",
    ConfigType.STRING,
    default="use_all_dns_ips",
    importance=Importance.MEDIUM,
    doc="How clients resolve the names of brokers.",
    validator=one_of("use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"),
)

PENSTOCK_KEYS = (
    ConfigDef()
    .define(
        "task.isolation",
        ConfigType.STRING,
        default="process",
        importance=Importance.LOW,
        doc="process: each task in a process of its own. thread: all inside the worker, for a debugger or a small test.",
        validator=one_of("process", "thread"),
    )
    .define(
        "plugin.discovery.timeout.ms",
        ConfigType.LONG,
        default=10_000,
        importance=Importance.LOW,
        doc="How long the search for plugins may take before what hangs is left out.",
        validator=at_least(1),
    )
    .define(
        "embedded.log.path",
        ConfigType.STRING,
        default="penstock-log.db",
        importance=Importance.LOW,
        doc="Embedded mode (no bootstrap.servers): the file that holds topics, offsets and connectors.",
        validator=non_empty(),
    )
    .define(
        "embedded.log.durability",
        ConfigType.STRING,
        default="NORMAL",
        importance=Importance.LOW,
        doc="What the embedded log survives: NORMAL a crash of any process, FULL also a power cut, at the cost of speed.",
        validator=one_of("NORMAL", "FULL"),
    )
    .define(
        "embedded.log.retention.ms",
        ConfigType.LONG,
        default=604_800_000,
        importance=Importance.LOW,
        doc="How long records stay in topics of the embedded log that set no retention.ms of their own; -1 for ever.",
        validator=at_least(-1),
    )
    .define(
        "embedded.log.retention.bytes",
        ConfigType.LONG,
        default=4_294_967_296,
        importance=Importance.LOW,
        doc="How many bytes a partition of the embedded log holds before the oldest go, for topics that set no "
        "retention.bytes of their own; -1 for any number.",
        validator=at_least(-1),
    )
)


def converter_keys(default: object = REQUIRED) -> ConfigDef:
    """Key and value converter. Connect requires them; in embedded mode ``default`` stands in."""
    keys = ConfigDef()
    for part in ("key", "value"):
        keys = keys.define(
            f"{part}.converter",
            ConfigType.CLASS,
            default=default,
            importance=Importance.HIGH,
            doc=f"Converter of record {part}s for connectors that name none; its own keys follow as {part}.converter.<key>. "
            f"In embedded mode {JSON_CONVERTER} unless set, as in Connect's sample configuration.",
        ).define(
            f"{part}.converter.plugin.version",
            ConfigType.STRING,
            default=None,
            importance=Importance.LOW,
            doc=f"Version of the {part} converter. One version of a Python package is installed at a time.",
        )
    return keys


def bootstrap_keys(default: object = REQUIRED) -> ConfigDef:
    """Where Kafka is; in embedded mode nowhere."""
    return ConfigDef().define(
        "bootstrap.servers",
        ConfigType.LIST,
        default=default,
        importance=Importance.HIGH,
        doc="Brokers to begin with, as host:port, separated by commas. Not set: the embedded log is used.",
        validator=unique_list(empty_allowed=False, null_allowed=default is None),
    )


COMMON_KEYS = _BROKERS.including([*_RUNTIME, *_PLUGINS, *_METRICS, *SSL_KEYS, *REST_KEYS])

STANDALONE_KEYS = ConfigDef().define(
    "offset.storage.file.filename",
    ConfigType.STRING,
    importance=Importance.HIGH,
    doc="The file in which a standalone worker keeps source offsets, in the format of Connect.",
)

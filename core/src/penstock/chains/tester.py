"""Chains from a test: what the pytest fixture ``chain`` gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from penstock.api.converter import SchemaAndValue
from penstock.api.hooks import PluginKind
from penstock.api.record import ConnectRecord, SinkRecord
from penstock.chains.build import Setting, raw_parts
from penstock.chains.case import load_case
from penstock.chains.message import DEFAULT_TOPIC, Failed, Message, Outcome, Part, Passed
from penstock.chains.run import ChainError, run_chain
from penstock.discovery.plugins import PluginIndex

_KINDS = {"source": PluginKind.SOURCE, "sink": PluginKind.SINK}


@dataclass(frozen=True, slots=True)
class ChainResult:
    """What became of each record, in order."""

    outcomes: Sequence[Outcome]

    @property
    def messages(self) -> list[Message]:
        """What came out."""
        return [outcome.message for outcome in self.outcomes if isinstance(outcome, Passed)]

    @property
    def values(self) -> list[object]:
        """The values that came out: data without their schemas, or bytes."""
        return [_plain(message.value) for message in self.messages]

    @property
    def failures(self) -> list[Failed]:
        """What failed."""
        return [outcome for outcome in self.outcomes if isinstance(outcome, Failed)]


class ChainTester:
    """Runs chains over records given in Python, or in chain files. ``update``: files are written anew instead of compared."""

    def __init__(self, index: PluginIndex, *, update: bool = False) -> None:
        self._index = index
        self._update = update

    def __call__(
        self,
        config: Mapping[str, object],
        records: Sequence[object],
        *,
        task: str = "source",
        worker: Mapping[str, str] | None = None,
    ) -> ChainResult:
        """Run the chain of a connector config (``transforms``, ``predicates``, ``errors.*``, converters) over records.

        A ``type`` may be a name, as in every config, or the function or class itself. A record is a plain value, a
        SourceRecord or SinkRecord, or a Message. Where a converter is named, a sink's values are bytes (a text stands for its
        UTF-8). Raises as :func:`penstock.chains.run.run_chain`.
        """
        if task not in _KINDS:
            raise ChainError(f"task must be 'source' or 'sink', not {task!r}")
        settings = {key: _text(key, value) for key, value in config.items()}
        setting = Setting(_KINDS[task], self._index, worker or {})
        raw = task == "sink" and "value.converter" in raw_parts(settings, setting.worker)
        return ChainResult(run_chain(settings, setting, [_message(record, raw=raw) for record in records]))

    def check(self, path: str | Path) -> None:
        """Hold a chain file to what it expects, as ``penstock chain test`` does; with ``--update-chains`` write it anew.

        Raises AssertionError with all differences, and CaseError for a file that cannot be used.
        """
        __tracebackhide__ = True
        case = load_case(Path(path), self._index)
        differences = case.run()
        if differences and self._update:
            case.update(differences)
        elif differences:
            lines = [f"{case.path}: {len(differences)} of {len(case.entries)} records not as expected"]
            for difference in differences:
                about = f" ({difference.about})" if difference.about else ""
                lines += [f"record {difference.number}{about}", *(f"  {line}" for line in difference.lines())]
            raise AssertionError("\n".join(lines))


def _text(key: str, value: object) -> str | None:
    """A config value as text; a function or class by its place."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if not callable(value):
        return str(value)
    place = f"{value.__module__}:{getattr(value, '__qualname__', '')}"
    if "<locals>" in place:
        raise ChainError(
            f"{key}: {place} is defined inside a function, where it cannot be imported: define it in a module"
        )
    return place


def _message(record: object, *, raw: bool) -> Message:
    match record:
        case Message():
            return record
        case ConnectRecord():
            return Message(
                topic=record.topic or DEFAULT_TOPIC,
                value=SchemaAndValue(record.value_schema, record.value),
                key=SchemaAndValue(record.key_schema, record.key),
                headers=tuple((header.key, SchemaAndValue(header.schema, header.value)) for header in record.headers),
                timestamp=record.timestamp,
                partition=record.kafka_partition,
                offset=record.kafka_offset if isinstance(record, SinkRecord) else None,
            )
        case SchemaAndValue():
            return Message(value=record)
    if not raw:
        return Message(value=SchemaAndValue(None, record))
    if not (record is None or isinstance(record, (bytes, str))):
        raise ChainError(f"value.converter reads bytes or text, not {record!r}")
    return Message(value=record.encode() if isinstance(record, str) else record)


def _plain(part: Part) -> object:
    return part.value if isinstance(part, SchemaAndValue) else part

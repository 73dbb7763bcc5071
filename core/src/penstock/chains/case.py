"""Chain files: messages, the config of a chain, and what is expected to become of each message (docs/testing-a-chain.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from penstock.api.exceptions import ConnectException
from penstock.api.hooks import PluginKind
from penstock.chains.build import Setting, raw_parts
from penstock.chains.expected import EXPECTATIONS, Difference, Entry, Judge, Node
from penstock.chains.form import IN_KEYS, OUT_KEYS, Form
from penstock.chains.message import DEFAULT_TOPIC
from penstock.chains.parts import DataForm
from penstock.chains.run import run_chain
from penstock.chains.text import loads, pretty
from penstock.config.connector_file import load_connector_file
from penstock.config.properties import load_properties
from penstock.discovery.plugins import CONNECTORS, AmbiguousPluginError, PluginIndex, PluginNotFoundError
from penstock.errors.trace import class_name

_FILE_KEYS = ("about", "task", "config", "worker", "topic", "records")
_ERROR_KEYS = ("stage", "class", "error", "message")
_KINDS = {"source": PluginKind.SOURCE, "sink": PluginKind.SINK}
_NOTHING: frozenset[str] = frozenset()


class CaseError(ConnectException):
    """A chain file that cannot be used; the text names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Case:
    """A chain file, read. ``document`` is the whole of it."""

    path: Path
    document: Mapping[str, object]
    config: Mapping[str, str | None]
    setting: Setting
    entries: Sequence[Entry]
    judge: Judge

    def run(self) -> list[Difference]:
        """Run the chain over all records; what differs, in order. Raises CaseError when there can be no such chain."""
        try:
            outcomes = run_chain(self.config, self.setting, [entry.message for entry in self.entries])
        except Exception as error:
            raise CaseError(f"{self.path}: the chain cannot be run: {class_name(error)}: {error}") from error
        found = map(self.judge.judge, self.entries, outcomes)
        return [difference for difference in found if difference is not None]

    def update(self, differences: Sequence[Difference]) -> None:
        """Write the file anew, with what was found in place of what was expected; all else stays. Raises CaseError."""
        records = [dict(record) for record in _objects(self.document["records"])]
        for difference in differences:
            record = records[difference.number - 1]
            for key in EXPECTATIONS:
                record.pop(key, None)
            record.update(difference.update)
        try:
            self.path.write_text(pretty({**self.document, "records": records}) + "\n", encoding="utf-8")
        except OSError as error:
            raise CaseError(f"{self.path} cannot be written: {error.strerror}") from error


def load_case(path: Path, index: PluginIndex) -> Case:
    """Read a chain file. Raises :class:`CaseError`."""
    try:
        return _case(path, loads(path.read_bytes()), index)
    except OSError as error:
        raise CaseError(f"{error.filename or path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise CaseError(f"{path}: {error}") from error


def _case(path: Path, document: object, index: PluginIndex) -> Case:
    if not isinstance(document, dict):
        raise ValueError("the file must hold one object")  # noqa: TRY004  # told as everything that is wrong in a file
    _check_keys(document, _FILE_KEYS, "the file")
    config = _config(path, document.get("config"))
    worker = _worker(path, document.get("worker"))
    setting = Setting(_kind(document, config, index), index, worker)
    raw = raw_parts(config, worker)
    is_sink = setting.kind is PluginKind.SINK
    data = DataForm()
    judge = Judge(Form(raw if is_sink else _NOTHING, data), Form(_NOTHING if is_sink else raw, data), is_sink)
    topic = document.get("topic", DEFAULT_TOPIC)
    records = document.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise ValueError("'records' must be a list of objects, each with 'in' and what is expected of it")
    entries = [
        _entry(number, record, {"topic": topic}, judge.before) for number, record in enumerate(_objects(records), 1)
    ]
    return Case(path, document, config, setting, entries, judge)


def _entry(number: int, record: Node, defaults: Node, form: Form) -> Entry:
    where = f"record {number}"
    _check_keys(record, ("about", "in", *EXPECTATIONS), where)
    given = record.get("in")
    if not isinstance(given, dict):
        raise ValueError(f"{where} needs 'in', an object")  # noqa: TRY004
    _check_keys(given, IN_KEYS, f"'in' of {where}")
    expectation = {key: record[key] for key in EXPECTATIONS if key in record}
    if len(expectation) > 1:
        raise ValueError(f"{where} expects several things at once: {' and '.join(expectation)}")
    for key, known in (("out", OUT_KEYS), ("error", _ERROR_KEYS)):
        if key in expectation:
            if not isinstance(expectation[key], dict):
                raise ValueError(
                    f"'{key}' of {where} must be an object; a record that is dropped has '\"dropped\": true'"
                )
            _check_keys(expectation[key], known, f"'{key}' of {where}")
    for key in ("dropped", "unreached"):
        if expectation.get(key, True) is not True:
            raise ValueError(f"'{key}' of {where} can only be true")
    about = record.get("about")
    return Entry(number, None if about is None else str(about), form.read({**defaults, **given}, where), expectation)


def _kind(document: Node, config: Mapping[str, str | None], index: PluginIndex) -> PluginKind:
    """Source or sink: as the file says, else as the connector's class is, else by whether the config reads topics."""
    said = document.get("task")
    if said is not None:
        if said not in _KINDS:
            raise ValueError(f'\'task\' must be "source" or "sink", not {said!r}')
        return _KINDS[str(said)]
    try:
        return index.find(CONNECTORS, config.get("connector.class") or "").kind
    except (PluginNotFoundError, AmbiguousPluginError):
        reads = "topics" in config or "topics.regex" in config
        return PluginKind.SINK if reads else PluginKind.SOURCE


def _config(path: Path, given: object) -> Mapping[str, str | None]:
    if isinstance(given, str):
        try:
            return load_connector_file(path.parent / given).config
        except ConnectException as error:
            raise ValueError(str(error)) from error
    return _texts(given, "config", "or the name of a connector's file")


def _worker(path: Path, given: object) -> Mapping[str, str]:
    if isinstance(given, str):
        return load_properties(path.parent / given)
    texts = _texts({} if given is None else given, "worker", "or the name of a properties file")
    return {key: value for key, value in texts.items() if value is not None}


def _texts(node: object, key: str, other: str) -> dict[str, str | None]:
    if not isinstance(node, dict):
        raise ValueError(f"'{key}' must be an object of keys and values, {other}")  # noqa: TRY004
    texts: dict[str, str | None] = {}
    for name, value in node.items():
        if isinstance(value, (dict, list)):
            raise ValueError(f"'{name}' in '{key}' must be a text, a number, true, false or null")  # noqa: TRY004
        texts[name] = None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return texts


def _objects(node: object) -> list[dict[str, object]]:
    assert isinstance(node, list), "checked when the file was read"
    return node


def _check_keys(node: object, known: Sequence[str], where: str) -> None:
    assert isinstance(node, Mapping)
    unknown = [key for key in node if key not in known]
    if unknown:
        raise ValueError(f"{where} has the unknown key '{unknown[0]}'; known are {', '.join(known)}")

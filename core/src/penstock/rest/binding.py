"""Nodes of a request body into what a resource takes, with the errors of Jackson's data binding.

The Java types are named because clients and Kafka's own tests match on these texts (spec 1.2); all were seen on 4.3.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from penstock.herder.results import ConnectorOffset
from penstock.rest.json_reader import BadBodyError, Document, Kind, Node, read
from penstock.states import TargetState

_T = TypeVar("_T")
_ENTITIES = "org.apache.kafka.connect.runtime.rest.entities."
_CREATE = _ENTITIES + "CreateConnectorRequest"
_OFFSETS = _ENTITIES + "ConnectorOffsets"
_OFFSET = _ENTITIES + "ConnectorOffset"
_INITIAL = _CREATE + "$InitialState"
_MAP = "java.util.LinkedHashMap"
_STRING = "java.lang.String"
_LONGEST_NUMBER = 1000
INITIAL_STATES = {"RUNNING": TargetState.STARTED, "PAUSED": TargetState.PAUSED, "STOPPED": TargetState.STOPPED}
"""What a request may ask a new connector to start as, and what is then wanted of it (KIP-980)."""

StringMap = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """Body of ``POST /connectors``. Null and missing are the same, as in Java."""

    name: str | None
    config: StringMap | None
    initial_state: TargetState | None


def string_map(body: bytes) -> StringMap | None:
    """A flat object of strings; scalars become their text, nulls stay."""
    document = read(body, f"{_MAP}<{_STRING},{_STRING}>")
    return None if document.root is None else _At(document).string_map(document.root)


def create_request(body: bytes) -> CreateRequest | None:
    """Body of ``POST /connectors``."""
    document = read(body, _CREATE)
    if document.root is None:
        return None
    at = _At(document)
    fields = at.record(document.root, _CREATE, ("config", "name", "initial_state"))
    if fields is None:
        return None
    return CreateRequest(
        name=at.member(fields, _CREATE, "name", _At.string),
        config=at.member(fields, _CREATE, "config", _At.string_map),
        initial_state=at.member(fields, _CREATE, "initial_state", _At.initial_state),
    )


def offsets(body: bytes) -> list[ConnectorOffset | None] | None:
    """Body of ``PATCH /connectors/{c}/offsets``: its ``offsets``, None where they are missing."""
    document = read(body, _OFFSETS)
    if document.root is None:
        return None
    at = _At(document)
    fields = at.record(document.root, _OFFSETS, ("offsets",))
    return None if fields is None else at.member(fields, _OFFSETS, "offsets", _At.offset_list)


def task_configs(body: bytes) -> list[StringMap | None] | None:
    """Body of ``POST /connectors/{c}/tasks``. Java reads the raw bytes here, so that nothing at all is an error."""
    list_type = f"java.util.ArrayList<java.util.Map<{_STRING},{_STRING}>>"
    document = read(body, list_type)
    if document.root is None:
        raise BadBodyError("No content to map due to end-of-input" + document.at(0).replace(", column: 1", ""))
    return _At(document).array(document.root, list_type, _At.string_map)


@dataclass(frozen=True, slots=True)
class _At:
    """A place in a document: ``chain`` is the way to it, for the error text."""

    document: Document
    chain: tuple[str, ...] = ()

    def member(
        self, fields: dict[str, Node], owner: str, name: str, convert: Callable[[_At, Node], _T | None]
    ) -> _T | None:
        node = fields.get(name)
        return None if node is None else convert(self._into(owner, f'"{name}"'), node)

    def record(self, node: Node, type_name: str, known: tuple[str, ...]) -> dict[str, Node] | None:
        """The fields of an entity; unknown ones are refused, after the known ones were read."""
        if node.kind is Kind.NULL:
            return None
        if node.kind is not Kind.OBJECT or node.members is None:
            self._no_record(node, type_name)
        for name in node.members:
            if name not in known:
                count = "one known property" if len(known) == 1 else f"{len(known)} known properties"
                listed = ", ".join(f'"{each}"' for each in known)
                place = self._into(type_name, f'"{name}"')
                place.fail(
                    f'Unrecognized field "{name}" (class {type_name}), not marked as ignorable ({count}: {listed})',
                    node.end,
                )
        return node.members

    def string(self, node: Node) -> str | None:
        if node.kind is Kind.NULL:
            return None
        if node.kind in (Kind.OBJECT, Kind.ARRAY):
            self._mismatch(node, _STRING)
        return node.text

    def string_map(self, node: Node) -> StringMap | None:
        return self._map(node, _STRING, _At.string)

    def object_map(self, node: Node) -> dict[str, object] | None:
        return self._map(node, "java.lang.Object", _At.anything)

    def anything(self, node: Node) -> object:
        if node.kind is Kind.OBJECT:
            return self.object_map(node)
        if node.kind is Kind.ARRAY:
            return [self.anything(item) for item in node.items]
        if node.kind in (Kind.INTEGER, Kind.FLOAT):
            if len(node.text) > _LONGEST_NUMBER:
                self.fail(
                    f"Number value length ({len(node.text)}) exceeds the maximum allowed ({_LONGEST_NUMBER}, "
                    "from `StreamReadConstraints.getMaxNumberLength()`)",
                    node.start,
                )
            return int(node.text) if node.kind is Kind.INTEGER else float(node.text)
        return {Kind.TRUE: True, Kind.FALSE: False, Kind.NULL: None}.get(node.kind, node.text)

    def array(self, node: Node, type_name: str, convert: Callable[[_At, Node], _T | None]) -> list[_T | None] | None:
        if node.kind is Kind.NULL:
            return None
        if node.kind is not Kind.ARRAY:
            self._mismatch(node, type_name)
        return [convert(self._into("java.util.ArrayList", str(index)), item) for index, item in enumerate(node.items)]

    def offset_list(self, node: Node) -> list[ConnectorOffset | None] | None:
        return self.array(node, f"java.util.ArrayList<{_OFFSET}>", _At.offset)

    def offset(self, node: Node) -> ConnectorOffset | None:
        fields = self.record(node, _OFFSET, ("partition", "offset"))
        if fields is None:
            return None
        return ConnectorOffset(
            partition=self.member(fields, _OFFSET, "partition", _At.object_map),
            offset=self.member(fields, _OFFSET, "offset", _At.object_map),
        )

    def initial_state(self, node: Node) -> TargetState | None:
        if node.kind is Kind.NULL:
            return None
        if node.kind is Kind.OBJECT:
            self._mismatch(node, _INITIAL)
        if node.kind is Kind.ARRAY:
            self.fail(
                f"Input mismatch reading Enum `{_INITIAL}`: properties-based `@JsonCreator` "
                f"([method {_INITIAL}#forValue(java.lang.String)]) expects String Value, "
                "got Array value (`JsonToken.START_ARRAY`)",
                node.start,
            )
        wanted = node.text.upper()
        if wanted not in INITIAL_STATES:
            constant = f"{_INITIAL.replace('$', '.')}.{wanted}"
            self.fail(f"Cannot construct instance of `{_INITIAL}`, problem: No enum constant {constant}", node.start)
        return INITIAL_STATES[wanted]

    def fail(self, text: str, position: int) -> NoReturn:
        way = f" (through reference chain: {'->'.join(self.chain)})" if self.chain else ""
        raise BadBodyError(text + self.document.at(position) + way)

    def _map(self, node: Node, value_type: str, convert: Callable[[_At, Node], _T]) -> dict[str, _T] | None:
        if node.kind is Kind.NULL:
            return None
        if node.kind is Kind.STRING:
            if not node.text.strip():
                self._no_coercion("element of `" + _MAP + "`", node)
            self._no_constructor(node, _MAP)
        if node.kind is not Kind.OBJECT or node.members is None:
            self._mismatch(node, f"{_MAP}<{_STRING},{value_type}>")
        return {key: convert(self._into(_MAP, f'"{key}"'), value) for key, value in node.members.items()}

    def _into(self, owner: str, key: str) -> _At:
        return _At(self.document, (*self.chain, f"{owner}[{key}]"))

    def _no_record(self, node: Node, type_name: str) -> NoReturn:
        if node.kind is Kind.ARRAY:
            self._mismatch(node, type_name)
        if node.kind is Kind.STRING and not node.text.strip():
            self._no_coercion(f"`{type_name}` value", node)
        self._no_constructor(node, type_name)

    def _no_coercion(self, target: str, node: Node) -> NoReturn:
        self.fail(
            f'Cannot coerce empty String ("") to {target} (but could if coercion was enabled using `CoercionConfig`)',
            node.start,
        )

    def _no_constructor(self, node: Node, type_name: str) -> NoReturn:
        argument, value = {
            Kind.STRING: ("String", f"String value ('{node.text}')"),
            Kind.INTEGER: ("int/Int", f"Number value ({node.text})"),
            Kind.FLOAT: ("double/Double", f"Number value ({node.text})"),
        }.get(node.kind, ("boolean/Boolean", f"boolean value ({node.text})"))
        self.fail(
            f"Cannot construct instance of `{type_name}` (although at least one Creator exists): "
            f"no {argument}-argument constructor/factory method to deserialize from {value}",
            node.start,
        )

    def _mismatch(self, node: Node, type_name: str) -> NoReturn:
        self.fail(
            f"Cannot deserialize value of type `{type_name}` from {node.kind.noun} value (token `JsonToken.{node.kind.token}`)",
            node.start,
        )

"""What a chain file expects of one message, and how that differs from what became of it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from penstock.chains.form import OUT_KEYS, Form, shown
from penstock.chains.message import Dropped, Failed, Message, Outcome, Passed
from penstock.chains.parts import FormError
from penstock.chains.text import pretty, same

Node = Mapping[str, object]
EXPECTATIONS = ("out", "dropped", "error", "unreached")
_ERROR_KEYS = ("stage", "class", "error", "message")
_CONTEXT = 2


@dataclass(frozen=True, slots=True)
class Difference:
    """A message of which became something else than was expected, in the words of a file: ``{"out": …}``,
    ``{"dropped": true}`` and so on. ``number`` counts from 1; ``expected`` is None where the file says nothing; ``update`` is
    what the file should say."""

    number: int
    about: str | None
    expected: Node | None
    found: Node
    update: Node

    def lines(self) -> list[str]:
        """What changed, a line each: ``-`` was expected, ``+`` was found; others stand around it."""
        old = [] if self.expected is None else _open(self.expected)
        changes = list(difflib.unified_diff(old, _open(self.found), lineterm="", n=_CONTEXT))[2:]
        return ["…" if line.startswith("@@") else line for line in changes][1:]


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a file. ``expectation`` has one of EXPECTATIONS, or nothing."""

    number: int
    about: str | None
    message: Message
    expectation: Node


@dataclass(frozen=True, slots=True)
class Judge:
    """Compares. ``before`` and ``after`` are the forms of messages at the two ends of the chain."""

    before: Form
    after: Form
    is_sink: bool

    def judge(self, entry: Entry, outcome: Outcome) -> Difference | None:
        """How the outcome differs from what the entry expects; None: not at all."""
        if isinstance(outcome, Passed):
            return self._passed(entry, outcome.message)
        if isinstance(outcome, Failed):
            return self._failed(entry, outcome)
        found = {"dropped": True} if isinstance(outcome, Dropped) else {"unreached": True}
        return None if entry.expectation == found else self._difference(entry, found)

    def _passed(self, entry: Entry, message: Message) -> Difference | None:
        base = self._base(entry.message)
        wanted = entry.expectation.get("out")
        expected = self._normal({**base, **wanted}) if isinstance(wanted, Mapping) else None
        found = self.after.write(message, like=expected)
        if expected is not None and same(expected, found):
            return None
        update = {key: found[key] for key in OUT_KEYS if not same(found[key], base[key])}
        return self._difference(entry, {"out": shown(found)}, {"out": update}, expected)

    def _failed(self, entry: Entry, outcome: Failed) -> Difference | None:
        parts = (
            outcome.stage.value if outcome.stage else None,
            outcome.executing_class,
            outcome.error_class,
            outcome.text,
        )
        found = {key: part for key, part in zip(_ERROR_KEYS, parts, strict=True) if part is not None}
        wanted = entry.expectation.get("error")
        if isinstance(wanted, Mapping) and all(found.get(key) == part for key, part in wanted.items()):
            return None
        return self._difference(entry, {"error": found})

    def _difference(
        self, entry: Entry, found: Node, update: Node | None = None, expected_out: Node | None = None
    ) -> Difference:
        expected: Node | None = entry.expectation or None
        if isinstance(wanted := entry.expectation.get("out"), Mapping):
            expected = {"out": shown(expected_out or self._normal({**self._base(entry.message), **wanted}))}
        return Difference(entry.number, entry.about, expected, found, found if update is None else update)

    def _base(self, message: Message) -> dict[str, object]:
        """What comes out of a chain that changes nothing; parts that a converter changes have to be told."""
        node = self.before.write(message)
        converted = self.before.raw | self.after.raw
        if self.is_sink and node["partition"] is None:
            node["partition"] = 0
        for part in ("key", "value"):
            if f"{part}.converter" in converted:
                node[part] = node[f"{part}_schema"] = None
        if "header.converter" in converted:
            node["headers"] = []
        return node

    def _normal(self, node: dict[str, object]) -> dict[str, object]:
        """An expectation in the form in which messages are written; as it stands where it is no message at all."""
        try:
            return self.after.write(self.after.read(node, "out"), like=node)
        except FormError:
            return node


def _open(node: Node) -> list[str]:
    """The lines of a node, everything on a line of its own, so that a difference is seen where it is."""
    return pretty(node, width=0).splitlines()

"""A connector that a test steers: class attributes, since the runner makes the instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from tests.integration.tasks.plugins import SteeredSourceTask

from penstock.api import SourceConnector


class SteeredConnector(SourceConnector):
    """Does at each call what the test put into ``acts`` under its name."""

    task_class = SteeredSourceTask
    calls: ClassVar[list[str]] = []
    acts: ClassVar[dict[str, Callable[[SteeredConnector], None]]] = {}

    def initialize(self, context) -> None:
        super().initialize(context)
        self._act("initialize")

    def start(self, _props: Mapping[str, str]) -> None:
        self._act("start")

    def stop(self) -> None:
        self._act("stop")

    def _act(self, name: str) -> None:
        self.calls.append(name)
        self.acts.get(name, lambda _connector: None)(self)

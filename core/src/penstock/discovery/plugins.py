"""What was found, and how a name in a configuration leads to a class (spec 2.6; design section 8)."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.api.hooks import PluginKind


@dataclass(frozen=True, slots=True)
class PluginDescriptor:
    """One plugin, known without importing it.

    ``target`` is ``"package.module:Class"``; ``name`` is what listings and ``task.class`` records show: the Connect name
    where there is one, else the dotted Python name; ``version`` is the plugin's own or its distribution's.
    """

    kind: PluginKind
    target: str
    name: str
    version: str | None
    distribution: str

    @property
    def python_name(self) -> str:
        """The dotted Python name, ``package.module.Class``."""
        return self.target.replace(":", ".")

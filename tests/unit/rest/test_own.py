"""``/penstock``: what Connect has no place for."""

from __future__ import annotations

import platform

from tests.unit.rest.conftest import RunningServer, Start

from penstock import __version__
from penstock.api.hooks import PluginKind
from penstock.discovery.plugins import PluginConflict, PluginDescriptor, PluginFailure, PluginIndex


def test_version(worker: RunningServer) -> None:
    assert worker.client.get("/penstock/version").json() == {
        "version": __version__,
        "connect_api": "4.3.1",
        "python": platform.python_version(),
    }


def test_plugins(start: Start) -> None:
    found = PluginIndex(
        plugins=(PluginDescriptor(PluginKind.SOURCE, "pkg.mod:Src", "org.example.Src", "1.0", "dist"),),
        failures=(PluginFailure("broken", "2.0", None, "It raised at import", "Traceback"),),
        conflicts=(PluginConflict(PluginKind.SINK, "x.Y", ("a 1 (m:Y)", "b 2 (n:Y)")),),
    )
    assert start(catalog=found).client.get("/penstock/plugins").json() == {
        "plugins": [
            {
                "name": "org.example.Src",
                "kind": "source",
                "version": "1.0",
                "distribution": "dist",
                "python_name": "pkg.mod.Src",
            }
        ],
        "failures": [
            {
                "distribution": "broken",
                "version": "2.0",
                "plugin": None,
                "error": "It raised at import",
                "trace": "Traceback",
            }
        ],
        "conflicts": [{"name": "x.Y", "kind": "sink", "owners": ["a 1 (m:Y)", "b 2 (n:Y)"]}],
    }

"""Packages made on the spot, as pip would leave them: a module and a ``.dist-info`` folder with an entry point."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent


def make_package(directory: Path, name: str, source: str, version: str = "1.0") -> None:
    """Install a module ``name`` into ``directory``; ``source`` has its hookimpls (and its connectors)."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{name}.py").write_text(dedent(source))
    info = directory / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[penstock]\n{name} = {name}\n")
    (info / "RECORD").write_text("")
    (info / "INSTALLER").write_text("tests\n")


def on_path(directory: Path) -> dict[str, str]:
    """The environment in which Python finds the packages of ``directory``."""
    return {"PYTHONPATH": os.pathsep.join([str(directory), *filter(None, [os.environ.get("PYTHONPATH")])])}


BAD_IMPORTS = {
    "raises_at_import": "raise RuntimeError('broken on purpose')\n",
    "hangs_at_import": "import time\ntime.sleep(3600)\n",
    "exits_at_import": "import os\nos._exit(1)\n",
}

UNRULY = '''
    """Connectors that misbehave, each in the way that ``mode`` of its config says."""

    import ctypes
    import os
    import re
    import sys
    import threading
    import time

    from penstock.api import ConfigDef, ConfigType, Importance, Plugin, SourceConnector, SourceRecord, SourceTask, hookimpl


    @hookimpl
    def penstock_sources():
        return [Plugin("unruly:UnrulySource")]


    def forever():
        while True:
            time.sleep(3600)


    class UnrulySource(SourceConnector):
        CONFIG = ConfigDef().define("mode", ConfigType.STRING, importance=Importance.HIGH, doc="What to do wrong.")
        task_class = "unruly:UnrulyTask"

        def start(self, props):
            if props["mode"] == "connector-start":
                forever()

        def validate(self, props):
            if props.get("mode") == "validate":
                forever()
            return super().validate(props)

        def stop(self):
            if self.props["mode"] == "connector-stop":
                forever()


    class UnrulyTask(SourceTask):
        CONFIG = UnrulySource.CONFIG
        kept = []

        def start(self, props):
            self.mode = props["mode"]
            if self.mode == "start":
                forever()

        def poll(self):
            if self.mode == "poll":
                forever()
            elif self.mode == "gil":
                re.match(r"(a+)+$", "a" * 60 + "!")
            elif self.mode == "flood":
                for _ in range(2000):
                    print("x" * 200)
                return None
            elif self.mode == "leak":
                self.kept.append(bytearray(32 * 1024 * 1024))
                return None
            elif self.mode == "segfault":
                ctypes.string_at(0)
            elif self.mode == "exit":
                os._exit(7)
            self.context.wait(0.1)
            return None

        def stop(self):
            if self.mode == "stop":
                forever()
'''

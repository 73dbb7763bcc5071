"""Config providers that do not behave."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Collection

from penstock.api.provider import ConfigData, ConfigProvider


class HangingProvider(ConfigProvider):
    """Never answers."""

    def get(self, path: str, keys: Collection[str] | None = None) -> ConfigData:
        threading.Event().wait()
        return ConfigData({})


class ExitingProvider(ConfigProvider):
    """Ends the process."""

    def get(self, path: str, keys: Collection[str] | None = None) -> ConfigData:
        print("said before", file=sys.stderr, flush=True)
        os._exit(7)


class PrintingProvider(ConfigProvider):
    """Writes on standard output, where the answer goes."""

    def get(self, path: str, keys: Collection[str] | None = None) -> ConfigData:
        print("noise", flush=True)
        os.write(1, b"more noise\n")
        return ConfigData(dict.fromkeys(keys or (), "found"))

"""Libraries that are installed only with an extra of this package."""

from __future__ import annotations

import importlib
from typing import Any

from penstock.api import ConfigException


def library(module: str, extra: str) -> Any:
    """A module. Raises ConfigException telling what to install."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConfigException(
            f"Compressing by {extra} needs the package {module}: install penstock-s3[{extra}]"
        ) from error

"""Fixtures for every test of the workspace."""

from __future__ import annotations

pytest_plugins = ("tests.kafka.fixtures",)

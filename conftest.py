"""Fixtures for every test of the workspace."""

from __future__ import annotations

pytest_plugins = (
    "tests.kafka.fixtures",
    "tests.s3_server.fixtures",
    "tests.databases.fixtures",
    "tests.support.recordings",
    "tests.support.reports",
)

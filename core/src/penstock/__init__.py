"""Penstock: Kafka Connect for Python. The package itself holds its version only; authors import :mod:`penstock.api`."""

__version__ = "0.1.0"

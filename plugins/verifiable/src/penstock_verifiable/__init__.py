"""The plugin door of penstock-verifiable."""

__version__ = "0.1.0"

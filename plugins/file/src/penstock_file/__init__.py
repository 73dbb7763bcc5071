"""The plugin door of penstock-file."""

__version__ = "0.1.0"

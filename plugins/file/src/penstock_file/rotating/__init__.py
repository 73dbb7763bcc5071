"""Directories as sinks: records become files that are whole from the moment they can be seen."""

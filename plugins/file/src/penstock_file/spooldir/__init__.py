"""Directories as sources, with SpoolDir's contract: every file becomes records, is moved away, and none is lost on the way."""

"""Where a record goes: its directory and the name of its object."""

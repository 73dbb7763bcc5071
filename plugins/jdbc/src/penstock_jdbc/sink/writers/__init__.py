"""How rows get into each kind of database, many at a time."""

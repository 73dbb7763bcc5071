"""From rows of a database to records."""

"""Everything about a database that both directions share: URL, session, identifiers, tables, types."""

"""From records to rows of a database."""

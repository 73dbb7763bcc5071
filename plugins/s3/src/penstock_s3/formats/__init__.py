"""What lands in an object: the formats and their readers, side files, gzip, and schema changes (spec 8, 10)."""

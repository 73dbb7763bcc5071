"""Time as Joda-Time has it, which the original's directories are named by: zones, patterns, names and texts of instants."""

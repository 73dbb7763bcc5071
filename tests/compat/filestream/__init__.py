"""What the Java file connectors did, step by step, and ours doing the same."""

"""The recordings of the real Kafka Connect, replayed."""

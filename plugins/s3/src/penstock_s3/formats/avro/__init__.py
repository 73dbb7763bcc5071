"""Avro: Connect's schemas as Avro's, values as bytes, container files, and all of it back."""

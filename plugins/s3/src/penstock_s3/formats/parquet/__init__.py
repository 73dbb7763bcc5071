"""Parquet: files as parquet-avro makes them, written by Arrow."""

"""The companion source: reads back into topics what the sink wrote (spec 17.11)."""

"""Real Kafka for tests, demos and benchmarks: a broker (:mod:`.broker`), a Java Connect worker (:mod:`.java_worker`) and
their jars (:mod:`.jars`), as pytest fixtures in :mod:`.fixtures`."""
